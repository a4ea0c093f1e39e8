// Package summary keeps one small object for each library that says what all its documents
// say: who looks at a whole library reads one object, not one for each creative.
//
// Invariants:
//
//   - An entry is what its creative's document said in the entry's revision, less what no
//     choice depends on: [masters.Choose] chooses from both alike.
//   - Only the documents are the truth. A summary may lag behind them, so that no request is
//     answered by it. It says how many documents it does not hold yet.
//   - Of two writers the later one has read its documents later: each reads the summary before
//     the documents, and writes over just that summary.
package summary

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// Format is the version of the summaries' layout. A summary of another format is made anew.
const Format = 1

// MaxMasters is how many masters a summary holds at most; it names the creatives beyond them
// without their masters.
const MaxMasters = 100_000

// maxPlain bounds what is unpacked, in bytes.
const maxPlain = 256 << 20

// Summary is what the documents of a library say.
type Summary struct {
	Format  int     `json:"format"`
	Entries []Entry `json:"entries"`        // by the documents' names
	Left    int     `json:"left,omitempty"` // documents that are not read yet
}

// Entry is a document as it was in a revision.
type Entry struct {
	Revision string           `json:"revision"`
	Document masters.Document `json:"document"`
	// Omitted: the masters had no room.
	Omitted bool `json:"omitted,omitempty"`
}

// Load returns a library's summary, an empty one with Left 0 and no revision where there is
// none.
func Load(ctx context.Context, blobs masters.Blobs, lib masters.Library) (Summary, string, error) {
	packed, revision, err := blobs.Load(ctx, nameOf(lib))
	if errors.Is(err, masters.ErrAbsent) {
		return Summary{Format: Format}, "", nil
	}
	if err != nil {
		return Summary{}, "", fmt.Errorf("reading the summary of library %s: %w", lib.Name, err)
	}
	s, err := decode(packed)
	if err != nil || s.Format != Format { // whatever it is, the documents are the truth
		return Summary{Format: Format}, revision, nil
	}
	return s, revision, nil
}

func decode(packed []byte) (s Summary, err error) {
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return s, err
	}
	err = json.NewDecoder(io.LimitReader(plain, maxPlain)).Decode(&s)
	return s, err
}

func encode(s Summary) ([]byte, error) {
	var packed bytes.Buffer
	to := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(to).Encode(s), to.Close()); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func nameOf(lib masters.Library) string { return fmt.Sprintf("summary/%s.json.gz", lib.Name) }

// entryOf returns the entry of a document.
func entryOf(d masters.Document, revision string) Entry {
	slim := make([]masters.Master, len(d.Masters))
	for i, m := range d.Masters {
		m.VersionID, m.Rotation, m.Duration, m.Codec, m.MediaType = "", 0, 0, "", ""
		if len(d.Refusals) == 0 { // only refusals go by the bytes
			m.ETag, m.SHA256 = "", ""
		}
		slim[i] = m
	}
	d.Masters = slim
	return Entry{Revision: revision, Document: d}
}

// creative returns whose entry it is.
func (e Entry) creative() creative.Creative {
	return creative.Creative{Code: e.Document.Code, Variation: e.Document.Variation}.Canonical()
}

// put puts an entry into the place of its creative's, and reports whether that changes
// anything.
func (s *Summary) put(lib masters.Library, e Entry) bool {
	at, found := s.find(lib, e.creative())
	switch {
	case !found && e.Revision == "":
		return false
	case !found:
		s.Entries = slices.Insert(s.Entries, at, e)
	case e.Revision == "":
		s.Entries = slices.Delete(s.Entries, at, at+1)
	case s.Entries[at].Revision == e.Revision:
		return false
	default:
		s.Entries[at] = e
	}
	return true
}

// find returns the place of a creative's entry.
func (s *Summary) find(lib masters.Library, c creative.Creative) (int, bool) {
	name := masters.DocumentName(lib, c)
	return slices.BinarySearchFunc(s.Entries, name, func(e Entry, name string) int {
		return strings.Compare(masters.DocumentName(lib, e.creative()), name)
	})
}

// bound takes the masters out of the entries that have no room.
func (s *Summary) bound(most int) {
	held := 0
	for i := range s.Entries {
		e := &s.Entries[i]
		if held += len(e.Document.Masters); held > most {
			e.Document.Masters, e.Omitted = []masters.Master{}, true
		}
	}
}

// Package summary keeps one small object per library that combines all its index documents. Code
// that looks at a whole library reads this one object instead of one object per creative.
//
// Invariants:
//
//   - An entry is a copy of one revision of a creative's document, without the fields that do
//     not affect a choice. [masters.Choose] chooses the same master from both.
//   - Only the documents are authoritative. A summary may lag behind the documents, so no request
//     is answered from a summary. A summary counts the documents that it does not contain yet.
//   - A write of a summary never replaces the content of newer documents with older content: each
//     writer reads the summary before the documents, and replaces only the summary that it has
//     read.
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

// Format is the version of the summary's layout. A summary in another format is rebuilt from the
// documents.
const Format = 1

// MaxMasters is the largest number of masters in a summary. If the library has more, the summary
// lists some creatives without their masters.
const MaxMasters = 100_000

// maxPlain is the largest size of a decompressed summary, in bytes.
const maxPlain = 256 << 20

// Summary holds the content of all documents of a library.
type Summary struct {
	Format  int     `json:"format"`
	Entries []Entry `json:"entries"`        // sorted by the documents' names
	Left    int     `json:"left,omitempty"` // number of documents not read yet
}

// Entry holds a document at one revision.
type Entry struct {
	Revision string           `json:"revision"`
	Document masters.Document `json:"document"`
	// Omitted reports whether the masters were left out because of MaxMasters.
	Omitted bool `json:"omitted,omitempty"`
}

// Load returns a library's summary and its revision. If there is none, it returns an empty
// summary and the revision "".
func Load(ctx context.Context, blobs masters.Blobs, lib masters.Library) (Summary, string, error) {
	packed, revision, err := blobs.Load(ctx, nameOf(lib))
	if errors.Is(err, masters.ErrAbsent) {
		return Summary{Format: Format}, "", nil
	}
	if err != nil {
		return Summary{}, "", fmt.Errorf("reading the summary of library %s: %w", lib.Name, err)
	}
	s, err := decode(packed)
	// return an empty summary in place of an unreadable one: Refresh rebuilds it from the documents
	if err != nil || s.Format != Format {
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

// entryOf returns the entry for a document.
func entryOf(d masters.Document, revision string) Entry {
	slim := make([]masters.Master, len(d.Masters))
	for i, m := range d.Masters {
		m.VersionID, m.Rotation, m.Duration, m.Codec, m.MediaType = "", 0, 0, "", ""
		if len(d.Refusals) == 0 { // without refusals, leave out ETag and hash, because only refusals refer to them
			m.ETag, m.SHA256 = "", ""
		}
		slim[i] = m
	}
	d.Masters = slim
	return Entry{Revision: revision, Document: d}
}

// creative returns the entry's creative.
func (e Entry) creative() creative.Creative {
	return creative.Creative{Code: e.Document.Code, Variation: e.Document.Variation}.Canonical()
}

// put adds or replaces the entry of a creative. An entry with the revision "" means that the
// document does not exist, so put removes it. put reports whether the summary changed.
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

// find returns the position of a creative's entry, and reports whether there is an entry.
func (s *Summary) find(lib masters.Library, c creative.Creative) (int, bool) {
	name := masters.DocumentName(lib, c)
	return slices.BinarySearchFunc(s.Entries, name, func(e Entry, name string) int {
		return strings.Compare(masters.DocumentName(lib, e.creative()), name)
	})
}

// bound removes masters from the summary if it has more masters than the parameter most allows. It
// keeps the masters of the first entries. The entry that exceeds the limit loses all its masters,
// and so do all later entries.
func (s *Summary) bound(most int) {
	held := 0
	for i := range s.Entries {
		e := &s.Entries[i]
		if held += len(e.Document.Masters); held > most {
			e.Document.Masters, e.Omitted = []masters.Master{}, true
		}
	}
}

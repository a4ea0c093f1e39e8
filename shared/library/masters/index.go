package masters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"masterhand/shared/library/creative"
)

// Blobs keeps small documents by name. The contract: reads see every write that was
// acknowledged before; Save is a compare-and-swap on the revision that Load gave.
// [masterstest.RunBlobs] proves it for every implementation.
type Blobs interface {
	// Load returns a document and its revision. ErrAbsent says that there is none, and
	// only that: a refused or failed read is another error.
	Load(ctx context.Context, name string) (data []byte, revision string, err error)
	// Save writes the document if its revision still is the given one, "" meaning that
	// there is none yet, and returns the new one; otherwise ErrStale and nothing is
	// written.
	Save(ctx context.Context, name string, data []byte, revision string) (string, error)
}

// What Blobs answer beside faults of their own.
var (
	ErrAbsent = errors.New("document absent")
	ErrStale  = errors.New("document changed since it was read")
)

// Index reads and writes the documents of all libraries.
type Index struct{ Blobs Blobs }

// Placed remembers where a key is indexed, so that deletes, retags and overwrites find
// the old document. It is written before a document mentions the key and after it no
// longer does: Documents always holds every creative whose document may mention it.
type Placed struct {
	Format    int                 `json:"format"`
	Key       string              `json:"key"`
	ETag      string              `json:"etag,omitempty"` // "" when the object is gone
	VersionID string              `json:"versionId,omitempty"`
	Documents []creative.Creative `json:"documents"`
	Storage                       // of the object when it was indexed
	Unplaced  string              `json:"unplaced,omitempty"` // why it is not placed
	Unread    string              `json:"unread,omitempty"`   // why the object, or what is in it, could not be read or listed
	NoMedia   bool                `json:"noMedia,omitempty"`  // what is not placed is neither video nor image
	Never     bool                `json:"never,omitempty"`    // what is not placed is no master, whatever it is called
	Stated    *Statement          `json:"stated,omitempty"`   // by labels that cannot be used
	// Folders are those of the list of unplaced keys that hold the key. They are written
	// before the placement names them, and emptied before it no longer does.
	Folders  []string  `json:"folders,omitempty"`
	Rule     string    `json:"rule,omitempty"`
	Rules    string    `json:"ruleSet,omitempty"` // by which it was indexed, as Library.RuleSet names them
	Modified time.Time `json:"modified"`
}

// NoMaster reports whether the file is not placed and no master of anything.
func (p Placed) NoMaster() bool { return p.Unplaced != "" && (p.NoMedia || p.Never) }

// Document returns a creative's document, an empty one where there is none, with its
// revision. Errors: ErrDocument, faults of the store.
func (x Index) Document(ctx context.Context, lib Library, c creative.Creative) (Document, string, error) {
	return load(ctx, x, DocumentName(lib, c), fmt.Sprintf("the index of %s", c), NewDocument(c), func(data []byte) (Document, error) {
		return DecodeDocument(data, c)
	})
}

// SaveDocument writes a document over the given revision. Errors: ErrStale, ErrFull, faults.
func (x Index) SaveDocument(ctx context.Context, lib Library, d Document, revision string) error {
	_, err := x.save(ctx, DocumentName(lib, creative.Creative{Code: d.Code, Variation: d.Variation}), d, revision, MaxDocument)
	return err
}

// SaveFull is SaveDocument for a document that had no room for a master, and writes that it is
// full.
func (x Index) SaveFull(ctx context.Context, lib Library, d Document, revision string) error {
	d.Full = true
	_, err := x.save(ctx, DocumentName(lib, creative.Creative{Code: d.Code, Variation: d.Variation}), d, revision, maxFull)
	return err
}

// Placed returns what is remembered of a key, the zero value where nothing is.
func (x Index) Placed(ctx context.Context, lib Library, key string) (Placed, string, error) {
	return load(ctx, x, placedName(lib, key), "a key's placement", Placed{Format: Format, Key: key}, func(data []byte) (Placed, error) {
		p, err := decodePlaced(data)
		if err == nil && p.Key != key {
			return Placed{}, fmt.Errorf("%w: placement of another key", ErrDocument)
		}
		return p, err
	})
}

// decodePlaced reads a stored placement. Errors: ErrDocument.
func decodePlaced(data []byte) (Placed, error) {
	var p Placed
	if err := decode(data, &p); err != nil {
		return Placed{}, err
	}
	if p.Format != Format || p.Key == "" {
		return Placed{}, fmt.Errorf("%w: placement of format %d", ErrDocument, p.Format)
	}
	for i, c := range p.Documents { // older code did not compose codes
		p.Documents[i] = c.Canonical()
	}
	return p, nil
}

// SavePlaced writes what is remembered of a key and returns the new revision. Errors:
// ErrStale, faults.
func (x Index) SavePlaced(ctx context.Context, lib Library, p Placed, revision string) (string, error) {
	return x.save(ctx, placedName(lib, p.Key), p, revision, MaxDocument)
}

// load reads a document with its revision; what says which in errors. It returns none where
// there is no document, and the zero value beside an error.
func load[T any](ctx context.Context, x Index, name, what string, none T, decode func([]byte) (T, error)) (T, string, error) {
	data, revision, err := x.Blobs.Load(ctx, name)
	if errors.Is(err, ErrAbsent) {
		return none, "", nil
	}
	var zero T
	if err != nil {
		return zero, "", fmt.Errorf("reading %s: %w", what, err)
	}
	decoded, err := decode(data)
	if err != nil {
		return zero, "", err
	}
	return decoded, revision, nil
}

func (x Index) save(ctx context.Context, name string, v any, revision string, most int) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	if len(data) > most {
		return "", fmt.Errorf("%w: %s would grow over %d bytes", ErrFull, name, MaxDocument)
	}
	return x.Blobs.Save(ctx, name, data, revision)
}

// DocumentName returns the name of a creative's document.
func DocumentName(lib Library, c creative.Creative) string {
	c = c.Canonical()
	return fmt.Sprintf("index/%s/%s/%d.json", lib.Name, url.PathEscape(c.Code), c.Variation)
}

func placedName(lib Library, key string) string {
	sum := sha256.Sum256([]byte(key))
	return fmt.Sprintf("placed/%s/%s.json", lib.Name, hex.EncodeToString(sum[:]))
}

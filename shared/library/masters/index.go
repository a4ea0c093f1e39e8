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

// Blobs stores small documents by name. An implementation must meet these rules: a read sees
// every write that was acknowledged before the read, and Save is a compare-and-swap on the
// revision that Load returned. [masterstest.RunBlobs] tests an implementation.
type Blobs interface {
	// Load returns a document and its revision. It returns ErrAbsent if there is no document, and
	// another error if the read fails or is refused.
	Load(ctx context.Context, name string) (data []byte, revision string, err error)
	// Save writes the document if the stored revision equals the given one, and returns the new
	// revision. Given "", it writes the document only if none exists. If the revisions differ, it
	// writes nothing and returns ErrStale.
	Save(ctx context.Context, name string, data []byte, revision string) (string, error)
}

// Blobs returns these errors. Any other error of Blobs means that the store failed.
var (
	ErrAbsent = errors.New("document absent")
	ErrStale  = errors.New("document changed since it was read")
)

// Index reads and writes the documents of all libraries.
type Index struct{ Blobs Blobs }

// Placed records where a key is indexed, so that a delete, a change of tags or an overwrite finds
// the key's old document. It must be written before a document lists the key, and again after a
// document drops the key. So its field Documents always names every creative whose document may
// list the key.
type Placed struct {
	Format    int                 `json:"format"`
	Key       string              `json:"key"`
	ETag      string              `json:"etag,omitempty"` // "" if the object is gone
	VersionID string              `json:"versionId,omitempty"`
	Documents []creative.Creative `json:"documents"`
	Storage                       // where S3 kept the object's bytes when the object was indexed
	Unplaced  string              `json:"unplaced,omitempty"` // why the key is not placed; "" if it is placed
	Unread    string              `json:"unread,omitempty"`   // why the object is unread or not listed; "" otherwise
	NoMedia   bool                `json:"noMedia,omitempty"`  // true if the unplaced file is neither video nor image
	Never     bool                `json:"never,omitempty"`    // true if a rule says that the unplaced file is no master
	Stated    *Statement          `json:"stated,omitempty"`   // the creative that unusable labels state; nil if none
	// Folders names the folders of the list of unplaced keys that hold the key. A line must be
	// written before this field names its folder. The line must be emptied before the field drops
	// the folder.
	Folders  []string  `json:"folders,omitempty"`
	Rule     string    `json:"rule,omitempty"`
	Rules    string    `json:"ruleSet,omitempty"` // name of the rules that indexed the key, from Library.RuleSet
	Modified time.Time `json:"modified"`
}

// Ignored reports whether the object exists and the tag [LabelIgnore] excludes it from the masters.
func (p Placed) Ignored() bool { return p.ETag != "" && p.Unplaced == ignored }

// NoMaster reports whether the file is certainly no master of any creative.
func (p Placed) NoMaster() bool { return p.Unplaced != "" && (p.NoMedia || p.Never) }

// Document returns a creative's document and its revision. If none is stored, it returns a
// document without masters and the revision "". It returns ErrDocument for a malformed document.
func (x Index) Document(ctx context.Context, lib Library, c creative.Creative) (Document, string, error) {
	return load(ctx, x, DocumentName(lib, c), fmt.Sprintf("the index of %s", c), NewDocument(c), func(data []byte) (Document, error) {
		return DecodeDocument(data, c)
	})
}

// SaveDocument writes a document if the stored revision equals the given one; otherwise it returns
// ErrStale. It returns ErrFull if the document is too large.
func (x Index) SaveDocument(ctx context.Context, lib Library, d Document, revision string) error {
	_, err := x.save(ctx, DocumentName(lib, creative.Creative{Code: d.Code, Variation: d.Variation}), d, revision, MaxDocument)
	return err
}

// SaveFull writes a document, as SaveDocument does, and marks it as full, which records that a
// master did not fit into it.
func (x Index) SaveFull(ctx context.Context, lib Library, d Document, revision string) error {
	d.Full = true
	_, err := x.save(ctx, DocumentName(lib, creative.Creative{Code: d.Code, Variation: d.Variation}), d, revision, MaxBlob)
	return err
}

// Placed returns the stored placement of a key and its revision. If none is stored, it returns a
// placement in which only Format and Key are set, and the revision "".
func (x Index) Placed(ctx context.Context, lib Library, key string) (Placed, string, error) {
	return load(ctx, x, placedName(lib, key), "a key's placement", Placed{Format: Format, Key: key}, func(data []byte) (Placed, error) {
		p, err := decodePlaced(data)
		if err == nil && p.Key != key {
			return Placed{}, fmt.Errorf("%w: placement of another key", ErrDocument)
		}
		return p, err
	})
}

// decodePlaced returns a stored placement. Errors: ErrDocument.
func decodePlaced(data []byte) (Placed, error) {
	var p Placed
	if err := decode(data, &p); err != nil {
		return Placed{}, err
	}
	if p.Format != Format || p.Key == "" {
		return Placed{}, fmt.Errorf("%w: placement of format %d", ErrDocument, p.Format)
	}
	for i, c := range p.Documents { // normalise the codes here, because older code stored codes that are not in NFC
		p.Documents[i] = c.Canonical()
	}
	return p, nil
}

// SavePlaced writes the placement of a key and returns the new revision. It returns ErrStale if the
// stored revision differs from the given one.
func (x Index) SavePlaced(ctx context.Context, lib Library, p Placed, revision string) (string, error) {
	return x.save(ctx, placedName(lib, p.Key), p, revision, MaxDocument)
}

// load reads a document, decodes it and returns it with its revision. If no document is stored, it
// returns the parameter none, the revision "" and no error. The parameter what describes the
// document in the error of a failed read.
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

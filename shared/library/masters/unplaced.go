package masters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Listed reports whether a key belongs into the list of unplaced keys: no rule places it, or
// it could not be read.
func (p Placed) Listed() bool { return p.Unplaced != "" || p.Unread != "" }

// Unplaced returns what the list of unplaced keys says of a key, the zero value where it
// says nothing. The list may lag: Placed says what is so.
func (x Index) Unplaced(ctx context.Context, lib Library, key string) (Placed, string, error) {
	return load(ctx, x, unplacedName(lib, key), "the list of unplaced keys", Placed{Format: Format, Key: key}, decodePlaced)
}

// UnplacedLine returns what the list of unplaced keys says under one of its names, see
// [UnplacedPrefix].
func (x Index) UnplacedLine(ctx context.Context, name string) (Placed, error) {
	data, _, err := x.Blobs.Load(ctx, name)
	if err != nil {
		return Placed{}, fmt.Errorf("reading an unplaced key: %w", err)
	}
	p, err := decodePlaced(data)
	if err != nil {
		return Placed{}, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// SaveUnplaced writes what the list of unplaced keys says of a key. Errors: ErrStale,
// faults.
func (x Index) SaveUnplaced(ctx context.Context, lib Library, p Placed, revision string) error {
	_, err := x.save(ctx, unplacedName(lib, p.Key), p, revision, MaxDocument)
	return err
}

// UnplacedPrefix is what the names of a library's list of unplaced keys begin with.
func UnplacedPrefix(lib Library) string { return fmt.Sprintf("unplaced/%s/", lib.Name) }

func unplacedName(lib Library, key string) string {
	sum := sha256.Sum256([]byte(key))
	return UnplacedPrefix(lib) + hex.EncodeToString(sum[:]) + ".json"
}

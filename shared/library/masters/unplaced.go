package masters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Unplaced returns what the list of unplaced keys says of a key, the zero value where it
// says nothing. The list may lag: Placed says what is so.
func (x Index) Unplaced(ctx context.Context, lib Library, key string) (Placed, string, error) {
	data, revision, err := x.Blobs.Load(ctx, unplacedName(lib, key))
	if errors.Is(err, ErrAbsent) {
		return Placed{Format: Format, Key: key}, "", nil
	}
	if err != nil {
		return Placed{}, "", fmt.Errorf("reading the list of unplaced keys: %w", err)
	}
	p, err := DecodePlaced(data)
	return p, revision, err
}

// SaveUnplaced writes what the list of unplaced keys says of a key. Errors: ErrStale,
// faults.
func (x Index) SaveUnplaced(ctx context.Context, lib Library, p Placed, revision string) error {
	_, err := x.save(ctx, unplacedName(lib, p.Key), p, revision)
	return err
}

// UnplacedPrefix is what the names of a library's list of unplaced keys begin with.
func UnplacedPrefix(lib Library) string { return fmt.Sprintf("unplaced/%s/", lib.Name) }

func unplacedName(lib Library, key string) string {
	sum := sha256.Sum256([]byte(key))
	return UnplacedPrefix(lib) + hex.EncodeToString(sum[:]) + ".json"
}

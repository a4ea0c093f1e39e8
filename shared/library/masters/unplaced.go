package masters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The list of unplaced keys has a folder for each anchor, with a line for each key, so that
// the proof for a creative reads only the keys that may name it. Keys with labels that cannot
// be used have folders of their own: no listing of the bucket shows what the labels state.
//
// A line is emptied, never deleted: an empty one is two bytes long, which a listing shows.

const (
	// elsewhere is the folder of keys that no proof looks for.
	elsewhere = "none"
	// stated begins the names of folders for what labels state, and is the one of all of them.
	stated = "@"
	// unseen is the folder of keys that no name places and nobody can look at: their labels may
	// mean any creative.
	unseen = "@unseen"
	// emptyLine is the text of a line that holds no key.
	emptyLine = "{}"
)

// Listed reports whether a key belongs into the list of unplaced keys: it is not placed, or
// it could not be read.
func (p Placed) Listed() bool { return p.Unplaced != "" || p.Unread != "" }

// Folders returns the folders of the list of unplaced keys that a key is filed in, sorted;
// none if it does not belong there.
func (l Library) Folders(p Placed) []string {
	if !p.Listed() {
		return nil
	}
	var folders []string
	if p.Unseen() {
		folders = append(folders, unseen)
	}
	if key := l.relative(p.Key); p.Unplaced != "" && !p.NoMaster() {
		folders = append(folders, l.KeyAnchors(key)...)
		if p.Stated != nil {
			folders = append(folders, stated)
			for _, anchor := range l.KeyAnchors(p.Stated.text(key)) {
				folders = append(folders, stated+anchor)
			}
		}
	}
	if len(folders) == 0 {
		return []string{elsewhere}
	}
	slices.Sort(folders)
	return folders
}

// LabelFolders returns the folders that hold every key whose labels may state a code but cannot
// be used, or cannot be seen.
func (l Library) LabelFolders(code string) []string {
	folders := l.CodeAnchors(code)
	if len(folders) == 0 {
		return []string{stated, unseen}
	}
	for i := range folders {
		folders[i] = stated + folders[i]
	}
	return append(folders, unseen)
}

// Unseen reports whether nobody can say whose master the key is: its name places it nowhere, and
// the object cannot be looked at.
func (p Placed) Unseen() bool {
	return p.Unread != "" && p.ETag == "" && p.Unplaced != "" && !p.NoMaster()
}

func (l Library) relative(key string) string { return strings.TrimPrefix(key, l.Prefix) }

// line is a line of the list of unplaced keys: the key alone. [Index.Placed] says the rest.
type line struct {
	Format int    `json:"format"`
	Key    string `json:"key"`
}

// FileUnplaced writes a line for a key into a folder of the list of unplaced keys, unless there
// is one. Errors: ErrStale, faults.
func (x Index) FileUnplaced(ctx context.Context, lib Library, folder, key string) error {
	return x.saveLine(ctx, unplacedName(lib, folder, key), line{Format, key})
}

// EmptyUnplaced empties the line for a key in a folder, if there is one. Errors: ErrStale,
// faults.
func (x Index) EmptyUnplaced(ctx context.Context, lib Library, folder, key string) error {
	return x.EmptyLine(ctx, unplacedName(lib, folder, key))
}

// EmptyLine empties the line of that name, if there is one. Errors: ErrStale, faults.
func (x Index) EmptyLine(ctx context.Context, name string) error {
	return x.saveLine(ctx, name, line{})
}

func (x Index) saveLine(ctx context.Context, name string, l line) error {
	data, revision, err := x.Blobs.Load(ctx, name)
	if err != nil && !errors.Is(err, ErrAbsent) {
		return fmt.Errorf("reading an unplaced key: %w", err)
	}
	want := []byte(emptyLine)
	if l.Key != "" {
		if want, err = json.Marshal(l); err != nil {
			return err
		}
	}
	if string(data) == string(want) || l.Key == "" && revision == "" {
		return nil
	}
	_, err = x.Blobs.Save(ctx, name, want, revision)
	return err
}

// UnplacedKey returns the key that a line of the list of unplaced keys holds, "" for an empty
// line and for one of older code, which stands outside the folders.
func (x Index) UnplacedKey(ctx context.Context, lib Library, name string) (string, error) {
	if !InFolder(lib, name) {
		return "", nil
	}
	data, _, err := x.Blobs.Load(ctx, name)
	if err != nil {
		return "", fmt.Errorf("reading an unplaced key: %w", err)
	}
	var l line
	if err := decode(data, &l); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if string(data) != emptyLine && (l.Format != Format || l.Key == "") {
		return "", fmt.Errorf("%w: %s is of format %d", ErrDocument, name, l.Format)
	}
	return l.Key, nil
}

// UnplacedPrefix is what the names of a library's list of unplaced keys begin with.
func UnplacedPrefix(lib Library) string { return fmt.Sprintf("unplaced/%s/", lib.Name) }

// InFolder reports whether a name is of a line in a folder. Older code wrote lines outside of
// folders, which nobody reads any more.
func InFolder(lib Library, name string) bool {
	return strings.Contains(strings.TrimPrefix(name, UnplacedPrefix(lib)), "/")
}

func folderPrefix(lib Library, folder string) string {
	return UnplacedPrefix(lib) + url.PathEscape(folder) + "/"
}

func unplacedName(lib Library, folder, key string) string {
	sum := sha256.Sum256([]byte(key))
	return folderPrefix(lib, folder) + hex.EncodeToString(sum[:]) + ".json"
}

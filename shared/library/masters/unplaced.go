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

// The list of unplaced keys has a folder for each anchor (a part of a code, such as T1212). A
// folder holds one line (a small object) for each key. So a proof of absence for a creative reads
// only the keys that may name that creative. If an object's labels (tags or metadata) name a creative
// but cannot be used, the object's key is also in the folder of that creative.
//
// A line is emptied, never deleted. An empty line is two bytes long, so a listing, which shows
// sizes, also shows which lines are empty.

const (
	// elsewhere is the folder for keys that belong in no other folder, for example because they
	// hold no anchor. No proof of absence reads this folder.
	elsewhere = "none"
	// stated is the folder for all unplaced keys whose unusable labels state a creative. For each
	// anchor in its labels and its name, such a key is also in the folder stated + anchor, for
	// example "@T1212".
	stated = "@"
	// unseen is the folder for keys whose names do not place them and whose objects cannot be
	// looked up. The labels of these objects may state any creative.
	unseen = "@unseen"
	// emptyLine is the content of a line that holds no key.
	emptyLine = "{}"
)

// Listed reports whether a key belongs in the list of unplaced keys: it is not placed, or its
// object could not be read.
func (p Placed) Listed() bool { return p.Unplaced != "" || p.Unread != "" }

// Folders returns the folders of the list of unplaced keys where the key is filed, sorted. It
// returns none for a key that does not belong in the list.
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

// LabelFolders returns the folders that hold all keys whose labels may mean the code. It is not
// certain what such labels mean, because they cannot be used or cannot be read.
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

// Unseen reports whether the key may be a master of any creative: its name does not place it, and
// its labels are unknown, because its object cannot be looked up.
func (p Placed) Unseen() bool {
	return p.Unread != "" && p.ETag == "" && p.Unplaced != "" && !p.NoMaster()
}

func (l Library) relative(key string) string { return strings.TrimPrefix(key, l.Prefix) }

// line is the content of a line in the list of unplaced keys. It holds only the key;
// [Index.Placed] returns the details.
type line struct {
	Format int    `json:"format"`
	Key    string `json:"key"`
}

// FileUnplaced writes a line for a key into a folder of the list of unplaced keys. It writes
// nothing if the line exists. It returns ErrStale if another writer writes the line at the same
// time.
func (x Index) FileUnplaced(ctx context.Context, lib Library, folder, key string) error {
	return x.saveLine(ctx, unplacedName(lib, folder, key), line{Format, key})
}

// EmptyUnplaced empties the line of a key in a folder. It does nothing if there is no such line.
// It returns ErrStale if another writer changes the line at the same time.
func (x Index) EmptyUnplaced(ctx context.Context, lib Library, folder, key string) error {
	return x.EmptyLine(ctx, unplacedName(lib, folder, key))
}

// EmptyLine empties the line with this name. It does nothing if there is no such line. It returns
// ErrStale if another writer changes the line at the same time.
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

// UnplacedKey returns the key in the line with this name of the list of unplaced keys. It returns
// "" for an empty line. It also returns "" for a line outside of folders, because such lines come
// from older code.
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

// UnplacedPrefix returns the prefix of the names in a library's list of unplaced keys.
func UnplacedPrefix(lib Library) string { return fmt.Sprintf("unplaced/%s/", lib.Name) }

// InFolder reports whether the line with this name is in a folder of the list of unplaced keys.
// Lines outside of folders come from older code. A proof of absence does not read them.
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

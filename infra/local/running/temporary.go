package running

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// prefix begins the names of temporary folders, which hold secrets.
const prefix = "masterhand-local-"

// heldName is the file in such a folder that its owner keeps locked while it lives.
const heldName = "held"

// temporary is a folder that is deleted at the end: by the run that made it or, if that
// run was killed, by the next one.
type temporary struct {
	path string
	held *os.File
}

// newTemporary makes a folder in another.
func newTemporary(parent string) (t temporary, err error) {
	if t.path, err = os.MkdirTemp(parent, prefix); err != nil {
		return temporary{}, err
	}
	// The file must be locked before it has its name: another run removes a folder whose
	// file is not locked.
	nascent := filepath.Join(t.path, heldName+".new")
	if t.held, err = os.OpenFile(nascent, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err == nil {
		err = errors.Join(tryLock(t.held), os.Rename(nascent, filepath.Join(t.path, heldName)))
	}
	if err != nil {
		return temporary{}, errors.Join(fmt.Errorf("temporary folder: %w", err), t.remove())
	}
	return t, nil
}

// remove deletes the folder. The zero value has none.
func (t temporary) remove() error {
	if t.path == "" {
		return nil
	}
	err := os.RemoveAll(t.path)
	if t.held != nil {
		err = errors.Join(err, t.held.Close())
	}
	return err
}

// removeLeft removes the temporary folders that killed runs of this user have left in
// parent. A folder without the lock file stays.
func removeLeft(parent string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			errs = append(errs, removeUnheld(filepath.Join(parent, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// removeUnheld removes a folder of this user whose lock file is not locked.
func removeUnheld(path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return nil // removed meanwhile, or no such folder
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Getuid() {
		return nil
	}
	held, err := os.OpenFile(filepath.Join(path, heldName), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil // another run is making it, or it is no such folder
	}
	defer held.Close()
	if tryLock(held) != nil {
		return nil // a run uses it
	}
	return os.RemoveAll(path)
}

// tryLock locks a file for as long as it is open, at once or not at all.
func tryLock(f *os.File) error {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}

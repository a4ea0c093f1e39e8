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

// prefix is the beginning of the names of temporary folders. The folders contain secrets.
const prefix = "masterhand-local-"

// heldName is the name of the lock file in a temporary folder. The program that made the folder
// keeps the file locked while it runs.
const heldName = "held"

// temporary is a temporary folder. The program that made it deletes it at the program's end. If
// that program was killed, a later program deletes the folder.
type temporary struct {
	path string
	held *os.File
}

// newTemporary makes a temporary folder in parent.
func newTemporary(parent string) (t temporary, err error) {
	if t.path, err = os.MkdirTemp(parent, prefix); err != nil {
		return temporary{}, err
	}
	// The file is locked before it gets the name of a lock file. Otherwise another program could
	// find the lock file unlocked and remove the folder.
	nascent := filepath.Join(t.path, heldName+".new")
	if t.held, err = os.OpenFile(nascent, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err == nil {
		err = errors.Join(tryLock(t.held), os.Rename(nascent, filepath.Join(t.path, heldName)))
	}
	if err != nil {
		return temporary{}, errors.Join(fmt.Errorf("temporary folder: %w", err), t.remove())
	}
	return t, nil
}

// remove deletes the folder. It does nothing for the zero value.
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

// removeLeft removes those temporary folders in the folder parent that belong to killed programs of
// this user. It does not remove folders without a lock file.
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

// removeUnheld removes a temporary folder if it belongs to this user and no process has locked its
// lock file.
func removeUnheld(path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return nil // not an error: the folder no longer exists, or path is a file or a link
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Getuid() {
		return nil
	}
	held, err := os.OpenFile(filepath.Join(path, heldName), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil // not an error: without a lock file, the folder is new or not ours, and must stay
	}
	defer held.Close()
	if tryLock(held) != nil {
		return nil // another program is using the folder, so it must stay
	}
	return os.RemoveAll(path)
}

// tryLock locks a file until it is closed. It fails at once if another process holds the lock.
func tryLock(f *os.File) error {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}

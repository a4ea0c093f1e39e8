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

// temporary is a folder that the program which made it deletes at its end. If that program was
// killed, the next program deletes the folder.
type temporary struct {
	path string
	held *os.File
}

// newTemporary makes a temporary folder in parent.
func newTemporary(parent string) (t temporary, err error) {
	if t.path, err = os.MkdirTemp(parent, prefix); err != nil {
		return temporary{}, err
	}
	// The file is locked before it gets its final name, because another program removes a folder
	// whose lock file is not locked.
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

// removeLeft removes the temporary folders in parent that killed programs of this user have left.
// It does not remove folders without a lock file.
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

// removeUnheld removes a temporary folder of this user if no process holds the lock on its lock
// file.
func removeUnheld(path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return nil // the folder was removed meanwhile, or it is not a temporary folder: nothing to do
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Getuid() {
		return nil
	}
	held, err := os.OpenFile(filepath.Join(path, heldName), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil // another program is making the folder, or it is not a temporary folder: nothing to do
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

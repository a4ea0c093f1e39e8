package running

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Publish writes the ready file of a system into the checkout at root, where Find finds it. The
// caller must call withdraw before it closes the system's function URL; after that another system
// may get the same port and thus the same ready file.
func Publish(root string, s System) (withdraw func(), err error) {
	at, err := url.Parse(s.FulfillURL)
	if err != nil || at.Port() == "" {
		return nil, fmt.Errorf("publishing a system: %w", ErrNoLine)
	}
	line, err := s.Line()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder(root), "up-"+at.Port()+".json")
	if err := os.MkdirAll(folder(root), 0o755); err != nil {
		return nil, err
	}
	if err := replaceFile(path, line); err != nil {
		return nil, err
	}
	return func() { withdrawFile(path, line) }, nil
}

// Find returns the running systems of the checkout at root, and the systems that ended without
// withdrawing their ready files. Each list begins with the newest system. Find removes the ready
// files of ended systems.
func Find(root string) (living, ended []System, err error) {
	paths, err := filepath.Glob(filepath.Join(folder(root), "up-*.json"))
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Or(published(b).Compare(published(a)), cmp.Compare(a, b)) })
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // the ready file was withdrawn meanwhile, so the system is not listed
		}
		if err != nil {
			return nil, nil, err
		}
		s, err := parse(path, line)
		if err != nil {
			return nil, nil, err
		}
		if s.Answers() == nil {
			living = append(living, s)
			continue
		}
		ended = append(ended, s)
		withdrawFile(path, line)
	}
	return living, ended, nil
}

// Select returns the system that the flag --local[=FILE] names: the system that FILE describes,
// or, if file is "", the newest running system of the checkout at root. If that system has ended
// or there is none, the error says so in one sentence.
func Select(root, file string) (System, error) {
	if file != "" {
		s, err := Read(file)
		if err != nil {
			return System{}, err
		}
		return s, s.Answers()
	}
	living, ended, err := Find(root)
	switch {
	case err != nil:
		return System{}, err
	case len(living) > 0:
		return living[0], nil
	case len(ended) > 0:
		return System{}, ended[0].Answers()
	}
	return System{}, ErrNone
}

func folder(root string) string { return filepath.Join(root, ".masterhand") }

// published returns the time when a ready file was written, or the zero time if the file no longer
// exists.
func published(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// withdrawFile removes a ready file if it still has the content line: another system may have
// written it since. If the removal fails, the next call of Find removes the file.
func withdrawFile(path string, line []byte) {
	if now, err := os.ReadFile(path); err == nil && bytes.Equal(now, line) {
		_ = os.Remove(path)
	}
}

// replaceFile atomically writes a file that only its owner may read.
func replaceFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

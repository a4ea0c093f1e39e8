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
// function withdraw removes the file. The caller must call withdraw before it closes the system's
// function URL, because the closing frees the URL's port. Another system can then use the same port
// and thus the same ready file.
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

// Find reads the ready files in the checkout at root. It returns the systems that are running, and
// the systems that have ended without removing their ready files. Each list begins with the newest
// system. Find removes the ready files of the ended systems.
func Find(root string) (living, ended []System, err error) {
	paths, err := filepath.Glob(filepath.Join(folder(root), "up-*.json"))
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Or(published(b).Compare(published(a)), cmp.Compare(a, b)) })
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // the system has just removed its ready file, so it is not listed
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

// Select returns the system for the flag --local[=FILE]: the system that the file describes or, if
// file is "", the newest running system of the checkout at root. It returns an error of one
// sentence if that system has ended or no system is running.
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

// withdrawFile removes a ready file if its content is equal to the parameter line. If the content
// differs, another system has written the file, so the file stays. If the removal fails, the next
// call of Find removes the file.
func withdrawFile(path string, line []byte) {
	if now, err := os.ReadFile(path); err == nil && bytes.Equal(now, line) {
		_ = os.Remove(path)
	}
}

// replaceFile writes a file atomically: another program sees either the old or the new content.
// Only the owner of the file may read it.
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

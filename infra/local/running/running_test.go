package running_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/running"
)

// start returns the description of a system. Its ports accept connections until end is called.
func start(t *testing.T) (s running.System, end func()) {
	t.Helper()
	var listeners []net.Listener
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		listeners = append(listeners, l)
	}
	s.FulfillURL = "http://" + listeners[0].Addr().String() + "/"
	s.S3.Endpoint = "http://" + listeners[1].Addr().String()
	s.DynamoDB.Endpoint = "http://127.0.0.1:1"
	return s, func() { errors.Join(listeners[0].Close(), listeners[1].Close()) }
}

func publish(t *testing.T, root string, s running.System) (withdraw func()) {
	t.Helper()
	withdraw, err := running.Publish(root, s)
	if err != nil {
		t.Fatal(err)
	}
	return withdraw
}

func wantFound(t *testing.T, root string, living, ended []running.System) {
	t.Helper()
	gotLiving, gotEnded, err := running.Find(root)
	if err != nil || !reflect.DeepEqual(gotLiving, living) || !reflect.DeepEqual(gotEnded, ended) {
		t.Errorf("living %v, ended %v, %v; want %v, %v", gotLiving, gotEnded, err, living, ended)
	}
}

// age makes all existing ready files of a checkout a minute older, so that a file that is written
// next is certainly the newest.
func age(t *testing.T, root string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, ".masterhand", "up-*.json"))
	for _, file := range files {
		var info os.FileInfo
		if info, err = os.Stat(file); err == nil {
			before := info.ModTime().Add(-time.Minute)
			err = os.Chtimes(file, before, before)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTwoSystemsKeepTheirOwnReadyFiles(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	a, _ := start(t)
	b, _ := start(t)
	withdrawA := publish(t, root, a)
	age(t, root)
	withdrawB := publish(t, root, b)
	wantFound(t, root, []running.System{b, a}, nil)
	if s, err := running.Select(root, ""); err != nil || s != b {
		t.Errorf("selected %v, %v; want the newest", s, err)
	}
	withdrawB()
	wantFound(t, root, []running.System{a}, nil)
	withdrawA()
	wantFound(t, root, nil, nil)
}

func TestEndedSystemIsReportedOnceInOneSentence(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s, end := start(t)
	withdraw := publish(t, root, s)
	file := filepath.Join(t.TempDir(), "copy.json")
	line, err := s.Line()
	if err == nil {
		err = os.WriteFile(file, line, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	end()
	for _, from := range []string{file, ""} {
		if _, err := running.Select(root, from); !errors.Is(err, running.ErrNone) || !strings.Contains(err.Error(), s.FulfillURL) || strings.Contains(err.Error(), "\n") {
			t.Errorf("selected from %q: %v", from, err)
		}
	}
	if _, err := running.Select(root, ""); err != running.ErrNone {
		t.Errorf("selected again: %v", err)
	}
	withdraw() // must do nothing, because Select has already removed the ready file
	wantFound(t, root, nil, nil)
}

func TestLivingSystemIsSelectedBeforeNewerOneThatHasEnded(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	a, _ := start(t)
	b, end := start(t)
	publish(t, root, a)
	age(t, root)
	publish(t, root, b)
	end()
	wantFound(t, root, []running.System{a}, []running.System{b})
}

// A new system may get the port of an ended system, and thus the same ready file. If the ended
// system withdraws late, the new system's file must stay.
func TestWithdrawKeepsTheFileOfTheNextSystem(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s, _ := start(t)
	withdraw := publish(t, root, s)
	next := s
	next.Log = "another.jsonl"
	publish(t, root, next)
	withdraw()
	wantFound(t, root, []running.System{next}, nil)
}

func TestAFileThatDescribesNoSystemIsRejected(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "up.json")
	for _, content := range []string{"", "up", "{}", `{"fulfillUrl":"http://127.0.0.1:1/"}`} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := running.Select("", file); !errors.Is(err, running.ErrNoLine) || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := running.Select("", filepath.Join(t.TempDir(), "absent.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an absent file: %v", err)
	}
	if _, err := running.Publish(t.TempDir(), running.System{FulfillURL: "https://example.com/"}); !errors.Is(err, running.ErrNoLine) {
		t.Errorf("published without a port: %v", err)
	}
}

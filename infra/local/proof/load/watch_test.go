package load_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/proof/load"
)

const mib = 1 << 20

// watched returns a watch with n samples of one process. The function at returns the process of
// sample number i; the process id 0 means that the process is missing.
func watched(n int, at func(i int) load.Process) *load.Watch {
	w := &load.Watch{}
	for i := range n {
		var list []load.Process
		if p := at(i); p.PID != 0 {
			list = append(list, p)
		}
		w.Take(time.Duration(i)*time.Second, list, 100)
	}
	return w
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	steady := load.Process{PID: 1, Function: "fulfill", RSS: 30 * mib, Files: 12, Threads: 8}
	for _, c := range []struct {
		name string
		n    int
		at   func(i int) load.Process
		want []string // the expected problems: the first words of each
	}{
		{"steady", 100, func(int) load.Process { return steady }, nil},
		{"warming up", 100, func(i int) load.Process { p := steady; p.RSS += int64(min(i, 15)) * 10 * mib; return p }, nil},
		{"leaking memory", 100, func(i int) load.Process { p := steady; p.RSS += int64(i) * mib; return p }, []string{"fulfill: MiB resident grew"}},
		{"leaking all", 100, func(i int) load.Process {
			return load.Process{PID: 1, Function: "fulfill", RSS: int64(i) * mib, Files: i, Threads: i}
		}, []string{"fulfill: MiB resident grew", "fulfill: descriptors grew", "fulfill: threads grew"}},
		{"a peak", 100, func(i int) load.Process {
			p := steady
			if i == 90 {
				p.RSS *= 10
			}
			return p
		}, nil},
		{"started late", 100, func(i int) load.Process {
			if i < 60 {
				return load.Process{}
			}
			return steady
		}, nil},
		{"too short", 9, func(i int) load.Process { p := steady; p.RSS += int64(i) * 100 * mib; return p }, nil},
		{"restarted", 100, func(i int) load.Process { p := steady; p.PID = 1 + i/50; return p }, []string{"a process of fulfill ended"}},
	} {
		got := watched(c.n, c.at).Problems(true)
		ok := len(got) == len(c.want)
		for i := range got {
			ok = ok && strings.HasPrefix(got[i], c.want[i])
		}
		if !ok {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestGrowthNotJudged(t *testing.T) {
	t.Parallel()
	w := watched(100, func(i int) load.Process { return load.Process{PID: 1 + i/50, Function: "finish", RSS: int64(i) * mib} })
	if got := w.Problems(false); len(got) != 1 || !strings.HasPrefix(got[0], "a process of finish ended") {
		t.Errorf("%q, want the end of a process alone", got)
	}
}

// fakeProc writes files about a process into the folder root, with the structure of Linux's /proc.
func fakeProc(t *testing.T, root string, pid, parent int, program string) {
	t.Helper()
	at := filepath.Join(root, fmt.Sprint(pid))
	if err := os.MkdirAll(filepath.Join(at, "fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	status := fmt.Sprintf("Name:\tbootstrap\nPPid:\t%d\nVmRSS:\t   2048 kB\nThreads:\t7\n", parent)
	err := errors.Join(
		os.WriteFile(filepath.Join(at, "status"), []byte(status), 0o644),
		os.Symlink(program, filepath.Join(at, "exe")),
		os.WriteFile(filepath.Join(at, "fd", "0"), nil, 0o644),
		os.WriteFile(filepath.Join(at, "fd", "1"), nil, 0o644),
	)
	if err != nil {
		t.Fatal(err)
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	fakeProc(t, root, 11, 10, "/bin/fulfill/bootstrap")
	fakeProc(t, root, 12, 10, "/bin/index/bootstrap (deleted)")
	fakeProc(t, root, 13, 10, "/bin/node")
	fakeProc(t, root, 14, 99, "/bin/fulfill/bootstrap")
	// Process 15 has just ended, so its folder is empty.
	if err := os.MkdirAll(filepath.Join(root, "15"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "sys"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := load.Functions(root, 10)
	want := []load.Process{
		{PID: 11, Function: "fulfill", RSS: 2 * mib, Files: 2, Threads: 7},
		{PID: 12, Function: "index", RSS: 2 * mib, Files: 2, Threads: 7},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := load.Functions(filepath.Join(root, "none"), 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a /proc: %v", err)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		of    []time.Duration
		share float64
		want  time.Duration
	}{
		{hundred, 0.5, 50}, {hundred, 0.9, 90}, {hundred, 0.99, 99}, {hundred, 1, 100},
		{hundred[:1], 0.5, 1}, {hundred[:3], 0.5, 2}, {nil, 0.5, 0},
	} {
		if got := load.Quantile(c.of, c.share); got != c.want {
			t.Errorf("%g of %d: %d, want %d", c.share, len(c.of), got, c.want)
		}
	}
}

func TestMasterWas(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return day.Add(d) }
	first, second, third := [32]byte{1}, [32]byte{2}, [32]byte{3}
	s := load.NewVersions()
	s.Put("a", first, day, after(time.Second))
	s.Put("a", second, after(time.Minute), after(time.Minute+time.Second))
	s.Put("a", third, after(time.Hour), time.Time{}) // the zero time: the upload of this version has not ended
	for _, c := range []struct {
		name  string
		key   string
		sum   [32]byte
		asked time.Time
		want  bool
	}{
		{"the first, while it was", "a", first, after(30 * time.Second), true},
		{"the first, while the index learns", "a", first, after(time.Minute + load.Lag), true},
		{"the first, long after", "a", first, after(2*time.Minute + load.Lag), false},
		{"the second, while it was", "a", second, after(2 * time.Minute), true},
		{"the second, while it is being replaced", "a", second, after(2 * time.Hour), true},
		{"the third, put after it was asked for", "a", third, after(time.Minute), true},
		{"bytes that it never had", "a", [32]byte{9}, after(time.Minute), false},
		{"another's bytes", "b", first, after(time.Minute), false},
	} {
		if got := s.Was(c.key, c.sum, c.asked); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

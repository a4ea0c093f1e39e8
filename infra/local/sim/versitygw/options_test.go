package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/pkg/xattr"
)

func TestParse(t *testing.T) {
	t.Parallel()
	env := map[string]string{"MASTERHAND_S3_ACCESS": "key", "MASTERHAND_S3_SECRET": "hidden"}
	tests := []struct {
		name  string
		args  string
		env   map[string]string
		want  config
		error string
	}{
		{"all", "-listen 127.0.0.1:7070 -root b -versions v -region auto -events http://127.0.0.1:1/", env,
			config{"127.0.0.1:7070", "b", "v", "auto", "key", "hidden", "http://127.0.0.1:1/"}, ""},
		{"least, IPv6", "-listen [::1]:7070 -root b", env, config{"[::1]:7070", "b", "", "us-east-1", "key", "hidden", ""}, ""},
		{"flags win", "-listen 127.0.0.1:7070 -root b -access x -secret y", env,
			config{"127.0.0.1:7070", "b", "", "us-east-1", "x", "y", ""}, ""},
		{"no address", "-root b", env, config{}, "the flags -listen and -root are required"},
		{"no folder", "-listen 127.0.0.1:7070", env, config{}, "the flags -listen and -root are required"},
		{"every interface", "-listen 0.0.0.0:7070 -root b", env, config{}, "loopback address"},
		{"no host", "-listen :7070 -root b", env, config{}, "loopback address"},
		{"any port", "-listen 127.0.0.1:0 -root b", env, config{}, "loopback address"},
		{"no keys", "-listen 127.0.0.1:7070 -root b", nil, config{}, "MASTERHAND_S3_SECRET"},
		{"unknown flag", "-port 1", env, config{}, "-port"},
		{"argument", "-listen 127.0.0.1:7070 -root b more", env, config{}, `"more"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parse(strings.Fields(tt.args), func(name string) string { return tt.env[name] }, io.Discard)
			if tt.error != "" {
				if err == nil || !strings.Contains(err.Error(), tt.error) {
					t.Errorf("error %v, want one about %q", err, tt.error)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestKeepsAttributes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := keepsAttributes(dir, xattr.FSet); err != nil {
		t.Error(err)
	}
	refuse := func(*os.File, string, []byte) error { return syscall.ENOTSUP }
	err := keepsAttributes(dir, refuse)
	if !errors.Is(err, syscall.ENOTSUP) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "choose a folder on") {
		t.Errorf("error %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := keepsAttributes(dir+"/absent", xattr.FSet); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want not-exist", err)
	}
}

// TestPortInUse starts the program on a port that another listener has taken. The program must
// fail.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	first := start(t, t.TempDir(), "")
	cmd, printed := command(t, "-listen", strings.TrimPrefix(first.url, "http://"), "-root", t.TempDir())
	if err := cmd.Run(); err == nil {
		t.Error("a second gateway on one port ended well")
	}
	if text := printed.String(); !strings.Contains(text, "is another program using this port?") {
		t.Errorf("printed %q", text)
	}
}

// TestTermination stops the program with SIGTERM, which is the regular way to end it.
func TestTermination(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if <-p.ended; p.err != nil {
		t.Errorf("ended with %v; printed:\n%s", p.err, p.printed)
	}
}

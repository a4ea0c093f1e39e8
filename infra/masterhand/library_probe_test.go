package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const mediaCases = "../../shared/library/media/testdata/cases/"

// looked runs the command "probe", and fails the test if the command calls AWS.
func looked(t *testing.T, args ...string) said {
	t.Helper()
	return operator{}.run(t, func(context.Context, string, string) (aws.Config, error) {
		t.Error("asked for AWS")
		return aws.Config{}, nil
	}, append([]string{"probe"}, args...)...)
}

func TestProbeJSON(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"trailing-id3v1.mp4": `"kind":"video","container":"mp4","extension":"mp4","width":90,"height":160,"rotation":0,"aspect":"9x16","codec":"h264","problem":"","reads":1,"bytesRead":4066}`,
		"png-exif8-le.png":   `"kind":"image","container":"png","extension":"png","width":90,"height":160,"rotation":270,"aspect":"9x16","codec":"","problem":"","reads":1,"bytesRead":2274}`,
		"brand-M4V-mp42.m4v": `"kind":"video","container":"m4v","extension":"mp4","width":90,"height":160,"rotation":0,"aspect":"9x16","codec":"h264","problem":"","reads":1,"bytesRead":3938}`,
		"svg-named-png.png":  `"kind":"image","container":"svg","extension":"","width":0,"height":0,"rotation":0,"aspect":"","codec":"","problem":"the platform does not accept the format svg","reads":1,"bytesRead":86}`,
		"brand-3gp5-alone.3gp": `"kind":"video","container":"3gp","extension":"","width":90,"height":160,"rotation":0,"aspect":"9x16","codec":"h264",` +
			`"problem":"the platform does not accept the format 3gp","reads":1,"bytesRead":3938}`,
		"video-track-no-samples.mov": `"kind":"video","container":"mov","extension":"","width":0,"height":0,"rotation":0,"aspect":"","codec":"",` +
			`"problem":"no picture in the file: a track without samples","reads":1,"bytesRead":6345}`,
	} {
		path := mediaCases + name
		got := looked(t, "--json", path)
		if want := fmt.Sprintf("{%q:%q,%s\n", "file", path, want); got.out != want {
			t.Errorf("%s\n%s\nwant %s", got.err, got.out, want)
		}
		if strings.Contains(want, `"problem":""`) {
			got.expect(t, 0)
		} else {
			got.expect(t, 1, "some files cannot be delivered: 1 of 1")
		}
	}
}

// The command "probe" prints one line for each file, in the order of the arguments. For a folder it
// prints one line for each file in the folder.
func TestProbeShowsALineForEachFile(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(mediaCases)
	if err != nil {
		t.Fatal(err)
	}
	given := looked(t, "--json", mediaCases)
	given.expect(t, 1, fmt.Sprintf(" of %d\n", len(entries)))
	lines := slices.Collect(strings.Lines(given.out))
	if len(lines) != len(entries) {
		t.Fatalf("%d lines for %d files", len(lines), len(entries))
	}
	for i, line := range lines {
		var p probed
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(p.File) != entries[i].Name() {
			t.Errorf("line %d is of %s, want %s", i+1, p.File, entries[i].Name())
		}
		if (p.Extension == "") != (p.Problem != "") {
			t.Errorf("%+v: a file can be delivered, or has a problem", p)
		}
	}
	table := looked(t, mediaCases+"trailing-id3v1.mp4", mediaCases+"git-lfs-pointer.mp4")
	table.expect(t, 1, "trailing-id3v1.mp4", "90x160", "9x16", "git-lfs-pointer.mp4", "not a media file", "1 of 2")
}

func TestProbeRefusesWrongInputs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty, deep := filepath.Join(dir, "empty.mp4"), filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(empty, filepath.Join(deep, "link.mp4")); err != nil {
		t.Fatal(err)
	}
	whole := mediaCases + "trailing-id3v1.mp4"
	for name, c := range map[string]struct {
		args  []string
		code  int
		words []string
	}{
		"no file":                {nil, 2, []string{"expected files or folders, got none"}},
		"an empty name":          {[]string{""}, 2, []string{"got an empty name"}},
		"standard input":         {[]string{"-"}, 2, []string{"does not read standard input"}},
		"an unknown flag":        {[]string{"--deep", whole}, 2, []string{"unknown flag"}},
		"a file that is missing": {[]string{filepath.Join(dir, "x\x1b.mp4"), whole}, 1, []string{`.mp4: no such file or directory`, "0 of 2, and 1 not read", "90x160"}},
		"a file as a folder":     {[]string{empty + "/x.mp4"}, 1, []string{"not a directory"}},
		"an empty file":          {[]string{empty}, 1, []string{"empty file", "1 of 1"}},
		"a device":               {[]string{os.DevNull}, 1, []string{"expected a file, got a device or a pipe"}},
		"a folder of links":      {[]string{deep}, 0, []string{"the given folders have no files"}},
		"a folder of folders":    {[]string{dir}, 1, []string{"empty.mp4", "1 of 1"}},
	} {
		got := looked(t, c.args...)
		got.expect(t, c.code, c.words...)
		got.quiet(t, "\x1b")
		if t.Failed() {
			t.Fatalf("%s: %s", name, got.all())
		}
	}
}

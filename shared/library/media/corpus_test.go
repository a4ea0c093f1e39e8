package media_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	_ "image/gif"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/media"
)

// expected holds the values that corpus.json states about one file of the corpus. They come from
// ffprobe and the decoders, or from a person if the field Note states a reason. TestCorpus compares
// them with the results of Probe. If the machine has ffprobe, TestCorpusAsFFprobeSeesIt checks that
// ffprobe still reports them.
type expected struct {
	File      string
	Container string
	Codec     string
	Width     int
	Height    int
	Rotation  int
	Seconds   float64 // duration in seconds; 0 means unknown
	Verdict   string  // text of the expected error of Probe; "" means no error
	Note      string  // the reason why ffprobe's answer is not compared; "" means that ffprobe agrees
}

func expectations(t testing.TB) []expected {
	t.Helper()
	var list []expected
	if err := json.Unmarshal(read(t, "corpus.json"), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// corpus.json must list exactly the files that are in the folder of the corpus.
func TestCorpusIsWhole(t *testing.T) {
	t.Parallel()
	var known []string
	for _, e := range expectations(t) {
		known = append(known, e.File)
	}
	entries, err := os.ReadDir(corpus)
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, e := range entries {
		if name := e.Name(); name != "make.sh" && name != "corpus.json" {
			there = append(there, name)
		}
	}
	slices.Sort(known)
	if !slices.Equal(known, there) {
		t.Errorf("corpus.json and its folder differ:\n%v\n%v", known, there)
	}
	if len(there) < 80 {
		t.Errorf("%d files, want 80 at least", len(there))
	}
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, want := range expectations(t) {
		t.Run(want.File, func(t *testing.T) {
			t.Parallel()
			o := &object{data: read(t, want.File)}
			info, err := media.Probe(t.Context(), o, o.length())
			verdict := ""
			for _, v := range verdicts {
				if errors.Is(err, v) {
					verdict = v.Error()
				}
			}
			if verdict != want.Verdict || err != nil && verdict == "" {
				t.Fatalf("verdict %v, want %q", err, want.Verdict)
			}
			got := expected{want.File, info.Container, info.Codec, info.Width, info.Height, info.Rotation, want.Seconds, verdict, want.Note}
			if got != want {
				t.Errorf("%+v\nwant %+v", got, want)
			}
			if off := info.Duration.Seconds() - want.Seconds; off < -0.05 || off > 0.05 {
				t.Errorf("duration %v, want %v s", info.Duration, want.Seconds)
			}
			if o.reads > 8 || o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
		})
	}
}

// The prober must find the same width and height as the standard library's decoders, in each file
// that those decoders can read.
func TestCorpusAsDecoded(t *testing.T) {
	t.Parallel()
	decoded := 0
	for _, want := range expectations(t) {
		got, _, err := image.DecodeConfig(bytes.NewReader(read(t, want.File)))
		if err != nil || want.Verdict != "" {
			if slices.Contains([]string{"jpg", "png", "gif"}, want.Container) && want.Verdict == "" {
				t.Errorf("%s: %v", want.File, err)
			}
			continue
		}
		decoded++
		if want.Rotation%180 != 0 {
			got.Width, got.Height = got.Height, got.Width
		}
		if got.Width != want.Width || got.Height != want.Height {
			t.Errorf("%s: decoded as %d x %d, want %d x %d", want.File, got.Width, got.Height, want.Width, want.Height)
		}
	}
	if decoded < 12 {
		t.Errorf("%d pictures were decoded", decoded)
	}
}

func TestCorpusAsFFprobeSeesIt(t *testing.T) {
	t.Parallel()
	need(t, "ffprobe")
	asked := 0
	for _, want := range expectations(t) {
		if want.Note != "" || want.Verdict != "" || want.Width == 0 {
			continue
		}
		asked++
		t.Run(want.File, func(t *testing.T) {
			t.Parallel()
			seen := ffprobed(t, filepath.Join(corpus, want.File))
			if seen.Width != want.Width || seen.Height != want.Height || seen.Rotation != want.Rotation || seen.Codec != want.Codec && want.Codec != "" {
				t.Errorf("ffprobe sees %+v, want %+v", seen, want)
			}
			off := seen.Duration - time.Duration(want.Seconds*float64(time.Second))
			if isVideo := strings.Contains("mp4 mov m4v 3gp webm mkv", want.Container); isVideo && off.Abs() > 50*time.Millisecond {
				t.Errorf("ffprobe sees %v, want %v s", seen.Duration, want.Seconds)
			}
		})
	}
	if asked < 60 {
		t.Errorf("ffprobe was asked about %d files", asked)
	}
}

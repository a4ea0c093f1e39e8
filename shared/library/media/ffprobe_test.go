package media_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/media"
)

// need skips the test if a program is missing. TestCorpus compares Probe with ffprobe's recorded
// results on every machine. The tests that call need run ffprobe itself, on more files, and so
// notice changes in new releases of ffprobe.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed: nothing to compare with", p)
		}
	}
}

// run runs a program and returns its standard output.
func run(t *testing.T, name string, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", name, err, problems.String())
	}
	return out, err
}

// ffprobed returns the first picture that ffprobe finds in a file.
func ffprobed(t *testing.T, path string) media.Info {
	t.Helper()
	out, err := run(t, "ffprobe", "-v", "error", "-of", "json", "-select_streams", "v:0",
		"-show_entries", "stream=codec_name,width,height,sample_aspect_ratio:stream_side_data=rotation:format=duration", path)
	if err != nil {
		t.Fatal(err)
	}
	var seen struct {
		Streams []struct {
			Codec         string `json:"codec_name"`
			Width, Height int
			Aspect        string                       `json:"sample_aspect_ratio"`
			SideData      []struct{ Rotation float64 } `json:"side_data_list"`
		}
		Format struct{ Duration string }
	}
	if err := json.Unmarshal(out, &seen); err != nil || len(seen.Streams) != 1 {
		t.Fatalf("ffprobe: %v: %s", err, out)
	}
	s := seen.Streams[0]
	w, h := float64(s.Width), float64(s.Height)
	if across, down, ok := strings.Cut(s.Aspect, ":"); ok && across != "0" {
		a, _ := strconv.ParseFloat(across, 64)
		b, _ := strconv.ParseFloat(down, 64)
		w = math.Round(w * a / b)
	}
	info := media.Info{Codec: s.Codec, Width: int(w), Height: int(h)}
	for _, d := range s.SideData { // ffprobe counts degrees anticlockwise, Info counts clockwise
		info.Rotation = (360 - int(d.Rotation)) % 360
	}
	if info.Rotation%180 != 0 {
		info.Width, info.Height = info.Height, info.Width
	}
	if seconds, err := strconv.ParseFloat(seen.Format.Duration, 64); err == nil {
		info.Duration = time.Duration(seconds * float64(time.Second))
	}
	return info
}

// compare fails the test if Probe's result for a file differs from ffprobe's.
func compare(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o := &object{data: data}
	got, err := media.Probe(t.Context(), o, o.length())
	wantVerdict(t, err, nil)
	want := ffprobed(t, path)
	if got.Width != want.Width || got.Height != want.Height || got.Rotation != want.Rotation {
		t.Errorf("%+v\nffprobe %+v", got, want)
	}
	if got.Kind == "video" && (got.Duration-want.Duration).Abs() > 50*time.Millisecond {
		t.Errorf("duration %v, ffprobe %v", got.Duration, want.Duration)
	}
	if o.reads > 8 || o.bytes > 512<<10 {
		t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
	}
}

func TestSamplesAsFFprobeSeesThem(t *testing.T) {
	t.Parallel()
	need(t, "ffprobe")
	for _, s := range samples(t) {
		info, err := probe(t, s.Data)
		// skip rotated images, because ffprobe 5 ignores EXIF
		if err != nil || !info.Probed || info.Kind == "image" && info.Rotation != 0 {
			continue
		}
		t.Run(s.File, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), s.File)
			if err := os.WriteFile(path, s.Data, 0o600); err != nil {
				t.Fatal(err)
			}
			compare(t, path)
		})
	}
}

// Probe must agree with ffprobe on files that several encoders wrote with various settings.
func TestMadeFilesAsFFprobeSeesThem(t *testing.T) {
	t.Parallel()
	need(t, "ffmpeg", "ffprobe")
	x264 := "-c:v libx264 -preset ultrafast -pix_fmt yuv420p "
	for name, args := range map[string]string{
		"hevc.mp4":            "-c:v libx265 -preset ultrafast -x265-params log-level=error -tag:v hvc1",
		"av1.mp4":             "-c:v libaom-av1 -cpu-used 8 -usage realtime",
		"vp9.mp4":             "-c:v libvpx-vp9 -deadline realtime -cpu-used 8",
		"mpeg4.mp4":           "-c:v mpeg4",
		"prores.mov":          "-c:v prores_ks -profile:v 0",
		"motionjpeg.mov":      "-c:v mjpeg",
		"raw.mov":             "-c:v rawvideo -pix_fmt yuv422p",
		"anamorphic.mov":      x264 + "-vf setsar=4/3",
		"anamorphic-pal.mp4":  x264 + "-vf scale=720:576,setsar=12/11",
		"odd.mp4":             x264 + "-vf scale=202:360",
		"fragmented.mp4":      x264 + "-g 5 -movflags frag_keyframe+empty_moov+default_base_moof",
		"fragmented-late.mp4": x264 + "-g 5 -movflags frag_keyframe",
		"fragmented-dash.mp4": x264 + "-g 5 -movflags dash+frag_keyframe+global_sidx",
		"fragmented-each.mp4": x264 + "-g 5 -movflags dash+frag_keyframe",
		"fragmented-cmaf.mp4": x264 + "-g 5 -movflags cmaf+frag_keyframe",
		"faststart.m4v":       x264 + "-f mp4 -brand M4V -movflags +faststart",
		"timecode.mov":        x264 + "-timecode 01:00:00:00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			make := slices.Concat([]string{"-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=2",
				"-f", "lavfi", "-i", "sine=duration=2", "-c:a", "aac"}, strings.Fields(args), []string{"-threads", "1", path})
			if _, err := run(t, "ffmpeg", make...); err != nil {
				if strings.Contains(err.Error(), "Unknown encoder") {
					t.Skip("this ffmpeg has no such encoder")
				}
				t.Fatal(err)
			}
			compare(t, path)
		})
	}
}

func TestTurnedFilesAsFFprobeSeesThem(t *testing.T) {
	t.Parallel()
	need(t, "ffmpeg", "ffprobe")
	var sample []byte
	for _, s := range samples(t) {
		if s.File == "hrt-1212-2-en-16x9.mov" {
			sample = s.Data
		}
	}
	at := bytes.Index(sample, []byte("tkhd")) + 4 + 40 // offset of the matrix in the tkhd box
	for degrees, turn := range turns {
		t.Run(strconv.Itoa(degrees), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "turned.mov")
			if err := os.WriteFile(path, patched(sample, at, turn...), 0o600); err != nil {
				t.Fatal(err)
			}
			compare(t, path)
		})
	}
}

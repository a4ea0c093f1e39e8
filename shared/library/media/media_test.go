package media_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"testing"
	"time"

	_ "golang.org/x/image/webp"

	"masterhand/events"
	"masterhand/shared/library/media"
)

// samples returns the sample masters of the package events.
func samples(t testing.TB) []events.Master {
	t.Helper()
	list, err := events.Masters()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSamples(t *testing.T) {
	t.Parallel()
	video := func(container, codec string, w, h, rotation int, d time.Duration) media.Info {
		contentType := map[string]string{"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm"}[container]
		return media.Info{
			Kind: "video", Container: container, Extension: container, ContentType: contentType, Codec: codec,
			Width: w, Height: h, Rotation: rotation, Duration: d, Probed: w > 0,
		}
	}
	picture := func(container, contentType string, w, h, rotation int) media.Info {
		return media.Info{
			Kind: "image", Container: container, Extension: container, ContentType: contentType,
			Width: w, Height: h, Rotation: rotation, Probed: true,
		}
	}
	want := map[string]media.Info{
		"hrt-1212-2-en-9x16.mp4":           video("mp4", "h264", 720, 1280, 0, 2*time.Second),
		"hrt-1212-2-en-4x5.mp4":            video("mp4", "h264", 480, 600, 0, 2*time.Second),
		"hrt-1212-2-en-1x1.mp4":            video("mp4", "h264", 480, 480, 0, 2*time.Second),
		"hrt-1212-12-en-9x16.mp4":          video("mp4", "h264", 360, 640, 0, time.Second),
		"hrt-1212-20-en-9x16.mp4":          video("mp4", "h264", 360, 640, 0, time.Second),
		"hrt-121-2-en-9x16.mp4":            video("mp4", "h264", 360, 640, 0, time.Second),
		"hrt-1212-2-en-16x9.mov":           video("mov", "h264", 640, 360, 0, time.Second),
		"hrt-77-1-de-9x16.mov":             video("mov", "hevc", 360, 640, 90, time.Second),
		"hrt-78-1-en-16x9.mp4":             video("mp4", "h264", 1024, 576, 0, time.Second),
		"hrt-300-1-en-9x16.mp4":            video("mp4", "h264", 360, 640, 0, time.Second),
		"hrt-301-1-en-1x1.mp4":             video("mp4", "h264", 360, 360, 0, time.Second),
		"hrt-80-1-en-9x16.webm":            video("webm", "vp9", 360, 640, 0, time.Second),
		"hrt-1212-2-en-1x1.jpg":            picture("jpg", "image/jpeg", 600, 600, 0),
		"hrt-1212-2-en-9x16-thumbnail.jpg": picture("jpg", "image/jpeg", 90, 160, 0),
		"hrt-79-1-en-3x4.jpg":              picture("jpg", "image/jpeg", 480, 640, 90),
		"hrt-1212-2-en-4x5.png":            picture("png", "image/png", 480, 600, 0),
		"hrt-300-1-en-1x1.png":             picture("png", "image/png", 240, 240, 0),
		"hrt-1212-2-de-1x1.webp":           picture("webp", "image/webp", 500, 500, 0),
	}
	verdict := map[string]error{"empty.bin": media.ErrEmpty, "appledouble.bin": media.ErrForeign}
	for _, s := range samples(t) {
		t.Run(s.File, func(t *testing.T) {
			t.Parallel()
			if want[s.File] == (media.Info{}) && verdict[s.File] == nil {
				t.Fatal("nothing known of this sample")
			}
			o := &object{data: s.Data}
			info, err := media.Probe(t.Context(), o, o.length())
			wantVerdict(t, err, verdict[s.File])
			if err == nil && info != want[s.File] {
				t.Errorf("%+v\nwant %+v", info, want[s.File])
			}
			if o.reads > 8 || o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
			if info.Kind == "image" && info.Rotation == 0 {
				checkDecoded(t, s.Data, info)
			}
		})
	}
}

func checkDecoded(t *testing.T, data []byte, info media.Info) {
	t.Helper()
	decoded, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if decoded.Width != info.Width || decoded.Height != info.Height {
		t.Errorf("%+v, decoded %d x %d", info, decoded.Width, decoded.Height)
	}
}

// A sample that Probe can measure must never count as whole if its end is cut off.
func TestSamplesCut(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		whole, err := probe(t, s.Data)
		if err != nil || !whole.Probed {
			continue
		}
		t.Run(s.File, func(t *testing.T) {
			t.Parallel()
			for _, part := range []int{1, 2, 3, 5, 8, 13, 50, 90, 97, 99} {
				_, err := probe(t, s.Data[:len(s.Data)*part/100])
				wantVerdict(t, err, media.ErrTruncated)
			}
			_, err := probe(t, s.Data[:len(s.Data)-1])
			wantVerdict(t, err, media.ErrTruncated)
		})
	}
}

// At most 8 reads must suffice to measure a film of 5 GiB, wherever its moov box is in the file.
func TestAFewReadsMeasureALargeFilm(t *testing.T) {
	t.Parallel()
	const size = 5 << 30
	const samples, chunks = 1 << 18, 1 << 15
	at := atom("co64", zeros(4), b32(chunks), zeros(8*(chunks-1)), []byte("?at last"))
	table := slices.Concat(atom("stts", zeros(8)), atom("ctts", zeros(8*samples)), atom("stsc", zeros(4), b32(1, 1, 8, 1)),
		atom("stsz", b32(0, 0, samples), zeros(4*(samples-1)), b32(len(payload))), at)
	tracks := [][]byte{picture{tables: table}.trak(), sound(), picture{handler: "tmcd", entry: atom("tmcd", zeros(26)), tables: table}.trak()}
	for name, last := range map[string]bool{"index first": false, "index last": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := large(size, tracks, last)
			info, err := media.Probe(t.Context(), o, size)
			wantVerdict(t, err, nil)
			if info.Width != 640 || o.reads > 8 || o.bytes > 512<<10 {
				t.Errorf("%+v by %d reads of %d bytes", info, o.reads, o.bytes)
			}
			o.end = slices.Clone(o.end)
			clear(o.end[:len(payload)])
			_, err = media.Probe(t.Context(), o, size)
			wantVerdict(t, err, media.ErrTruncated)
		})
	}
}

// large returns a film of size bytes. Its media data ends with the bytes in the variable payload.
// The tracks' tables must contain the placeholder "?at last" where the offset of these bytes
// belongs. The moov box is at the file's end if the parameter last is true, otherwise before the
// media data.
func large(size int64, tracks [][]byte, last bool) *object {
	film := film{tracks: tracks}.bytes()
	head, moov := film[:len(ftyp("isom", "mp41"))], film[len(ftyp("isom", "mp41")):len(film)-8-len(payload)]
	end := size
	if last {
		end -= int64(len(moov))
	}
	moov = bytes.ReplaceAll(moov, []byte("?at last"), b64(int(end)-len(payload)))
	tail := slices.Concat(payload, moov)
	if !last {
		head, tail = slices.Concat(head, moov), payload
	}
	return &object{data: slices.Concat(head, wideHead(end-int64(len(head)))), size: size, end: tail}
}

// wideHead returns the header of an mdat box of n bytes.
func wideHead(n int64) []byte { return slices.Concat(b32(1), []byte("mdat"), b64(int(n))) }

func TestFilesBeyondTheLimitsAreTooComplex(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"tracks":            film{tracks: slices.Repeat([][]byte{sound()}, 65)}.bytes(),
		"boxes":             slices.Concat(ftyp("isom"), slices.Concat(slices.Repeat([][]byte{atom("free")}, 20_001)...)),
		"boxes far between": slices.Concat(ftyp("isom"), slices.Concat(slices.Repeat([][]byte{atom("free", zeros(64<<10))}, 100)...)),
		"one in the other":  film{tracks: [][]byte{nested("mdia", 30_000)}}.bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &object{data: data}
			_, err := media.Probe(t.Context(), o, o.length())
			want := media.ErrTooComplex
			if name == "one in the other" {
				want = media.ErrNoPicture // Probe does not enter nested boxes of this kind, so it finds no picture
			}
			wantVerdict(t, err, want)
			if o.bytes > 4<<20 {
				t.Errorf("read %d bytes", o.bytes)
			}
		})
	}
}

// nested returns a track box with n boxes of the kind, each inside the previous one.
func nested(kind string, n int) []byte {
	var out []byte
	for i := n; i > 0; i-- {
		out = append(append(out, b32(8*i)...), kind...)
	}
	return atom("trak", out)
}

// Probe must return any read error of the Source, whichever read fails. It must never turn such
// an error into a verdict.
func TestReadErrorsAreNeverVerdicts(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken line")
	for _, s := range samples(t) {
		if len(s.Data) == 0 {
			continue
		}
		whole := &object{data: s.Data}
		media.Probe(t.Context(), whole, whole.length()) // count the reads that probing the file needs
		for failing := 1; failing <= whole.reads; failing++ {
			o := &object{data: s.Data, fail: func(read int) error {
				if read == failing {
					return broken
				}
				return nil
			}}
			_, err := media.Probe(t.Context(), o, o.length())
			if !errors.Is(err, broken) {
				t.Errorf("%s, read %d: error %v, want the source's", s.File, failing, err)
			}
			for _, v := range verdicts {
				if errors.Is(err, v) {
					t.Errorf("%s, read %d: a fault became %v", s.File, failing, err)
				}
			}
		}
	}
}

func TestShortAnswers(t *testing.T) {
	t.Parallel()
	o := &object{data: film{}.bytes(), short: true}
	_, err := media.Probe(t.Context(), o, o.length())
	if err == nil || slices.ContainsFunc(verdicts, func(v error) bool { return errors.Is(err, v) }) {
		t.Errorf("error %v, want a fault", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := &object{data: film{}.bytes()}
	if _, err := media.Probe(ctx, o, o.length()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

// readerAt is a Source that reads from an io.ReaderAt.
type readerAt struct{ io.ReaderAt }

func (r readerAt) ReadRange(_ context.Context, off, n int64) ([]byte, error) {
	data := make([]byte, n)
	_, err := r.ReadAt(data, off)
	return data, err
}

func ExampleProbe() {
	file := bytes.NewReader(film{tracks: [][]byte{picture{turn: turns[90]}.trak()}}.bytes())
	info, err := media.Probe(context.Background(), readerAt{file}, file.Size())
	fmt.Println(info.Extension, info.Width, info.Height, info.Rotation, info.Duration, err)
	// Output: mp4 360 640 90 1.5s <nil>
}

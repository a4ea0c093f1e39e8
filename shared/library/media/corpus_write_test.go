package media_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the files that are derived from others of the corpus")

const corpus = "testdata/corpus"

// read returns the bytes of a file of the corpus.
func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpus, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// swapped returns a copy of data in which a new text (the argument with) replaces each occurrence
// of the text old. Both texts must have the same length. It fails the test if old does not occur.
func swapped(t testing.TB, data []byte, old, with string) []byte {
	t.Helper()
	if len(old) != len(with) || !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%q is not there to be replaced by %q", old, with)
	}
	return bytes.ReplaceAll(data, []byte(old), []byte(with))
}

// tagged returns an EBML element whose size is stated in four bytes. The function live, below,
// returns an element that states no size.
func tagged(id int, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return slices.Concat(ebmlID(id), b32(0x1<<28|len(body)), body)
}

func live(id int, parts ...[]byte) []byte {
	return slices.Concat(ebmlID(id), []byte{0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, slices.Concat(parts...))
}

func ebmlID(id int) []byte { return bytes.TrimLeft(b32(id), "\x00") }

func ebmlFloat(v float64) []byte { return b64(int(math.Float64bits(v))) }

// webm describes a Matroska file. Its zero value is a WebM file of 640 x 360 that lasts 1.5 s.
type webm struct {
	kind    string // the EBML document type (DocType); "" means webm
	video   []byte // more fields of the Video element, after width and height
	entries []byte // the track entries; nil means one video track
	info    []byte // the fields of the Info element; nil means a duration of 1,500 units
	tail    []byte // elements after the media in the segment
}

func (w webm) header() []byte {
	if w.kind == "" {
		w.kind = "webm"
	}
	return tagged(0x1a45dfa3, tagged(0x4282, []byte(w.kind)))
}

func (w webm) parts() (info, tracks, cluster []byte) {
	if w.entries == nil {
		w.entries = mkvPicture(640, 360, w.video)
	}
	if w.info == nil {
		w.info = tagged(0x4489, ebmlFloat(1500))
	}
	return tagged(0x1549a966, w.info), tagged(0x1654ae6b, w.entries), tagged(0x1f43b675, tagged(0xe7, []byte{0}), tagged(0xa3, zeros(64)))
}

func (w webm) bytes() []byte {
	info, tracks, cluster := w.parts()
	return slices.Concat(w.header(), tagged(0x18538067, info, tracks, cluster, w.tail))
}

// mkvPicture returns a TrackEntry for a video track.
func mkvPicture(w, h int, video []byte, fields ...[]byte) []byte {
	return tagged(0xae, tagged(0x83, []byte{1}), tagged(0x86, []byte("V_VP9")), slices.Concat(fields...),
		tagged(0xe0, tagged(0xb0, b16(w)), tagged(0xba, b16(h)), video))
}

// derived returns the corpus files that no available encoder writes. They are changed copies of
// encoded files, or built box by box.
func derived(t testing.TB) map[string][]byte {
	h264, vp9, avif, heic := read(t, "h264-moov-last.mp4"), read(t, "vp9.webm"), read(t, "avifenc.avif"), read(t, "picture.heic")
	turn := func(data []byte, m []byte) []byte { return patched(data, bytes.Index(data, []byte("tkhd"))+44, m...) }
	aperture := func(w, h int) []byte {
		return atom("clap", b32(w, 1, h, 1, 0, 1, 0, 1))
	}
	roll := func(v float64) []byte {
		return tagged(0x7670, tagged(0x7671, []byte{0}), tagged(0x7675, ebmlFloat(v)))
	}
	shown := func(w, h, unit int) []byte {
		return slices.Concat(tagged(0x54b0, b16(w)), tagged(0x54ba, b16(h)), tagged(0x54b2, []byte{byte(unit)}))
	}
	_, tracks, cluster := webm{}.parts()
	moov := bytes.Index(h264, []byte("moov")) - 4
	jpg := read(t, "picture.jpg")
	oriented := func(order binary.AppendByteOrder, n int) []byte {
		return slices.Concat(jpg[:2], exif(order, n), jpg[2:])
	}
	return map[string][]byte{
		"turned-90.mp4":               turn(h264, turns[90]),
		"turned-180.mp4":              turn(h264, turns[180]),
		"turned-270.mp4":              turn(h264, turns[270]),
		"mirrored.mp4":                turn(h264, matrix(-one, 0, 0, one)),
		"mirrored-upside-down.mp4":    turn(h264, matrix(one, 0, 0, -one)),
		"mirrored-turned.mp4":         turn(h264, matrix(0, one, one, 0)),
		"zero-matrix.mp4":             turn(h264, zeros(36)),
		"clean-aperture.mov":          film{brand: "qt  ", tracks: [][]byte{picture{width: 1920, height: 1088, extra: aperture(1920, 1080)}.trak()}}.bytes(),
		"clean-aperture-turned.mp4":   film{tracks: [][]byte{picture{width: 1920, height: 1088, turn: turns[90], extra: aperture(1920, 1080)}.trak()}}.bytes(),
		"header-aspect.mov":           film{brand: "qt  ", tracks: [][]byte{picture{width: 720, height: 576, shownW: 1024, shown: 576}.trak()}}.bytes(),
		"wide-sizes.mp4":              film{data: wide("mdat", payload), last: true, header: movieHeader(1, 1500, turns[0]), tracks: [][]byte{picture{version: 1, tables: slices.Concat(counted, atom("co64", zeros(4), b32(1), b64(40)))}.trak()}}.bytes(),
		"open-media-data.mp4":         film{data: slices.Concat(b32(0), []byte("mdat"), payload)}.bytes(),
		"no-brand.mov":                film{brand: "-"}.bytes(),
		"media-data-first.mov":        slices.Concat(atom("wide"), atom("mdat", zeros(64)), film{brand: "-"}.bytes()),
		"brand-after-free.mp4":        slices.Concat(atom("free", zeros(8)), h264),
		"packed-index.mov":            film{brand: "qt  ", tracks: [][]byte{atom("cmov", zeros(20))}}.bytes(),
		"no-duration-but-edits.mp4":   film{header: movieHeader(0, 0, turns[0]), tracks: [][]byte{edited(picture{units: 6000}.trak(), 700)}}.bytes(),
		"film-named.webm":             h264,
		"film-named.jpg":              h264,
		"webm-named.mp4":              vp9,
		"cut-in-media-data.mp4":       read(t, "h264-moov-first.mp4")[:1500],
		"cut-before-index.mp4":        h264[:moov],
		"cut-in-index.mp4":            h264[:moov+100],
		"fragment-alone.mp4":          fragment(7, atom("trun", full(0, 0), b32(15))),
		"dolby-vision.mp4":            swapped(t, read(t, "hevc-hvc1.mp4"), "hvc1", "dvh1"),
		"display-16x9.webm":           webm{video: shown(16, 9, 3)}.bytes(),
		"display-centimetres.webm":    webm{video: shown(30, 20, 1)}.bytes(),
		"display-unknown.webm":        webm{video: shown(30, 20, 4)}.bytes(),
		"display-pixels.mkv":          webm{kind: "matroska", video: shown(480, 360, 0)}.bytes(),
		"cropped.mkv":                 webm{kind: "matroska", video: slices.Concat(tagged(0x54aa, []byte{20}), tagged(0x54bb, []byte{20}))}.bytes(),
		"rolled-90.webm":              webm{video: roll(-90)}.bytes(),
		"rolled-270.mkv":              webm{kind: "matroska", video: roll(90)}.bytes(),
		"tracks-last.mkv":             tracksLast("matroska", true),
		"tracks-last-unnamed.mkv":     tracksLast("matroska", false),
		"open-clusters.webm":          slices.Concat(webm{}.header(), live(0x18538067, tracks, live(0x1f43b675, cluster[8:]), live(0x1f43b675, cluster[8:]))),
		"open-clusters-first.mkv":     slices.Concat(webm{kind: "matroska"}.header(), live(0x18538067, live(0x1f43b675, cluster[8:]), tracks)),
		"cut-in-cluster.webm":         vp9[:len(vp9)*2/3],
		"cut-in-tracks.webm":          vp9[:bytes.Index(vp9, []byte{0x16, 0x54, 0xae, 0x6b})+20],
		"other-document.mkv":          webm{kind: "diary"}.bytes(),
		"exif-6.jpg":                  oriented(binary.BigEndian, 6),
		"exif-3.jpg":                  oriented(binary.LittleEndian, 3),
		"exif-5-mirrored.jpg":         oriented(binary.LittleEndian, 5),
		"exif-2-mirrored.jpg":         oriented(binary.BigEndian, 2),
		"cut.jpg":                     jpg[:len(jpg)/2],
		"cut.png":                     read(t, "picture.png")[:200],
		"cut.webp":                    read(t, "lossy.webp")[:100],
		"cut.gif":                     read(t, "picture.gif")[:2000],
		"cut.avif":                    avif[:len(avif)-20],
		"cut.heic":                    heic[:len(heic)-20],
		"heic-of-no-major-brand.heic": swapped(t, heic, "ftypheic", "ftypmif1"),
		"jpeg-named.png":              jpg,
	}
}

// edited returns the trak box with an edit list added. The edit list shows the track for the given
// number of the movie's time units.
func edited(trak []byte, units int) []byte {
	return atom("trak", atom("edts", atom("elst", full(0, 0), b32(1, units, 0, one))), trak[8:])
}

// tracksLast returns a Matroska file whose Tracks element follows the media. If named is set, a
// seek head at the file's start states the position of the Tracks element.
func tracksLast(kind string, named bool) []byte {
	w := webm{kind: kind}
	info, tracks, cluster := w.parts()
	at := 0
	seek := func() []byte {
		return tagged(0x114d9b74, tagged(0x4dbb, tagged(0x53ab, b32(0x1654ae6b)), tagged(0x53ac, b32(at))))
	}
	at = len(seek()) + len(info) + len(cluster)
	if !named {
		return slices.Concat(w.header(), tagged(0x18538067, info, cluster, tracks))
	}
	return slices.Concat(w.header(), tagged(0x18538067, seek(), info, cluster, tracks))
}

// The stored derived files must equal the files that this code generates.
func TestDerivedFiles(t *testing.T) {
	t.Parallel()
	for name, data := range derived(t) {
		path := filepath.Join(corpus, name)
		if *update {
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(read(t, name), data) {
			t.Errorf("%s is another one: go test -run TestDerivedFiles -update", name)
		}
	}
}

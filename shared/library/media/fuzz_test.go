package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

// FuzzProbe checks Probe's promises for arbitrary bytes: Probe returns a verdict or a plausible
// answer, stays within the budget, and returns the same result each time.
func FuzzProbe(f *testing.F) {
	for _, s := range samples(f) {
		// use only small seeds, because the fuzzer mutates large inputs slowly
		if small := withoutMedia(s.Data); len(small) < 5000 {
			f.Add(small)
		}
	}
	for _, e := range expectations(f) {
		if data := withoutMedia(read(f, e.File)); len(data) < 3000 {
			f.Add(data)
		}
	}
	for _, data := range [][]byte{
		film{}.bytes(),
		film{last: true, data: wide("mdat", payload), header: movieHeader(1, 9, turns[90])}.bytes(),
		film{brand: "qt  ", data: append(b32(0), "mdat...."...), tracks: [][]byte{picture{
			version: 1, extra: slices.Concat(atom("pasp", b32(4, 3)), atom("clap", b32(9, 1, 9, 1, 0, 1, 0, 1))), tables: slices.Concat(counted, atom("co64", b32(0, 1), b64(9))),
		}.trak()}}.bytes(),
		fragmented(atom("mehd", zeros(8)), index(1, [2]int{8, 8}), fragment(7, atom("tfdt", zeros(8)), atom("trun", full(0, 0x305), b32(1, 0, 0, 9, 9)))),
		slices.Concat(fragmented(nil, fragment(7), fragment(7)), fragmentIndex(positions(0, 7, 1, 700))),
		slices.Concat(ftyp("avif"), atom("meta", zeros(8))),
		photo(exif(binary.LittleEndian, 6)),
		riff(lossy), riff(lossless), riff(canvas, lossy),
		[]byte("\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"),
		webm{}.bytes(), tracksLast("matroska", true),
		pictureItems{}.bytes(),
	} {
		f.Add(data)
	}
	f.Fuzz(checkPromises)
}

// Each fuzz target below covers one family of containers, and starts from files of that family.

func FuzzMP4(f *testing.F)      { fuzzFamily(f, "mp4", "mov", "m4v", "3gp") }
func FuzzMatroska(f *testing.F) { fuzzFamily(f, "webm", "mkv") }
func FuzzItems(f *testing.F)    { fuzzFamily(f, "avif", "heic") }
func FuzzJPEG(f *testing.F)     { fuzzFamily(f, "jpg") }
func FuzzPNG(f *testing.F)      { fuzzFamily(f, "png") }
func FuzzWebP(f *testing.F)     { fuzzFamily(f, "webp") }
func FuzzGIF(f *testing.F)      { fuzzFamily(f, "gif") }

// fuzzFamily fuzzes Probe with the corpus files and cases in these containers as seeds. It
// removes the media data from long films and cuts other long files.
func fuzzFamily(f *testing.F, containers ...string) {
	var seeds [][]byte
	for _, e := range expectations(f) {
		if slices.Contains(containers, e.Container) {
			seeds = append(seeds, read(f, e.File))
		}
	}
	for _, k := range knownCases(f) {
		if data := k.content(f); slices.Contains(containers, media.Sniff(data).Container) {
			seeds = append(seeds, data)
		}
	}
	if len(seeds) == 0 {
		f.Fatalf("no file of the corpus is one of %v", containers)
	}
	for _, data := range seeds {
		if len(data) > 8<<10 {
			data = withoutMedia(data)
		}
		f.Add(data[:min(len(data), 8<<10)])
	}
	f.Fuzz(checkPromises)
}

// checkPromises checks that Probe's result for data is plausible, within the budget and repeatable.
func checkPromises(t *testing.T, data []byte) {
	o := &object{data: data}
	info, err := media.Probe(t.Context(), o, o.length())
	if o.bytes > 4<<20 || o.bytes > o.length() || o.reads > 64 {
		t.Errorf("%d reads of %d bytes of %d", o.reads, o.bytes, o.length())
	}
	if err != nil && !slices.ContainsFunc(verdicts, func(v error) bool { return errors.Is(err, v) }) {
		t.Errorf("a fault out of nothing: %v", err)
	}
	if info.Probed != (info.Width > 0 && info.Height > 0) || !info.Probed && info.Width|info.Height|info.Rotation != 0 {
		t.Errorf("sides: %+v", info)
	}
	if info.Rotation%90 != 0 || info.Rotation < 0 || info.Rotation > 270 || info.Duration < 0 {
		t.Errorf("out of range: %+v", info)
	}
	if err == nil && (info.Kind == "" || info.Container == "" || info.ContentType == "") {
		t.Errorf("nothing known, and no error: %+v", info)
	}
	again, steps, _ := media.ProbeSteps(t.Context(), &object{data: data}, int64(len(data)))
	if again != info {
		t.Errorf("%+v, then %+v", info, again)
	}
	if steps > 20_001 {
		t.Errorf("%d parts were visited", steps)
	}
}

// withoutMedia returns a film with its index and almost no media data. It returns other files
// unchanged.
func withoutMedia(data []byte) []byte {
	at := bytes.Index(data, []byte("moov")) - 4
	if at < 0 {
		return data
	}
	n := binary.BigEndian.Uint32(data[at:])
	if uint64(n) > uint64(len(data)-at) {
		return data
	}
	index := data[at:][:n]
	return slices.Concat(ftyp("isom"), index, atom("mdat", zeros(8)))
}

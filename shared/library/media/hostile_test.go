package media_test

import (
	"bytes"
	"maps"
	"runtime"
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

// hostile returns files that try to make the prober use too much time or memory.
func hostile() map[string][]byte {
	const most = 4 << 20
	inMeta := func(b []byte) []byte { return pictureItems{located: b}.bytes() }
	return map[string][]byte{
		"extents of no bytes":      inMeta(atom("iloc", full(0, 0), zeros(2), b16(0xffff), bytes.Repeat(append(zeros(4), 0xff, 0xff), 0xffff))),
		"extents that are one":     inMeta(atom("iloc", full(1, 0), []byte{0, 1}, b16(0xffff), bytes.Repeat([]byte{1}, most/2))),
		"items without end":        inMeta(atom("iloc", full(2, 0), zeros(2), b32(-1))),
		"many properties":          pictureItems{properties: slices.Repeat([][]byte{atom("free")}, 19_000), order: []byte{1}}.bytes(),
		"many samples":             fragmented(nil, fragment(7, atom("trun", full(0, 0x100), b32(most/8), zeros(most/2)))),
		"many segments in indexes": fragmented(nil, bytes.Repeat(atom("sidx", full(0, 0), b32(7, 100, 0, 0), b16(0), b16(0xffff), zeros(12*0xffff)), 5)),
		"edits":                    film{tracks: [][]byte{atom("trak", atom("edts", atom("elst", full(0, 0), b32(300_000), zeros(3_600_000))))}}.bytes(),
		"edits without their list": film{tracks: [][]byte{atom("trak", atom("edts", atom("elst", full(1, 0), b32(-1))))}}.bytes(),
		"chunks of many tracks":    append(film{tracks: slices.Repeat([][]byte{picture{tables: slices.Concat(counted, atom("stco", zeros(4), b32(most/240), zeros(most/60)))}.trak()}, 50)}.bytes(), "....\xa9xyz"...),
		"chunks without end":       append(film{tracks: [][]byte{picture{tables: slices.Concat(counted, atom("co64", zeros(4), b32(-1), zeros(most)))}.trak()}}.bytes(), "....\xa9xyz"...),
		"padding first":            bytes.Repeat(atom("free"), 30_000),
		"segments that grow":       photo(growing(0xe2, 300)),
		"chunks of a picture":      slices.Concat(pngHead(), bytes.Repeat(pngPart("tEXt", nil), 30_000)),
		"chunks that grow":         slices.Concat(pngHead(), growingChunks(300)),
		"padding without a start":  slices.Concat(photo()[:len(photo())-2], bytes.Repeat([]byte{7}, 2*most)),
		"zeros in a segment":       webm{tail: zeros(2 * most)}.bytes(),
		"seek heads":               slices.Concat(webm{}.header(), tagged(0x18538067, bytes.Repeat(tagged(0x114d9b74, bytes.Repeat(tagged(0x4dbb), 50)), 500))),
		"elements in voids":        slices.Concat(webm{}.header(), tagged(0x18538067, bytes.Repeat(tagged(0xec), 25_000))),
		"a name of a codec":        webm{entries: tagged(0xae, tagged(0x86, zeros(most)))}.bytes(),
		"tracks of many fields":    webm{entries: mkvPicture(1, 1, bytes.Repeat(tagged(0xb0, []byte{1}), 25_000))}.bytes(),
		"segments of a picture":    photo(bytes.Repeat(segment(0xe1, zeros(65_000)), 70)),
		"bytes between segments":   slices.Concat([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 2}, zeros(most)),
		"a scan without an end":    slices.Concat(photo()[:len(photo())-2], zeros(2*most)),
		"chunks":                   riff(bytes.Repeat(chunk("ICCP"), 30_000)),
		"blocks":                   slices.Concat([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), bytes.Repeat([]byte{0x21, 1, 1, 0, 0}, 40_000)),
	}
}

// growing returns n metadata segments of a photo, each longer than the previous one.
func growing(marker byte, n int) (all []byte) {
	for i := range n {
		all = append(all, segment(marker, zeros(20_000+i))...)
	}
	return all
}

// growingChunks returns n metadata chunks of a PNG file, each longer than the previous one.
func growingChunks(n int) (all []byte) {
	for i := range n {
		all = append(all, pngPart("IDAT", zeros(20_000+i))...)
	}
	return all
}

// pngHead returns the start of a PNG file of 1 x 1.
func pngHead() []byte {
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), pngPart("IHDR", []byte{0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0}))
}

// Probing any file must stay within the limits for reads and memory. The test does not run in
// parallel, because it measures the memory of the whole process.
func TestHostileFiles(t *testing.T) {
	for name, data := range hostile() {
		o := &object{data: data}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := media.Probe(t.Context(), o, o.length())
		runtime.ReadMemStats(&after)
		if o.bytes > 4<<20 || o.reads > 64 {
			t.Errorf("%s: %d reads of %d bytes", name, o.reads, o.bytes)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 32<<20 {
			t.Errorf("%s: %d bytes of memory in all", name, taken)
		}
		t.Logf("%s: %v, %d reads, %d bytes, %d allocated", name, err, o.reads, o.bytes, after.TotalAlloc-before.TotalAlloc)
	}
}

// The number of boxes, segments and chunks that Probe visits must be bounded. The test counts
// them, so it needs no clock.
func TestBoundedWork(t *testing.T) {
	t.Parallel()
	worst := hostile()
	files := maps.Clone(worst)
	for _, e := range expectations(t) {
		files[e.File] = read(t, e.File)
	}
	most := 0
	for name, data := range files {
		o := &object{data: data}
		_, steps, err := media.ProbeSteps(t.Context(), o, o.length())
		if most = max(most, steps); steps > 20_001 || worst[name] == nil && steps > 1000 {
			t.Errorf("%s: %v after %d parts", name, err, steps)
		}
	}
	if most != 20_001 {
		t.Errorf("none of the files met the bound: %d parts at most", most)
	}
}

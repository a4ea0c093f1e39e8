package media_test

import (
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"masterhand/shared/library/media"
)

func TestMovieSides(t *testing.T) {
	t.Parallel()
	pasp := func(h, v int) []byte { return atom("pasp", b32(h, v)) }
	clap := func(w, h int) []byte { return atom("clap", b32(w, 1, h, 1, 0, 1, 0, 1)) }
	for name, c := range map[string]struct {
		picture       picture
		movie         []byte // the matrix in the movie header (mvhd box)
		width, height int
		rotation      int
	}{
		"plain":                       {picture{}, nil, 640, 360, 0},
		"second version of boxes":     {picture{version: 1}, nil, 640, 360, 0},
		"turned by 90":                {picture{turn: turns[90]}, nil, 360, 640, 90},
		"turned by 180":               {picture{turn: turns[180]}, nil, 640, 360, 180},
		"turned by 270":               {picture{turn: turns[270]}, nil, 360, 640, 270},
		"second version turned":       {picture{version: 1, turn: turns[90]}, nil, 360, 640, 90},
		"turned by the movie":         {picture{}, turns[90], 360, 640, 90},
		"turned twice":                {picture{turn: turns[90]}, turns[90], 640, 360, 180},
		"turned back by the movie":    {picture{turn: turns[90]}, turns[270], 640, 360, 0},
		"mirrored":                    {picture{turn: matrix(-one, 0, 0, one)}, nil, 640, 360, 0},
		"mirrored and turned":         {picture{turn: matrix(0, one, one, 0)}, nil, 360, 640, 90},
		"matrix of zeros":             {picture{turn: zeros(36)}, nil, 640, 360, 0},
		"wider samples":               {picture{width: 720, height: 576, extra: pasp(64, 45)}, nil, 1024, 576, 0},
		"narrower samples":            {picture{width: 720, height: 480, extra: pasp(8, 9)}, nil, 640, 480, 0},
		"wider samples, turned":       {picture{width: 720, height: 576, extra: pasp(64, 45), turn: turns[90]}, nil, 576, 1024, 90},
		"sample aspect of nothing":    {picture{extra: pasp(0, 0)}, nil, 640, 360, 0},
		"aspect outranks header":      {picture{shownW: 480, shown: 360, extra: pasp(1, 1)}, nil, 640, 360, 0},
		"stretched by the header":     {picture{shownW: 480, shown: 360}, nil, 480, 360, 0},
		"stretched by the matrix":     {picture{turn: matrix(2*one, 0, 0, one)}, nil, 1280, 360, 0},
		"aspect outranks matrix":      {picture{turn: matrix(2*one, 0, 0, one), extra: pasp(1, 1)}, nil, 640, 360, 0},
		"aspect and matrix":           {picture{turn: matrix(2*one, 0, 0, one), extra: pasp(2, 1)}, nil, 1280, 360, 0},
		"matrix outranks header":      {picture{turn: matrix(2*one, 0, 0, one), shownW: 1280, shown: 360}, nil, 1280, 360, 0},
		"scaled by the matrix":        {picture{turn: matrix(2*one, 0, 0, 2*one)}, nil, 640, 360, 0},
		"clean aperture":              {picture{width: 1920, height: 1088, shownW: 1920, shown: 1080, extra: clap(1920, 1080)}, nil, 1920, 1080, 0},
		"clean aperture too large":    {picture{extra: clap(9999, 360)}, nil, 640, 360, 0},
		"aperture and aspect":         {picture{width: 720, height: 576, extra: slices.Concat(clap(702, 576), pasp(12, 11))}, nil, 766, 576, 0},
		"sides in the header alone":   {picture{width: 0, height: 1, shownW: 640, shown: 360}, nil, 640, 360, 0},
		"no boxes in the sample":      {picture{extra: []byte("\x00\x00\x00\x02gamma....")}, nil, 640, 360, 0},
		"unknown boxes in the sample": {picture{extra: atom("colr", zeros(11))}, nil, 640, 360, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := film{tracks: [][]byte{sound(), c.picture.trak()}}
			if c.movie != nil {
				f.header = movieHeader(1, 1500, c.movie)
			}
			info, err := probe(t, f.bytes())
			wantVerdict(t, err, nil)
			if !info.Probed || info.Width != c.width || info.Height != c.height || info.Rotation != c.rotation {
				t.Errorf("%+v, want %d x %d turned by %d", info, c.width, c.height, c.rotation)
			}
		})
	}
}

// If both container and codec state an aspect, that of the container must decide, as in ffprobe
// and Chromium (TestCasesAsChromiumShowsThem).
func TestMovieSidesOfTheCodec(t *testing.T) {
	t.Parallel()
	config := func(text string) []byte {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	avc := atom("avcC", config(avcC444)) // this configuration states 720 x 576 pixels and a sample aspect of 64:45
	cropped := atom("hvcC", config(hvcCSquare))
	pasp := func(h, v int) []byte { return atom("pasp", b32(h, v)) }
	entry := func(kind string, w, h int, parts ...[]byte) []byte {
		return atom(kind, zeros(24), b16(w), b16(h), zeros(50), slices.Concat(parts...))
	}
	for name, c := range map[string]struct {
		picture       picture
		width, height int
	}{
		"the codec alone":               {picture{entry: entry("avc1", 720, 576, avc), shownW: 720, shown: 576}, 1024, 576},
		"the entry's aspect first":      {picture{entry: entry("avc1", 720, 576, avc, pasp(16, 15)), shownW: 720, shown: 576}, 768, 576},
		"and a square one":              {picture{entry: entry("avc1", 720, 576, avc, pasp(1, 1)), shownW: 720, shown: 576}, 720, 576},
		"but none of zeros":             {picture{entry: entry("avc1", 720, 576, avc, pasp(0, 0)), shownW: 720, shown: 576}, 1024, 576},
		"the track's header first":      {picture{entry: entry("avc1", 720, 576, avc), shownW: 768, shown: 576}, 768, 576},
		"the clean aperture first":      {picture{entry: entry("avc1", 720, 576, avc, atom("clap", b32(702, 1, 576, 1, 0, 1, 0, 1))), shownW: 720, shown: 576}, 998, 576},
		"padded sides in all boxes":     {picture{entry: entry("hvc1", 368, 464, cropped), shownW: 368, shown: 464}, 358, 450},
		"cropped sides in the header":   {picture{entry: entry("hvc1", 368, 464, cropped), shownW: 358, shown: 450}, 358, 450},
		"cropped, and turned":           {picture{entry: entry("hvc1", 368, 464, cropped), shownW: 368, shown: 464, turn: turns[90]}, 450, 358},
		"a configuration that is empty": {picture{entry: entry("avc1", 720, 576, atom("avcC")), shownW: 720, shown: 576}, 720, 576},
		"the other codec's":             {picture{entry: entry("hvc1", 640, 360, avc), shownW: 640, shown: 360}, 640, 360},
		"no sides in the entry":         {picture{entry: entry("avc1", 0, 0, avc), shownW: 720, shown: 576}, 1024, 576},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, film{tracks: [][]byte{c.picture.trak()}}.bytes())
			wantVerdict(t, err, nil)
			if info.Width != c.width || info.Height != c.height {
				t.Errorf("%+v, want %d x %d", info, c.width, c.height)
			}
		})
	}
}

// A size of 64 bits does not make media data open: only open media data must hold all chunks of all
// tracks, and a track without a table of chunks does not state them.
func TestWideMediaDataIsNotOpen(t *testing.T) {
	t.Parallel()
	mute := picture{handler: "soun", entry: atom("mp4a", zeros(28)), tables: counted}.trak()
	whole := film{data: wide("mdat", payload), tracks: [][]byte{picture{}.trak(), mute}}.bytes()
	_, err := probe(t, whole)
	wantVerdict(t, err, nil)
	_, err = probe(t, whole[:len(whole)-1])
	wantVerdict(t, err, media.ErrTruncated)
}

func TestMoviePicture(t *testing.T) {
	t.Parallel()
	small := picture{width: 320, height: 180}
	disabled := picture{width: 1920, height: 1080, disabled: true}
	for name, c := range map[string]struct {
		tracks [][]byte
		width  int
	}{
		"the first":                {[][]byte{small.trak(), picture{}.trak()}, 320},
		"one with samples":         {[][]byte{picture{tables: noSamples}.trak(), small.trak()}, 320},
		"a film before a preview":  {[][]byte{still(0x6c, 2).trak(), small.trak()}, 320},
		"an enabled one":           {[][]byte{disabled.trak(), small.trak()}, 320},
		"a disabled one, if alone": {[][]byte{sound(), disabled.trak()}, 1920},
		"one that is described":    {[][]byte{picture{entry: []byte{}}.trak(), small.trak()}, 320},
		"beside text and metadata": {[][]byte{picture{handler: "tmcd", entry: atom("tmcd", zeros(26))}.trak(), small.trak()}, 320},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, film{tracks: c.tracks}.bytes())
			wantVerdict(t, err, nil)
			if info.Width != c.width {
				t.Errorf("width %d, want %d", info.Width, c.width)
			}
		})
	}
}

func TestMovieDuration(t *testing.T) {
	t.Parallel()
	unknown := 1<<32 - 1
	for name, c := range map[string]struct {
		film film
		want time.Duration
	}{
		"of the movie":        {film{tracks: [][]byte{picture{units: 300}.trak()}}, 1500 * time.Millisecond},
		"in 64 bits":          {film{header: movieHeader(1, 1<<33, turns[0])}, 1 << 33 * time.Millisecond},
		"of the track":        {film{header: movieHeader(0, 0, turns[0]), tracks: [][]byte{picture{units: 300}.trak()}}, 500 * time.Millisecond},
		"of the track, wide":  {film{header: movieHeader(0, unknown, turns[0]), tracks: [][]byte{picture{version: 1, units: 300}.trak()}}, 500 * time.Millisecond},
		"unknown":             {film{header: movieHeader(0, unknown, turns[0]), tracks: [][]byte{picture{units: unknown}.trak()}}, 0},
		"longer than all":     {film{header: movieHeader(1, -1, turns[0])}, 0},
		"no units in seconds": {film{header: patched(movieHeader(0, 1500, turns[0]), 20, zeros(4)...)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.film.bytes())
			wantVerdict(t, err, nil)
			if info.Duration != c.want || !info.Probed {
				t.Errorf("%+v, want %v", info, c.want)
			}
		})
	}
}

func TestMovieLayout(t *testing.T) {
	t.Parallel()
	plain := film{}.bytes()
	open := slices.Concat(b32(0), []byte("mdat"), payload)
	chunks := func(kind string, at []byte) [][]byte {
		return [][]byte{picture{tables: slices.Concat(counted, atom(kind, zeros(4), b32(1), at))}.trak()}
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"index first":                {plain, nil},
		"index last":                 {film{last: true}.bytes(), nil},
		"wide media data":            {film{data: wide("mdat", payload), last: true}.bytes(), nil},
		"wide media data, too wide":  {film{data: patched(wide("mdat", payload), 8, 0, 1)}.bytes(), nil},
		"wide media data, overflow":  {film{data: patched(wide("mdat", payload), 8, 0xff)}.bytes(), nil},
		"media data to the end":      {film{data: open}.bytes(), nil},
		"chunk in open media data":   {film{data: open, tracks: chunks("stco", b32(100))}.bytes(), nil},
		"chunk beyond the end":       {film{data: open, tracks: chunks("stco", b32(9000))}.bytes(), media.ErrTruncated},
		"wide chunk beyond the end":  {film{data: open, tracks: chunks("co64", b64(9000))}.bytes(), media.ErrTruncated},
		"chunks beyond their table":  {film{data: open, tracks: chunks("stco", nil)}.bytes(), media.ErrCorrupt},
		"no chunks":                  {film{data: open, tracks: [][]byte{picture{tables: noSamples}.trak()}}.bytes(), media.ErrNoPicture},
		"cut in the media data":      {plain[:len(plain)-1], media.ErrTruncated},
		"cut before the media data":  {plain[:len(plain)-72], media.ErrTruncated},
		"cut in the index":           {plain[:len(plain)-80], media.ErrTruncated},
		"cut before the index":       {ftyp("isom"), media.ErrTruncated},
		"recording that never ended": {slices.Concat(ftyp("isom"), open), media.ErrTruncated},
		"index last, cut":            {slices.Concat(ftyp("isom"), atom("mdat", zeros(64))), media.ErrTruncated},
		"empty media data":           {film{data: atom("mdat")}.bytes(), media.ErrTruncated},
		"zeros after the end":        {slices.Concat(plain, zeros(100)), nil},
		"a few bytes after the end":  {slices.Concat(plain, []byte("abc")), nil},
		"rubbish after the end":      {slices.Concat(plain, []byte{0xff, 0xfe, 0, 0, 1, 2, 3, 4, 5, 6}), nil},
		"rubbish before the index":   {slices.Concat(ftyp("isom"), []byte{0, 0, 0, 3, 1, 2, 3, 4, 5, 6}, plain), media.ErrCorrupt},
		"box smaller than its head":  {slices.Concat(ftyp("isom"), b32(7), []byte("free"), plain), media.ErrCorrupt},
		"packed index":               {film{tracks: [][]byte{atom("cmov", zeros(20))}}.bytes(), nil},
		"sound alone":                {film{tracks: [][]byte{sound()}}.bytes(), media.ErrNoPicture},
		"no track":                   {film{tracks: [][]byte{{}}}.bytes(), media.ErrNoPicture},
		"second index":               {slices.Concat(plain, atom("moov", sound())), nil},
		"no file type box":           {film{brand: "-"}.bytes(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Kind != "video" {
				t.Errorf("%+v, want a video", info)
			}
		})
	}
}

func TestMovieContradictions(t *testing.T) {
	t.Parallel()
	for name, track := range map[string][]byte{
		"child larger than its parent": atom("trak", b32(4000), []byte("tkhd"), zeros(100)),
		"short track header":           atom("trak", atom("tkhd", zeros(83))),
		"short second version":         atom("trak", atom("tkhd", full(1, 0), zeros(91))),
		"no sample description":        picture{entry: []byte{}}.trak(),
		"short sample entry":           picture{entry: atom("avc1", zeros(77))}.trak(),
		"short sample aspect":          picture{extra: atom("pasp", zeros(4))}.trak(),
		"no sides":                     picture{entry: atom("avc1", zeros(78)), turn: zeros(36), width: 1, shownW: -1}.trak(),
		"endless aspect":               picture{extra: atom("pasp", b32(-1, 1))}.trak(),
		"wide child without its size":  atom("trak", b32(1), []byte("tkhd"), zeros(4)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, film{tracks: [][]byte{track}}.bytes())
			wantVerdict(t, err, media.ErrCorrupt)
			if info.Probed {
				t.Errorf("%+v, want nothing measured", info)
			}
		})
	}
}

package media_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

// trailers returns data that cameras, editors and uploads append to a file.
func trailers() map[string][]byte {
	return map[string][]byte{
		"a line feed":       []byte("\n"),
		"spaces":            bytes.Repeat([]byte(" "), 700),
		"zeros":             zeros(70_000),
		"bytes of 0xff":     bytes.Repeat([]byte{0xff}, 5000),
		"ID3":               append([]byte("TAGMusic"), zeros(120)...),
		"XMP":               []byte("<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta/>"),
		"an end of a form":  []byte("\r\n------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n"),
		"a box that is cut": append(b32(5000), "uuid...."...),
		"a high FourCC":     append(b32(1<<30), "\xa9xyz...."...),
		"a size of 64 bits": append(b32(1), "\xff\xfe\xfd\xfc\xff\xff\xff\xff\xff\xff\xff\xff"...),
		"noise":             noise(5000),
	}
}

// Any bytes may follow a whole file. A file whose last byte is missing must not count as whole.
func TestBytesBehindAWholeFile(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"h264-moov-first.mp4", "h264-moov-last.mp4", "sound.mov", "fragmented.mp4", "open-media-data.mp4", "hevc.mkv", "vp9.webm",
		"picture.jpg", "picture.png", "animated.png", "lossy.webp", "animated.webp", "avifenc.avif", "picture.heic",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			whole := read(t, file)
			want, err := probe(t, whole)
			wantVerdict(t, err, nil)
			for name, tail := range trailers() {
				got, err := probe(t, slices.Concat(whole, tail))
				if err != nil || got != want {
					t.Errorf("%s: %+v, %v\nwant %+v", name, got, err, want)
				}
			}
			missing := 1
			if file == "fragmented.mp4" {
				// The last bytes are the index of fragments. A film without this index counts as
				// whole, so cut off more than the index.
				missing = 200
			}
			_, err = probe(t, whole[:len(whole)-missing])
			wantVerdict(t, err, media.ErrTruncated)
		})
	}
}

// An mdat box may state more bytes than the file has, provided that all samples of all tracks are
// present.
func TestMediaDataThatSaysTooMuch(t *testing.T) {
	t.Parallel()
	data := patched(atom("mdat", payload), 0, b32(8+len(payload)+500)...)
	at := func(end int) []byte {
		return slices.Concat(counted, atom("stco", zeros(4), b32(1), b32(end-sampled)))
	}
	end := len(film{data: data}.bytes())
	two := func(secondEnd int) []byte {
		second := picture{handler: "soun", entry: atom("mp4a", zeros(28)), tables: at(secondEnd)}.trak()
		return film{data: data, tracks: [][]byte{picture{}.trak(), second}}.bytes()
	}
	longer := len(two(0))
	chunks := func(first int) []byte {
		tables := slices.Concat(counted[:len(counted)-20], atom("stsz", b32(0, sampled, 2)), atom("stco", zeros(4), b32(2, first), offset))
		return append(filmOf(picture{tables: tables}.trak()).bytes(), "\x40...\xa9xyz"...)
	}
	pcm := func(end int) []byte {
		const n = 20_000 // samples of one byte, more than a table of sizes is read for
		tables := slices.Concat(atom("stsc", zeros(4), b32(1, 1, n, 1)), atom("stsz", b32(0, 1, n)), atom("stco", zeros(4), b32(1), b32(end-n)))
		second := picture{handler: "soun", entry: atom("sowt", zeros(28)), tables: tables}.trak()
		long := patched(atom("mdat", zeros(n), payload), 0, b32(8+n+len(payload)+500)...)
		return film{data: long, tracks: [][]byte{picture{}.trak(), second}}.bytes()
	}
	loud := len(pcm(0))
	for name, c := range map[string]struct {
		film []byte
		want error
	}{
		"the PCM is there":   {pcm(loud), nil},
		"a byte of PCM less": {pcm(loud + 1), media.ErrTruncated},
		"all is there":       {film{data: data}.bytes(), nil},
		"a byte is missing":  {film{data: data}.bytes()[:end-1], media.ErrTruncated},
		"the sound is there": {two(longer), nil},
		"and its end is not": {two(longer + 1), media.ErrTruncated},
		"a chunk elsewhere":  {chunks(100), nil},
		"a chunk is missing": {chunks(9_000_000), media.ErrTruncated},
	} {
		_, err := probe(t, c.film)
		if fmt.Sprint(c.want) == "<nil>" != (err == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Zeros in place of the last samples must count as an interrupted upload, unless the zeros may be
// silence or the codec may write such samples.
func TestZerosInPlaceOfSamples(t *testing.T) {
	t.Parallel()
	film := func(entry string, data []byte) []byte {
		p := picture{tables: slices.Concat(counted, atom("stco", zeros(4), b32(1), offset))}
		p.entry = atom(entry, zeros(24), b16(640), b16(360), zeros(50))
		p.tables = bytes.Replace(p.tables, atom("stsz", b32(0, sampled, 1)), atom("stsz", b32(0, 0, 1, 64)), 1)
		start := ftyp("isom", "mp41")
		p.tables = bytes.ReplaceAll(p.tables, offset, b32(len(start)+8))
		return slices.Concat(start, atom("mdat", data), film{brand: "-", tracks: [][]byte{p.trak()}, data: []byte{}}.bytes())
	}
	run := fragment(7, atom("trun", full(0, 0), b32(15)))
	ended := func(kind string, sound, data []byte) []byte {
		p := picture{id: 7, tables: noSamples, entry: atom(kind, zeros(24), b16(640), b16(360), zeros(50))}
		f := filmOf(p.trak(), sound)
		f.extra, f.data = atom("mvex"), slices.Concat(run, atom("mdat", data))
		return f.bytes()
	}
	pcm := picture{handler: "soun", entry: atom("sowt", zeros(28)), tables: noSamples}.trak()
	aac := picture{handler: "soun", entry: atom("mp4a", zeros(28)), tables: noSamples}.trak()
	opus := picture{handler: "soun", entry: atom("Opus", zeros(28)), tables: noSamples}.trak()
	segment := func(codec string, tail []byte) []byte {
		return webm{entries: tagged(0xae, tagged(0x83, []byte{1}), tagged(0x86, []byte(codec)), tagged(0xe0, tagged(0xb0, b16(640)), tagged(0xba, b16(360)))), tail: tail}.bytes()
	}
	with := func(codec string, n int) []byte {
		sound := tagged(0xae, tagged(0x83, []byte{2}), tagged(0x86, []byte(codec)))
		block := tagged(0x1f43b675, tagged(0xe7, []byte{0}), tagged(0xa3, []byte("\x82\x00\x00\x80"), zeros(n)))
		return webm{entries: slices.Concat(mkvPicture(640, 360, nil), sound), tail: block}.bytes()
	}
	few := slices.Concat(payload, zeros(2000))
	items := func(data []byte) []byte {
		of := func(at int) []byte {
			located := atom("iloc", full(0, 0), []byte{0x44, 0}, b16(1), b16(1), b16(0), b16(1), b32(at, len(data)))
			return pictureItems{located: located, tail: atom("mdat", data)}.bytes()
		}
		return of(len(of(0)) - len(data))
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"H.264":                        {film("avc1", zeros(64)), media.ErrTruncated},
		"H.264 with a byte of its own": {film("avc1", append(zeros(63), 1)), nil},
		"pictures as they are":         {film("raw ", zeros(64)), nil},
		"a fragment":                   {ended("avc1", aac, few), media.ErrTruncated},
		"a fragment of AV1":            {ended("av01", aac, few), media.ErrTruncated},
		"a fragment of AV1 that ends":  {ended("av01", aac, append(few, 1)), nil},
		"a fragment, silent":           {ended("avc1", pcm, few), nil},
		"a fragment, silent Opus":      {ended("avc1", opus, few), nil},
		"a fragment of VP9":            {ended("vp09", aac, few), nil},
		"a fragment that ends":         {ended("avc1", aac, append(few, 1)), nil},
		"Matroska":                     {segment("V_VP9", zeros(2000)), media.ErrTruncated},
		"Matroska of VP8":              {segment("V_VP8", zeros(2000)), nil},
		"Matroska of MPEG-2":           {segment("V_MPEG2", zeros(200_000)), nil},
		"Matroska of an unknown codec": {segment("V_NEW", zeros(2000)), nil},
		"Matroska, silent PCM":         {with("A_PCM/INT/LIT", 200_000), nil},
		"Matroska, silent Opus":        {with("A_OPUS", 1275), nil},
		"Matroska, zeros after Opus":   {with("A_OPUS", 200_000), media.ErrTruncated},
		"Matroska, zeros after AAC":    {with("A_AAC", 1275), media.ErrTruncated},
		"Matroska with a void":         {segment("V_VP9", tagged(0xec, zeros(200_000))), nil},
		"Matroska, an open void":       {segment("V_VP9", append([]byte{0xec, 0xff}, zeros(2000)...)), media.ErrTruncated},
		"Matroska, zeros by blocks":    {segment("V_VP9", zeros(200_000)), media.ErrTruncated},
		"AVIF":                         {items(few), media.ErrTruncated},
		"AVIF that ends":               {items(append(few, 1)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
		})
	}
}

// filmOf returns a film that has these tracks.
func filmOf(tracks ...[]byte) film { return film{tracks: tracks} }

// A picture that is in another file, or has no samples, is not deliverable.
func TestPicturesThatAreNotHere(t *testing.T) {
	t.Parallel()
	whole := film{}.bytes()
	referring := func(kind string, flags, number int, tables []byte) []byte {
		p := picture{tables: tables, reference: atom("dinf", atom("dref", zeros(4), b32(1), atom(kind, full(0, flags))))}
		p.entry = atom("avc1", zeros(6), b16(number), zeros(16), b16(640), b16(360), zeros(50))
		return filmOf(p.trak()).bytes()
	}
	beyond := slices.Concat(counted, atom("stco", zeros(4), b32(1), b32(9_000_000)))
	without := func(table string) []byte { return bytes.Replace(whole, []byte(table), []byte("free"), 1) }
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"an address, and no samples here": {referring("url ", 0, 1, beyond), media.ErrNoPicture},
		"an address, and samples here":    {referring("url ", 0, 1, nil), nil},
		"an address of this file":         {referring("url ", 1, 1, nil), nil},
		"an alias":                        {referring("alis", 0, 1, nil), media.ErrNoPicture},
		"an alias of this file":           {referring("alis", 1, 1, nil), nil},
		"an alias for another track":      {referring("alis", 0, 2, nil), nil},
		"a list of other films":           {film{tracks: [][]byte{atom("rmra", zeros(40))}}.bytes(), media.ErrNoPicture},
		"no samples":                      {filmOf(picture{tables: noSamples}.trak()).bytes(), media.ErrNoPicture},
		"no table of sizes":               {without("stsz"), media.ErrNoPicture},
		"no table of chunks":              {without("stco"), media.ErrNoPicture},
		"no table of runs":                {without("stsc"), media.ErrNoPicture},
		"sizes of no chunks":              {filmOf(picture{tables: slices.Concat(counted, atom("stco", zeros(8)))}.trak()).bytes(), media.ErrNoPicture},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
		})
	}
}

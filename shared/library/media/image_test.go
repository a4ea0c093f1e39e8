package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"golang.org/x/image/webp"

	"masterhand/shared/library/media"
)

// encoded returns a picture of w x h as a JPEG file and as a PNG file.
func encoded(t *testing.T, w, h int) (jpg, portable []byte) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = color.Gray{Y: uint8(i * i)}.Y
	}
	var a, b bytes.Buffer
	if err := errors.Join(jpeg.Encode(&a, m, nil), png.Encode(&b, m)); err != nil {
		t.Fatal(err)
	}
	return a.Bytes(), b.Bytes()
}

func TestImagesAsDecoded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ w, h int }{{1, 1}, {600, 600}, {480, 600}, {1200, 7}, {3, 2000}} {
		jpg, portable := encoded(t, c.w, c.h)
		for _, data := range [][]byte{jpg, portable} {
			want, format, err := image.DecodeConfig(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			info, err := probe(t, data)
			wantVerdict(t, err, nil)
			if info.Width != want.Width || info.Height != want.Height || info.ContentType != "image/"+format {
				t.Errorf("%+v, want %d x %d of %s", info, want.Width, want.Height, format)
			}
		}
	}
}

// segment returns a JPEG segment with the marker and the joined parts.
func segment(marker byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return slices.Concat([]byte{0xff, marker}, b16(len(body)+2), body)
}

// exif returns an EXIF segment whose second entry is the orientation.
func exif(order binary.AppendByteOrder, orientation int) []byte {
	return segment(0xe1, []byte("Exif\x00\x00"), tiff(order, short, orientation))
}

// photo returns a JPEG file whose frame header states 640 x 480, with extra segments before that
// header.
func photo(before ...[]byte) []byte {
	return slices.Concat([]byte{0xff, 0xd8}, slices.Concat(before...), frame(640, 480),
		segment(0xc4, zeros(20)), segment(0xda, zeros(6)), []byte{1, 2, 0xff, 0, 3, 0xff, 0xd9})
}

func frame(w, h int) []byte { return segment(0xc2, []byte{8}, b16(h), b16(w), zeros(4)) }

func TestOrientation(t *testing.T) {
	t.Parallel()
	for orientation, rotation := range map[int]int{0: 0, 1: 0, 2: 0, 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270, 9: 0} {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			info, err := probe(t, photo(segment(0xe0, zeros(14)), exif(order, orientation)))
			wantVerdict(t, err, nil)
			w, h := 640, 480
			if orientation >= 5 && orientation <= 8 {
				w, h = h, w
			}
			if info.Width != w || info.Height != h || info.Rotation != rotation {
				t.Errorf("orientation %d, %v: %+v, want %d x %d turned by %d", orientation, order, info, w, h, rotation)
			}
		}
	}
}

func TestBrokenOrientation(t *testing.T) {
	t.Parallel()
	good := exif(binary.BigEndian, 6)
	for name, data := range map[string][]byte{
		"of another kind":   segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00")),
		"cut":               segment(0xe1, good[4:30]),
		"no directory":      segment(0xe1, good[4:14]),
		"directory beyond":  patched(good, 14, 0xff, 0xff),
		"no order of bytes": patched(good, 10, 'X'),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, photo(data))
			wantVerdict(t, err, nil)
			if info.Rotation != 0 || info.Width != 640 {
				t.Errorf("%+v, want it as it is", info)
			}
		})
	}
}

func TestJPEG(t *testing.T) {
	t.Parallel()
	whole := photo()
	noise := bytes.Repeat([]byte{0xff, 0, 7}, 1<<16)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"whole":                        {whole, nil},
		"fill bytes before a marker":   {photo([]byte{0xff, 0xff}), nil},
		"marker that stands alone":     {photo([]byte{0xff, 0x01}), nil},
		"much metadata":                {photo(slices.Repeat(segment(0xe2, zeros(65000)), 30)), nil},
		"more metadata than is read":   {photo(slices.Repeat(segment(0xe1, zeros(65000)), 70)), nil},
		"bytes after the end":          {slices.Concat(whole, zeros(9)), nil},
		"a film after the end":         {slices.Concat(whole, noise), nil},
		"cut in the scan":              {whole[:len(whole)-1], media.ErrTruncated},
		"cut in a long scan":           {slices.Concat(whole[:len(whole)-2], noise), media.ErrTruncated},
		"cut in a very long scan":      {slices.Concat(whole[:len(whole)-2], bytes.Repeat(noise, 30)), media.ErrTruncated},
		"cut in the frame":             {whole[:10], media.ErrTruncated},
		"cut after a thumbnail's end":  {photo(segment(0xe1, []byte{0xff, 0xd9}))[:30], media.ErrTruncated},
		"only its first bytes":         {whole[:3], media.ErrTruncated},
		"bytes between segments":       {photo(segment(0xe0), []byte{1, 0xff, 0, 2}), nil},
		"bytes in place of segments":   {photo(segment(0xe0), zeros(30_000)), media.ErrTooComplex},
		"segment smaller than its own": {photo([]byte{0xff, 0xe0, 0, 1}), media.ErrCorrupt},
		"no frame":                     {slices.Concat(whole[:2], segment(0xda, zeros(6)), whole[len(whole)-7:]), media.ErrCorrupt},
		"no scan":                      {slices.Concat(whole[:2], frame(1, 1), []byte{0xff, 0xd9}), media.ErrCorrupt},
		"no width":                     {slices.Concat(whole[:2], frame(0, 480), whole[2:]), media.ErrCorrupt},
		"short frame":                  {photo(segment(0xc0, zeros(5))), media.ErrCorrupt},
		"too many segments":            {photo(bytes.Repeat([]byte{0xff, 0x01}, 20_001)), media.ErrTooComplex},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Container != "jpg" || c.want == nil && info.Width != 640 {
				t.Errorf("%+v, want a JPEG", info)
			}
		})
	}
}

// The frame header of a JPEG file may state no height, and a later marker may state it. Probe
// must not measure such a file.
func TestJPEGWithoutHeight(t *testing.T) {
	t.Parallel()
	info, err := probe(t, slices.Concat([]byte{0xff, 0xd8}, frame(640, 0), segment(0xda, zeros(6)), []byte{1, 0xff, 0xd9}))
	wantVerdict(t, err, nil)
	if info.Probed || info.Width != 0 || info.Extension != "jpg" {
		t.Errorf("%+v, want an unmeasured JPEG", info)
	}
}

func TestPNG(t *testing.T) {
	t.Parallel()
	_, whole := encoded(t, 480, 600)
	sides := func(w, h int) []byte {
		head := slices.Concat([]byte("IHDR"), b32(w, h), whole[24:29])
		return slices.Concat(whole[:12], head, b32(int(crc32.ChecksumIEEE(head))), whole[33:])
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"whole":                {whole, nil},
		"bytes after the end":  {slices.Concat(whole, zeros(100)), nil},
		"much after the end":   {slices.Concat(whole, zeros(1<<20)), nil},
		"cut":                  {whole[:len(whole)-1], media.ErrTruncated},
		"cut in its header":    {whole[:30], media.ErrTruncated},
		"only its signature":   {whole[:8], media.ErrTruncated},
		"no width":             {sides(0, 600), media.ErrCorrupt},
		"no height":            {sides(480, 0), media.ErrCorrupt},
		"too wide":             {sides(1<<31, 600), media.ErrCorrupt},
		"changed on its way":   {patched(whole, 18, 9), media.ErrCorrupt},
		"another chunk first":  {patched(whole, 12, 'C', 'g', 'B', 'I'), media.ErrCorrupt},
		"header of other size": {patched(whole, 11, 14), media.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Container != "png" || c.want == nil && info.Width != 480 {
				t.Errorf("%+v, want a PNG", info)
			}
		})
	}
}

// chunk returns a chunk of a WebP file. riff returns a WebP file.
func chunk(kind string, body ...byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	return append(append(out, body...), zeros(len(body)&1)...)
}

func riff(chunks ...[]byte) []byte {
	body := slices.Concat(chunks...)
	return slices.Concat([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body)+4)), []byte("WEBP"), body)
}

var (
	lossy    = chunk("VP8 ", 0x10, 2, 0, 0x9d, 1, 0x2a, 0x2c, 0x01, 0x90, 0x01, 0, 0, 0, 0, 0, 0)
	lossless = chunk("VP8L", 0x2f, 0x2b, 0xc1, 0x63, 0x00, 0, 0, 0)
	canvas   = chunk("VP8X", 0, 0, 0, 0, 0x2b, 1, 0, 0x8f, 1, 0)
)

// Zeros in place of an animation's last frames must count as an interrupted upload. A frame itself
// may end in zeros.
func TestZerosInPlaceOfFrames(t *testing.T) {
	t.Parallel()
	start := slices.Concat(canvas, chunk("ANIM", zeros(6)...))
	ended, zeroed := chunk("ANMF", noise(5000)...), chunk("ANMF", append(noise(4000), zeros(1001)...)...)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"whole":                        {riff(start, ended, ended, ended), nil},
		"zeros in the last frame":      {riff(start, ended, ended, zeroed), nil},
		"zeros in the only frame":      {riff(start, zeroed), nil},
		"zeros in place of a frame":    {riff(start, ended, ended, zeros(len(ended))), media.ErrTruncated},
		"zeros in place of the second": {riff(start, ended, zeros(len(ended))), media.ErrTruncated},
		"zeros within frames":          {riff(start, ended, zeroed, zeros(5008)), media.ErrTruncated},
		"a few zeros":                  {riff(start, ended, ended, zeros(64)), nil},
		"zeros behind it":              {slices.Concat(riff(start, ended, ended), zeros(5000)), nil},
		"too many frames":              {riff(start, bytes.Repeat(ended, 200), zeroed), nil},
		"a still picture":              {riff(chunk("VP8L", append([]byte{0x2f, 0x2b, 0xc1, 0x63, 0}, zeros(2000)...)...)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Width != 300 {
				t.Errorf("%+v, want a picture 300 wide", info)
			}
		})
	}
}

func TestWebP(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"lossy":                {riff(lossy), nil},
		"lossless":             {riff(lossless), nil},
		"canvas":               {riff(canvas, chunk("ICCP", 1, 2, 3), chunk("ALPH", 1, 2), lossy), nil},
		"animation":            {riff(canvas, chunk("ANIM", zeros(6)...), chunk("ANMF", zeros(16)...)), nil},
		"bytes after the end":  {slices.Concat(riff(lossy), zeros(9)), nil},
		"cut":                  {riff(lossy)[:30], media.ErrTruncated},
		"cut in its chunk":     {riff(lossy)[:24], media.ErrTruncated},
		"cut before its chunk": {riff(lossy)[:12], media.ErrTruncated},
		"cut after its canvas": {riff(canvas, lossy)[:30], media.ErrTruncated},
		"no picture":           {riff(canvas), media.ErrCorrupt},
		"chunk beyond the end": {patched(riff(lossy), 16, 99), media.ErrCorrupt},
		"short picture":        {riff(chunk("VP8 ", 0, 0, 0, 0x9d)), media.ErrCorrupt},
		"no key frame":         {riff(patched(lossy, 8, 0x11)), media.ErrCorrupt},
		"no start code":        {riff(patched(lossy, 11, 0)), media.ErrCorrupt},
		"no signature":         {riff(patched(lossless, 8, 0)), media.ErrCorrupt},
		"no width":             {riff(patched(lossy, 14, 0, 0)), media.ErrCorrupt},
		"too many chunks":      {riff(bytes.Repeat(chunk("ICCP"), 20_001)), media.ErrTooComplex},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Container != "webp" {
				t.Fatalf("%+v, want a WebP", info)
			}
			if c.want != nil || name == "animation" { // stop here, because the decoder does not support animations
				return
			}
			decoded, err := webp.DecodeConfig(bytes.NewReader(c.data))
			if err != nil {
				t.Fatal(err)
			}
			got, want := fmt.Sprint(info.Width, info.Height), fmt.Sprint(decoded.Width, decoded.Height)
			if got != want || got != "300 400" {
				t.Errorf("sides %s, decoded %s, want 300 400", got, want)
			}
		})
	}
}

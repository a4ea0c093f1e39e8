package media_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

// tiff returns EXIF data whose second entry is the orientation.
func tiff(order binary.AppendByteOrder, kind, orientation int) []byte {
	mark := map[bool]string{true: "MM", false: "II"}[order.String() == "BigEndian"]
	out := order.AppendUint16([]byte(mark), 42)
	out = order.AppendUint32(out, 8)
	out = order.AppendUint16(out, 2)
	for _, entry := range []struct{ tag, kind, value int }{{0x0100, short, 3}, {0x0112, kind, orientation}} {
		out = order.AppendUint16(order.AppendUint16(out, uint16(entry.tag)), uint16(entry.kind))
		out = order.AppendUint32(out, 1)
		if entry.kind == long4 {
			out = order.AppendUint32(out, uint32(entry.value))
		} else {
			out = append(order.AppendUint16(out, uint16(entry.value)), 0, 0)
		}
	}
	return out
}

// Types of an EXIF entry: short is SHORT, long4 is LONG.
const short, long4 = 3, 4

// The first EXIF segment before the image data must decide the orientation, whichever segments
// precede it, as in browsers and exiftool. An orientation of EXIF's type LONG must be read like one
// of the type SHORT, as in exiftool.
func TestWhereJPEGIsTurned(t *testing.T) {
	t.Parallel()
	turned := func(order binary.AppendByteOrder, kind int) []byte {
		return segment(0xe1, []byte("Exif\x00\x00"), tiff(order, kind, 6))
	}
	right, upright := exif(binary.BigEndian, 6), exif(binary.BigEndian, 1)
	// entries returns a segment whose orientations have these types, counts and values.
	entries := func(order binary.AppendByteOrder, list ...[3]int) []byte {
		body := order.AppendUint16(bytes.Clone(tiff(order, short, 1)[:8]), uint16(len(list)))
		for _, e := range list {
			body = order.AppendUint32(order.AppendUint16(order.AppendUint16(body, 0x0112), uint16(e[0])), uint32(e[1]))
			switch e[0] {
			case 1:
				body = append(body, byte(e[2]), 0, 0, 0)
			case short:
				body = append(order.AppendUint16(body, uint16(e[2])), 0, 0)
			default:
				body = order.AppendUint32(body, uint32(e[2]))
			}
		}
		return segment(0xe1, []byte("Exif\x00\x00"), body)
	}
	unsaid := segment(0xe1, []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"))
	xmp := segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta/>"))
	scan := bytes.Index(photo(), []byte{0xff, 0xda})
	for name, c := range map[string]struct {
		data     []byte
		rotation int
	}{
		"SHORT, little endian":       {photo(turned(binary.LittleEndian, short)), 90},
		"SHORT, big endian":          {photo(turned(binary.BigEndian, short)), 90},
		"LONG, little endian":        {photo(turned(binary.LittleEndian, long4)), 90},
		"LONG, big endian":           {photo(turned(binary.BigEndian, long4)), 90},
		"after a mark of its own":    {photo(segment(0xe1, []byte("Exif\x00\xff"), tiff(binary.BigEndian, short, 6))), 90},
		"a mark and no more":         {photo(segment(0xe1, []byte("Exif\x00")), right), 90},
		"BYTE, little endian":        {photo(entries(binary.LittleEndian, [3]int{1, 1, 6})), 0},
		"BYTE, big endian":           {photo(entries(binary.BigEndian, [3]int{1, 1, 6})), 0},
		"SLONG, little endian":       {photo(entries(binary.LittleEndian, [3]int{9, 1, 6})), 0},
		"SLONG, big endian":          {photo(entries(binary.BigEndian, [3]int{9, 1, 6})), 0},
		"no value":                   {photo(entries(binary.LittleEndian, [3]int{short, 0, 6})), 0},
		"two values":                 {photo(entries(binary.BigEndian, [3]int{short, 2, 6})), 0},
		"a LONG beyond 8":            {photo(entries(binary.BigEndian, [3]int{long4, 1, 0x60006})), 0},
		"the first valid entry":      {photo(entries(binary.BigEndian, [3]int{1, 1, 1}, [3]int{short, 2, 1}, [3]int{short, 1, 9}, [3]int{short, 1, 6})), 90},
		"the first of two entries":   {photo(entries(binary.LittleEndian, [3]int{short, 1, 1}, [3]int{short, 1, 6})), 0},
		"the first of two":           {photo(upright, right), 0},
		"the first, turned":          {photo(right, upright), 90},
		"the first, without a word":  {photo(unsaid, right), 0},
		"after XMP":                  {photo(xmp, right), 90},
		"after tables":               {photo(segment(0xdb, zeros(65)), right), 90},
		"between frame and scan":     {slices.Concat(photo()[:scan], right, photo()[scan:]), 90},
		"behind the scan":            {slices.Concat(photo()[:len(photo())-2], right, photo()[len(photo())-2:]), 0},
		"in another file's preview":  {slices.Concat(photo(), photo(right)), 0},
		"a segment too small for it": {photo(segment(0xe1, []byte("Exif")), right), 90},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, nil)
			if info.Rotation != c.rotation || (info.Width == 480) != (c.rotation == 90) {
				t.Errorf("%+v, want turned by %d", info, c.rotation)
			}
		})
	}
}

// pngPart returns a chunk of a PNG file.
func pngPart(kind string, body []byte) []byte {
	named := append([]byte(kind), body...)
	return slices.Concat(b32(len(body)), named, b32(int(crc32.ChecksumIEEE(named))))
}

// The first eXIf chunk must decide the orientation if it comes before the image data, as in
// Chromium.
func TestWherePNGIsTurned(t *testing.T) {
	t.Parallel()
	_, whole := encoded(t, 480, 600)
	end := len(whole) - 12
	right, upright := pngPart("eXIf", tiff(binary.LittleEndian, short, 8)), pngPart("eXIf", tiff(binary.BigEndian, long4, 1))
	for name, c := range map[string]struct {
		data     []byte
		rotation int
	}{
		"before the data":           {slices.Concat(whole[:33], right, whole[33:]), 270},
		"behind much metadata":      {slices.Concat(whole[:33], pngPart("iTXt", zeros(5<<20)), right, whole[33:]), 270},
		"the first of two":          {slices.Concat(whole[:33], upright, right, whole[33:]), 0},
		"behind the data":           {slices.Concat(whole[:end], right, whole[end:]), 0},
		"with a JPEG's mark":        {slices.Concat(whole[:33], pngPart("eXIf", append([]byte("Exif\x00\x00"), tiff(binary.LittleEndian, short, 8)...)), whole[33:]), 0},
		"broken":                    {slices.Concat(whole[:33], pngPart("eXIf", []byte("MM")), whole[33:]), 0},
		"as text, as ImageMagick 6": {slices.Concat(whole[:33], pngPart("zTXt", []byte("Raw profile type exif\x00\x00")), whole[33:]), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &object{data: c.data}
			info, err := media.Probe(t.Context(), o, o.length())
			wantVerdict(t, err, nil)
			if info.Rotation != c.rotation || (info.Width == 600) != (c.rotation == 270) {
				t.Errorf("%+v, want turned by %d", info, c.rotation)
			}
			if o.reads > 8 || o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
		})
	}
}

// Probe must skip a photo's long metadata, in whatever segments an editor has stored it.
func TestLongMetadataOfPhotos(t *testing.T) {
	t.Parallel()
	right := exif(binary.BigEndian, 6)
	photoshop := slices.Repeat(segment(0xed, []byte("Photoshop 3.0\x008BIM"), zeros(65_000)), 80)
	extended := []byte("http://ns.adobe.com/xmp/extension/\x000123456789abcdef0123456789abcdef")
	xmp := slices.Concat(slices.Repeat(segment(0xe1, extended, zeros(65_400)), 76), segment(0xe1, extended, zeros(900)))
	var unequal []byte
	for i := range 25 {
		unequal = append(unequal, segment(0xe2, zeros(30_000+i))...)
	}
	for name, c := range map[string]struct {
		before []byte
		reads  int
	}{
		"Photoshop":          {photoshop, 8},
		"XMP":                {xmp, 12},
		"both":               {slices.Concat(photoshop, xmp), 24},
		"of different sizes": {unequal, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, before := range [][]byte{slices.Concat(right, c.before), slices.Concat(c.before, right)} {
				o := &object{data: photo(before)}
				info, err := media.Probe(t.Context(), o, o.length())
				wantVerdict(t, err, nil)
				if info.Width != 480 || info.Rotation != 90 {
					t.Errorf("%+v, want a photo turned by 90", info)
				}
				if o.reads > c.reads || o.bytes > 512<<10 {
					t.Errorf("%d reads of %d bytes, want at most %d", o.reads, o.bytes, c.reads)
				}
			}
		})
	}
}

// Bytes may follow the last chunk of a large PNG file.
func TestBytesMayFollowALargePNG(t *testing.T) {
	t.Parallel()
	_, small := encoded(t, 480, 600)
	data := slices.Repeat(pngPart("IDAT", noise(8192)[:8000]), 800)
	whole := slices.Concat(small[:33], data, pngPart("IDAT", zeros(77)), small[len(small)-12:])
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"whole":          {whole, nil},
		"and noise":      {slices.Concat(whole, noise(1<<20)), nil},
		"and padding":    {slices.Concat(whole, zeros(1<<20)), nil},
		"cut":            {whole[:5<<20], media.ErrTruncated},
		"cut, and zeros": {slices.Concat(whole[:5<<20], zeros(1<<20)), media.ErrTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &object{data: c.data}
			_, err := media.Probe(t.Context(), o, o.length())
			wantVerdict(t, err, c.want)
			if o.reads > 24 || o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
		})
	}
}

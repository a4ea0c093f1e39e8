package media_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

// noise returns n bytes that look random and contain no JPEG end-of-image marker.
func noise(n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(data)
	return bytes.ReplaceAll(data, []byte{0xff, 0xd9}, []byte{0xff, 0x27})
}

// A large photo is complete if its image data has its end marker, even if a camera has appended a
// film to the photo.
func TestALargePhotoIsWholeIfItsScanEnds(t *testing.T) {
	t.Parallel()
	const much = 6 << 20
	whole := photo(exif(binary.BigEndian, 6))
	// store each 0xff in the scan as 0xff 0x00, as encoders do
	scan := bytes.ReplaceAll(noise(much), []byte{0xff}, []byte{0xff, 0})
	end := len(whole) - 2
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"whole":                       {slices.Concat(whole[:end], scan, whole[end:]), nil},
		"and a film":                  {slices.Concat(whole[:end], scan, whole[end:], noise(much)), nil},
		"and text":                    {slices.Concat(whole[:end], scan, whole[end:], bytes.Repeat([]byte("a caption "), 20_000)), nil},
		"and padding":                 {slices.Concat(whole[:end], scan, whole[end:], zeros(200_000)), nil},
		"small, and a film":           {slices.Concat(whole, noise(much)), nil},
		"cut":                         {slices.Concat(whole[:end], scan), media.ErrTruncated},
		"cut after a mark":            {slices.Concat(whole[:end], scan, []byte{0xff}), media.ErrTruncated},
		"cut between restarts":        {slices.Concat(whole[:end], scan, []byte{0xff, 0xd3, 1, 2}), media.ErrTruncated},
		"cut in a further scan":       {slices.Concat(whole[:end], scan, segment(0xc4, zeros(20)), segment(0xda, zeros(6)), scan[:100]), media.ErrTruncated},
		"cut, of less than is read":   {slices.Concat(whole[:end], scan[:200<<10]), media.ErrTruncated},
		"a film of less than is read": {slices.Concat(whole, noise(200<<10)), nil},
		"two scans, and a preview":    {slices.Concat(whole[:end], scan[:9000], segment(0xc4, append(zeros(20), 0xff, 0xd8)), segment(0xfe, []byte{0xff, 0xd9}), segment(0xda, zeros(6)), scan[:100], []byte{0xff, 0xd1, 0xff}, whole[end:], photo()), nil},
		"cut, and a preview":          {slices.Concat(whole[:end], scan[:9000], photo()), media.ErrTruncated},
		"cut in a table":              {slices.Concat(whole[:end], scan[:9000], []byte{0xff, 0xc4, 0x10, 0, 0xff, 0xd9}), media.ErrTruncated},
		"cut before a table's length": {slices.Concat(whole[:end], scan[:9000], []byte{0xff, 0xc4, 0}), media.ErrTruncated},
		"cut, and a little noise":     {slices.Concat(whole[:end], noise(100<<10)), media.ErrTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &object{data: c.data}
			info, err := media.Probe(t.Context(), o, o.length())
			wantVerdict(t, err, c.want)
			if !info.Probed || info.Rotation != 90 {
				t.Errorf("%+v, want a picture turned by 90", info)
			}
			if o.reads > 8 && name != "and padding" || o.reads > 16 || o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
		})
	}
}

// Zero padding does not decide whether a photo is whole: the prober looks for the end of the
// picture before the padding.
func TestPaddingDoesNotDecideWhetherAPhotoIsWhole(t *testing.T) {
	t.Parallel()
	whole := photo()
	_, err := probe(t, slices.Concat(whole, zeros(1<<20)))
	wantVerdict(t, err, nil)
	_, err = probe(t, slices.Concat(whole[:len(whole)-2], zeros(1<<20)))
	wantVerdict(t, err, media.ErrTruncated)
}

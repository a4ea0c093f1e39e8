package media_test

import (
	"slices"
	"testing"
	"time"

	"masterhand/shared/library/media"
)

// long returns the head (id and size) of an EBML element with a payload of n bytes.
func long(id, n int) []byte { return slices.Concat(ebmlID(id), b64(1<<56|n)) }

func TestReadsOfLargeMatroska(t *testing.T) {
	t.Parallel()
	const size = 5 << 30
	info, tracks, _ := webm{}.parts()
	seek := func(at int) []byte {
		return tagged(0x114d9b74, tagged(0x4dbb, tagged(0x53ab, b32(0x1654ae6b)), tagged(0x53ac, b64(at))))
	}
	for name, c := range map[string]struct {
		before, after []byte
		short         int64 // number of bytes that are missing at the file's end
		want          error
	}{
		"tracks first": {before: slices.Concat(info, tracks), after: tagged(0x1c53bb6b, payload)},
		"zeros last":   {before: slices.Concat(info, tracks), after: tagged(0x1c53bb6b, zeros(1<<10)), want: media.ErrTruncated},
		"a void last":  {before: slices.Concat(info, tracks), after: tagged(0xec, zeros(3<<10))},
		"cut":          {before: slices.Concat(info, tracks), short: 1, want: media.ErrTruncated},
		"tracks last":  {before: slices.Concat(seek(size-len(webm{}.header())-12-len(tracks)), info), after: tracks},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := webm{}.header()
			body := size - len(head) - 12
			data := slices.Concat(head, long(0x18538067, body), c.before, long(0x1f43b675, body-len(c.before)-12-len(c.after)))
			o := &object{data: data, size: size - c.short, end: c.after}
			got, err := media.Probe(t.Context(), o, o.length())
			wantVerdict(t, err, c.want)
			if got.Width != 640 || got.Duration != 1500*time.Millisecond {
				t.Errorf("%+v, want 640 wide, 1.5 s", got)
			}
			if o.reads > 8 || o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
		})
	}
}

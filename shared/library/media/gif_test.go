package media_test

import (
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

func TestGIF(t *testing.T) {
	t.Parallel()
	whole := read(t, "picture.gif")
	long := slices.Concat(whole[:len(whole)-1], []byte{0x21, 0xfe}, slices.Repeat(append([]byte{255}, zeros(255)...), 1100), []byte{0, 0x3b})
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"whole":               {whole, nil},
		"bytes after the end": {append(slices.Clone(whole), 1, 2), nil},
		"long":                {long, nil},
		"long, cut":           {long[:len(long)-2], media.ErrTruncated},
		"cut":                 {whole[:len(whole)-1], media.ErrTruncated},
		"cut in its header":   {whole[:9], media.ErrTruncated},
		"no width":            {patched(whole, 6, 0, 0), media.ErrCorrupt},
		"no block":            {slices.Concat([]byte("GIF89a"), []byte{1, 0, 1, 0, 0, 0, 0, 7}), media.ErrCorrupt},
		"too many blocks":     {slices.Concat([]byte("GIF89a"), []byte{1, 0, 1, 0, 0, 0, 0}, slices.Repeat([]byte{0x21, 1, 0}, 20_001), []byte{0x3b}), media.ErrTooComplex},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
			if info.Container != "gif" || info.Extension != "" || c.want == nil && info.Width != 64 {
				t.Errorf("%+v, want a GIF", info)
			}
		})
	}
}

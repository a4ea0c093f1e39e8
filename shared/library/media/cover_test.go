package media_test

import (
	"slices"
	"testing"

	"masterhand/shared/library/media"
)

// stream returns an esds box with the object type. fields are the optional fields of the stream's
// descriptor. flags states which optional fields are present.
func stream(flags byte, fields []byte, objectType byte) []byte {
	decoder := slices.Concat([]byte{4, 13, objectType}, zeros(12))
	return atom("esds", zeros(4), []byte{3, 0x80, 0x80, byte(len(fields) + len(decoder) + 3), 0, 1, flags}, fields, decoder)
}

// still returns an MPEG-4 video track with the object type and the number of samples.
func still(objectType byte, samples int) picture {
	return picture{
		entry:  atom("mp4v", zeros(24), b16(640), b16(360), zeros(50), stream(0, nil, objectType)),
		tables: sized(atom("stsz", b32(0, 0, samples), zeros(4*samples))),
	}
}

// sized returns the tables of a track; table is the table of sample sizes.
func sized(table []byte) []byte {
	return slices.Concat(oneSample[:len(oneSample)-40], table, oneSample[len(oneSample)-20:])
}

func TestCodecOfAStream(t *testing.T) {
	t.Parallel()
	address := append([]byte{255}, make([]byte, 255)...)
	whole := stream(0xe0, slices.Concat(b16(9), address, b16(9)), 0x6c)
	for name, c := range map[string]struct {
		entry string
		esds  []byte
		codec string
	}{
		"MPEG-4":                    {"mp4v", stream(0, nil, 0x20), "mpeg4"},
		"MPEG-2, simple":            {"mp4v", stream(0, nil, 0x60), "mpeg2video"},
		"MPEG-2, 4:2:2":             {"mp4v", stream(0, nil, 0x65), "mpeg2video"},
		"MPEG-1":                    {"mp4v", stream(0, nil, 0x6a), "mpeg1video"},
		"JPEG":                      {"mp4v", stream(0, nil, 0x6c), "mjpeg"},
		"PNG":                       {"mp4v", stream(0, nil, 0x6d), "png"},
		"depending on another":      {"mp4v", stream(0x80, b16(0x6d), 0x6c), "mjpeg"},
		"by an address":             {"mp4v", stream(0x40, []byte{2, 4, 13}, 0x6c), "mjpeg"},
		"by another's clock":        {"mp4v", stream(0x20, b16(0x6d), 0x6c), "mjpeg"},
		"all fields":                {"mp4v", whole, "mjpeg"},
		"of no known type":          {"mp4v", stream(0, nil, 0xff), "mpeg4"},
		"not there":                 {"mp4v", nil, "mpeg4"},
		"empty":                     {"mp4v", atom("esds"), "mpeg4"},
		"cut before the type":       {"mp4v", atom("esds", stream(0, nil, 0x6c)[8:21]), "mpeg4"},
		"an address beyond its box": {"mp4v", stream(0x40, []byte{200}, 0x6c), "mpeg4"},
		"a size without end":        {"mp4v", atom("esds", zeros(4), []byte{3, 0x80, 0x80, 0x80, 0x80, 17, 0, 1, 0, 4, 13, 0x6c}), "mpeg4"},
		"another descriptor first":  {"mp4v", atom("esds", zeros(4), []byte{4, 13, 0x6c}), "mpeg4"},
		"another descriptor next":   {"mp4v", atom("esds", zeros(4), []byte{3, 17, 0, 1, 0, 6, 13, 0x6c}), "mpeg4"},
		"in another's entry":        {"avc1", stream(0, nil, 0x6c), "h264"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := picture{entry: atom(c.entry, zeros(24), b16(640), b16(360), zeros(50), c.esds)}
			info, err := probe(t, film{tracks: [][]byte{p.trak()}}.bytes())
			wantVerdict(t, err, nil)
			if info.Codec != c.codec || info.Width != 640 {
				t.Errorf("%+v, want %s", info, c.codec)
			}
		})
	}
}

// Music with a cover image must not be taken for a film, and a film must not be taken for music.
func TestACoverIsNoFilm(t *testing.T) {
	t.Parallel()
	const jpeg, png, mpeg4 = 0x6c, 0x6d, 0x20
	apple := picture{entry: atom("png ", zeros(24), b16(640), b16(360), zeros(50)), tables: sized(atom("stz2", b32(0, 16, 1), zeros(2)))}
	disabled := picture{width: 320, height: 180, disabled: true}
	for name, c := range map[string]struct {
		tracks [][]byte
		extra  []byte
		want   error
		width  int
	}{
		"JPEG beside sound":            {[][]byte{sound(), still(jpeg, 1).trak()}, nil, media.ErrNoPicture, 0},
		"PNG before sound":             {[][]byte{still(png, 1).trak(), sound()}, nil, media.ErrNoPicture, 0},
		"as QuickTime names it":        {[][]byte{sound(), apple.trak()}, nil, media.ErrNoPicture, 0},
		"two covers":                   {[][]byte{sound(), still(jpeg, 1).trak(), still(png, 1).trak()}, nil, media.ErrNoPicture, 0},
		"no sound":                     {[][]byte{still(jpeg, 1).trak()}, nil, nil, 640},
		"two pictures":                 {[][]byte{sound(), still(jpeg, 2).trak()}, nil, nil, 640},
		"one picture of a film":        {[][]byte{sound(), still(mpeg4, 1).trak()}, nil, nil, 640},
		"no table of samples":          {[][]byte{sound(), picture{entry: still(jpeg, 1).entry, tables: []byte{}}.trak()}, nil, media.ErrNoPicture, 0},
		"more in fragments":            {[][]byte{sound(), still(jpeg, 1).trak()}, atom("mvex"), nil, 640},
		"larger than the film":         {[][]byte{sound(), picture{width: 320, height: 180}.trak(), still(jpeg, 1).trak()}, nil, nil, 320},
		"before a film that is hidden": {[][]byte{sound(), still(jpeg, 1).trak(), disabled.trak()}, nil, nil, 320},
		"a short table of samples":     {[][]byte{sound(), picture{entry: still(jpeg, 1).entry, tables: atom("stsz", zeros(11))}.trak()}, nil, media.ErrCorrupt, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, film{tracks: c.tracks, extra: c.extra}.bytes())
			wantVerdict(t, err, c.want)
			if info.Width != c.width || info.Probed != (c.want == nil) {
				t.Errorf("%+v, want a width of %d", info, c.width)
			}
		})
	}
}

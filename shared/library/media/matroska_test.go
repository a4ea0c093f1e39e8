package media_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"masterhand/shared/library/media"
)

func TestMatroska(t *testing.T) {
	t.Parallel()
	off := tagged(0xb9, []byte{0})
	sound := tagged(0xae, tagged(0x83, []byte{2}))
	plain := webm{}.bytes()
	info, tracks, cluster := webm{}.parts()
	head := webm{}.header()
	segment := func(parts ...[]byte) []byte { return slices.Concat(head, tagged(0x18538067, parts...)) }
	lost := tagged(0x114d9b74, tagged(0x4dbb, tagged(0x53ab, b32(0x1654ae6b)), tagged(0x53ac, b32(3))))
	for name, c := range map[string]struct {
		data     []byte
		want     error
		width    int
		duration time.Duration
	}{
		"plain":                       {plain, nil, 640, 1500 * time.Millisecond},
		"bytes after the end":         {append(bytes.Clone(plain), 1, 2, 3), nil, 640, 1500 * time.Millisecond},
		"units of its own":            {webm{info: slices.Concat(tagged(0x2ad7b1, b32(1e9)), tagged(0x4489, ebmlFloat(2)))}.bytes(), nil, 640, 2 * time.Second},
		"empty fields":                {webm{info: slices.Concat(tagged(0x2ad7b1), tagged(0x4489))}.bytes(), nil, 640, 0},
		"negative duration":           {webm{info: tagged(0x4489, ebmlFloat(-1))}.bytes(), nil, 640, 0},
		"endless duration":            {webm{info: tagged(0x4489, ebmlFloat(1e300))}.bytes(), nil, 640, 0},
		"the first picture":           {webm{entries: slices.Concat(sound, mkvPicture(320, 180, nil), mkvPicture(640, 360, nil))}.bytes(), nil, 320, 1500 * time.Millisecond},
		"an enabled picture":          {webm{entries: slices.Concat(mkvPicture(1920, 1080, nil, off), mkvPicture(640, 360, nil))}.bytes(), nil, 640, 1500 * time.Millisecond},
		"a wrong signpost":            {segment(lost, info, cluster, tracks), nil, 640, 1500 * time.Millisecond},
		"open, cut in its media":      {slices.Concat(head, live(0x18538067, tracks, cluster[:20])), media.ErrTruncated, 640, 0},
		"cut":                         {plain[:len(plain)-1], media.ErrTruncated, 640, 1500 * time.Millisecond},
		"cut in its tracks":           {plain[:len(plain)-130], media.ErrTruncated, 0, 0},
		"cut before its segment":      {head, media.ErrTruncated, 0, 0},
		"no tracks":                   {segment(info, cluster), media.ErrCorrupt, 0, 0},
		"open, no tracks":             {slices.Concat(head, live(0x18538067, info, cluster)), media.ErrTruncated, 0, 0},
		"no media":                    {segment(info, tracks), media.ErrTruncated, 640, 1500 * time.Millisecond},
		"sound alone":                 {webm{entries: sound}.bytes(), media.ErrNoPicture, 0, 0},
		"no sides":                    {webm{entries: mkvPicture(0, 0, nil)}.bytes(), media.ErrCorrupt, 0, 1500 * time.Millisecond},
		"tracks without a size":       {segment(live(0x1654ae6b, tracks[8:])), media.ErrCorrupt, 0, 0},
		"child larger than its own":   {segment(tagged(0x1654ae6b, ebmlID(0xae), []byte{0xff - 0x10}), cluster), media.ErrCorrupt, 0, 0},
		"a number of nine bytes":      {webm{info: tagged(0x2ad7b1, zeros(9))}.bytes(), media.ErrCorrupt, 0, 0},
		"a float of three bytes":      {webm{info: tagged(0x4489, zeros(3))}.bytes(), media.ErrCorrupt, 0, 0},
		"no id":                       {segment([]byte{0, 0, 0, 0}), media.ErrCorrupt, 0, 0},
		"something else first":        {slices.Concat(head, tagged(0x4dbb, zeros(9))), media.ErrCorrupt, 0, 0},
		"too many tracks":             {webm{entries: bytes.Repeat(sound, 65)}.bytes(), media.ErrTooComplex, 0, 0},
		"too many elements":           {segment(bytes.Repeat(tagged(0xec), 20_001)), media.ErrTooComplex, 0, 0},
		"clusters far between":        {segment(bytes.Repeat(tagged(0x1f43b675, zeros(64<<10)), 100)), media.ErrTooComplex, 0, 0},
		"a segment longer than files": {slices.Concat(head, ebmlID(0x18538067), []byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}, tracks, cluster), media.ErrTruncated, 640, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &object{data: c.data}
			got, err := media.Probe(t.Context(), o, o.length())
			wantVerdict(t, err, c.want)
			if got.Container != "webm" || got.Width != c.width || got.Duration != c.duration {
				t.Errorf("%+v, want %d wide, %v", got, c.width, c.duration)
			}
			if o.bytes > 4<<20 {
				t.Errorf("read %d bytes", o.bytes)
			}
		})
	}
}

// If a track states no display size, the codec's sample aspect must decide. Chromium and
// MediaInfo set the rule: both show such a file 213 pixels wide. ffprobe treats its samples as
// square.
func TestMatroskaSidesOfTheCodec(t *testing.T) {
	t.Parallel()
	private := func(text string) []byte {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return tagged(0x63a2, data)
	}
	shown := slices.Concat(tagged(0x54b0, b16(4)), tagged(0x54ba, b16(3)), tagged(0x54b2, []byte{3}))
	bitmap := slices.Concat(zeros(16), []byte("FMP4"), zeros(20))
	for name, c := range map[string]struct {
		codec          string
		private, video []byte
		width, height  int
		spelt          string
	}{
		"H.264":                 {"V_MPEG4/ISO/AVC", private(avcC444), nil, 1024, 576, "h264"},
		"as the track says":     {"V_MPEG4/ISO/AVC", private(avcC444), shown, 768, 576, "h264"},
		"HEVC, cropped":         {"V_MPEGH/ISO/HEVC", private(hvcCSquare), nil, 358, 450, "hevc"},
		"cropped by both":       {"V_MPEGH/ISO/HEVC", private(hvcCSquare), tagged(0x54cc, []byte{8}), 350, 450, "hevc"},
		"AV1":                   {"V_AV1", private(av1C), nil, 360, 450, "av1"},
		"MPEG-4":                {"V_MPEG4/ISO/ASP", private(esdsPAL[52:]), nil, 1024, 576, "mpeg4"},
		"MPEG-4 as Windows has": {"V_MS/VFW/FOURCC", private(hex.EncodeToString(bitmap) + esdsPAL[52:]), nil, 1024, 576, "mpeg4"},
		"MPEG-2":                {"V_MPEG2", private(mpeg2), nil, 1024, 576, "mpeg2video"},
		"nothing":               {"V_VP9", nil, nil, 640, 360, "vp9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entry := tagged(0xae, tagged(0x83, []byte{1}), c.private, tagged(0x86, []byte(c.codec)),
				tagged(0xe0, tagged(0xb0, b16(640)), tagged(0xba, b16(360)), c.video))
			info, err := probe(t, webm{kind: "matroska", entries: entry}.bytes())
			wantVerdict(t, err, nil)
			if info.Width != c.width || info.Height != c.height || info.Codec != c.spelt {
				t.Errorf("%+v, want %d x %d of %s", info, c.width, c.height, c.spelt)
			}
		})
	}
}

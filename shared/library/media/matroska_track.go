package media

import (
	"math"
	"slices"
	"strings"
)

// The TrackTypes of video tracks and of subtitles.
const (
	mkvPicture   = 1
	mkvSubtitles = 17
)

// mkvTrack is one track of a Matroska file (RFC 9559, 5.1.4).
type mkvTrack struct {
	kind    uint64
	enabled bool
	codec   string
	private []byte // CodecPrivate, the codec's configuration

	// The fields below describe a video track; 0 means not stated.
	header                   header
	width, height            uint64
	top, bottom, left, right uint64 // pixels to crop from each side
	shownW, shownH, unit     uint64
	projection               uint64 // ProjectionType; 0 means a flat picture
	roll                     float64
}

// readMKVTrack reads a TrackEntry.
func readMKVTrack(r *reader, entry element) (mkvTrack, error) {
	enabled := uint64(1)
	t := mkvTrack{}
	err := t.read(r, entry, &enabled)
	t.enabled = enabled != 0
	const bitmap = 40 // size of a BITMAPINFOHEADER, in bytes
	if t.codec == "V_MS/VFW/FOURCC" && len(t.private) >= bitmap {
		t.codec, t.private = string(t.private[16:20]), t.private[bitmap:]
	}
	t.codec = codecOf(t.codec)
	t.header = headerOf(t.codec, t.private)
	return t, err
}

// zeros returns the largest number of zeros that the track's blocks may end in: less than zeroTail
// for a codec that ends its data with other bytes; blockSize for sound whose frames have a fixed
// size and therefore may end in zeros, but are shorter than that; math.MaxInt64 for a codec that may
// write any number, such as uncompressed sound, and MPEG-2 at a constant bit rate.
func (t *mkvTrack) zeros() int64 {
	starts := func(codec string) bool { return strings.HasPrefix(t.codec, codec) }
	switch {
	case slices.Contains([]string{"h264", "hevc", "av1", "vp9", "mpeg4", "mjpeg"}, t.codec),
		t.kind == mkvSubtitles, starts("a_aac"), t.codec == "a_flac":
		return zeroTail - 1
	case slices.ContainsFunc([]string{"a_opus", "a_vorbis", "a_mpeg/", "a_ac3", "a_eac3", "a_dts"}, starts):
		return blockSize
	}
	return math.MaxInt64
}

// read reads the fields of a TrackEntry and of the Video and Projection elements inside it. It
// enters these elements only from their proper parents. An empty field keeps its default value.
func (t *mkvTrack) read(r *reader, parent element, enabled *uint64) error {
	for fields := within(parent); ; {
		e, ok, err := fields.next(r)
		if err != nil || !ok {
			return err
		}
		if e.end == e.start {
			continue
		}
		switch {
		// enter Video inside TrackEntry, and Projection inside Video
		case parent.id == idTrack && e.id == 0xe0, parent.id == 0xe0 && e.id == 0x7670:
			err = t.read(r, e, enabled)
		case parent.id == idTrack:
			err = t.readEntry(r, e, enabled)
		default:
			err = t.readPicture(r, parent.id, e)
		}
		if err != nil {
			return err
		}
	}
}

// readEntry reads a field of a TrackEntry.
func (t *mkvTrack) readEntry(r *reader, e element, enabled *uint64) (err error) {
	switch e.id {
	case 0x83: // TrackType
		t.kind, err = e.number(r)
	case 0xb9: // FlagEnabled
		*enabled, err = e.number(r)
	case 0x86: // CodecID
		var data []byte
		data, err = e.bytes(r, 256)
		t.codec = string(data)
	case 0x63a2: // CodecPrivate
		t.private, err = r.upTo(e.start, min(maxHeader, e.end-e.start))
	}
	return err
}

// readPicture reads a field of a Video or Projection element.
func (t *mkvTrack) readPicture(r *reader, parent uint32, e element) (err error) {
	if parent == 0x7670 {
		switch e.id {
		case 0x7671:
			t.projection, err = e.number(r)
		case 0x7675:
			t.roll, err = e.float(r)
		}
		return err
	}
	field := map[uint32]*uint64{
		0xb0: &t.width, 0xba: &t.height,
		0x54bb: &t.top, 0x54aa: &t.bottom, 0x54cc: &t.left, 0x54dd: &t.right,
		0x54b0: &t.shownW, 0x54ba: &t.shownH, 0x54b2: &t.unit,
	}[e.id]
	if field != nil {
		*field, err = e.number(r)
	}
	return err
}

// pixels returns the picture's width and height after the track's cropping. It takes width and
// height from the codec's header if that header states them, else from the track.
func (t *mkvTrack) pixels() side {
	all := t.header.sides
	if all.area() == 0 {
		all = side{float64(t.width), float64(t.height)}
	}
	shown := side{all.w - float64(t.left) - float64(t.right), all.h - float64(t.top) - float64(t.bottom)}
	if shown.w < 1 || shown.h < 1 {
		return all
	}
	return shown
}

// display returns the picture's display width and height in pixels, before rotation. The track may
// state a display width and height, but display uses only their ratio, because many files state a
// ratio, such as 16 x 9, instead of pixels. If the track states none, or states them in unit 4
// (unknown), the codec's sample aspect decides, as in Chromium and MediaInfo.
func (t *mkvTrack) display() side {
	d := t.pixels()
	if t.unit > 3 || t.shownW == 0 && t.shownH == 0 {
		if a := t.header.aspect; a.area() > 0 {
			d.w = math.Round(d.w * a.w / a.h)
		}
		return d
	}
	shown := side{float64(t.shownW), float64(t.shownH)}
	if shown.w == 0 {
		shown.w = d.w
	}
	if shown.h == 0 {
		shown.h = d.h
	}
	return side{math.Round(d.h * shown.w / shown.h), d.h}
}

// rotation returns the picture's rotation in degrees clockwise, rounded to quarter turns. The
// file states the roll anticlockwise. Only a flat picture is rotated.
func (t *mkvTrack) rotation() int {
	quarters := math.Round(t.roll / 90)
	if t.projection != 0 || !(math.Abs(quarters) <= 4) {
		return 0
	}
	return (4 - int(quarters)%4) % 4 * 90
}

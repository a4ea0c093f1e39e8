package media

import (
	"errors"
	"math"
	"slices"
	"time"
)

// track is one track of a movie (ISO/IEC 14496-12, 8.3 to 8.5).
type track struct {
	id          uint32
	enabled     bool
	turn        matrix
	shown       side   // by the track's header
	handler     string // "vide" is a picture
	duration    time.Duration
	edited      uint64 // units of the movie that its edits take
	timescale   uint32 // units a second
	description box    // its stsd
	tables      region // what follows in its stbl

	// Of a picture, from its description.
	codec  string
	cover  bool // one sample alone, of a codec of stills
	coded  side
	clean  side // aperture; zero is none
	aspect side // of a sample, as spacings; zero is unsaid
}

// side is a pair of sides, in pixels unless said otherwise.
type side struct{ w, h float64 }

func (s side) area() float64 { return s.w * s.h }

// read reads the boxes that tell of a track in a trak, or in one of the boxes within it
// that hold them: three levels, each entered from the one above alone.
func (t *track) read(r *reader, parent box) error {
	for boxes := in(parent, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		switch parent.kind + "/" + b.kind {
		case "trak/tkhd":
			err = t.readHeader(r, b)
		case "mdia/mdhd":
			err = t.readMediaHeader(r, b)
		case "mdia/hdlr":
			var data []byte
			if data, err = b.payload(r, 12); err == nil {
				t.handler = string(data[8:12])
			}
		case "edts/elst":
			err = t.readEdits(r, b)
		case "trak/edts", "trak/mdia", "mdia/minf", "minf/stbl":
			err = t.read(r, b)
		case "stbl/stsd":
			t.description, t.tables = b, *boxes
			return nil // the tables after it are seldom needed
		}
		if err != nil {
			return err
		}
	}
}

// readHeader reads a tkhd (8.3.2).
func (t *track) readHeader(r *reader, b box) error {
	data, err := b.versioned(r, 84, 96)
	if err != nil {
		return err
	}
	t.enabled = data[3]&1 != 0
	t.id = u32(data, 12)
	after := 40 // times, number, duration, layer and volume
	if data[0] == 1 {
		t.id = u32(data, 20)
		after = 52
	}
	t.turn = matrixOf(data[after:])
	t.shown = side{fixed(data, after+36), fixed(data, after+40)}
	return nil
}

// readMediaHeader reads an mdhd (8.4.2).
func (t *track) readMediaHeader(r *reader, b box) error {
	data, err := b.versioned(r, 20, 32)
	if err != nil {
		return err
	}
	if data[0] == 1 {
		t.timescale, t.duration = u32(data, 20), seconds(u64(data, 24), u32(data, 20))
	} else {
		t.timescale, t.duration = u32(data, 12), seconds(narrow(data, 16), u32(data, 12))
	}
	return nil
}

// readEdits reads an elst (8.6.6): how long the track is shown.
func (t *track) readEdits(r *reader, b box) error {
	data, err := b.payload(r, 8)
	if err != nil {
		return err
	}
	count, width := int64(u32(data, 4)), int64(4)
	if data[0] == 1 {
		width = 8
	}
	if data, err = b.payload(r, 8+count*(2*width+4)); err != nil {
		return err
	}
	for c := (cursor{data: data[8:]}); len(c.data) > 0; {
		t.edited += c.number(int(width))
		c.number(int(width) + 4) // from where, and how fast
	}
	return nil
}

// readDescription reads the first sample entry of a picture (12.1.3); whatever the codec,
// it begins alike. What follows is passed over where it is no boxes, as in old QuickTime
// files.
func (t *track) readDescription(r *reader) error {
	entry, ok, err := in(t.description, 8).next(r)
	if err != nil {
		return err
	}
	if !ok {
		return corrupt("picture without a sample description")
	}
	data, err := entry.payload(r, 78)
	if err != nil {
		return err
	}
	t.codec = codecOf(entry.kind)
	t.coded = side{float64(u16(data, 24)), float64(u16(data, 26))}
	for boxes := in(entry, 78); ; {
		b, ok, err := boxes.next(r)
		if errors.Is(err, ErrCorrupt) {
			return nil
		}
		if err != nil || !ok {
			return err
		}
		switch b.kind {
		case "pasp": // 12.1.4
			if data, err = b.payload(r, 8); err == nil {
				t.aspect = side{float64(u32(data, 0)), float64(u32(data, 4))}
			}
		case "esds":
			if entry.kind == "mp4v" {
				err = t.readStream(r, b)
			}
		case "clap":
			if data, err = b.payload(r, 32); err == nil {
				t.clean = side{ratio(data, 0), ratio(data, 8)}
			}
		}
		if err != nil {
			return err
		}
	}
}

// readCover tells whether the picture may be the cover of music: of a codec of stills,
// and of one sample (8.7.3).
func (t *track) readCover(r *reader) error {
	if t.codec != "mjpeg" && t.codec != "png" {
		return nil
	}
	b, ok, err := t.table(r, "stsz", "stz2")
	if err != nil || !ok {
		return err
	}
	data, err := b.payload(r, 12)
	t.cover = err == nil && u32(data, 8) == 1
	return err
}

// table returns the first of the picture's sample tables that is of one of these kinds.
func (t *track) table(r *reader, kinds ...string) (b box, ok bool, err error) {
	for tables := t.tables; ; {
		b, ok, err = tables.next(r)
		if err != nil || !ok || slices.Contains(kinds, b.kind) {
			return b, ok, err
		}
	}
}

// outranks tells which of two pictures is the one to see: a film before a cover, an
// enabled one before a disabled one, then the larger, then the first.
func (t *track) outranks(other *track) bool {
	switch {
	case other == nil:
		return true
	case t.cover != other.cover:
		return other.cover
	case t.enabled != other.enabled:
		return t.enabled
	}
	return t.coded.area() > other.coded.area()
}

// display returns the sides of the picture before it is turned: those of its clean
// aperture, stretched by the sample aspect or, where that is unsaid, to the proportions
// in the track's header, and by what its matrix does besides turning.
func (t *track) display(turn matrix) side {
	d := t.coded
	if d.area() == 0 {
		d = t.shown
	}
	if 0 < t.clean.w && t.clean.w <= d.w && 0 < t.clean.h && t.clean.h <= d.h {
		d = t.clean
	}
	switch {
	case t.aspect.area() > 0:
		d.w *= t.aspect.w / t.aspect.h
	case t.shown.area() > 0 && t.shown != t.coded: // those are before the aperture
		d.w = d.h * t.shown.w / t.shown.h
	}
	return side{math.Round(d.w * turn.stretch()), math.Round(d.h)}
}

// checkChunks tells whether the picture's last chunk begins within the file: what is left
// to look at where the media data says no size (8.7.5).
func (t *track) checkChunks(r *reader) error {
	b, ok, err := t.table(r, "stco", "co64")
	if err != nil || !ok {
		return err
	}
	data, err := b.payload(r, 8)
	if err != nil {
		return err
	}
	count, width := int64(u32(data, 4)), int64(4)
	if b.kind == "co64" {
		width = 8
	}
	if count == 0 {
		return nil
	}
	if b.end-b.start < 8+count*width {
		return corrupt("chunks beyond their table")
	}
	if data, err = r.bytes(b.start+8+(count-1)*width, width); err != nil {
		return err
	}
	last := uint64(u32(data, 0))
	if width == 8 {
		last = u64(data, 0)
	}
	if last >= uint64(r.size) {
		return truncated("media data")
	}
	return nil
}

// fixed is an unsigned 16.16 number at an offset.
func fixed(b []byte, at int) float64 { return float64(u32(b, at)) / (1 << 16) }

// ratio is one 32-bit number over the next; 0 where that is.
func ratio(b []byte, at int) float64 {
	if u32(b, at+4) == 0 {
		return 0
	}
	return float64(u32(b, at)) / float64(u32(b, at+4))
}

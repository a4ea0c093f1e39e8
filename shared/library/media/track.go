package media

import (
	"fmt"
	"math"
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
	references  box    // its dref; zero is none
	samples     samples
	picture     picture // where the track is one
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
		case "trak/edts", "trak/mdia", "mdia/minf", "minf/dinf", "minf/stbl":
			err = t.read(r, b)
		case "dinf/dref":
			t.references = b
		case "stbl/stsd":
			t.description, t.samples.rest = b, *boxes
			return nil // the tables after it are read where they are needed
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

// outranks tells which of two pictures is the one to see, as players choose: a film before a
// cover, one with samples before one without, an enabled one before a disabled one, a film
// before a preview in a codec of stills, then the first.
func (t *track) outranks(other *track) bool {
	switch {
	case other == nil:
		return true
	case t.cover() != other.cover():
		return other.cover()
	case t.samples.none() != other.samples.none():
		return other.samples.none()
	case t.enabled != other.enabled:
		return t.enabled
	}
	return other.picture.isStill() && !t.picture.isStill()
}

// cover reports a picture that may be the cover of music: of a codec of stills, and of one
// sample.
func (t *track) cover() bool { return t.picture.isStill() && t.samples.count == 1 }

// errElsewhere is a reference movie.
var errElsewhere = fmt.Errorf("%w: it is in another file", ErrNoPicture)

// isHere reports whether the picture is in this file, as far as the data reference of its
// samples says (8.7.2). An address of another file is passed over where the samples are in this
// one, as players do; an alias is not.
func (t *track) isHere(r *reader) (bool, error) {
	if t.references.kind == "" {
		return true, nil
	}
	entries := in(t.references, 8)
	for i := 1; ; i++ {
		b, ok, err := entries.next(r)
		if err != nil || !ok {
			return true, fault(err)
		}
		if i != t.picture.reference {
			continue
		}
		data, err := b.payload(r, 4)
		if err != nil || data[3]&1 != 0 {
			return true, fault(err)
		}
		if b.kind != "url " {
			return false, nil
		}
		begin, end, ok, err := t.samples.reach(r)
		return !ok || begin < r.size && end <= r.size, err
	}
}

// display returns the sides of the picture before it is turned, as it is shown.
func (t *track) display(turn matrix) side {
	d := t.picture.display(t.shown)
	return side{math.Round(d.w * turn.stretch()), math.Round(d.h)}
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

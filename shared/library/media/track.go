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
	shown       side   // display width and height, as the track's header states them
	handler     string // handler type; "vide" means video
	duration    time.Duration
	edited      uint64 // duration of the track's edits, in the movie's time units
	timescale   uint32 // time units per second
	description box    // the track's stsd box
	references  box    // the dref box; zero means no such box
	samples     samples
	picture     picture // sample description; set only for a video track
}

// side is a width and a height, in pixels unless stated otherwise.
type side struct{ w, h float64 }

func (s side) area() float64 { return s.w * s.h }

// read reads a trak box and the boxes inside it that describe the track. It enters a container
// box only from its proper parent.
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
			return nil // stop here: samples.read reads the tables after the stsd box later, if they are needed
		}
		if err != nil {
			return err
		}
	}
}

// readHeader reads a tkhd box (ISO/IEC 14496-12, 8.3.2).
func (t *track) readHeader(r *reader, b box) error {
	data, err := b.versioned(r, 84, 96)
	if err != nil {
		return err
	}
	t.enabled = data[3]&1 != 0
	t.id = u32(data, 12)
	after := 40 // skip the times, number, duration, layer and volume, which come before the matrix
	if data[0] == 1 {
		t.id = u32(data, 20)
		after = 52
	}
	t.turn = matrixOf(data[after:])
	t.shown = side{fixed(data, after+36), fixed(data, after+40)}
	return nil
}

// readMediaHeader reads an mdhd box (ISO/IEC 14496-12, 8.4.2).
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

// readEdits reads from an elst box (ISO/IEC 14496-12, 8.6.6) for how long the track is shown.
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
		c.number(int(width) + 4) // skip media time and media rate
	}
	return nil
}

// outranks reports whether players show t rather than other. A film outranks a cover, a track
// with samples outranks one without, an enabled track outranks a disabled one, and a film
// outranks a preview in a codec for still images. Otherwise the earlier track is shown.
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

// cover reports whether the track may be the cover of music: it has one sample, in a codec for
// still images.
func (t *track) cover() bool { return t.picture.isStill() && t.samples.count == 1 }

// errElsewhere is the verdict on a reference movie, whose picture is in another file.
var errElsewhere = fmt.Errorf("%w: the picture is in another file", ErrNoPicture)

// isHere reports whether the picture's samples are in this file. The track's data reference
// (ISO/IEC 14496-12, 8.7.2) may state a URL of another file. Like players, isHere ignores the URL
// if the sample tables fit into this file. If the reference is not a URL but an alias (a reference
// of QuickTime to another file), isHere returns false.
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

// display returns the width and height with which players show the picture, before rotation. turn
// is the matrix that rotates and stretches the picture.
func (t *track) display(turn matrix) side {
	d := t.picture.display(t.shown, turn.stretch())
	return side{math.Round(d.w), math.Round(d.h)}
}

// fixed reads an unsigned 16.16 fixed-point number at an offset.
func fixed(b []byte, at int) float64 { return float64(u32(b, at)) / (1 << 16) }

// ratio divides the 32-bit number at an offset by the 32-bit number after it. It returns 0 if the
// second number is 0.
func ratio(b []byte, at int) float64 {
	if u32(b, at+4) == 0 {
		return 0
	}
	return float64(u32(b, at)) / float64(u32(b, at+4))
}

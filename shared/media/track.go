package media

import (
	"fmt"
	"math"
	"time"
)

// track is one track with a picture.
type track struct {
	handler       string // "vide" is a picture
	enabled       bool
	turn          matrix
	shownW, shown float64 // size by the track header, pixels
	coded         bool    // a sample entry was read
	width, height int     // of the sample entry
	cleanW, clean float64 // clean aperture, pixels; 0 is none
	aspectH       uint32  // sample aspect: horizontal to vertical spacing; 0 is unsaid
	aspectV       uint32
	duration      time.Duration
}

// readTrack reads a trak, and keeps it where it is the best picture so far: an enabled
// one before a disabled one, then the larger, then the first.
func (m *movie) readTrack(r *reader, trak box) error {
	if m.tracks++; m.tracks > maxTracks {
		return fmt.Errorf("%w: over %d tracks", ErrTooComplex, maxTracks)
	}
	t := track{turn: identity}
	if err := t.read(r, in(trak, 0)); err != nil {
		return err
	}
	if t.handler != "vide" {
		return nil
	}
	if !t.coded {
		return corrupt("picture track without a sample description")
	}
	better := m.best == nil || t.enabled && !m.best.enabled ||
		t.enabled == m.best.enabled && t.width*t.height > m.best.width*m.best.height
	if better {
		m.best = &t
	}
	return nil
}

// read reads the boxes that tell of a track, and goes into those that hold them. Only
// boxes of the five levels between trak and the sample entry are entered.
func (t *track) read(r *reader, boxes *region) error {
	for {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		switch b.kind {
		case "tkhd":
			err = t.readHeader(r, b)
		case "mdhd":
			err = t.readMediaHeader(r, b)
		case "hdlr":
			err = t.readHandler(r, b)
		case "mdia", "minf", "stbl":
			err = t.read(r, in(b, 0))
		case "stsd":
			if t.handler == "vide" {
				err = t.readDescription(r, b)
			}
			boxes.at = boxes.end // the tables after it are not needed
		}
		if err != nil {
			return err
		}
	}
}

// readHeader reads flags, matrix and size of a tkhd (8.3.2).
func (t *track) readHeader(r *reader, b box) error {
	data, err := b.payload(r, 84)
	if err != nil {
		return err
	}
	at := 40
	if data[0] == 1 {
		if data, err = b.payload(r, 96); err != nil {
			return err
		}
		at = 52
	}
	t.enabled = data[3]&1 != 0
	t.turn = matrixOf(data[at:])
	t.shownW, t.shown = fixed(u32(data, at+36)), fixed(u32(data, at+40))
	return nil
}

// readMediaHeader reads the duration of an mdhd (8.4.2).
func (t *track) readMediaHeader(r *reader, b box) error {
	data, err := b.payload(r, 20)
	if err != nil {
		return err
	}
	if data[0] == 1 {
		if data, err = b.payload(r, 32); err != nil {
			return err
		}
		t.duration = seconds(u64(data, 24), u32(data, 20))
		return nil
	}
	if units := u32(data, 16); units != 1<<32-1 {
		t.duration = seconds(uint64(units), u32(data, 12))
	}
	return nil
}

// readHandler reads the track's kind, once: QuickTime has a second handler inside minf.
func (t *track) readHandler(r *reader, b box) error {
	data, err := b.payload(r, 12)
	if err == nil && t.handler == "" {
		t.handler = string(data[8:12])
	}
	return err
}

// readDescription reads the first sample entry of an stsd; whatever the codec, a visual
// one begins alike (12.1.3).
func (t *track) readDescription(r *reader, stsd box) error {
	entry, ok, err := in(stsd, 8).next(r)
	if err != nil || !ok {
		return err
	}
	data, err := entry.payload(r, 78)
	if err != nil {
		return err
	}
	t.coded = true
	t.width, t.height = u16(data, 24), u16(data, 26)
	boxes := in(entry, 78)
	for {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		switch b.kind {
		case "pasp":
			data, err = b.payload(r, 8)
			if err == nil {
				t.aspectH, t.aspectV = u32(data, 0), u32(data, 4)
			}
		case "clap":
			data, err = b.payload(r, 32)
			if err == nil {
				t.cleanW, t.clean = ratio(data, 0), ratio(data, 8)
			}
		}
		if err != nil {
			return err
		}
	}
}

// display returns the size of the picture before it is turned: the sample entry's clean
// aperture, stretched sideways by the sample aspect, or, where none is given, by the
// proportions of the track header and of the matrix.
func (t *track) display(movie matrix) (width, height int) {
	w, h := float64(t.width), float64(t.height)
	if w == 0 || h == 0 {
		w, h = t.shownW, t.shown
	}
	if 0 < t.cleanW && t.cleanW <= w && 0 < t.clean && t.clean <= h {
		w, h = t.cleanW, t.clean
	}
	switch {
	case t.aspectH > 0 && t.aspectV > 0:
		w *= float64(t.aspectH) / float64(t.aspectV)
	case t.shownW > 0 && t.shown > 0:
		w *= (t.shownW / t.shown) / (w / h)
	}
	w *= t.turn.times(movie).stretch()
	if math.IsNaN(w) || w > math.MaxInt32 {
		return 0, 0
	}
	return int(math.Round(w)), int(math.Round(h))
}

// fixed is an unsigned 16.16 number.
func fixed(v uint32) float64 { return float64(v) / (1 << 16) }

// ratio is two 32-bit numbers at an offset, the first over the second; 0 where the
// second is.
func ratio(b []byte, at int) float64 {
	if u32(b, at+4) == 0 {
		return 0
	}
	return float64(u32(b, at)) / float64(u32(b, at+4))
}

package media

import (
	"errors"
	"fmt"
	"math/bits"
	"time"
)

// maxTracks is how many tracks of a movie are looked at.
const maxTracks = 64

// movie is what the boxes of an MP4 or MOV file say (ISO/IEC 14496-12).
type movie struct {
	header     bool // a moov was read
	compressed bool // the moov is packed, as QuickTime 3 could
	fragmented bool
	media      bool // there is media data
	duration   time.Duration
	timescale  uint32 // units a second of the fragments' duration
	turn       matrix
	tracks     int
	best       *track
}

// probeMovie measures an MP4 or MOV file, wherever its moov stands, and sees that all of
// its boxes are there.
func probeMovie(r *reader, info *Info) error {
	m := movie{turn: identity}
	err := m.walk(r)
	if m.header {
		if failed := m.describe(info); err == nil {
			err = failed
		}
	}
	switch {
	case err != nil:
		return err
	case !m.header:
		return truncated("no movie header")
	case !m.media:
		return truncated("no media data")
	}
	return nil
}

// walk visits the boxes of the file.
func (m *movie) walk(r *reader) error {
	top := region{0, r.size, ErrTruncated}
	for {
		b, ok, err := top.next(r)
		switch {
		case err != nil && m.trails(b.kind):
			return nil
		case err != nil && m.fragmented && errors.Is(err, ErrTooComplex):
			return nil // what there is to know of the picture is known
		case err != nil || !ok:
			return err
		}
		switch b.kind {
		case "moov":
			if !m.header {
				err = m.readHeader(r, b)
			}
		case "mdat", "idat":
			m.media = m.media || b.end > b.start
		}
		if err != nil {
			return err
		}
	}
}

// trails reports bytes after a whole movie that are no box: what some editors and
// cameras append. Players pass over it.
func (m *movie) trails(kind string) bool {
	if !m.header || !m.media || len(kind) != 4 {
		return false
	}
	for _, c := range []byte(kind) {
		if c < ' ' {
			return true
		}
	}
	return false
}

// readHeader reads a moov.
func (m *movie) readHeader(r *reader, moov box) error {
	m.header = true
	boxes := in(moov, 0)
	for {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		switch b.kind {
		case "mvhd":
			err = m.readMovieHeader(r, b)
		case "mvex":
			m.fragmented = true
			err = m.readExtends(r, b)
		case "cmov":
			m.compressed = true
		case "trak":
			err = m.readTrack(r, b)
		}
		if err != nil {
			return err
		}
	}
}

// readMovieHeader reads duration and matrix of an mvhd (8.2.2).
func (m *movie) readMovieHeader(r *reader, b box) error {
	data, err := b.payload(r, 100)
	if err != nil {
		return err
	}
	at := 12
	if data[0] == 1 {
		if data, err = b.payload(r, 112); err != nil {
			return err
		}
		at = 20
	}
	m.timescale = u32(data, at)
	units, rest := uint64(u32(data, at+4)), at+8
	if data[0] == 1 {
		units, rest = u64(data, at+4), at+12
	} else if units == 1<<32-1 {
		units = 0 // unknown
	}
	m.duration = seconds(units, m.timescale)
	m.turn = matrixOf(data[rest+16:])
	return nil
}

// readExtends reads the duration of a fragmented movie (8.8.2), where it is given.
func (m *movie) readExtends(r *reader, mvex box) error {
	boxes := in(mvex, 0)
	for {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		if b.kind != "mehd" {
			continue
		}
		data, err := b.payload(r, 8)
		if err != nil {
			return err
		}
		units := uint64(u32(data, 4))
		if data[0] == 1 {
			if data, err = b.payload(r, 12); err != nil {
				return err
			}
			units = u64(data, 4)
		}
		if d := seconds(units, m.timescale); d > m.duration {
			m.duration = d
		}
	}
}

// describe measures the picture that was found.
func (m *movie) describe(info *Info) error {
	info.Duration = m.duration
	switch {
	case m.compressed:
		return nil // not measured
	case m.best == nil:
		return ErrNoPicture
	}
	if info.Duration == 0 {
		info.Duration = m.best.duration
	}
	width, height := m.best.display(m.turn)
	if width < 1 || height < 1 {
		return corrupt(fmt.Sprintf("picture of %d x %d", width, height))
	}
	info.measured(width, height, m.best.turn.times(m.turn).rotation())
	return nil
}

// seconds returns units of a timescale as time; 0, unknown, for what is no time.
func seconds(units uint64, timescale uint32) time.Duration {
	if timescale == 0 {
		return 0
	}
	high, low := bits.Mul64(units, uint64(time.Second))
	if high >= uint64(timescale) {
		return 0
	}
	d, _ := bits.Div64(high, low, uint64(timescale))
	if d > 1<<63-1 {
		return 0
	}
	return time.Duration(d)
}

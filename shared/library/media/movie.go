package media

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"
)

// maxTracks is how many tracks of a movie are looked at.
const maxTracks = 64

// movie is what the boxes of an MP4 or MOV file say (ISO/IEC 14496-12).
type movie struct {
	header     bool // a moov was read
	compressed bool // the moov is packed, as QuickTime 3 could
	media      bool // there is media data
	open       bool // the media data goes on to the end of the file, wherever that is
	duration   time.Duration
	timescale  uint32 // units a second
	turn       matrix
	tracks     int
	sound      bool       // there is a track to hear
	best       *track     // the picture; nil is none
	broken     error      // the verdict on a picture that is not described; nil is none
	fragments  *fragments // nil where the moov tells of all samples
}

// probeMovie measures an MP4 or MOV file, wherever its moov stands, and sees that all of
// its boxes are there. Of a film in more fragments than may be visited all is told but the
// duration.
func probeMovie(r *reader, info *Info) error {
	m := movie{turn: identity}
	err := m.walk(r)
	if m.fragments != nil && m.best != nil && errors.Is(err, ErrTooComplex) {
		m.fragments.cut = true
		return m.describe(info)
	}
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
	case m.open && m.best != nil:
		return m.best.checkChunks(r)
	}
	return nil
}

// walk visits the boxes of the file.
func (m *movie) walk(r *reader) error {
	for top := (&region{0, r.size, ErrTruncated}); ; {
		b, ok, err := top.next(r)
		switch {
		case err != nil && m.trails(b.kind):
			return nil
		case err != nil || !ok:
			return err
		}
		switch {
		case b.kind == "moov" && !m.header:
			err = m.readHeader(r, b)
		case b.kind == "sidx" && m.fragments != nil && !m.fragments.skipped:
			m.media = true
			err = m.fragments.readIndex(r, b, top, m.best)
		case b.kind == "moof" && m.fragments != nil && m.best != nil:
			err = m.fragments.readNext(r, b, top, m.best)
		case b.kind == "mdat" && b.end > b.start:
			m.media = true
			m.open, err = b.open(r)
		}
		if err != nil {
			return err
		}
	}
}

// trails reports bytes after a whole movie that are no box: what some editors and
// cameras append. Players pass over it.
func (m *movie) trails(kind string) bool {
	for _, c := range []byte(kind) {
		if c < ' ' {
			return m.header && m.media
		}
	}
	return false
}

// readHeader reads a moov.
func (m *movie) readHeader(r *reader, moov box) error {
	m.header = true
	for boxes := in(moov, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		switch b.kind {
		case "mvhd":
			err = m.readMovieHeader(r, b)
		case "mvex":
			m.fragments = &fragments{defaults: make(map[uint32]uint32)}
			err = m.fragments.readExtends(r, b, m.timescale)
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
	data, err := b.versioned(r, 100, 112)
	if err != nil {
		return err
	}
	// Times of creation and change, then timescale and duration.
	after := 20
	if data[0] == 1 {
		m.timescale, m.duration = u32(data, 20), seconds(u64(data, 24), u32(data, 20))
		after = 32
	} else {
		m.timescale, m.duration = u32(data, 12), seconds(narrow(data, 16), u32(data, 12))
	}
	m.turn = matrixOf(data[after+16:])
	return nil
}

// readTrack reads a trak, and keeps it where it is the best picture so far.
func (m *movie) readTrack(r *reader, trak box) error {
	if m.tracks++; m.tracks > maxTracks {
		return fmt.Errorf("%w: over %d tracks", ErrTooComplex, maxTracks)
	}
	t := track{turn: identity}
	if err := t.read(r, trak); err != nil {
		return err
	}
	m.sound = m.sound || t.handler == "soun"
	if t.handler != "vide" && t.handler != "pict" { // a picture sequence
		return nil
	}
	err := t.readDescription(r)
	if err == nil {
		err = t.readCover(r)
	}
	switch {
	case errors.Is(err, ErrCorrupt):
		m.broken = err // another picture may do
		return nil
	case err != nil:
		return err
	case t.outranks(m.best):
		m.best = &t
	}
	return nil
}

// describe measures the picture that was found. The headers of a fragmented movie know
// the duration of their own samples only, of which there need be none. Sound with a cover
// is no picture, for all that the cover is a track of its own.
func (m *movie) describe(info *Info) error {
	switch {
	case m.compressed:
		return nil // not measured
	case m.best == nil && m.broken != nil:
		return m.broken
	case m.best == nil:
		return ErrNoPicture
	case m.best.cover && m.sound && m.fragments == nil:
		return fmt.Errorf("%w: a cover beside sound", ErrNoPicture)
	}
	switch {
	case m.fragments != nil:
		info.Duration = m.fragments.duration(m.best)
	case m.duration > 0:
		info.Duration = m.duration
	case m.best.edited > 0:
		info.Duration = seconds(m.best.edited, m.timescale)
	default:
		info.Duration = m.best.duration
	}
	info.Codec = m.best.codec
	turn := m.best.turn.times(m.turn)
	shown := m.best.display(turn)
	if !(shown.w >= 1 && shown.h >= 1 && shown.w <= math.MaxInt32) {
		return corrupt(fmt.Sprintf("picture of %.0f x %.0f", shown.w, shown.h))
	}
	info.measured(int(shown.w), int(shown.h), turn.rotation())
	return nil
}

// narrow is a 32-bit duration at an offset; all ones mean unknown.
func narrow(data []byte, at int) uint64 {
	if v := u32(data, at); v != 1<<32-1 {
		return uint64(v)
	}
	return 0
}

// seconds returns units of a timescale as time; 0, unknown, for what is no time.
func seconds(units uint64, timescale uint32) time.Duration {
	high, low := bits.Mul64(units, uint64(time.Second))
	if high >= uint64(timescale) {
		return 0
	}
	d, _ := bits.Div64(high, low, uint64(timescale))
	if d > math.MaxInt64 {
		return 0
	}
	return time.Duration(d)
}

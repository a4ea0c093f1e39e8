package media

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"
)

// maxTracks is how many tracks of a movie are looked at.
const maxTracks = 64

// movie is what the boxes of an MP4 or MOV file say (ISO/IEC 14496-12).
type movie struct {
	header     bool // a moov was read
	compressed bool // the moov is packed, as QuickTime 3 could
	elsewhere  bool // the tracks are in other files, which the moov names
	media      bool // there is media data
	open       bool // the media data goes on to the end of the file, wherever that is
	data       box  // the last mdat
	duration   time.Duration
	timescale  uint32 // units a second
	turn       matrix
	tracks     []*track
	sound      bool       // there is a track to hear
	raw        bool       // and one that may hold long runs of zeros
	best       *track     // the picture; nil is none
	broken     error      // the verdict on a picture that is not described; nil is none
	fragments  *fragments // nil where the moov tells of all samples
}

// probeMovie measures an MP4 or MOV file, wherever its moov stands, and sees that all of
// its samples are there. Of a film in more fragments than may be visited all is told but the
// duration.
func probeMovie(r *reader, info *Info) error {
	m := movie{turn: identity}
	err := m.walk(r)
	if m.fragments != nil && m.best != nil && errors.Is(err, ErrTooComplex) {
		m.fragments.cut = true
		return m.describe(r, info)
	}
	if m.header {
		if failed := m.describe(r, info); err == nil {
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
	case m.best == nil:
		return nil
	}
	return m.checkData(r)
}

// walk visits the boxes of the file.
func (m *movie) walk(r *reader) error {
	for top := (&region{0, r.size, ErrTruncated}); ; {
		b, ok, err := top.next(r)
		switch {
		case err != nil:
			return m.checkRest(r, b.kind, err)
		case !ok:
			return nil
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
			m.media, m.data = true, b
			m.open, err = b.open(r)
		}
		if err != nil {
			return err
		}
	}
}

// checkRest tells whether what follows is needed, of which the verdict on its first box is
// given. Behind a whole film anything may follow that is no box or is cut: cameras, editors and
// uploads append it, and players pass over it. Media data that is cut must have all samples
// nevertheless.
func (m *movie) checkRest(r *reader, kind string, verdict error) error {
	if err := fault(verdict); err != nil || !m.header {
		return verdict
	}
	if m.fragments != nil {
		if m.media && !slices.Contains([]string{"moof", "mdat", "sidx", "styp"}, kind) {
			return nil
		}
		return verdict
	}
	there, err := m.reaches(r, kind == "mdat")
	if err == nil && !there {
		return verdict
	}
	m.media = true
	return err
}

// reaches reports whether all chunks of all tracks begin in the file and, where ends is
// set, the last of each ends there. It is false where the tables of a track do not tell.
func (m *movie) reaches(r *reader, ends bool) (bool, error) {
	for _, t := range m.tracks {
		begin, end, ok, err := t.samples.reach(r)
		if err != nil || !ok || begin >= r.size || ends && end > r.size {
			return false, err
		}
	}
	return len(m.tracks) > 0, nil
}

// checkData tells whether the film's last bytes are there, and not zeros in their place.
func (m *movie) checkData(r *reader) error {
	if m.fragments == nil {
		err := m.best.samples.check(r, m.data, m.best.picture.compressed())
		if err != nil || !m.open {
			return err
		}
		there, err := m.reaches(r, true)
		if err == nil && !there {
			err = truncated("media data")
		}
		return err
	}
	if c := m.best.picture.codec; m.raw || c != "h264" && c != "hevc" || m.data.end-m.data.start < 2*zeroTail {
		return nil // others may end in zeros themselves
	}
	zeros, err := r.endsInZeros(m.data.start, m.data.end)
	if zeros {
		return truncated("zeros at the end of the last fragment")
	}
	return err
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
		case "rmra":
			m.elsewhere = true
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

// readTrack reads a trak, and keeps it as the picture where it is the best so far.
func (m *movie) readTrack(r *reader, trak box) error {
	if len(m.tracks) == maxTracks {
		return fmt.Errorf("%w: over %d tracks", ErrTooComplex, maxTracks)
	}
	t := &track{turn: identity}
	m.tracks = append(m.tracks, t)
	if err := t.read(r, trak); err != nil {
		return err
	}
	if t.handler == "soun" {
		return m.readSound(r, t)
	}
	if t.handler != "vide" && t.handler != "pict" { // a picture sequence
		return nil
	}
	var err error
	if t.picture, err = readPicture(r, t.description); err == nil {
		err = t.samples.read(r)
	}
	switch {
	case errors.Is(err, ErrCorrupt):
		m.broken = err // another picture may do
		return nil
	case err != nil:
		return err
	case t.outranks(m.best):
		m.best = t
	}
	return nil
}

// readSound notes a track to hear, and whether it is coded in a way that writes no long runs
// of zeros.
func (m *movie) readSound(r *reader, t *track) error {
	m.sound = true
	entry, ok, err := in(t.description, 8).next(r)
	if err != nil || !ok {
		return fault(err)
	}
	m.raw = m.raw || !slices.Contains([]string{"mp4a", "ac-3", "ec-3", "Opus", "fLaC", "alac"}, entry.kind)
	return nil
}

// describe measures the picture that was found. The headers of a fragmented movie know
// the duration of their own samples only, of which there need be none. Sound with a cover
// is no picture, for all that the cover is a track of its own.
func (m *movie) describe(r *reader, info *Info) error {
	switch {
	case m.compressed:
		return nil // not measured
	case m.best == nil && m.broken != nil:
		return m.broken
	case m.best == nil && m.elsewhere:
		return errElsewhere
	case m.best == nil:
		return ErrNoPicture
	case m.fragments != nil: // of which the moov knows no samples
	case m.best.samples.none():
		return fmt.Errorf("%w: a track without samples", ErrNoPicture)
	case m.best.cover() && m.sound:
		return fmt.Errorf("%w: a cover beside sound", ErrNoPicture)
	}
	if there, err := m.best.isHere(r); err != nil || !there {
		return cmp.Or(err, errElsewhere)
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
	info.Codec = m.best.picture.codec
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

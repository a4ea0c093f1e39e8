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

// maxTracks is the largest number of tracks that a movie may have.
const maxTracks = 64

// movie holds the facts that were read from the boxes of an MP4 or MOV file (ISO/IEC 14496-12).
type movie struct {
	header     bool // whether a moov box was read
	compressed bool // whether the moov box is compressed, as QuickTime 3 could write it
	elsewhere  bool // whether the tracks are in other files, which the moov box names
	media      bool // whether the file has media data
	open       bool // whether the media data states no size and so extends to the file's end
	data       box  // the last mdat box
	duration   time.Duration
	timescale  uint32 // time units per second
	turn       matrix
	tracks     []*track
	sound      bool       // whether the movie has an audio track
	raw        bool       // whether an audio track's codec may write long runs of zeros
	best       *track     // the video track to measure; nil means none
	broken     error      // verdict on a video track that cannot be read; nil means none
	fragments  *fragments // nil if the moov box lists all samples
}

// probeMovie measures an MP4 or MOV file, wherever its moov box is, and checks that all its
// samples are present. If a film has more fragments than can be visited, it returns everything
// except the duration.
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

// walk visits the file's top-level boxes.
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

// checkRest decides whether an unreadable top-level box damages the film. The parameter verdict is
// the error of that box. checkRest returns verdict if the film is damaged. It returns nil if the
// bad bytes come after the whole film, because cameras, editors and uploads append bytes that
// players ignore. A cut mdat box is allowed only if all samples are present.
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

// reaches reports whether all chunks of all tracks begin inside the file. If the parameter ends is
// true, the last chunk of each track must also end inside the file. reaches returns false if a
// track's tables do not state the positions.
func (m *movie) reaches(r *reader, ends bool) (bool, error) {
	for _, t := range m.tracks {
		begin, end, ok, err := t.samples.reach(r)
		if err != nil || !ok || begin >= r.size || ends && end > r.size {
			return false, err
		}
	}
	return len(m.tracks) > 0, nil
}

// checkData checks that the film's last bytes are present and are not only zeros.
func (m *movie) checkData(r *reader) error {
	if m.fragments == nil {
		err := m.best.samples.check(r, m.data, m.best.picture.compressed())
		if err != nil || !m.open {
			return err
		}
		there, err := m.reaches(r, true)
		if err == nil && !there {
			err = truncated("the end of the media data is missing")
		}
		return err
	}
	if m.raw || !endsInBit(m.best.picture.codec) || m.data.end-m.data.start < 2*zeroTail {
		// zeros do not prove that the end is missing: other codecs, and some codecs for sound, may
		// write zeros
		return nil
	}
	zeros, err := r.endsInZeros(m.data.start, m.data.end)
	if zeros {
		return truncated("zeros at the end of the last fragment")
	}
	return err
}

// readHeader reads a moov box and the boxes inside it.
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

// readMovieHeader reads the duration and the matrix of an mvhd box (ISO/IEC 14496-12, 8.2.2).
func (m *movie) readMovieHeader(r *reader, b box) error {
	data, err := b.versioned(r, 100, 112)
	if err != nil {
		return err
	}
	// skip the creation and modification times, which come before the timescale and the duration
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

// readTrack reads a trak box. It makes the track the movie's picture if it is the best video
// track so far.
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
	if t.handler != "vide" && t.handler != "pict" { // pict means a picture sequence
		return nil
	}
	var err error
	if t.picture, err = readPicture(r, t.description); err == nil {
		err = t.samples.read(r)
	}
	switch {
	case errors.Is(err, ErrCorrupt):
		m.broken = err // not yet an error: another video track may be readable
		return nil
	case err != nil:
		return err
	case t.outranks(m.best):
		m.best = t
	}
	return nil
}

// readSound records that the movie has an audio track, and whether the track's codec may write
// long runs of zeros. Opus may: at a constant bit rate, a silent frame is padded with zeros.
func (m *movie) readSound(r *reader, t *track) error {
	m.sound = true
	entry, ok, err := in(t.description, 8).next(r)
	if err != nil || !ok {
		return fault(err)
	}
	m.raw = m.raw || !slices.Contains([]string{"mp4a", "ac-3", "ec-3", "fLaC", "alac"}, entry.kind)
	return nil
}

// describe stores in info the selected video track's width, height, rotation, duration and codec.
// For a fragmented movie, it takes the duration from the fragments, because the headers state only
// the duration of the samples in the moov box. Sound with a cover has no picture, although the
// cover is a video track.
func (m *movie) describe(r *reader, info *Info) error {
	switch {
	case m.compressed:
		return nil // leave the movie unmeasured, because the moov box is compressed
	case m.best == nil && m.broken != nil:
		return m.broken
	case m.best == nil && m.elsewhere:
		return errElsewhere
	case m.best == nil:
		return ErrNoPicture
	case m.fragments != nil: // no check here: the samples are in fragments, not in the moov box
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

// narrow reads the 32-bit duration at an offset. It returns 0 for a value of all ones, which
// means unknown.
func narrow(data []byte, at int) uint64 {
	if v := u32(data, at); v != 1<<32-1 {
		return uint64(v)
	}
	return 0
}

// seconds converts units of a timescale to a duration. It returns 0 (unknown) for a timescale of
// 0 or an overflow.
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

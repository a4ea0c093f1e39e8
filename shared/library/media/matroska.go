package media

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"
)

// IDs of the elements of a Matroska file (RFC 9559, 5.1), including their length markers.
const (
	idHeader   = 0x1a45dfa3
	idDocType  = 0x4282
	idVoid     = 0xec
	idCRC      = 0xbf
	idSegment  = 0x18538067
	idSeekHead = 0x114d9b74
	idSeek     = 0x4dbb
	idSeekID   = 0x53ab
	idSeekAt   = 0x53ac
	idInfo     = 0x1549a966
	idScale    = 0x2ad7b1
	idDuration = 0x4489
	idTracks   = 0x1654ae6b
	idTrack    = 0xae
	idCluster  = 0x1f43b675
)

// matroska holds the facts that were read from the elements of a Matroska or WebM file.
type matroska struct {
	segment element
	seeks   map[uint32]int64 // offsets of elements from the segment's start, by element id
	sought  bool             // whether the elements in seeks have been looked up
	timed   bool             // whether an Info element was read
	tracked bool             // whether a Tracks element was read
	media   bool             // whether the file has a Cluster element
	scale   uint64           // nanoseconds per unit of time
	units   float64
	tracks  int
	zeros   int64     // the largest number of zeros that a track's blocks may end in
	best    *mkvTrack // the video track to measure; nil means none
}

// probeMatroska measures a Matroska or WebM file, wherever its tracks are in the file, and checks
// that its segment is complete. It ignores bytes after the segment. A file that was written to a
// pipe states neither size nor duration: probeMatroska measures it, but cannot check its end.
func probeMatroska(r *reader, info *Info) error {
	m := matroska{scale: 1_000_000, seeks: make(map[uint32]int64)}
	cut, err := m.findSegment(r)
	if err != nil {
		return err
	}
	err = m.walk(r)
	if m.tracked {
		if failed := m.describe(info); err == nil {
			err = failed
		}
	}
	switch {
	case cut != nil && (err == nil || errors.Is(err, ErrCorrupt)):
		return cut
	case err != nil:
		return err
	case !m.tracked && !m.segment.open:
		return corrupt("no tracks")
	case !m.tracked:
		return truncated("no tracks")
	case !m.media:
		return truncated("no media data")
	case m.segment.open:
		return nil
	}
	return m.checkEnd(r)
}

// checkEnd returns ErrTruncated if the segment ends in more zeros than its tracks may write, and
// these zeros are not the content of a Void element.
func (m *matroska) checkEnd(r *reader) error {
	if m.zeros > blockSize || m.segment.end-m.segment.start < 2*zeroTail {
		return nil
	}
	zeros, err := r.endsInZeros(m.segment.start, m.segment.end)
	if err != nil || !zeros {
		return err
	}
	start := max(m.segment.start, m.segment.end-blockSize)
	data, err := r.bytes(start, m.segment.end-start)
	if err == nil && m.zeros >= zeroTail && !allOf(data, 0) {
		return nil
	}
	if err == nil && allOf(data, 0) {
		var end int64
		if end, err = r.unpadded(m.segment.end); err == nil {
			start = max(m.segment.start, end-blockSize)
			data, err = r.bytes(start, end-start)
		}
	}
	if err != nil {
		return err
	}
	data = bytes.TrimRight(data, "\x00")
	// try each offset where the id and size of a Void element may begin
	for at := max(0, len(data)-9); at < len(data); at++ {
		e, _, _ := (&group{start + int64(at), m.segment.end, ErrCorrupt}).next(r)
		if e.id == idVoid && e.end == m.segment.end && !e.open { // a Void element must state its size
			return nil
		}
	}
	return truncated("zeros at the end of the segment")
}

// findSegment finds the segment after the header. If the segment extends beyond the file's end, cut
// is an error that says so; otherwise cut is nil.
func (m *matroska) findSegment(r *reader) (cut, err error) {
	for top := (&group{0, r.size, ErrTruncated}); ; {
		e, ok, err := top.next(r)
		switch {
		case e.id == idSegment && errors.Is(err, ErrTruncated):
			e.end, m.segment = r.size, e
			return err, nil
		case err != nil:
			return nil, err
		case !ok:
			return nil, truncated("no segment")
		case e.id == idSegment:
			m.segment = e
			return nil, nil
		case e.id != idHeader && e.id != idVoid && e.id != idCRC:
			return nil, corrupt(fmt.Sprintf("element %x before the segment", e.id))
		}
	}
}

// walk visits the segment's elements until the tracks and the media are known. If a Cluster states
// no size, walk also visits the elements inside it. It cannot mistake them for elements of the
// segment, because their ids differ.
func (m *matroska) walk(r *reader) error {
	for parts := (&group{m.segment.start, m.segment.end, ErrTruncated}); ; {
		e, ok, err := parts.next(r)
		if err != nil && e.id == idCluster && m.tracked {
			m.media = true
		}
		if err != nil || !ok {
			return err
		}
		if e.open && e.id != idCluster {
			return corrupt(fmt.Sprintf("element %x without a size", e.id))
		}
		if e.id == idCluster {
			m.media = true
			if err := m.follow(r); err != nil || m.tracked {
				return err
			}
			if e.open {
				parts.at = e.start
			}
		} else if err := m.read(r, e); err != nil {
			return err
		}
	}
}

// follow looks up the elements that may come after the clusters. Their positions come from the
// seek head and from a second seek head that the first one may name.
func (m *matroska) follow(r *reader) error {
	if m.sought {
		return nil
	}
	m.sought = true
	for _, id := range []uint32{idSeekHead, idInfo, idTracks} {
		at, ok := m.seeks[id]
		if known := id == idInfo && m.timed || id == idTracks && m.tracked; !ok || known {
			continue
		}
		e, ok, err := (&group{m.segment.start + at, m.segment.end, ErrTruncated}).next(r)
		if errors.Is(err, ErrTooComplex) {
			return err
		}
		for _, verdict := range []error{ErrCorrupt, ErrTruncated} {
			if errors.Is(err, verdict) {
				ok, err = false, nil // ignore the error: the seek head is wrong, and the element may still follow
			}
		}
		if err != nil {
			return err
		}
		if ok && e.id == id && !e.open {
			if err := m.read(r, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// read reads an element of the segment. It reads only the first Info and the first Tracks
// element.
func (m *matroska) read(r *reader, e element) error {
	switch {
	case e.id == idSeekHead:
		return m.readSeeks(r, e)
	case e.id == idInfo && !m.timed:
		m.timed = true
		return m.readInfo(r, e)
	case e.id == idTracks && !m.tracked:
		m.tracked = true
		return m.readTracks(r, e)
	}
	return nil
}

// readSeeks records the offsets that a seek head lists.
func (m *matroska) readSeeks(r *reader, head element) error {
	for seeks := within(head); ; {
		seek, ok, err := seeks.next(r)
		if err != nil || !ok {
			return err
		}
		if seek.id != idSeek {
			continue
		}
		var id, at uint64
		for fields := within(seek); ; {
			e, ok, err := fields.next(r)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			switch e.id {
			case idSeekID:
				id, err = e.number(r)
			case idSeekAt:
				at, err = e.number(r)
			}
			if err != nil {
				return err
			}
		}
		if at < uint64(m.segment.end-m.segment.start) && id <= math.MaxUint32 {
			m.seeks[uint32(id)] = int64(at)
		}
	}
}

// readInfo reads the duration and its unit.
func (m *matroska) readInfo(r *reader, info element) error {
	for fields := within(info); ; {
		e, ok, err := fields.next(r)
		if err != nil || !ok {
			return err
		}
		switch {
		case e.id == idScale && e.end > e.start: // an empty element means the default value, so scale stays
			m.scale, err = e.number(r)
		case e.id == idDuration && e.end > e.start:
			m.units, err = e.float(r)
		}
		if err != nil {
			return err
		}
	}
}

// readTracks reads the tracks and selects the video track that players choose: the first enabled
// one, else the first.
func (m *matroska) readTracks(r *reader, tracks element) error {
	for entries := within(tracks); ; {
		e, ok, err := entries.next(r)
		if err != nil || !ok {
			return err
		}
		if e.id != idTrack {
			continue
		}
		if m.tracks++; m.tracks > maxTracks {
			return fmt.Errorf("%w: over %d tracks", ErrTooComplex, maxTracks)
		}
		t, err := readMKVTrack(r, e)
		if err != nil {
			return err
		}
		m.zeros = max(m.zeros, t.zeros())
		if t.kind != mkvPicture {
			continue
		}
		if m.best == nil || t.enabled && !m.best.enabled {
			m.best = &t
		}
	}
}

// describe stores in info the film's duration, and the selected video track's width, height,
// rotation and codec.
func (m *matroska) describe(info *Info) error {
	if m.best == nil {
		return ErrNoPicture
	}
	if d := m.units * float64(m.scale); d >= 1 && d < math.MaxInt64 {
		info.Duration = time.Duration(d)
	}
	info.Codec = m.best.codec
	shown := m.best.display()
	if !(shown.w >= 1 && shown.h >= 1 && shown.w <= math.MaxInt32 && shown.h <= math.MaxInt32) {
		return corrupt(fmt.Sprintf("picture of %.0f x %.0f", shown.w, shown.h))
	}
	info.measured(int(shown.w), int(shown.h), m.best.rotation())
	return nil
}

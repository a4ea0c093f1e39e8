package media

import (
	"cmp"
	"slices"
)

// checkSequence returns ErrTruncated if the file states that it is an image sequence (ISO/IEC
// 23008-12, 7), and the end of one of its tracks is missing or consists of zeros. It ignores the
// film of a file without such a brand, because a camera may append a film to a photo.
func checkSequence(r *reader, moov box) error {
	head, err := beginning(r)
	if err != nil {
		return err
	}
	if brands := brandsOf(head); !slices.Contains(brands, "avis") && !slices.Contains(brands, "msf1") {
		return nil
	}
	if moov.end > r.size {
		return truncated("the index of the image sequence is incomplete")
	}
	return checkTracks(r, moov)
}

// checkTracks checks all tracks inside the box parent. It ignores boxes that contradict each other,
// because the picture is complete without them.
func checkTracks(r *reader, parent box) error {
	for boxes := in(parent, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return fault(err)
		}
		switch parent.kind + "/" + b.kind {
		case "moov/trak", "trak/mdia", "mdia/minf":
			err = checkTracks(r, b)
		case "minf/stbl":
			err = checkTables(r, b)
		}
		if err != nil {
			return err
		}
	}
}

// checkTables checks that all chunks of a track begin inside the file, that the last one ends there,
// and that this end is not all zeros. Its tables may come before the stsd box.
func checkTables(r *reader, stbl box) error {
	s := samples{rest: *in(stbl, 0)}
	begin, end, ok, err := s.reach(r)
	switch {
	case err != nil || !ok || s.none():
		return err
	case begin >= r.size || end > r.size:
		return truncated("the end of the image sequence is missing")
	}
	for boxes := in(stbl, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return fault(err)
		}
		if b.kind == "stsd" {
			entry, _, err := in(b, 8).next(r)
			if err != nil || !endsInBit(codecOf(entry.kind)) {
				return fault(err)
			}
			chunk, _, end, err := s.last(r)
			return cmp.Or(fault(err), checkCoded(r, chunk, end))
		}
	}
}

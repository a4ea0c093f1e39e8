package media

import "bytes"

// What an ordinary file may cost, and how many reads find out that a film is in more
// fragments than can be visited.
const (
	ordinaryRead = 512 << 10 // bytes
	fewReads     = 4
)

// pass goes on to the last fragment: by the index of fragments or else, where there are
// many, by what stands at the file's end. b is the box after which they lie.
func (f *fragments) pass(r *reader, b box, top *region, t *track) (bool, error) {
	if !f.lookedUp {
		f.lookedUp = true
		at, time, ok, err := lastFragment(r, b.end, t.id)
		if ok {
			top.at, f.end, f.timed, f.skipped = at, time, true, true
		}
		if ok || err != nil {
			return ok, err
		}
	}
	if f.sought || r.reads < fewReads {
		return false, nil
	}
	f.sought = true
	at, ok, err := tailFragment(r, b.end)
	if ok {
		top.at, f.end, f.timed, f.skipped = at, 0, false, true // the last ones need not be the picture's
	}
	return ok, err
}

// tailFragment returns where the first fragment stands, of those near the file's end, from
// which on one box follows the other just to the end. So a film without an index is
// known to be whole, and its end, without a visit to each fragment. It looks as far back as is
// ordinary to read, and not at all in a file so short that all can be visited.
func tailFragment(r *reader, from int64) (at int64, ok bool, err error) {
	last := (r.size - 1) / blockSize // was read for the index of fragments
	begin := (last - max(0, (ordinaryRead-r.read)/blockSize)) * blockSize
	if begin <= from {
		return 0, false, nil
	}
	data, err := r.bytes(begin, r.size-begin)
	if err != nil {
		return 0, false, err
	}
	const before = 4 // the size of the box
	for i := before; ; i++ {
		next := bytes.Index(data[min(i, len(data)):], []byte("moof"))
		if next < 0 {
			return 0, false, nil
		}
		i += next
		at = begin + int64(i-before)
		if ok, err := reachesEnd(r, at); ok || err != nil {
			return at, ok, err
		}
	}
}

// reachesEnd reports whether the boxes from an offset on end where the file ends.
func reachesEnd(r *reader, at int64) (bool, error) {
	for boxes := (&region{at, r.size, ErrTruncated}); ; {
		_, found, err := boxes.next(r)
		if err != nil {
			return false, fault(err)
		}
		if !found {
			return boxes.at == r.size, nil
		}
	}
}

package media

import "bytes"

// The limits for films with many fragments. After fewReads reads, Probe no longer visits each
// fragment, but searches the film's last bytes for the last fragments. The search ends when Probe
// has read ordinaryRead bytes of the film in total.
const (
	ordinaryRead = 512 << 10 // in bytes, counted over all reads of Probe
	fewReads     = 4
)

// pass skips fragments after box b, because a film may have too many to visit each. It looks up the
// last fragment of track t in the index at the file's end. If the index is missing or invalid and
// the film has many fragments, pass searches the file's last bytes for a fragment. If pass finds
// one, it returns true, and top, which reads the file's top-level boxes, continues there.
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
		// the picture's end time is unknown, because the last fragments may belong to another track
		top.at, f.end, f.timed, f.skipped = at, 0, false, true
	}
	return ok, err
}

// tailFragment searches the file's last bytes for the first fragment from which the boxes follow
// each other exactly to the file's end. Such a fragment proves that the film's end is present. ok
// is false if there is none. ok is also false if the search would begin at or before the offset in
// the parameter from.
func tailFragment(r *reader, from int64) (at int64, ok bool, err error) {
	// Number of the file's last block. The search for the index has already read and cached it.
	last := (r.size - 1) / blockSize
	begin := (last - max(0, (ordinaryRead-r.read)/blockSize)) * blockSize
	if begin <= from {
		return 0, false, nil
	}
	data, err := r.bytes(begin, r.size-begin)
	if err != nil {
		return 0, false, err
	}
	const before = 4 // size in bytes of a box's size field, which comes before the box's kind
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

// reachesEnd reports whether the boxes from offset at on end exactly where the file ends.
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

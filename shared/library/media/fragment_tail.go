package media

import "bytes"

// ordinaryRead is the number of bytes that probing an ordinary file may read. After fewReads
// reads, a film counts as having more fragments than can be visited.
const (
	ordinaryRead = 512 << 10 // limit in bytes
	fewReads     = 4
)

// pass moves top on to the last fragment, which the index at the file's end states. If there is
// no index and the film has many fragments, it looks for the last fragments in the file's last
// bytes. Only fragments after b count. pass reports whether it moved.
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
		top.at, f.end, f.timed, f.skipped = at, 0, false, true // the last fragments may belong to another track
	}
	return ok, err
}

// tailFragment looks in the file's last bytes for the first fragment from which the boxes follow
// each other exactly to the file's end. This proves that a film without an index is whole, and
// finds its end, without a visit to each fragment. It looks back no further than ordinaryRead
// allows, and finds nothing in a file so short that all fragments can be visited.
func tailFragment(r *reader, from int64) (at int64, ok bool, err error) {
	last := (r.size - 1) / blockSize // this block was read for the index of fragments
	begin := (last - max(0, (ordinaryRead-r.read)/blockSize)) * blockSize
	if begin <= from {
		return 0, false, nil
	}
	data, err := r.bytes(begin, r.size-begin)
	if err != nil {
		return 0, false, err
	}
	const before = 4 // bytes of a box's size, which come before its kind
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

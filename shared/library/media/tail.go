package media

import (
	"bytes"
	"sort"
)

// zeroTail is how many zeros at the end of media data most encoders never write, in bytes:
// an upload that broke off in a file of its final size leaves them.
const zeroTail = 512

// endsInZeros reports whether the bytes from start to end are zeros at the end: all of
// them where they are few.
func (r *reader) endsInZeros(start, end int64) (bool, error) {
	tail, err := r.glance(max(start, end-zeroTail), min(end-start, zeroTail))
	return len(tail) > 0 && allOf(tail, 0), err
}

// unpadded returns the end of the page that the data before an offset ends in: what follows
// up to there is nothing but its last byte.
func (r *reader) unpadded(end int64) (int64, error) {
	last, err := r.glance(end-1, 1)
	if err != nil {
		return 0, err
	}
	pages := (end + pageSize - 1) / pageSize
	var failed error
	padding := sort.Search(int(pages), func(i int) bool {
		at := (pages - 1 - int64(i)) * pageSize
		page, err := r.glance(at, min(pageSize, end-at))
		if err != nil {
			failed = err
		}
		return !allOf(page, last[0])
	})
	return min((pages-int64(padding))*pageSize, end), failed
}

// runEnd returns the end of a run of parts of one size, of which one begins at an offset.
// All of them begin with the same mark. Writers cut what is long into such parts, so that
// the end is found without a visit to each.
func (r *reader) runEnd(at, size int64, mark []byte) (int64, error) {
	parts := int((r.size - at) / size)
	var failed error
	isPart := func(i int) bool {
		if i == 0 || failed != nil {
			return failed == nil
		}
		head, err := r.glance(at+int64(i)*size, int64(len(mark)))
		if err != nil {
			failed = err
		}
		return bytes.Equal(head, mark)
	}
	if parts > 0 && isPart(parts-1) { // most of a small file
		return at + int64(parts)*size, failed
	}
	first := sort.Search(max(parts, 1), func(i int) bool { return !isPart(i) })
	return at + int64(first)*size, failed
}

// allOf reports bytes that are all the same one.
func allOf(data []byte, b byte) bool { return bytes.Count(data, []byte{b}) == len(data) }

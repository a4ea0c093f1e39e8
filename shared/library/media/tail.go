package media

import (
	"bytes"
	"sort"
)

// zeroTail is the number of zero bytes at the end of media data that shows an interrupted upload.
// Some uploads first create a file of the final size, filled with zeros. Most encoders never end
// their data with so many zeros.
const zeroTail = 512

// endsInZeros reports whether the last zeroTail bytes between start and end are zeros. If there
// are fewer bytes, all of them must be zeros.
func (r *reader) endsInZeros(start, end int64) (bool, error) {
	tail, err := r.glance(max(start, end-zeroTail), min(end-start, zeroTail))
	return len(tail) > 0 && allOf(tail, 0), err
}

// unpadded returns the offset where the file's data ends and its padding begins, rounded up to
// whole pages of 4 KiB. Padding is a sequence of equal bytes that ends right before the offset end.
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

// runEnd returns the offset where a sequence of parts ends. The first part is at offset at. Each
// part has size bytes and begins with the bytes in mark. runEnd finds the end by a binary search,
// without a visit to each part.
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
	// check the file's last part first: in small files the parts often extend to the file's end
	if parts > 0 && isPart(parts-1) {
		return at + int64(parts)*size, failed
	}
	first := sort.Search(max(parts, 1), func(i int) bool { return !isPart(i) })
	return at + int64(first)*size, failed
}

// allOf reports whether all bytes of data equal b.
func allOf(data []byte, b byte) bool { return bytes.Count(data, []byte{b}) == len(data) }

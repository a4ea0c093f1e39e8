package media

import (
	"fmt"
	"math"
)

// box is one box of an ISO base media file. Its payload is the bytes from start (inclusive) to
// end (exclusive).
type box struct {
	kind       string
	start, end int64
}

// region is a sequence of boxes. Its field over is the error for a box that extends beyond the
// region: ErrTruncated if the region is the whole file, ErrCorrupt if the region is inside a box.
type region struct {
	at, end int64
	over    error
}

// in returns the boxes inside b. The first skip bytes of b's payload are not part of them.
func in(b box, skip int64) *region { return &region{b.start + skip, b.end, ErrCorrupt} }

// next returns the region's next box. It returns false at the region's end: less than a box
// header is left, or QuickTime's terminating zero follows. If the box is smaller than its header or
// ends beyond the region, next returns an error together with the box.
func (g *region) next(r *reader) (box, bool, error) {
	if g.end-g.at < 8 {
		return box{}, false, nil
	}
	if err := r.step(); err != nil {
		return box{}, false, err
	}
	head, err := r.bytes(g.at, 8)
	if err != nil {
		return box{}, false, err
	}
	b := box{kind: string(head[4:8]), start: g.at + 8}
	switch size := int64(u32(head, 0)); size {
	case 0:
		if g.over != ErrTruncated {
			return box{}, false, nil
		}
		b.end = g.end // a size of 0 means that this is the last box of the file
	case 1:
		if b.end, err = g.wideEnd(r); err != nil {
			return box{}, false, err
		}
		b.start += 8
	default:
		b.end = g.at + size
	}
	if b.end < b.start {
		return b, false, corrupt(fmt.Sprintf("box %q at %d smaller than its header", b.kind, g.at))
	}
	if b.end > g.end {
		return b, false, fmt.Errorf("%w: box %q at %d ends at %d, beyond %d", g.over, b.kind, g.at, b.end, g.end)
	}
	g.at = b.end
	return b, true, nil
}

// wideEnd reads a box's 64-bit size and returns where the box ends.
func (g *region) wideEnd(r *reader) (int64, error) {
	if g.end-g.at < 16 {
		return 0, fmt.Errorf("%w: box at %d without its size", g.over, g.at)
	}
	wide, err := r.bytes(g.at+8, 8)
	if err != nil {
		return 0, err
	}
	size := u64(wide, 0)
	if size > uint64(math.MaxInt64-g.at) {
		return 0, corrupt(fmt.Sprintf("box at %d of %d bytes", g.at, size))
	}
	return g.at + int64(size), nil
}

// open reports whether the box states no size. Such a box extends to the end of the file.
func (b box) open(r *reader) (bool, error) {
	if b.end != r.size {
		return false, nil
	}
	head, err := r.bytes(b.start-8, 8)
	// the bytes before the payload of a box with a 64-bit size are that size, and its upper half is 0, too
	return err == nil && u32(head, 0) == 0 && string(head[4:]) == b.kind, err
}

// payload returns the first n bytes of the box's payload. It returns ErrCorrupt if the payload
// has fewer bytes.
func (b box) payload(r *reader, n int64) ([]byte, error) {
	if b.end-b.start < n {
		return nil, corrupt(fmt.Sprintf("box %q of %d bytes", b.kind, b.end-b.start))
	}
	return r.bytes(b.start, n)
}

// versioned returns the payload of a box. The box's fields have the length version0 in version 0
// and version1 in version 1.
func (b box) versioned(r *reader, version0, version1 int64) ([]byte, error) {
	data, err := b.payload(r, version0)
	if err == nil && data[0] == 1 {
		return b.payload(r, version1)
	}
	return data, err
}

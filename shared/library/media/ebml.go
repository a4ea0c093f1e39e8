package media

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// element is one element of an EBML file (RFC 8794). Its payload is the bytes from start
// (inclusive) to end (exclusive).
type element struct {
	id         uint32
	start, end int64
	open       bool // the element states no size, and so extends to its parent's end
}

// group is a sequence of elements. Its field over is the error for an element that extends beyond
// the group.
type group struct {
	at, end int64
	over    error
}

// within returns the elements inside e.
func within(e element) *group { return &group{e.start, e.end, ErrCorrupt} }

// next returns the group's next element, or false at the group's end. If the element ends beyond
// the group, next returns the element and an error.
func (g *group) next(r *reader) (element, bool, error) {
	if g.at >= g.end {
		return element{}, false, nil
	}
	if err := r.step(); err != nil {
		return element{}, false, err
	}
	head, err := r.bytes(g.at, min(12, g.end-g.at)) // read at most 4 bytes of id and 8 bytes of size
	if err != nil {
		return element{}, false, err
	}
	id, width := vint(head)
	if width > 4 || width == 0 {
		return element{}, false, corrupt(fmt.Sprintf("element at %d without an id", g.at))
	}
	if width > len(head) {
		return element{}, false, fmt.Errorf("%w: id of the element at %d", g.over, g.at)
	}
	size, n := vint(head[width:])
	if n == 0 && len(head) > width {
		return element{}, false, corrupt(fmt.Sprintf("element %x at %d without a size", id, g.at))
	}
	if n == 0 || n > len(head)-width {
		return element{}, false, fmt.Errorf("%w: size of the element at %d", g.over, g.at)
	}
	e := element{id: uint32(id), start: g.at + int64(width+n)}
	mark := uint64(1) << (7 * n)
	size -= mark
	if size == mark-1 {
		e.open, e.end, g.at = true, g.end, g.end
		return e, true, nil
	}
	if size > uint64(math.MaxInt64-e.start) {
		return element{}, false, corrupt(fmt.Sprintf("element %x at %d of %d bytes", id, g.at, size))
	}
	e.end = e.start + int64(size)
	if e.end > g.end {
		return e, false, fmt.Errorf("%w: element %x at %d ends at %d, beyond %d", g.over, id, g.at, e.end, g.end)
	}
	g.at = e.end
	return e, true, nil
}

// vint reads the variable-length number at the start of b. value still contains the length
// marker. n is the number's length in bytes: 0 if b is empty or begins with no marker, more than
// len(b) if b is too short.
func vint(b []byte) (value uint64, n int) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	n = bits.LeadingZeros8(b[0]) + 1
	for _, c := range b[:min(n, len(b))] {
		value = value<<8 | uint64(c)
	}
	return value, n
}

// bytes returns the payload. It returns an error if the payload is longer than limit bytes.
func (e element) bytes(r *reader, limit int64) ([]byte, error) {
	if n := e.end - e.start; e.open || n > limit {
		return nil, corrupt(fmt.Sprintf("element %x of %d bytes", e.id, n))
	}
	return r.bytes(e.start, e.end-e.start)
}

// number reads the payload as an unsigned integer.
func (e element) number(r *reader) (v uint64, err error) {
	data, err := e.bytes(r, 8)
	for _, c := range data {
		v = v<<8 | uint64(c)
	}
	return v, err
}

// float reads the payload as a floating-point number of 4 or 8 bytes.
func (e element) float(r *reader) (float64, error) {
	data, err := e.bytes(r, 8)
	switch {
	case err != nil:
		return 0, err
	case len(data) == 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(data))), nil
	case len(data) == 8:
		return math.Float64frombits(binary.BigEndian.Uint64(data)), nil
	}
	return 0, corrupt(fmt.Sprintf("element %x: a number of %d bytes", e.id, len(data)))
}

package media

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// element is one element of an EBML file (RFC 8794): its payload lies from start to end.
type element struct {
	id         uint32
	start, end int64
	open       bool // it says no size: it goes on to the end of what holds it
}

// group is a run of elements, with the verdict on an element that reaches beyond it.
type group struct {
	at, end int64
	over    error
}

// within returns the elements of e.
func within(e element) *group { return &group{e.start, e.end, ErrCorrupt} }

// next returns the group's next element. It reports false at the end. An element that ends
// beyond the group comes with the group's verdict, and all that is known of it.
func (g *group) next(r *reader) (element, bool, error) {
	if g.at >= g.end {
		return element{}, false, nil
	}
	if err := r.step(); err != nil {
		return element{}, false, err
	}
	head, err := r.bytes(g.at, min(12, g.end-g.at)) // 4 of the id, 8 of the size
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

// vint is the number that b begins with, its length mark still in it, and how many bytes
// it takes: 0 where b is empty or begins with no mark, more than b has where it is cut.
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

// bytes returns the payload, which is of at most limit bytes.
func (e element) bytes(r *reader, limit int64) ([]byte, error) {
	if n := e.end - e.start; e.open || n > limit {
		return nil, corrupt(fmt.Sprintf("element %x of %d bytes", e.id, n))
	}
	return r.bytes(e.start, e.end-e.start)
}

// number returns an unsigned integer.
func (e element) number(r *reader) (v uint64, err error) {
	data, err := e.bytes(r, 8)
	for _, c := range data {
		v = v<<8 | uint64(c)
	}
	return v, err
}

// float returns a number that may be broken or negative; it is one of 4 or 8 bytes.
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

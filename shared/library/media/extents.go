package media

import "slices"

// fewZeros is the number of zero bytes that never end the data of the codecs that endsInBit names.
const fewZeros = 64

// endsInBit reports whether the codec's data never ends in fewZeros zeros. The data of AV1 ends with
// a 1 bit. The data of H.264, HEVC and VVC has no long runs of zeros, because emulation prevention
// breaks them.
func endsInBit(codec string) bool {
	return slices.Contains([]string{"av1", "h264", "hevc", "vvc"}, codec)
}

// checkCoded returns ErrTruncated if the coded data between start and end ends in zeros. It does
// not check very short data.
func checkCoded(r *reader, start, end int64) error {
	if end-start < fewZeros/2 {
		return nil
	}
	from := max(start, end-fewZeros)
	tail, err := r.glance(from, end-from)
	if err == nil && allOf(tail, 0) {
		err = truncated("zeros at the end of the picture")
	}
	return err
}

// checkExtents checks that the bytes of all items that are stored in this file (ISO/IEC 14496-12,
// 8.11.3) are present. Of the coded items, such as the tiles of a grid, the one that ends last in the
// file must not end in zeros.
func (m *items) checkExtents(r *reader) error {
	iloc, ok := m.parts["iloc"]
	if !ok {
		return corrupt("no locations of items")
	}
	data, err := iloc.payload(r, iloc.end-iloc.start)
	if err != nil {
		return err
	}
	c := cursor{data: data}
	version := c.number(4) >> 24
	sizes := c.number(2)
	offset, length, base, index := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	if version == 0 {
		index = 0
	}
	width := 2
	if version == 2 {
		width = 4
	}
	var from, to int64 // the coded extent that ends last in the file
	for range c.number(width) {
		if err := r.step(); err != nil {
			return err
		}
		coded := m.coded[uint32(c.number(width))]
		method := uint64(0)
		if version > 0 {
			method = c.number(2) & 15
		}
		here := c.number(2) == 0 && method == 0 // data_reference_index 0: the bytes of the item are in this file
		start, count := c.number(base), c.number(2)
		if offset+length+index == 0 {
			count = 0 // the item is the whole file: no extents to check
		}
		for range count {
			if err := r.step(); err != nil {
				return err
			}
			c.number(index)
			at, n := start+c.number(offset), c.number(length)
			if size := uint64(r.size); here && (at > size || n > size-at) && !c.over {
				return truncated("bytes of an item are missing")
			}
			if c.over {
				break
			}
			if coded && here && int64(at+n) > to {
				from, to = int64(at), int64(at+n)
			}
		}
		if c.over {
			return corrupt("locations beyond their box")
		}
	}
	return checkCoded(r, from, to)
}

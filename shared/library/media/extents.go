package media

import "cmp"

// checkExtents checks that the bytes of all items that are stored in this file (ISO/IEC 14496-12,
// 8.11.3) are present. If the primary item ends in zeros, its end is missing, because AV1 and HEVC
// data ends with a 1 bit.
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
	for range c.number(width) {
		if err := r.step(); err != nil {
			return err
		}
		primary := c.number(width) == uint64(m.primary)
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
			if primary && here && n >= 2*zeroTail {
				if zeros, err := r.endsInZeros(int64(at), int64(at+n)); err != nil || zeros {
					return cmp.Or(err, truncated("zeros at the end of the picture"))
				}
			}
		}
		if c.over {
			return corrupt("locations beyond their box")
		}
	}
	return nil
}

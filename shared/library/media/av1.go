package media

// av1Header reads the optional sequence header in an av1C box (AV1 Codec ISO Media File Format
// Binding, 2.3). The width and height that it returns are the largest that a frame may have.
func av1Header(data []byte) header {
	const sequence = 1
	c := cursor{data: data}
	for c.number(4); len(c.data) > 0; {
		head := c.number(1)
		if head&4 != 0 {
			c.number(1) // skip the extension header
		}
		size := len(c.data)
		if head&2 != 0 {
			size = int(c.leb128())
		}
		payload := c.take(size)
		if head>>3&15 == sequence && !c.over {
			return av1Sequence(payload)
		}
	}
	return header{}
}

// av1Sequence reads the largest width and height that a frame may have from a sequence_header_obu
// (AV1 specification, 5.5.1).
func av1Sequence(data []byte) header {
	b := bitstream{data: data}
	b.skip(4) // skip seq_profile (3 bits) and still_picture (1 bit)
	if b.flag() {
		b.skip(5) // skip seq_level_idx of a still picture
	} else {
		passOperatingPoints(&b)
	}
	bitsW, bitsH := int(b.bits(4))+1, int(b.bits(4))+1
	w, h := b.bits(bitsW), b.bits(bitsH)
	return checked(header{sides: side{float64(w) + 1, float64(h) + 1}}, b.over)
}

// passOperatingPoints skips the timing information and the operating points.
func passOperatingPoints(b *bitstream) {
	model, delay := false, 0
	if b.flag() { // timing_info_present_flag is 1: timing information follows
		b.skip(64)
		if b.flag() {
			b.golomb() // skip num_ticks_per_picture; its uvlc() code has the form of an Exp-Golomb code
		}
		if model = b.flag(); model {
			delay = int(b.bits(5)) + 1
			b.skip(42)
		}
	}
	display := b.flag()
	for range b.bits(5) + 1 {
		b.skip(12)
		if b.bits(5) > 7 {
			b.skip(1) // skip seq_tier
		}
		if model && b.flag() {
			b.skip(2*delay + 1)
		}
		if display && b.flag() {
			b.skip(4)
		}
	}
}

// leb128 reads a little-endian number stored in groups of seven bits, at most eight groups.
func (c *cursor) leb128() (v uint64) {
	for i := range 8 {
		next := c.number(1)
		v |= next & 0x7f << (7 * i)
		if next&0x80 == 0 {
			break
		}
	}
	return v
}

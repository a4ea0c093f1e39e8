package media

import "slices"

// avcHeader reads the first sequence parameter set of an avcC box (ISO/IEC 14496-15, 5.3.3.1).
func avcHeader(data []byte) header {
	c := cursor{data: data}
	c.number(5) // skip version, profile, compatibility, level and length size
	if c.number(1)&31 == 0 {
		return header{}
	}
	nal := c.take(int(c.number(2)))
	if len(nal) < 2 {
		return header{}
	}
	return avcParameters(unescaped(nal[1:]))
}

// highProfiles are the profiles whose parameter sets state the chroma format (ITU-T H.264,
// 7.3.2.1.1).
var highProfiles = []uint32{100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}

// avcParameters reads a sequence parameter set (ITU-T H.264, 7.3.2.1.1).
func avcParameters(data []byte) header {
	b := bitstream{data: data}
	profile := b.bits(8)
	b.skip(16) // skip constraint flags and level
	b.golomb() // skip seq_parameter_set_id
	chroma := uint32(1)
	if slices.Contains(highProfiles, profile) {
		chroma = avcColours(&b)
	}
	b.golomb() // skip log2_max_frame_num_minus4
	switch b.golomb() {
	case 0:
		b.golomb()
	case 1:
		b.skip(1)
		b.signed()
		b.signed()
		for range min(b.golomb(), 255) {
			b.signed()
		}
	}
	b.golomb() // skip max_num_ref_frames
	b.skip(1)
	width, height := 16*(b.golomb()+1), 16*(b.golomb()+1)
	fields := uint32(1)
	if !b.flag() { // frame_mbs_only_flag is 0: the picture may consist of fields
		fields = 2
		b.skip(1)
	}
	height *= fields
	b.skip(1)
	h := header{sides: side{float64(width), float64(height)}}
	if b.flag() {
		left, right, top, bottom := b.golomb(), b.golomb(), b.golomb(), b.golomb()
		unitW, unitH := colourUnits(chroma)
		h.sides = cropped(width, height, left, right, top, bottom, unitW, unitH*fields)
	}
	if b.flag() {
		h.aspect = aspectIn(&b)
	}
	return checked(h, b.over)
}

// avcColours reads the chroma format and skips the fields that follow it. It returns 0 (no
// chroma) if the colour planes are separate.
func avcColours(b *bitstream) (chroma uint32) {
	const full = 3
	lists := 8
	if chroma = b.golomb(); chroma == full {
		lists = 12
		if b.flag() {
			chroma = 0
		}
	}
	b.golomb() // skip bit_depth_luma_minus8
	b.golomb() // skip bit_depth_chroma_minus8
	b.skip(1)
	if b.flag() {
		for i := range lists {
			if b.flag() {
				passScaling(b, i)
			}
		}
	}
	return chroma
}

// passScaling skips the scaling list with this number (ITU-T H.264, 7.3.2.1.1.1).
func passScaling(b *bitstream, number int) {
	size := 16
	if number >= 6 {
		size = 64
	}
	last, next := int32(8), int32(8)
	for range size {
		if next != 0 {
			next = (last + b.signed() + 256) % 256
		}
		if next != 0 {
			last = next
		}
	}
}

// colourUnits returns the width and height, in pixels, of one unit of cropping. They depend on the
// chroma format: 0 is monochrome, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4 (ITU-T H.264, 7.4.2.1.1).
func colourUnits(chroma uint32) (w, h uint32) {
	switch chroma {
	case 1:
		return 2, 2
	case 2:
		return 2, 1
	}
	return 1, 1
}

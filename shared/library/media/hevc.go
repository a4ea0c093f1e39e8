package media

// hevcHeader reads the first sequence parameter set of an hvcC box (ISO/IEC 14496-15, 8.3.3.1).
func hevcHeader(data []byte) header {
	const sequence = 33
	c := cursor{data: data}
	c.take(22) // skip version, profile, level, chroma format and length size
	for range c.number(1) {
		kind := c.number(1) & 63
		for range c.number(2) {
			nal := c.take(int(c.number(2)))
			if c.over {
				return header{}
			}
			if kind == sequence && len(nal) > 2 {
				return hevcParameters(unescaped(nal[2:]))
			}
		}
	}
	return header{}
}

// hevcParameters reads a sequence parameter set (ITU-T H.265, 7.3.2.2.1).
func hevcParameters(data []byte) header {
	b := bitstream{data: data}
	b.skip(4)
	layers := int(b.bits(3)) // sps_max_sub_layers_minus1
	b.skip(1)
	passProfile(&b, layers)
	b.golomb() // skip sps_seq_parameter_set_id
	chroma := b.golomb()
	if chroma == 3 && b.flag() {
		chroma = 0
	}
	width, height := b.golomb(), b.golomb()
	h := header{sides: side{float64(width), float64(height)}}
	if b.flag() {
		left, right, top, bottom := b.golomb(), b.golomb(), b.golomb(), b.golomb()
		unitW, unitH := colourUnits(chroma)
		h.sides = cropped(width, height, left, right, top, bottom, unitW, unitH)
	}
	if b.over {
		return header{}
	}
	// The width and height are known by now. If the data end before the sample aspect was read,
	// only the sample aspect is dropped.
	cut := b
	if h.aspect = hevcAspect(&cut, layers); cut.over {
		h.aspect = side{}
	}
	return checked(h, false)
}

// passProfile skips a profile_tier_level (ITU-T H.265, 7.3.3).
func passProfile(b *bitstream, layers int) {
	b.skip(88 + 8)
	var profiles, levels [8]bool
	for i := range layers {
		profiles[i], levels[i] = b.flag(), b.flag()
	}
	if layers > 0 {
		b.skip(2 * (8 - layers))
	}
	for i := range layers {
		if profiles[i] {
			b.skip(88)
		}
		if levels[i] {
			b.skip(8)
		}
	}
}

// hevcAspect skips the fields between the cropping and the video usability information (VUI), and
// reads the sample aspect from the VUI.
func hevcAspect(b *bitstream, layers int) side {
	b.golomb() // skip bit_depth_luma_minus8
	b.golomb() // skip bit_depth_chroma_minus8
	counter := int(b.golomb()) + 4
	first := layers
	if b.flag() {
		first = 0
	}
	for range 3 * (layers - first + 1) {
		b.golomb()
	}
	for range 6 { // skip the sizes of coding, transform and other blocks
		b.golomb()
	}
	if b.flag() { // scaling_list_enabled_flag is 1
		if b.flag() { // sps_scaling_list_data_present_flag is 1
			passHEVCScaling(b)
		}
	}
	b.skip(2)
	if b.flag() { // pcm_enabled_flag is 1
		b.skip(8)
		b.golomb()
		b.golomb()
		b.skip(1)
	}
	passPictureSets(b)
	if b.flag() { // long_term_ref_pics_present_flag is 1
		for range min(b.golomb(), 32) {
			b.skip(counter + 1)
		}
	}
	b.skip(2)
	if !b.flag() {
		return side{}
	}
	return aspectIn(b)
}

// passHEVCScaling skips a scaling_list_data (ITU-T H.265, 7.3.4).
func passHEVCScaling(b *bitstream) {
	for size := range 4 {
		matrices, step := 6, 1
		if size == 3 {
			step = 3
		}
		for m := 0; m < matrices; m += step {
			if !b.flag() {
				b.golomb()
				continue
			}
			if size > 1 {
				b.signed()
			}
			for range min(64, 1<<(4+2*size)) {
				b.signed()
			}
		}
	}
}

// passPictureSets skips the short-term reference picture sets (ITU-T H.265, 7.3.7). A set lists
// its own pictures or is predicted from the previous set.
func passPictureSets(b *bitstream) {
	pictures := uint32(0) // number of pictures in the previous set
	for i := range min(b.golomb(), 64) {
		if i > 0 && b.flag() {
			b.skip(1)
			b.golomb()
			left := uint32(0)
			for range pictures + 1 {
				kept := b.flag() // used_by_curr_pic_flag
				if !kept {
					kept = b.flag()
				}
				if kept {
					left++
				}
			}
			pictures = left
			continue
		}
		before, after := b.golomb(), b.golomb()
		if before > 16 || after > 16 {
			b.over = true
			return
		}
		pictures = before + after
		for range pictures {
			b.golomb()
			b.skip(1)
		}
	}
}

package media

import "bytes"

// mpegHeader reads the header of an MPEG-4, MPEG-2 or MPEG-1 stream. The header begins with a
// start code.
func mpegHeader(data []byte) header {
	for ; len(data) > 4; data = data[1:] {
		at := bytes.Index(data, []byte{0, 0, 1})
		if at < 0 || at+4 > len(data) {
			break
		}
		data = data[at:]
		switch code := data[3]; {
		case code>>4 == 2:
			return objectLayer(data[4:])
		case code == 0xb3:
			return mpeg2Sequence(data[4:])
		}
	}
	return header{}
}

// objectLayer reads a VideoObjectLayer (ISO/IEC 14496-2, 6.2.3). It returns a zero header unless
// the layer's shape is a rectangle.
func objectLayer(data []byte) header {
	const (
		inNumbers = 15 // the aspect code that means that two numbers follow and state the aspect
		gray      = 3  // the value of video_object_layer_shape that means grayscale
	)
	b := bitstream{data: data}
	b.skip(9)
	version := uint32(1)
	if b.flag() {
		version = b.bits(4)
		b.skip(3)
	}
	var h header
	if aspect := b.bits(4); aspect == inNumbers {
		h.aspect = side{float64(b.bits(8)), float64(b.bits(8))}
	} else if aspect <= 5 {
		h.aspect = sampleAspects[aspect] // MPEG-4 and H.264 number the aspects equally up to 5
	}
	if b.flag() { // vol_control_parameters is 1
		b.skip(3)
		if b.flag() {
			b.skip(79)
		}
	}
	shape := b.bits(2)
	if shape == gray && version != 1 {
		b.skip(4)
	}
	b.skip(1)
	resolution := b.bits(16)
	b.skip(1)
	if b.flag() {
		b.skip(max(1, log2Up(resolution)))
	}
	if shape != 0 {
		return header{}
	}
	b.skip(1)
	h.sides.w = float64(b.bits(13))
	b.skip(1)
	h.sides.h = float64(b.bits(13))
	return checked(h, b.over)
}

// mpeg2Sequence reads a sequence_header (ITU-T H.262, 6.2.2.1), which states the aspect of the
// whole picture. It ignores the aspect in an MPEG-1 header, which has no sequence_extension,
// because the aspect numbers have another meaning there.
func mpeg2Sequence(data []byte) header {
	b := bitstream{data: data}
	var h header
	h.sides.w = float64(b.bits(12))
	h.sides.h = float64(b.bits(12))
	whole := map[uint32]side{2: {4, 3}, 3: {16, 9}, 4: {221, 100}}[b.bits(4)]
	if bytes.Contains(data, []byte{0, 0, 1, 0xb5}) {
		h.aspect = side{whole.w * h.sides.h, whole.h * h.sides.w}
	}
	return checked(h, b.over)
}

package media

// header holds the facts that a codec's own header states about the picture. In the field sides,
// 0 x 0 means that the header states no width and height.
type header struct {
	sides  side // the picture's width and height in pixels, after cropping
	aspect side // sample aspect, as width and height; zero means not stated
}

// maxHeader is the largest number of bytes that are read of a codec's configuration.
const maxHeader = 4 << 10

// headerOf reads the configuration that a container stores for a codec. The parameter codec must be
// ffprobe's name of the codec. headerOf returns a zero header for a configuration that it cannot
// read or that states no width and height.
func headerOf(codec string, config []byte) header {
	switch codec {
	case "h264":
		return avcHeader(config)
	case "hevc":
		return hevcHeader(config)
	case "av1":
		return av1Header(config)
	case "mpeg4", "mpeg2video", "mpeg1video":
		return mpegHeader(config)
	}
	return header{}
}

// sampleAspects lists the sample aspects by their number (ITU-T H.264, table E-1; H.265 has the
// same table).
var sampleAspects = [...]side{
	{}, {1, 1}, {12, 11}, {10, 11}, {16, 11}, {40, 33}, {24, 11}, {20, 11}, {32, 11},
	{80, 33}, {18, 11}, {15, 11}, {64, 33}, {160, 99}, {4, 3}, {3, 2}, {2, 1},
}

// aspectIn reads the sample aspect at the start of the video usability information, VUI (ITU-T
// H.264, E.1.1).
func aspectIn(b *bitstream) side {
	const inNumbers = 255
	if !b.flag() {
		return side{}
	}
	switch number := b.bits(8); {
	case number == inNumbers:
		return side{float64(b.bits(16)), float64(b.bits(16))}
	case int(number) < len(sampleAspects):
		return sampleAspects[number]
	}
	return side{}
}

// cropped returns the width and height that remain after cropping on the left, right, top and
// bottom. The unit of the cropping is unitW x unitH pixels.
func cropped(w, h, left, right, top, bottom uint32, unitW, unitH uint32) side {
	return side{
		float64(w) - float64(unitW)*(float64(left)+float64(right)),
		float64(h) - float64(unitH)*(float64(top)+float64(bottom)),
	}
}

// checked returns h if its width and height are plausible, else a zero header. It also returns a
// zero header if over is true: the data ended before all fields were read. It sets an unusable
// sample aspect to zero.
func checked(h header, over bool) header {
	const most = 1 << 16
	if over || !(1 <= h.sides.w && h.sides.w <= most && 1 <= h.sides.h && h.sides.h <= most) {
		return header{}
	}
	if h.aspect.area() == 0 {
		h.aspect = side{}
	}
	return h
}

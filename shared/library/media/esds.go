package media

// objectTypes maps an MPEG-4 elementary stream's objectTypeIndication (ISO/IEC 14496-1,
// 7.2.6.6.2) to the codec's name as ffprobe spells it.
var objectTypes = map[uint64]string{
	0x20: "mpeg4",
	0x60: "mpeg2video", 0x61: "mpeg2video", 0x62: "mpeg2video", 0x63: "mpeg2video", 0x64: "mpeg2video", 0x65: "mpeg2video",
	0x6a: "mpeg1video", 0x6c: "mjpeg", 0x6d: "png",
}

// Tags of descriptors (ISO/IEC 14496-1, 7.2.2.1), and flags for optional fields of the first
// descriptor (7.2.6.5).
const (
	streamTag, decoderTag, specificTag  = 0x03, 0x04, 0x05
	dependsFlag, addressFlag, clockFlag = 0x80, 0x40, 0x20
)

// streamOf returns the codec that an esds box names, as ffprobe spells it, and the picture's
// header in the codec's configuration. Both are zero if the esds box cannot be read.
func streamOf(data []byte) (codec string, h header) {
	c := cursor{data: data}
	c.number(4) // skip version and flags
	if !c.enter(streamTag) {
		return "", header{}
	}
	c.number(2) // skip ES_ID
	flags := c.number(1)
	if flags&dependsFlag != 0 {
		c.number(2)
	}
	if flags&addressFlag != 0 {
		c.number(int(c.number(1)))
	}
	if flags&clockFlag != 0 {
		c.number(2)
	}
	if !c.enter(decoderTag) {
		return "", header{}
	}
	codec = objectTypes[c.number(1)]
	c.number(12) // skip stream type, buffer size and bit rates
	if c.enter(specificTag) {
		h = mpegHeader(c.data)
	}
	return codec, h
}

// enter reads a descriptor's tag and its size of at most four bytes (ISO/IEC 14496-1, 8.3.3). It
// reports whether the descriptor has the given tag.
func (c *cursor) enter(tag uint64) bool {
	if c.number(1) != tag {
		return false
	}
	for range 4 {
		if c.number(1)&0x80 == 0 {
			return !c.over
		}
	}
	return false
}

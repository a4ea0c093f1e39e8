package media

// objectTypes are the codecs, as ffprobe spells them, that an MPEG-4 sample entry may hold,
// by what its elementary stream's descriptor calls them (ISO/IEC 14496-1, 7.2.6.6.2).
var objectTypes = map[uint64]string{
	0x20: "mpeg4",
	0x60: "mpeg2video", 0x61: "mpeg2video", 0x62: "mpeg2video", 0x63: "mpeg2video", 0x64: "mpeg2video", 0x65: "mpeg2video",
	0x6a: "mpeg1video", 0x6c: "mjpeg", 0x6d: "png",
}

// maxBeforeType is what may stand before the object type and with it, in bytes: version
// and flags, the two descriptors' heads, and the fields of the first, a URL included.
const maxBeforeType = 4 + 5 + 3 + 2 + 256 + 2 + 5 + 1

// The descriptors' tags (7.2.2.1), and the flags of fields in the first (7.2.6.5).
const (
	streamTag, decoderTag               = 0x03, 0x04
	dependsFlag, addressFlag, clockFlag = 0x80, 0x40, 0x20
)

// readStream reads the codec out of the esds of an MPEG-4 sample entry. One that cannot be
// read says nothing: the entry's own name stays.
func (t *track) readStream(r *reader, esds box) error {
	data, err := r.bytes(esds.start, min(esds.end-esds.start, maxBeforeType))
	if err != nil {
		return err
	}
	c := cursor{data: data}
	c.number(4) // version and flags
	if !c.enter(streamTag) {
		return nil
	}
	c.number(2) // the stream's number
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
		return nil
	}
	if codec, known := objectTypes[c.number(1)]; known {
		t.codec = codec
	}
	return nil
}

// enter passes the head of a descriptor: its tag, and a size of at most four bytes (8.3.3).
// It reports whether the tag is this one.
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

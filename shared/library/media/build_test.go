package media_test

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// The functions below build minimal boxes of an MP4 file. Numbers are big-endian.

func b16(v int) []byte         { return binary.BigEndian.AppendUint16(nil, uint16(v)) }
func b32(v ...int) []byte      { return each(v, 4) }
func b64(v ...int) []byte      { return each(v, 8) }
func zeros(n int) []byte       { return make([]byte, n) }
func full(v, flags int) []byte { return b32(v<<24 | flags) }

func each(values []int, size int) (out []byte) {
	for _, v := range values {
		out = append(out, binary.BigEndian.AppendUint64(nil, uint64(v))[8-size:]...)
	}
	return out
}

// atom returns a box whose payload consists of the joined parts.
func atom(kind string, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return slices.Concat(b32(len(body)+8), []byte(kind), body)
}

// wide returns a box with a 64-bit size.
func wide(kind string, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	return slices.Concat(b32(1), []byte(kind), b64(len(body)+16), body)
}

// patched returns a copy of data in which the replacement bytes (the argument with) overwrite the
// bytes from offset at on.
func patched(data []byte, at int, with ...byte) []byte {
	out := slices.Clone(data)
	copy(out[at:], with)
	return out
}

const one = 1 << 16 // 1.0 as a 16.16 fixed-point number

// turns maps an angle in degrees clockwise to the transformation matrix that rotates a picture by
// this angle.
var turns = map[int][]byte{
	0:   matrix(one, 0, 0, one),
	90:  matrix(0, one, -one, 0),
	180: matrix(-one, 0, 0, -one),
	270: matrix(0, -one, one, 0),
}

func matrix(a, b, c, d int) []byte { return b32(a, b, 0, c, d, 0, 0, 0, 1<<30) }

// film describes an MP4 file. Its zero value is a landscape film of 640 x 360 that lasts 1.5 s.
type film struct {
	brand  string   // brand in the file type box; "" means isom, "-" means no such box
	header []byte   // the mvhd box
	tracks [][]byte // the trak boxes
	extra  []byte   // more boxes inside the moov box
	data   []byte   // the mdat box; nil means a small mdat that ends with the tracks' only sample
	last   bool     // if true, the moov box comes after the mdat box
}

func (f film) bytes() []byte {
	if f.header == nil {
		f.header = movieHeader(0, 1500, turns[0])
	}
	if f.tracks == nil {
		f.tracks = [][]byte{picture{}.trak()}
	}
	if f.data == nil {
		f.data = atom("mdat", payload)
	}
	var brand []byte
	switch f.brand {
	case "":
		brand = ftyp("isom", "mp41")
	case "-":
	default:
		brand = ftyp(f.brand)
	}
	moov := atom("moov", f.header, slices.Concat(f.tracks...), f.extra)
	end := len(brand) + len(f.data)
	if !f.last {
		end += len(moov)
	}
	moov = bytes.ReplaceAll(moov, offset, b32(end-sampled))
	if f.last {
		return slices.Concat(brand, f.data, moov)
	}
	return slices.Concat(brand, moov, f.data)
}

// payload is media data: four samples of two NAL units each. Decoders skip these NAL units.
var payload = bytes.Repeat([]byte("\x00\x00\x00\x01\x09\xf0\x00\x00\x00\x01\x0c\xff\xff\xff\xff\x80"), 4)

// sampled is the size in bytes of the only sample in oneSample. The variable offset is a
// placeholder: film.bytes replaces it with the sample's position.
const sampled = 16

var (
	offset    = []byte("?at?")
	counted   = slices.Concat(atom("stts", zeros(4), b32(1, 1, 1)), atom("stsc", zeros(4), b32(1, 1, 1, 1)), atom("stsz", b32(0, sampled, 1)))
	oneSample = slices.Concat(counted, atom("stco", zeros(4), b32(1), offset))
	noSamples = slices.Concat(atom("stts", zeros(8)), atom("stsc", zeros(8)), atom("stsz", zeros(12)), atom("stco", zeros(8)))
)

func ftyp(major string, others ...string) []byte {
	body := append([]byte(major), zeros(4)...)
	for _, o := range others {
		body = append(body, o...)
	}
	return atom("ftyp", body)
}

// movieHeader returns an mvhd box with a timescale of 1,000 units per second.
func movieHeader(version, units int, turn []byte) []byte {
	times := slices.Concat(zeros(8), b32(1000, units))
	if version == 1 {
		times = slices.Concat(zeros(16), b32(1000), b64(units))
	}
	return atom("mvhd", full(version, 0), times, zeros(16), turn, zeros(28))
}

// picture describes a track. Its zero value is an enabled video track of 640 x 360.
type picture struct {
	id            int
	disabled      bool
	handler       string // handler type of the track; "" means vide
	turn          []byte
	width, height int // width and height of the samples, in pixels
	shownW, shown int // width and height in the track header; shownW 0 means those of the samples
	units         int // duration of the track; 600 units are one second
	version       int
	extra         []byte // more boxes inside the sample entry
	tables        []byte // boxes after the stsd box; nil means the tables of one sample
	entry         []byte // the sample entry; nil means an avc1 entry made from the other fields
	reference     []byte // the dinf box; nil means no such box
}

func (p picture) trak() []byte {
	if p.width == 0 && p.height == 0 {
		p.width, p.height = 640, 360
	}
	if p.shownW == 0 {
		p.shownW, p.shown = p.width, p.height
	}
	if p.turn == nil {
		p.turn = turns[0]
	}
	if p.handler == "" {
		p.handler = "vide"
	}
	flags := 3
	if p.disabled {
		flags = 2
	}
	if p.entry == nil {
		p.entry = atom("avc1", zeros(24), b16(p.width), b16(p.height), zeros(50), p.extra)
	}
	if p.tables == nil {
		p.tables = oneSample
	}
	head := slices.Concat(zeros(8), b32(p.id), zeros(8))
	times := slices.Concat(zeros(8), b32(600, p.units))
	if p.version == 1 {
		head = slices.Concat(zeros(16), b32(p.id), zeros(12))
		times = slices.Concat(zeros(16), b32(600), b64(p.units))
	}
	return atom("trak",
		atom("tkhd", full(p.version, flags), head, zeros(16), p.turn, b32(p.shownW<<16, p.shown<<16)),
		atom("mdia",
			atom("mdhd", full(p.version, 0), times, zeros(4)),
			atom("hdlr", zeros(8), []byte(p.handler), zeros(13)),
			atom("minf",
				atom("hdlr", zeros(4), []byte("dhlralis"), zeros(13)),
				p.reference,
				atom("stbl", atom("stsd", zeros(4), b32(1), p.entry), p.tables))))
}

// sound returns an audio track.
func sound() []byte {
	return picture{handler: "soun", entry: atom("mp4a", zeros(28))}.trak()
}

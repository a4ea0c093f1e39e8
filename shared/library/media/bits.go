package media

import "math/bits"

// bitstream reads a codec's header bit by bit. over is set once a read goes beyond the end of the
// header.
type bitstream struct {
	data []byte
	at   int // position of the next bit to read, in bits from the start of data
	over bool
}

// bits reads the next n bits (at most 32) as an unsigned number.
func (b *bitstream) bits(n int) (v uint32) {
	for ; n > 0; n-- {
		if b.at >= 8*len(b.data) {
			b.over = true
			return 0
		}
		v = v<<1 | uint32(b.data[b.at/8]>>(7-b.at%8)&1)
		b.at++
	}
	return v
}

// flag reads the next bit and reports whether it is 1.
func (b *bitstream) flag() bool { return b.bits(1) == 1 }

// skip skips n bits.
func (b *bitstream) skip(n int) {
	if b.at += n; b.at > 8*len(b.data) {
		b.over = true
	}
}

// golomb reads the next unsigned Exp-Golomb code (ITU-T H.264, 9.1).
func (b *bitstream) golomb() uint32 {
	zeros := 0
	for !b.over && !b.flag() {
		zeros++
	}
	if b.over || zeros > 31 {
		b.over = true
		return 0
	}
	return 1<<zeros - 1 + b.bits(zeros)
}

// signed reads the next signed Exp-Golomb code (ITU-T H.264, 9.1.1).
func (b *bitstream) signed() int32 {
	v := b.golomb()
	if v&1 == 1 {
		return int32(v/2 + 1)
	}
	return -int32(v / 2)
}

// unescaped returns a NAL unit without its emulation prevention bytes (ITU-T H.264, 7.4.1).
func unescaped(nal []byte) []byte {
	out := make([]byte, 0, len(nal))
	zeros := 0
	for _, c := range nal {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		out = append(out, c)
		if zeros++; c != 0 {
			zeros = 0
		}
	}
	return out
}

// log2Up returns the number of bits that hold every number below n.
func log2Up(n uint32) int { return bits.Len32(n - 1) }

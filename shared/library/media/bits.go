package media

import "math/bits"

// bitstream reads the bits of a codec's header one after the other; over reports that there
// were fewer.
type bitstream struct {
	data []byte
	at   int // bits
	over bool
}

// bits returns the next n bits, 32 at most, as a number.
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

// flag returns the next bit.
func (b *bitstream) flag() bool { return b.bits(1) == 1 }

// skip passes over n bits.
func (b *bitstream) skip(n int) {
	if b.at += n; b.at > 8*len(b.data) {
		b.over = true
	}
}

// golomb returns the next number of an Exp-Golomb code (ITU-T H.264, 9.1).
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

// signed returns the next number of a signed Exp-Golomb code (9.1.1).
func (b *bitstream) signed() int32 {
	v := b.golomb()
	if v&1 == 1 {
		return int32(v/2 + 1)
	}
	return -int32(v / 2)
}

// unescaped returns a NAL unit without the bytes that keep start codes out of it (7.4.1).
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

// log2Up returns how many bits a number below n takes.
func log2Up(n uint32) int { return bits.Len32(n - 1) }

package media

import "math"

// matrix is the part of a transformation matrix that rotates and stretches (ISO/IEC 14496-12,
// 8.2.2). Its elements are a, b, c, d in x' = a·x + c·y, y' = b·x + d·y, where y points down.
type matrix [4]float64

// identity is the matrix that leaves a picture unchanged.
var identity = matrix{1, 0, 0, 1}

// matrixOf reads the 36 bytes of a matrix. It returns the identity for a matrix of zeros, because
// some writers do not fill in the matrix.
func matrixOf(data []byte) matrix {
	at := func(i int) float64 { return float64(int32(u32(data, i))) / (1 << 16) }
	m := matrix{at(0), at(4), at(12), at(16)}
	if m[0]*m[3] == m[1]*m[2] {
		return identity
	}
	return m
}

// times returns the matrix that applies first m and then n.
func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
	}
}

// rotation returns the rotation of m in degrees clockwise, rounded to quarter turns. A matrix
// that only mirrors has rotation 0.
func (m matrix) rotation() int {
	if math.Abs(m[0])+math.Abs(m[3]) >= math.Abs(m[1])+math.Abs(m[2]) {
		if m[0] < 0 && m[3] < 0 {
			return 180
		}
		return 0
	}
	if m[1] < 0 {
		return 270
	}
	return 90
}

// stretch returns the ratio of the horizontal to the vertical scale, before the rotation. It
// returns 1 if the scales differ by less than 1 %, because such a difference comes from rounding.
func (m matrix) stretch() float64 {
	s := math.Hypot(m[0], m[1]) / math.Hypot(m[2], m[3])
	if math.Abs(s-1) <= 0.01 {
		return 1
	}
	return s
}

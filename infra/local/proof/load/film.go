package load

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"

	"masterhand/infra/local/scenario"
)

// The range of the generated films' sizes, in bytes. The sizes are evenly distributed over the
// orders of magnitude.
const (
	smallest = 80 << 10
	largest  = 4 << 20
)

// samples returns the sample masters that films are made from, by the last part of their key.
func samples() (map[string][]byte, error) {
	found := map[string][]byte{}
	for _, part := range parts {
		var err error
		if found[part], err = scenario.Sample("HRT-1212/v2/en/" + part); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// film makes a master from the sample with unique bytes: a film gets a box of padding at its end,
// an image a comment at its start.
func film(part string, sample []byte, random *rand.ChaCha8) ([]byte, error) {
	if part == still {
		return comment(sample, random)
	}
	spread := rand.New(random).Float64()
	size := int64(smallest * math.Pow(float64(largest)/smallest, spread))
	return io.ReadAll(scenario.Padded(sample, size, random))
}

// commentSize is the number of random bytes in an image's comment.
const commentSize = 4 << 10

// comment adds a comment segment of random bytes to a JPEG.
func comment(sample []byte, random *rand.ChaCha8) ([]byte, error) {
	if len(sample) < 2 || sample[0] != 0xff || sample[1] != 0xd8 {
		return nil, errors.New("the sample image is not a JPEG")
	}
	data := append([]byte{}, sample[:2]...)
	data = append(data, 0xff, 0xfe)
	data = binary.BigEndian.AppendUint16(data, commentSize+2) // the length includes its own two bytes
	text := make([]byte, commentSize)
	_, _ = random.Read(text) // never fails
	data = append(data, text...)
	return append(data, sample[2:]...), nil
}

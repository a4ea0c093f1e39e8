package load

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"

	"masterhand/infra/local/scenario"
)

// The smallest and the largest size of a generated film, in bytes. Small sizes are more frequent
// than large ones, because the logarithm of the size is evenly distributed.
const (
	smallest = 80 << 10
	largest  = 4 << 20
)

// samples returns the sample files from which masters are made, by the last part of the masters'
// keys, for example "9x16.mp4".
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

// film makes a master with unique bytes from a sample. It appends a box of random bytes to a film,
// and inserts a comment with random bytes into an image.
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

// comment returns a JPEG with an added comment segment of random bytes.
func comment(sample []byte, random *rand.ChaCha8) ([]byte, error) {
	if len(sample) < 2 || sample[0] != 0xff || sample[1] != 0xd8 {
		return nil, errors.New("the sample image is not a JPEG")
	}
	data := append([]byte{}, sample[:2]...)
	data = append(data, 0xff, 0xfe)
	data = binary.BigEndian.AppendUint16(data, commentSize+2) // the length includes its own two bytes
	text := make([]byte, commentSize)
	_, _ = random.Read(text) // the error is ignored: reading random bytes never fails
	data = append(data, text...)
	return append(data, sample[2:]...), nil
}

package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"masterhand/events"
)

// The sizes of the films made, in bytes; they are spread evenly over the orders of
// magnitude between.
const (
	smallest = 80 << 10
	largest  = 4 << 20
)

// samples are the sample masters that films are made of, by the last part of their key.
func samples() (map[string][]byte, error) {
	list, err := events.Masters()
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for _, m := range list {
		if part, ok := strings.CutPrefix(m.Key, "HRT-1212/v2/en/"); ok {
			found[part] = m.Data
		}
	}
	for _, part := range parts {
		if found[part] == nil {
			return nil, fmt.Errorf("no sample master %s", part)
		}
	}
	return found, nil
}

// film makes a master like the sample, with bytes of its own: a film with a box of
// padding behind it, or an image with a comment in front.
func film(part string, sample []byte, random *rand.ChaCha8) ([]byte, error) {
	if part == still {
		return comment(sample, random)
	}
	spread := rand.New(random).Float64()
	size := int(smallest * math.Pow(float64(largest)/smallest, spread))
	return pad(sample, max(size, len(sample)+paddingHeader+1), random), nil
}

// paddingHeader is a box's size and type, in bytes.
const paddingHeader = 8

// pad makes a film of size bytes by a "free" box of random ones.
func pad(sample []byte, size int, random *rand.ChaCha8) []byte {
	data := make([]byte, size)
	at := copy(data, sample)
	binary.BigEndian.PutUint32(data[at:], uint32(size-at))
	copy(data[at+4:], "free")
	_, _ = random.Read(data[at+paddingHeader:]) // never fails
	return data
}

// commentSize is the random bytes in an image's comment.
const commentSize = 4 << 10

// comment makes a JPEG with a comment segment of random bytes.
func comment(sample []byte, random *rand.ChaCha8) ([]byte, error) {
	if len(sample) < 2 || sample[0] != 0xff || sample[1] != 0xd8 {
		return nil, errors.New("sample image that is no JPEG")
	}
	data := append([]byte{}, sample[:2]...)
	data = append(data, 0xff, 0xfe)
	data = binary.BigEndian.AppendUint16(data, commentSize+2) // its own two bytes count
	text := make([]byte, commentSize)
	_, _ = random.Read(text) // never fails
	data = append(data, text...)
	return append(data, sample[2:]...), nil
}

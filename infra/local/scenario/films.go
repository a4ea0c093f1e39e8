package scenario

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"

	"masterhand/events"
)

// Sample returns the bytes of the sample master with this key.
func Sample(key string) ([]byte, error) {
	list, err := events.Masters()
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.Key == key {
			return m.Data, nil
		}
	}
	return nil, fmt.Errorf("sample master %s: none", key)
}

// Upright is the key of a small sample film of 360x640 pixels.
const Upright = "HRT-121/v2/en/9x16.mp4"

// boxHeader is the length in bytes of the header of an MP4 box with a 64-bit size: 4 bytes that
// announce such a size, 4 of the type and 8 of the size.
const boxHeader = 16

// Padded returns a film that consists of the sample and a "free" box of random bytes, which MP4 and
// MOV allow. The film has the given size in bytes, or the smallest possible size if that is larger.
func Padded(sample []byte, size int64, random io.Reader) io.Reader {
	box := max(size-int64(len(sample)), boxHeader+1)
	header := append(binary.BigEndian.AppendUint32(nil, 1), "free"...)
	header = binary.BigEndian.AppendUint64(header, uint64(box))
	return io.MultiReader(bytes.NewReader(sample), bytes.NewReader(header), io.LimitReader(random, box-boxHeader))
}

var films atomic.Uint64

// Film returns an upright film of at least size bytes. Each call returns different bytes.
func Film(size int) ([]byte, error) {
	sample, err := Sample(Upright)
	if err != nil {
		return nil, err
	}
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], films.Add(1))
	return io.ReadAll(Padded(sample, max(int64(size), int64(len(sample))+64), rand.NewChaCha8(seed)))
}

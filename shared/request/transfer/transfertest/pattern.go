package transfertest

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"sync"
)

// unit is the length after which a pattern repeats, but for the offset written at its head.
const unit = 1 << 20

var block = sync.OnceValue(func() []byte {
	b := make([]byte, unit)
	random := rand.NewChaCha8([32]byte{'p', 'a', 't', 't', 'e', 'r', 'n'})
	_, _ = random.Read(b) // never fails
	return b
})

// Pattern is an object of any size that takes no memory: random-looking bytes
// that are the same in every process and nowhere repeat on a unit's border, since
// each unit begins with its own offset and the seed.
type Pattern struct {
	Size int64
	Seed uint64
}

// ReadAt implements [io.ReaderAt].
func (o Pattern) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < o.Size {
		within := off % unit
		step := min(int64(len(p)-n), unit-within, o.Size-off)
		if within < 16 {
			var head [16]byte
			binary.LittleEndian.PutUint64(head[:], uint64(off-within)+1)
			binary.LittleEndian.PutUint64(head[8:], o.Seed)
			step = min(step, 16-within)
			copy(p[n:n+int(step)], head[within:])
		} else {
			copy(p[n:n+int(step)], block()[within:])
		}
		n += int(step)
		off += step
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Bytes returns the whole of a small object.
func (o Pattern) Bytes() []byte {
	b := make([]byte, o.Size)
	_, _ = o.ReadAt(b, 0) // reads as much as there is
	return b
}

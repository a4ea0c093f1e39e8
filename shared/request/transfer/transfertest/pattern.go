package transfertest

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"sync"
)

// unit is the length in bytes of the units that form a pattern. All units have the same random
// bytes, except that each begins with its offset and the seed.
const unit = 1 << 20

var block = sync.OnceValue(func() []byte {
	b := make([]byte, unit)
	random := rand.NewChaCha8([32]byte{'p', 'a', 't', 't', 'e', 'r', 'n'})
	_, _ = random.Read(b) // the error is ignored: Read never fails
	return b
})

// Pattern is an object of any size that uses no memory. Its bytes look random and are the same in
// every process. Each unit of 1 MiB starts with its offset and the seed, so no two units are equal.
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

// Bytes returns all bytes of a small object.
func (o Pattern) Bytes() []byte {
	b := make([]byte, o.Size)
	_, _ = o.ReadAt(b, 0) // the error is ignored: ReadAt reads all bytes of the object
	return b
}

package transfertest

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"sync"
)

// unit is the length in bytes of the units that form a pattern. All units have the same random
// bytes, except that each begins with its head: its offset and the seed.
const (
	unit       = 1 << 20
	headLength = 16
)

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

// at returns the bytes from off on: the rest of the head of a unit, or the rest of the unit. The
// caller must not change them. The offset must be less than the size.
func (o Pattern) at(off int64) []byte {
	within := off % unit
	part := block()[within:]
	if within < headLength {
		head := binary.LittleEndian.AppendUint64(make([]byte, 0, headLength), uint64(off-within)+1)
		part = binary.LittleEndian.AppendUint64(head, o.Seed)[within:]
	}
	return part[:min(int64(len(part)), o.Size-off)]
}

// ReadAt implements [io.ReaderAt].
func (o Pattern) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < o.Size {
		copied := copy(p[n:], o.at(off))
		n += copied
		off += int64(copied)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// HasAt reports whether the object has the bytes p at offset off. Unlike ReadAt, it copies nothing.
func (o Pattern) HasAt(p []byte, off int64) bool {
	for len(p) > 0 && off < o.Size {
		part := o.at(off)
		part = part[:min(len(part), len(p))]
		if !bytes.Equal(part, p[:len(part)]) {
			return false
		}
		p = p[len(part):]
		off += int64(len(part))
	}
	return len(p) == 0
}

// WriteRange writes length bytes from offset off on. Unlike ReadAt, it copies nothing.
func (o Pattern) WriteRange(w io.Writer, off, length int64) error {
	for length > 0 {
		part := o.at(off)
		n, err := w.Write(part[:min(int64(len(part)), length)])
		if err != nil {
			return err
		}
		off += int64(n)
		length -= int64(n)
	}
	return nil
}

// Bytes returns all bytes of a small object.
func (o Pattern) Bytes() []byte {
	b := make([]byte, o.Size)
	_, _ = o.ReadAt(b, 0) // the error is ignored: ReadAt reads all bytes of the object
	return b
}

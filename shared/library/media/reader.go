package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// What one file may cost.
const (
	blockSize = 64 << 10 // bytes; what is read at once, and kept
	maxRead   = 4 << 20  // bytes of the file read in all
	maxSteps  = 20_000   // boxes, segments, chunks and extents visited
)

// reader reads a file in blocks, each at most once, within the budget. It lives for one
// Probe, which is why it keeps the context.
type reader struct {
	ctx    context.Context
	src    Source
	size   int64
	blocks map[int64][]byte // by number
	reads  int              // so far
	read   int64            // bytes so far
	steps  int
}

// bytes returns the n bytes at off. Errors: ErrTruncated where the file ends before,
// ErrTooComplex over budget, those of the source. The result is not to be written to.
func (r *reader) bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > r.size || off > r.size-n {
		return nil, truncated(fmt.Sprintf("%d bytes at %d of %d", n, off, r.size))
	}
	if n == 0 {
		return nil, nil
	}
	first, last := off/blockSize, (off+n-1)/blockSize
	if err := r.fetch(first, last); err != nil {
		return nil, err
	}
	if first == last {
		at := off - first*blockSize
		return r.blocks[first][at : at+n], nil
	}
	joined := make([]byte, 0, n)
	for at := off; at < off+n; at = off + int64(len(joined)) {
		block := r.blocks[at/blockSize][at%blockSize:]
		joined = append(joined, block[:min(int64(len(block)), off+n-at)]...)
	}
	return joined, nil
}

// upTo returns the n bytes at off, or as many as there are.
func (r *reader) upTo(off, n int64) ([]byte, error) {
	return r.bytes(off, min(n, r.size-off))
}

// seek tells whether a mark that ends a picture stands at an offset or after it. Cameras
// and editors append more than the end, films even, so that the mark is sought in the last
// block and then from the offset on, as far as may be read. Errors: ErrTruncated where it
// is not found; those of bytes.
func (r *reader) seek(mark []byte, from int64) error {
	data, err := r.upTo(max(from, r.size-blockSize), blockSize)
	if err != nil {
		return err
	}
	for at := from; !bytes.Contains(data, mark); at += int64(len(data) + 1 - len(mark)) {
		if r.size-at < int64(len(mark)) {
			return truncated("no end of the picture")
		}
		data, err = r.upTo(at, 8*blockSize)
		if errors.Is(err, ErrTooComplex) {
			return truncated(fmt.Sprintf("no end of the picture in its last %d bytes, nor in the first", blockSize))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fetch makes the blocks first to last be there, in as few reads as it takes.
func (r *reader) fetch(first, last int64) error {
	for i := first; i <= last; i++ {
		if r.blocks[i] != nil {
			continue
		}
		end := i
		for end < last && r.blocks[end+1] == nil {
			end++
		}
		if err := r.load(i, end); err != nil {
			return err
		}
		i = end
	}
	return nil
}

// load reads the blocks first to last, none of which is there, at once.
func (r *reader) load(first, last int64) error {
	off := first * blockSize
	n := min((last+1)*blockSize, r.size) - off
	if r.read+n > maxRead {
		return fmt.Errorf("%w: over %d bytes to read", ErrTooComplex, maxRead)
	}
	data, err := r.src.ReadRange(r.ctx, off, n)
	if err != nil {
		return fmt.Errorf("reading %d bytes at %d: %w", n, off, err)
	}
	if int64(len(data)) != n {
		return fmt.Errorf("reading %d bytes at %d: source gave %d", n, off, len(data))
	}
	r.reads++
	r.read += n
	if r.blocks == nil {
		r.blocks = make(map[int64][]byte)
	}
	for i := first; i <= last; i++ {
		size := min(blockSize, int64(len(data)))
		r.blocks[i], data = data[:size:size], data[size:]
	}
	return nil
}

// step counts one box, segment or chunk.
func (r *reader) step() error {
	if r.steps++; r.steps > maxSteps {
		return fmt.Errorf("%w: over %d parts", ErrTooComplex, maxSteps)
	}
	return nil
}

// Big-endian numbers at an offset of bytes that are known to be there.
func u16(b []byte, at int) int    { return int(binary.BigEndian.Uint16(b[at:])) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
func u64(b []byte, at int) uint64 { return binary.BigEndian.Uint64(b[at:]) }

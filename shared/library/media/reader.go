package media

import (
	"context"
	"encoding/binary"
	"fmt"
)

// The limits for reading one file.
const (
	blockSize = 64 << 10 // size in bytes of a block, the unit in which reader.bytes reads and caches
	pageSize  = 4 << 10  // size in bytes of a page, the unit in which reader.glance reads and caches
	maxRead   = 4 << 20  // largest number of bytes read of the file in total
	maxReads  = 64
	maxSteps  = 20_000 // largest number of boxes, segments, chunks and extents visited
)

// reader reads a file in blocks, each at most once, within the limits above. It exists only
// during one call of Probe; therefore it may store the context.
type reader struct {
	ctx    context.Context
	src    Source
	size   int64
	blocks map[int64][]byte // cached blocks by number
	pages  map[int64][]byte // cached pages by number
	reads  int              // number of reads so far
	read   int64            // bytes read so far
	steps  int
}

// bytes returns the n bytes at offset off and caches the blocks that hold them. It returns
// ErrTruncated if the file has fewer bytes, ErrTooComplex if a limit is exceeded, or the source's
// error. The caller must not modify the result.
func (r *reader) bytes(off, n int64) ([]byte, error) {
	if r.blocks == nil {
		r.blocks = make(map[int64][]byte)
	}
	return r.from(r.blocks, blockSize, off, n)
}

// glance returns the n bytes at offset off. Unlike the method bytes, it reads only the pages that
// hold them. Use glance to read a few bytes at each of many places.
func (r *reader) glance(off, n int64) ([]byte, error) {
	if r.blocks[off/blockSize] != nil && off/blockSize == (off+n-1)/blockSize {
		return r.bytes(off, n)
	}
	if r.pages == nil {
		r.pages = make(map[int64][]byte)
	}
	return r.from(r.pages, pageSize, off, n)
}

// from returns the n bytes at offset off. The map kept is a cache: part number i holds the file's
// bytes from offset i*size on. If a part is missing in the cache, from reads it and stores it.
func (r *reader) from(kept map[int64][]byte, size, off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > r.size || off > r.size-n {
		return nil, truncated(fmt.Sprintf("%d bytes at %d are not within the %d bytes of the file", n, off, r.size))
	}
	if n == 0 {
		return nil, nil
	}
	first, last := off/size, (off+n-1)/size
	if err := r.fetch(kept, size, first, last); err != nil {
		return nil, err
	}
	if first == last {
		at := off - first*size
		return kept[first][at : at+n], nil
	}
	joined := make([]byte, 0, n)
	for at := off; at < off+n; at = off + int64(len(joined)) {
		part := kept[at/size][at%size:]
		joined = append(joined, part[:min(int64(len(part)), off+n-at)]...)
	}
	return joined, nil
}

// upTo returns the n bytes at offset off, or fewer at the end of the file.
func (r *reader) upTo(off, n int64) ([]byte, error) {
	return r.bytes(off, min(n, r.size-off))
}

// fetch fills the cache kept with the parts first to last of the file, of size bytes each. It reads
// only missing parts, in as few reads as possible.
func (r *reader) fetch(kept map[int64][]byte, size, first, last int64) error {
	for i := first; i <= last; i++ {
		if kept[i] != nil {
			continue
		}
		end := i
		for end < last && kept[end+1] == nil {
			end++
		}
		if err := r.load(kept, size, i, end); err != nil {
			return err
		}
		i = end
	}
	return nil
}

// load reads the parts with the numbers first to last in one read and stores them in the cache
// kept, which must hold none of them.
func (r *reader) load(kept map[int64][]byte, size, first, last int64) error {
	off := first * size
	n := min((last+1)*size, r.size) - off
	if r.read+n > maxRead || r.reads == maxReads {
		return fmt.Errorf("%w: over %d reads or %d bytes", ErrTooComplex, maxReads, maxRead)
	}
	data, err := r.src.ReadRange(r.ctx, off, n)
	if err != nil {
		return fmt.Errorf("reading %d bytes at %d: %w", n, off, err)
	}
	if int64(len(data)) != n {
		return fmt.Errorf("reading %d bytes at %d: the source returned %d", n, off, len(data))
	}
	r.reads++
	r.read += n
	for i := first; i <= last; i++ {
		n := min(size, int64(len(data)))
		kept[i], data = data[:n:n], data[n:]
	}
	return nil
}

// step counts one visited box, segment or chunk. It returns ErrTooComplex if the limit is
// exceeded.
func (r *reader) step() error {
	if r.steps++; r.steps > maxSteps {
		return fmt.Errorf("%w: over %d boxes, segments and chunks", ErrTooComplex, maxSteps)
	}
	return nil
}

// u16, u32 and u64 read a big-endian number at an offset in b. b must hold all bytes of the number.
func u16(b []byte, at int) int    { return int(binary.BigEndian.Uint16(b[at:])) }
func u32(b []byte, at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
func u64(b []byte, at int) uint64 { return binary.BigEndian.Uint64(b[at:]) }

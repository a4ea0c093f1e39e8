package media

import "cmp"

// samples holds the tables that state where a track's samples are (ISO/IEC 14496-12, 8.6 and
// 8.7). In a fragmented film the tables are empty.
type samples struct {
	rest   region // the boxes after the stsd box in the stbl box
	runs   box    // the stsc box: samples per chunk
	sizes  box    // the stsz or stz2 box: sizes of the samples
	chunks box    // the stco or co64 box: offsets of the chunks
	count  int64
	empty  bool // whether one of the tables has no entries
}

// read finds the boxes of the tables.
func (s *samples) read(r *reader) error {
	for s.runs.kind == "" || s.sizes.kind == "" || s.chunks.kind == "" {
		b, ok, err := s.rest.next(r)
		if err != nil || !ok {
			return err
		}
		switch b.kind {
		case "stsz", "stz2":
			data, err := b.payload(r, 12)
			if err != nil {
				return err
			}
			s.sizes, s.count = b, int64(u32(data, 8))
		case "stsc", "stco", "co64":
			entries, err := number(r, b)
			if err != nil {
				return err
			}
			s.empty = s.empty || entries == 0
			if b.kind == "stsc" {
				s.runs = b
			} else {
				s.chunks = b
			}
		}
	}
	return nil
}

// none reports whether the track has no samples, or no tables that state where the samples are.
func (s *samples) none() bool {
	return s.count == 0 || s.empty || s.runs.kind == "" || s.chunks.kind == ""
}

// furthest returns the largest of the file offsets of n chunks of the track, beginning with chunk
// number from (counted from 0).
func (s *samples) furthest(r *reader, from, n int64) (most int64, err error) {
	width := int64(4)
	if s.chunks.kind == "co64" {
		width = 8
	}
	data, err := entry(r, s.chunks, 8+width*from, width*n)
	for ; len(data) > 0; data = data[width:] {
		at := uint64(u32(data, 0))
		if width == 8 {
			at = u64(data, 0)
		}
		most = max(most, int64(min(at, 1<<62)))
	}
	return most, err
}

// number returns the number of entries that a table states.
func number(r *reader, table box) (int64, error) {
	data, err := table.payload(r, 8)
	if err != nil {
		return 0, err
	}
	return int64(u32(data, 4)), nil
}

// entry returns n bytes of a table's payload. at is their offset in the payload.
func entry(r *reader, table box, at, n int64) ([]byte, error) {
	if at+n > table.end-table.start {
		return nil, corrupt("entries beyond the table " + table.kind)
	}
	return r.bytes(table.start+at, n)
}

// If the last chunk has at most maxInChunk samples of different sizes, Probe adds up their sizes to
// find the chunk's end. atOnce is the number of chunk offsets that one read returns.
const maxInChunk, atOnce = 16 << 10, 8 << 10

// last returns three offsets in the file: where the last chunk begins, where that chunk's last
// sample begins, and where that sample ends. If the tables do not state the sample's position, all
// three are the chunk's offset.
func (s *samples) last(r *reader) (chunk, sample, end int64, err error) {
	chunks, err := number(r, s.chunks)
	if err != nil || chunks == 0 {
		return 0, 0, 0, err
	}
	if chunk, err = s.furthest(r, chunks-1, 1); err != nil {
		return 0, 0, 0, err
	}
	runs, err := number(r, s.runs)
	if err != nil || runs == 0 {
		return chunk, chunk, chunk, err
	}
	run, err := entry(r, s.runs, 8+12*(runs-1), 8)
	if err != nil {
		return 0, 0, 0, err
	}
	n := min(int64(u32(run, 4)), s.count)
	head, err := s.sizes.payload(r, 12)
	if err != nil {
		return 0, 0, 0, err
	}
	fixed := int64(u32(head, 4))
	switch {
	case s.sizes.kind == "stz2" || n == 0:
		return chunk, chunk, chunk, nil
	case fixed > 0:
		end = chunk + n*fixed
		return chunk, end - fixed, end, nil
	case n > maxInChunk:
		return chunk, chunk, chunk, nil
	}
	sizes, err := entry(r, s.sizes, 12+4*(s.count-n), 4*n)
	if err != nil {
		return 0, 0, 0, err
	}
	for end = chunk; len(sizes) > 0; sizes = sizes[4:] {
		if size := int64(u32(sizes, 0)); size > 0 {
			sample = end
			end += size
		}
	}
	return chunk, sample, end, nil
}

// reach returns two offsets: begin is the largest offset of a chunk, end is where the last chunk
// ends. If a chunk begins beyond the file's end, reach ignores further chunks. ok is false if the
// tables do not state the offsets.
func (s *samples) reach(r *reader) (begin, end int64, ok bool, err error) {
	if err := s.read(r); err != nil || s.chunks.kind == "" {
		return 0, 0, false, fault(err)
	}
	if s.runs.kind != "" && s.sizes.kind != "" {
		begin, _, end, err = s.last(r)
	}
	chunks, failed := number(r, s.chunks)
	err = cmp.Or(err, failed)
	for i := int64(0); i < chunks && begin < r.size && err == nil; i += atOnce {
		var at int64
		at, err = s.furthest(r, i, min(atOnce, chunks-i))
		begin = max(begin, at)
	}
	return begin, end, err == nil, fault(err)
}

// check returns ErrTruncated if the last chunk begins beyond the file's end, or if the last sample
// consists only of zeros. It checks for zeros only if the last sample is in data, the last mdat
// box. It allows zeros if compressed is false, because then the codec may write them.
func (s *samples) check(r *reader, data box, compressed bool) error {
	if s.runs.kind == "" || s.chunks.kind == "" {
		return nil
	}
	chunk, sample, end, err := s.last(r)
	if err != nil {
		return err
	}
	if chunk >= r.size {
		return truncated("chunks that the index lists are missing")
	}
	// If the last sample has fewer bytes than this, the bytes before it are checked, too.
	const few = 64
	from := max(chunk, min(sample, end-few))
	if !compressed || from < data.start || end > data.end || end-from < few/2 {
		return nil
	}
	last, err := r.glance(from, min(end-from, pageSize))
	if err == nil && allOf(last, 0) {
		return truncated("zeros in place of the last samples")
	}
	return err
}

package media

// samples are the tables that say where the samples of a track are (ISO/IEC 14496-12, 8.6
// and 8.7). A film in fragments has them empty.
type samples struct {
	rest   region // what follows the description in the stbl
	runs   box    // stsc: how many there are in a chunk
	sizes  box    // stsz or stz2
	chunks box    // stco or co64
	count  int64
	empty  bool // a table has no entries
}

// read looks up the tables.
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

// none reports a track without samples, or without a word of where they are.
func (s *samples) none() bool {
	return s.count == 0 || s.empty || s.runs.kind == "" || s.chunks.kind == ""
}

// offset returns the offset of a chunk, counted from 0.
func (s *samples) offset(r *reader, chunk int64) (int64, error) {
	if s.chunks.kind == "co64" {
		data, err := entry(r, s.chunks, 8+8*chunk, 8)
		if err != nil {
			return 0, err
		}
		return int64(min(u64(data, 0), 1<<62)), nil
	}
	data, err := entry(r, s.chunks, 8+4*chunk, 4)
	if err != nil {
		return 0, err
	}
	return int64(u32(data, 0)), nil
}

// number returns how many entries a table says it has.
func number(r *reader, table box) (int64, error) {
	data, err := table.payload(r, 8)
	if err != nil {
		return 0, err
	}
	return int64(u32(data, 4)), nil
}

// entry returns n bytes at an offset of a table's payload.
func entry(r *reader, table box, at, n int64) ([]byte, error) {
	if at+n > table.end-table.start {
		return nil, corrupt("entries beyond the table " + table.kind)
	}
	return r.bytes(table.start+at, n)
}

// maxInChunk is how many samples of a chunk are added up.
const maxInChunk = 16 << 10

// last returns where the last chunk begins, and where its last sample begins and ends, as far
// as the tables say so: else end is where the chunk begins.
func (s *samples) last(r *reader) (chunk, sample, end int64, err error) {
	chunks, err := number(r, s.chunks)
	if err != nil || chunks == 0 {
		return 0, 0, 0, err
	}
	if chunk, err = s.offset(r, chunks-1); err != nil {
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
	case s.sizes.kind == "stz2" || n > maxInChunk || n == 0:
		return chunk, chunk, chunk, nil
	case fixed > 0:
		end = chunk + n*fixed
		return chunk, end - fixed, end, nil
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

// reach returns the furthest offset of a chunk, and where the last chunk ends. It reports
// false where the tables do not tell.
func (s *samples) reach(r *reader) (begin, end int64, ok bool, err error) {
	if err := s.read(r); err != nil || s.chunks.kind == "" {
		return 0, 0, false, fault(err)
	}
	chunks, err := number(r, s.chunks)
	for i := int64(0); i < chunks && err == nil; i++ {
		var at int64
		at, err = s.offset(r, i)
		begin = max(begin, at)
	}
	if err != nil {
		return 0, 0, false, fault(err)
	}
	if s.runs.kind != "" && s.sizes.kind != "" {
		_, _, end, err = s.last(r)
	}
	return begin, end, err == nil, fault(err)
}

// check tells whether the last chunk is there. Of a codec that compresses, no sample of
// which is all zeros, it also tells whether there are zeros in the media data in place of the
// last one.
func (s *samples) check(r *reader, data box, compressed bool) error {
	if s.runs.kind == "" || s.chunks.kind == "" {
		return nil
	}
	chunk, sample, end, err := s.last(r)
	if err != nil {
		return err
	}
	if chunk >= r.size {
		return truncated("chunks that the index lists")
	}
	const few = 64 // bytes of samples that a glance takes in
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

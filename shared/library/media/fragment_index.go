package media

import "errors"

// lastFragment looks up the last fragment of the picture's track in the index at the file's end
// (ISO/IEC 14496-12, 8.8.9 to 8.8.11). It returns the fragment's offset, which must be at least
// from, and the time of its first sample. ok is false if the index is missing or invalid.
func lastFragment(r *reader, from int64, track uint32) (at int64, time uint64, ok bool, err error) {
	const mfro = 16
	if r.size-from < mfro {
		return 0, 0, false, nil
	}
	tail, err := r.bytes(r.size-mfro, mfro)
	if err != nil || u32(tail, 0) != mfro || string(tail[4:8]) != "mfro" {
		return 0, 0, false, err
	}
	begin := r.size - int64(u32(tail, 12))
	if begin < from || begin > r.size-mfro {
		return 0, 0, false, nil
	}
	mfra, found, err := (&region{begin, r.size, ErrCorrupt}).next(r)
	if !found || mfra.kind != "mfra" || mfra.end != r.size {
		return 0, 0, false, fault(err)
	}
	for boxes := in(mfra, 0); ; {
		b, found, err := boxes.next(r)
		if err != nil || !found {
			return 0, 0, false, fault(err)
		}
		if b.kind != "tfra" {
			continue
		}
		head, err := b.payload(r, 16)
		if err != nil {
			return 0, 0, false, fault(err)
		}
		if u32(head, 4) != track {
			continue
		}
		at, time, err := lastEntry(r, b, head)
		if err != nil || at < from || at >= begin {
			return 0, 0, false, fault(err)
		}
		moof, found, err := (&region{at, r.size, ErrCorrupt}).next(r)
		return at, time, found && moof.kind == "moof", fault(err)
	}
}

// lastEntry reads the last entry of a tfra box. head is the start of the box's payload.
func lastEntry(r *reader, tfra box, head []byte) (at int64, time uint64, err error) {
	field, sizes, count := int64(4), head[11], int64(u32(head, 12))
	if head[0] == 1 {
		field = 8
	}
	entry := 2*field + int64(sizes>>4&3+sizes>>2&3+sizes&3) + 3
	start := tfra.start + 16 + (count-1)*entry
	if count == 0 || start+entry > tfra.end {
		return 0, 0, corrupt("index of fragments beyond its box")
	}
	data, err := r.bytes(start, 2*field)
	if err != nil {
		return 0, 0, err
	}
	if field == 8 {
		return int64(u64(data, 8)), u64(data, 0), nil
	}
	return int64(u32(data, 4)), uint64(u32(data, 0)), nil
}

// fault returns nil if err is a verdict on the file's bytes (truncated or corrupt). It returns any
// other err unchanged.
func fault(err error) error {
	for _, verdict := range []error{ErrTruncated, ErrCorrupt} {
		if errors.Is(err, verdict) {
			return nil
		}
	}
	return err
}

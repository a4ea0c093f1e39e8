package media

import (
	"math/bits"
	"time"
)

// fragments holds the known facts about the fragments that hold a movie's samples (ISO/IEC
// 14496-12, 8.8 and 8.16). Each field may be zero, because a movie need not describe its
// fragments.
type fragments struct {
	declared time.Duration     // duration that the movie's mehd box states; 0 means not stated
	indexed  time.Duration     // sum of the durations in the segment indexes; 0 means no index
	defaults map[uint32]uint32 // default duration of a sample, in the track's units, by track ID
	end      uint64            // time at which the picture track's last fragment read so far ends, in the track's units
	indexes  int               // number of segment indexes read
	lookedUp bool              // whether the index of fragments at the file's end was looked up
	sought   bool              // whether the file's last bytes were searched for fragments
	skipped  bool              // whether Probe moved directly to the last fragments and skipped earlier ones
	timed    bool              // whether a fragment of the picture's track states its start time
	cut      bool              // whether Probe reached a limit before it visited all fragments
}

// duration returns the film's duration from the most reliable field, or 0 if the duration is
// unknown. t is the picture's track.
func (f *fragments) duration(t *track) time.Duration {
	switch {
	case f.declared > 0:
		return f.declared
	case f.cut || f.skipped && !f.timed:
		return 0
	case f.indexed > 0 && !f.skipped:
		return f.indexed
	}
	return seconds(f.end, t.timescale)
}

// readExtends reads an mvex box: the movie's duration (ISO/IEC 14496-12, 8.8.2) and the default
// durations of samples (8.8.3).
func (f *fragments) readExtends(r *reader, mvex box, timescale uint32) error {
	for boxes := in(mvex, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		var data []byte
		switch b.kind {
		case "mehd":
			data, err = b.versioned(r, 8, 12)
			if err == nil && data[0] == 1 {
				f.declared = seconds(u64(data, 4), timescale)
			} else if err == nil {
				f.declared = seconds(narrow(data, 4), timescale)
			}
		case "trex":
			if data, err = b.payload(r, 24); err == nil {
				f.defaults[u32(data, 4)] = u32(data, 12)
			}
		}
		if err != nil {
			return err
		}
	}
}

// readNext handles a moof box. If readNext finds one of the film's last fragments, it makes top,
// which reads the file's top-level boxes, continue there. Otherwise it reads the moof box.
func (f *fragments) readNext(r *reader, moof box, top *region, t *track) error {
	if passed, err := f.pass(r, moof, top, t); passed || err != nil {
		return err
	}
	return f.readFragment(r, moof, t)
}

// readIndex reads a sidx box (ISO/IEC 14496-12, 8.16.3) and skips the segments that the box lists:
// it makes top, which reads the file's top-level boxes, continue after them. A film may have many
// sidx boxes. So from the second one on, readIndex first tries to skip to one of the film's last
// fragments. t is nil while the picture's track is unknown.
func (f *fragments) readIndex(r *reader, sidx box, top *region, t *track) error {
	if f.indexes > 0 && t != nil {
		if passed, err := f.pass(r, sidx, top, t); passed || err != nil {
			return err
		}
	}
	data, err := sidx.versioned(r, 24, 32)
	if err != nil {
		return err
	}
	timescale, at, next := u32(data, 8), 20, uint64(u32(data, 16))
	if data[0] == 1 {
		at, next = 28, u64(data, 20)
	}
	count := int64(u16(data, at+2))
	refs, err := sidx.payload(r, int64(at)+4+12*count)
	if err != nil {
		return err
	}
	var units uint64
	for refs = refs[at+4:]; len(refs) > 0; refs = refs[12:] {
		next += uint64(u32(refs, 0) & (1<<31 - 1))
		units += uint64(u32(refs, 4))
	}
	if next > uint64(r.size-sidx.end) {
		return truncated("segments that the index lists are missing")
	}
	f.indexes++
	f.indexed += seconds(units, timescale)
	top.at = sidx.end + int64(next)
	return nil
}

// readFragment reads the samples of a moof box and stores the time at which they end.
func (f *fragments) readFragment(r *reader, moof box, t *track) error {
	for boxes := in(moof, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		if b.kind == "traf" {
			if err := f.readRuns(r, b, t, moof.start-8); err != nil {
				return err
			}
		}
	}
}

// readRuns adds the durations of a traf box's samples to the picture's end time. It ignores the
// box if it belongs to another track. moof is the offset of the moof box. readRuns returns
// ErrTruncated if a run's samples end beyond the file.
func (f *fragments) readRuns(r *reader, traf box, t *track, moof int64) error {
	perSample, known := f.defaults[t.id], true
	for boxes := in(traf, 0); ; {
		b, ok, err := boxes.next(r)
		if err != nil || !ok {
			return err
		}
		var data []byte
		switch b.kind {
		case "tfhd":
			if data, err = b.payload(r, 8); err != nil {
				return err
			}
			if u32(data, 4) != t.id {
				return nil
			}
			// Flags of a tfhd box (ISO/IEC 14496-12, 8.8.7): 0x08 means that the box states the
			// default duration of a sample. 0x01 means that an offset of 8 bytes comes before the
			// duration, 0x02 that an index of 4 bytes does.
			const hasDuration, before = 0x08, 0x03
			if data[3]&1 != 0 {
				base, err := b.payload(r, 16)
				if fault(err) != nil {
					return err
				}
				known = err == nil && u64(base, 8) == uint64(moof)
			}
			if data[3]&hasDuration != 0 {
				at := 8 + 8*int64(data[3]&1) + 4*int64(data[3]&before>>1)
				if data, err = b.payload(r, at+4); err == nil {
					perSample = u32(data, int(at))
				}
			}
		case "tfdt":
			f.timed = true
			data, err = b.versioned(r, 8, 12)
			if err == nil && data[0] == 1 {
				f.end = u64(data, 4)
			} else if err == nil {
				f.end = uint64(u32(data, 4))
			}
		case "trun":
			if err = f.readRun(r, b, perSample); err == nil && known {
				err = checkRun(r, b, moof)
			}
		}
		if err != nil {
			return err
		}
	}
}

// readRun adds the durations of a trun box's samples (ISO/IEC 14496-12, 8.8.8) to the picture's end
// time. If the box states no durations, each sample has the duration perSample.
func (f *fragments) readRun(r *reader, trun box, perSample uint32) error {
	data, err := trun.payload(r, 8)
	if err != nil {
		return err
	}
	count := int64(u32(data, 4))
	if data[2]&1 == 0 {
		f.end += uint64(count) * uint64(perSample)
		return nil
	}
	at := 8 + 4*int64(data[3]&1) + 4*int64(data[3]>>2&1)
	stride := 4 * int64(bits.OnesCount8(data[2]&0x0f))
	if data, err = trun.payload(r, at+count*stride); err != nil {
		return err
	}
	for samples := data[at:]; len(samples) > 0; samples = samples[stride:] {
		f.end += uint64(u32(samples, 0))
	}
	return nil
}

// checkRun returns ErrTruncated if the samples of a trun box end beyond the file. It checks only runs
// that state the sizes of their samples and a positive offset, which counts from the moof box or from
// data behind that box.
func checkRun(r *reader, trun box, moof int64) error {
	const hasOffset, hasDuration, hasSize = 0x01, 0x01, 0x02
	data, err := trun.payload(r, 8)
	if err != nil || data[3]&hasOffset == 0 || data[2]&hasSize == 0 {
		return err
	}
	count := int64(u32(data, 4))
	at, stride := 12+4*int64(data[3]>>2&1), 4*int64(bits.OnesCount8(data[2]&0x0f))
	if data, err = trun.payload(r, at+count*stride); err != nil {
		return err
	}
	offset := int64(int32(u32(data, 8)))
	end := moof + offset
	for samples := data[at+4*int64(data[2]&hasDuration):]; offset > 0 && int64(len(samples)) >= 4; samples = samples[min(stride, int64(len(samples))):] {
		end += int64(u32(samples, 0))
	}
	if offset > 0 && end > moof+offset && end > r.size {
		return truncated("samples of a fragment are missing")
	}
	return nil
}

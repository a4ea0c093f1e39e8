package media_test

import (
	"slices"
	"testing"
	"time"

	"masterhand/shared/library/media"
)

// fragmentIndex returns an mfra box that contains the tfra boxes and, at its end, an mfro box with
// the length of the mfra box.
func fragmentIndex(tfras ...[]byte) []byte {
	body := slices.Concat(tfras...)
	return atom("mfra", body, atom("mfro", full(0, 0), b32(len(body)+24)))
}

// positions returns a tfra box for a track. pairs are the times and the offsets of the track's
// fragments, alternately.
func positions(version, track int, pairs ...int) []byte {
	entries := []byte{}
	for p := range slices.Chunk(pairs, 2) {
		numbers := b32(p...)
		if version == 1 {
			numbers = b64(p...)
		}
		entries = slices.Concat(entries, numbers, []byte{1, 1, 1})
	}
	return atom("tfra", full(version, 0), b32(track, 0, len(pairs)/2), entries)
}

// longFilm returns a film of size bytes. It consists of a long fragment, a fragment of one second,
// and the index of fragments. The parameter last is the fragment of one second. The function index
// returns the index of fragments for the given offset of that fragment.
func longFilm(size int64, last []byte, index func(at int) []byte) *object {
	whole := fragmented(nil, fragment(7, atom("trun", full(0, 0), b32(15))))
	tail := len(last) + len(index(0))
	at := size - int64(tail)
	head := slices.Concat(whole, wideHead(at-int64(len(whole))))
	return &object{data: head, size: size, end: slices.Concat(last, index(int(at)))}
}

// A few reads must suffice to find the duration of a fragmented film of any length, and to check
// that the film's end is present.
func TestALongFragmentedFilmNeedsFewReads(t *testing.T) {
	t.Parallel()
	const size = 3 << 30
	run := atom("trun", full(0, 0), b32(15)) // samples that last 1 s in total
	plain := fragment(7, run)
	started := fragment(7, atom("tfdt", full(1, 0), b64(600*3600)), run)
	const hour = 3600 * time.Second
	for name, c := range map[string]struct {
		last  []byte
		index func(at int) []byte
		size  int64
		want  time.Duration
		err   error
	}{
		"by the last fragment":  {started, func(at int) []byte { return fragmentIndex(positions(0, 7, 0, 900, 6, at)) }, size, hour + time.Second, nil},
		"by the index":          {plain, func(at int) []byte { return fragmentIndex(positions(1, 7, 600*7200, at)) }, 2 * size, 2*hour + time.Second, nil},
		"among other tracks":    {plain, func(at int) []byte { return fragmentIndex(positions(0, 8, 1, 1), positions(1, 7, 600, at)) }, size, 2 * time.Second, nil},
		"no index of the track": {plain, func(at int) []byte { return fragmentIndex(positions(1, 8, 600, at)) }, size, 2 * time.Second, nil},
		"an index of nothing":   {plain, func(int) []byte { return fragmentIndex(positions(1, 7)) }, size, 2 * time.Second, nil},
		"an index of no moof":   {plain, func(at int) []byte { return fragmentIndex(positions(1, 7, 600, at+1)) }, size, 2 * time.Second, nil},
		"an index of the head":  {plain, func(int) []byte { return fragmentIndex(positions(1, 7, 600, 0)) }, size, 2 * time.Second, nil},
		"an index beyond":       {plain, func(int) []byte { return fragmentIndex(positions(1, 7, 600, 1<<40)) }, size, 2 * time.Second, nil},
		"an index before zero":  {plain, func(int) []byte { return fragmentIndex(positions(1, 7, 600, -1)) }, size, 2 * time.Second, nil},
		"more than its entries": {plain, func(at int) []byte { return fragmentIndex(patched(positions(1, 7, 600, at), 20, 0xff)) }, size, 2 * time.Second, nil},
		"a wrong length": {plain, func(at int) []byte {
			return patched(fragmentIndex(positions(1, 7, 600*9, at)), 8+43+12, 0xff)
		}, size, 2 * time.Second, nil},
		"cut in its last media": {started[:len(started)-16], func(at int) []byte {
			return slices.Concat(b32(1<<20), []byte("mdat"), fragmentIndex(positions(1, 7, 600, at)))
		}, size, hour + time.Second, media.ErrTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := longFilm(c.size, c.last, c.index)
			info, err := media.Probe(t.Context(), o, o.length())
			wantVerdict(t, err, c.err)
			if info.Duration != c.want || info.Width != 640 {
				t.Errorf("%+v, want %v", info, c.want)
			}
			if o.reads > 8 || o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
		})
	}
}

// Probe must not read the fragments between the first and the last one.
func TestManyIndexedFragments(t *testing.T) {
	t.Parallel()
	many := slices.Repeat(slices.Concat(fragment(7, atom("trun", full(0, 0), b32(15))), atom("free", zeros(64<<10))), 200)
	film := fragmented(nil, many)
	at := len(film) - len(many)/200
	o := &object{data: slices.Concat(film, fragmentIndex(positions(0, 7, 0, 900, 600*199, at)))}
	info, err := media.Probe(t.Context(), o, o.length())
	wantVerdict(t, err, nil)
	if info.Duration != 200*time.Second || o.reads > 8 {
		t.Errorf("%v in %d reads, want 200 s in 8 at most", info.Duration, o.reads)
	}
}

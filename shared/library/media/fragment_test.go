package media_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"masterhand/shared/library/media"
)

// fragmented returns a film whose moov box holds no samples. Its video is track 7, with 600 units
// per second and 40 units per sample by default.
func fragmented(extends []byte, fragments ...[]byte) []byte {
	trex := atom("trex", zeros(4), b32(7, 1, 40, 0, 0))
	return film{
		// This duration is wrong on purpose: the header describes only samples in the moov box.
		header: movieHeader(0, 9999, turns[0]),
		tracks: [][]byte{sound(), picture{id: 7, units: 9999, tables: noSamples}.trak()},
		extra:  atom("mvex", extends, trex),
		data:   slices.Concat(fragments...),
	}.bytes()
}

// fragment returns a moof box with one traf box, followed by its mdat box.
func fragment(track int, parts ...[]byte) []byte {
	tfhd := atom("tfhd", full(0, 0), b32(track))
	return slices.Concat(atom("moof", atom("mfhd", zeros(8)), atom("traf", tfhd, slices.Concat(parts...))), atom("mdat", zeros(8)))
}

// index returns a sidx box with 100 units per second. Each segment is a size in bytes and a
// duration in units.
func index(version int, segments ...[2]int) []byte {
	starts := b32(0, 0)
	if version == 1 {
		starts = b64(0, 0)
	}
	body := slices.Concat(full(version, 0), b32(7, 100), starts, zeros(2), b16(len(segments)))
	for _, s := range segments {
		body = slices.Concat(body, b32(s[0], s[1], 0))
	}
	return atom("sidx", body)
}

func TestFragments(t *testing.T) {
	t.Parallel()
	alike := atom("trun", full(0, 0), b32(15)) // 15 samples × 40 units ÷ 600 units per second = 1 s
	each := atom("trun", full(0, 0x305), b32(2, 0, 0), b32(100, 1), b32(200, 1))
	start := func(units int) []byte { return atom("tfdt", full(0, 0), b32(units)) }
	own := slices.Concat(atom("moof", atom("traf", atom("tfhd", full(0, 0x2b), b32(7), zeros(8), zeros(4), b32(20)), alike)), atom("mdat", zeros(8)))
	one := fragment(7, alike)
	for name, c := range map[string]struct {
		data []byte
		want time.Duration
	}{
		"declared":                     {fragmented(atom("mehd", full(0, 0), b32(2500)), one), 2500 * time.Millisecond},
		"declared in 64 bits":          {fragmented(atom("mehd", full(1, 0), b64(2500)), one), 2500 * time.Millisecond},
		"summed":                       {fragmented(nil, one, one, one), 3 * time.Second},
		"of unlike samples":            {fragmented(nil, fragment(7, each)), 500 * time.Millisecond},
		"with a duration of their own": {fragmented(nil, own), 500 * time.Millisecond},
		"from a start":                 {fragmented(nil, fragment(7, start(1200), alike)), 3 * time.Second},
		"from a wide start":            {fragmented(nil, fragment(7, atom("tfdt", full(1, 0), b64(1200)), alike)), 3 * time.Second},
		"with sound between":           {fragmented(nil, one, fragment(8, alike), one), 2 * time.Second},
		"indexed":                      {fragmented(nil, index(0, [2]int{len(one), 150}, [2]int{len(one), 50}), one, one), 2 * time.Second},
		"indexed in 64 bits":           {fragmented(nil, index(1, [2]int{len(one), 150}), one), 1500 * time.Millisecond},
		"indexed one by one":           {fragmented(nil, index(0, [2]int{len(one), 100}), one, index(0, [2]int{len(one), 100}), one), 2 * time.Second},
		"indexed below an index": {fragmented(nil, index(0, [2]int{2 * (44 + len(one)), 200}),
			index(0, [2]int{len(one), 100}), one, index(0, [2]int{len(one), 100}), one), 2 * time.Second},
		"none told": {fragmented(nil, fragment(7)), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, err := probe(t, c.data)
			wantVerdict(t, err, nil)
			if info.Duration != c.want || info.Width != 640 {
				t.Errorf("%+v, want %v", info, c.want)
			}
		})
	}
}

// A fragment whose moof box is there and whose media data is not, or is cut in an open mdat box, is
// truncated.
func TestFragmentsWithoutTheirSamples(t *testing.T) {
	t.Parallel()
	parts := func(offset int) []byte {
		run := atom("trun", full(0, 0x301), b32(2, offset), b32(20, 300), b32(20, 300))
		return atom("moof", atom("mfhd", zeros(8)), atom("traf", atom("tfhd", full(0, 0x020000), b32(7)), run))
	}
	moof := parts(len(parts(0)) + 8)
	data := bytes.Repeat(payload, 10)[:600]
	first := slices.Concat(moof, atom("mdat", data))
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"all there":           {slices.Concat(moof, atom("mdat", data)), nil},
		"open media data":     {slices.Concat(moof, b32(0), []byte("mdat"), data), nil},
		"open and cut":        {slices.Concat(moof, b32(0), []byte("mdat"), data[:599]), media.ErrTruncated},
		"cut behind the moof": {moof, media.ErrTruncated},
		"cut in the header":   {slices.Concat(moof, b32(608), []byte("md")), media.ErrTruncated},
		"empty media data":    {slices.Concat(moof, atom("mdat")), media.ErrTruncated},
		"cut in a wide size":  {slices.Concat(moof, b32(1), []byte("mdat"), zeros(4)), media.ErrTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := probe(t, fragmented(nil, first, c.data))
			wantVerdict(t, err, c.want)
		})
	}
}

func TestBrokenFragments(t *testing.T) {
	t.Parallel()
	one := fragment(7, atom("trun", full(0, 0), b32(15)))
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"none":                      {fragmented(nil, atom("free")), media.ErrTruncated},
		"cut":                       {fragmented(nil, one, one[:len(one)-1]), media.ErrTruncated},
		"indexed and cut":           {fragmented(nil, index(0, [2]int{len(one), 1}), one[:len(one)-1]), media.ErrTruncated},
		"index beyond its segments": {fragmented(nil, patched(index(0, [2]int{len(one), 1}), 30, 9), one), media.ErrCorrupt},
		"run beyond its samples":    {fragmented(nil, fragment(7, atom("trun", full(0, 0x100), b32(3, 40)))), media.ErrCorrupt},
		"short run":                 {fragmented(nil, fragment(7, atom("trun", full(0, 0)))), media.ErrCorrupt},
		"short default":             {fragmented(atom("trex", zeros(23)), one), media.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := probe(t, c.data)
			wantVerdict(t, err, c.want)
		})
	}
}

// Probe must not read through a film of very many or very long fragments. It must still find the
// film's width and height. If the last fragment states its start time, it must also find the
// duration.
func TestManyFragmentsAreNotReadThrough(t *testing.T) {
	t.Parallel()
	run := atom("trun", full(0, 0), b32(15)) // samples that last 1 s in total
	many := func(n, size int, parts ...[]byte) []byte {
		one := slices.Concat(fragment(7, parts...), atom("free", zeros(size)))
		last := slices.Concat(fragment(8, run), fragment(7, slices.Concat(atom("tfdt", full(0, 0), b32(600*n)), run)))
		if len(parts) == 1 {
			last = one
		}
		return fragmented(nil, append(slices.Repeat([][]byte{one}, n), last)...)
	}
	const block = 64 << 10
	start := atom("tfdt", full(0, 0), b32(0))
	timed, loose := many(40, block, start, run), many(40, block, run)
	indexes := fragmented(nil, slices.Repeat([][]byte{index(0, [2]int{block, 100}), fragment(7, start, run), atom("free", zeros(block-8-len(fragment(7, start, run))))}, 40)...)
	segmented := slices.Concat(indexes, index(0, [2]int{len(fragment(7, start, run)), 100}), fragment(7, atom("tfdt", full(0, 0), b32(600*40)), run))
	named := slices.Concat(timed, atom("free", []byte("moof...moof"), zeros(9)), fragment(7))
	for name, c := range map[string]struct {
		data  []byte
		want  error
		end   time.Duration
		reads int
	}{
		"timed":                   {timed, nil, 41 * time.Second, 8},
		"not timed":               {loose, nil, 0, 8},
		"very many":               {many(100, block, start, run), nil, 101 * time.Second, 8},
		"with indexes each":       {segmented, nil, 41 * time.Second, 8},
		"long":                    {fragmented(nil, fragment(7, atom("trun", full(0, 0x100), b32(5<<18), zeros(5<<20)))), nil, 0, 8},
		"cut":                     {timed[:len(timed)-1], media.ErrTruncated, 0, 64},
		"cut in what is untimed":  {loose[:len(loose)-block-8-1], media.ErrTruncated, 0, 64},
		"cut behind the last one": {loose[:len(loose)-1], nil, 41 * time.Second, 64},
		"cut in what has indexes": {segmented[:len(segmented)-1], media.ErrTruncated, 0, 64},
		"with moof in its bytes":  {named, nil, 41 * time.Second, 8},
		"of large fragments":      {many(9, 8*block, start, run), nil, 10 * time.Second, 8},
		"with sound at the end":   {slices.Concat(timed, atom("free", zeros(9*block)), fragment(8, start, run)), nil, 0, 8},
		"with a large last one":   {slices.Concat(timed, fragment(7, atom("tfdt", full(0, 0), b32(600*60)), run), atom("free", zeros(9*block))), nil, 61 * time.Second, 64},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &object{data: c.data}
			info, err := media.Probe(t.Context(), o, o.length())
			wantVerdict(t, err, c.want)
			if info.Width != 640 || err == nil && info.Duration != c.end {
				t.Errorf("%+v, want 640 wide and %v", info, c.end)
			}
			if o.reads > c.reads || c.reads == 8 && o.bytes > 512<<10 {
				t.Errorf("%d reads of %d bytes", o.reads, o.bytes)
			}
			t.Logf("%d reads of %d bytes", o.reads, o.bytes)
		})
	}
}

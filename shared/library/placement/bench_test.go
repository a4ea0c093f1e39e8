package placement_test

import (
	"fmt"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// BenchmarkPlaceAndNames measures Place and Names for a key, which must take under 100 µs
// together.
func BenchmarkPlaceAndNames(b *testing.B) {
	r := rules(b, placement.Settings{Codes: declared, Locales: map[string]string{"UK": "en-GB"}})
	want := creative.Creative{Code: "HRT-1212", Variation: 3}
	rows := table(b, "names.tsv")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key := rows[i%len(rows)][1]
		r.Place(key, placement.UnknownSize)
		placement.Names(key, want)
	}
}

// BenchmarkHostile measures the longest possible keys without meaning. Such a key must take about
// twice as long as half of it.
func BenchmarkHostile(b *testing.B) {
	r := hostileRules(b)
	for _, piece := range hostile {
		for _, length := range []int{placement.MaxKey / 2, placement.MaxKey} {
			b.Run(fmt.Sprintf("%q/%d", piece, length), func(b *testing.B) {
				key := strings.Repeat(piece, length/len(piece))
				for b.Loop() {
					readWholly(r, key)
				}
			})
		}
	}
}

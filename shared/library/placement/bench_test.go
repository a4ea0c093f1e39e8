package placement_test

import (
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// Placing a key and asking what it names must take under 100 µs.
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

// A key of the longest kind, without any sense, must take linear time.
func BenchmarkHostileKey(b *testing.B) {
	r := rules(b, placement.Settings{Codes: declared})
	for name, piece := range map[string]string{"digits": "1-", "codes": "HRT-1212-", "dates": "2025-08-15_", "letters": "en_", "sides": "9x", "copies": "copy of ", "hex": "a1"} {
		b.Run(name, func(b *testing.B) {
			key := strings.Repeat(piece, placement.MaxKey/len(piece))
			for b.Loop() {
				r.Place(key, placement.UnknownSize)
				placement.Names(key, creative.Creative{Code: "HRT-1212", Variation: 2})
			}
		})
	}
}

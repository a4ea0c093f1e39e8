package placement_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// BenchmarkPlaceAndNames runs Place and Names on the names of the corpus. One name must take
// under 100 µs.
func BenchmarkPlaceAndNames(b *testing.B) {
	r := rules(b, placement.Settings{Codes: declared})
	want := creative.Creative{Code: "HRT-1212", Variation: 3}
	rows := table(b, "names.tsv")
	for _, row := range rows {
		if w := wrong(r.Place(row[1], placement.UnknownSize), row[2]); w != "" {
			b.Fatalf("%q is placed at %s", row[1], w)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key := rows[i%len(rows)][1]
		r.Place(key, placement.UnknownSize)
		placement.Names(key, want)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "names/s")
}

// BenchmarkHostile measures how long it takes to read keys of the greatest length, each of which
// repeats one piece of text. It reads each key several times and keeps the key's shortest time.
// It reports the time of the slowest key.
func BenchmarkHostile(b *testing.B) {
	r := hostileRules(b)
	best := slices.Repeat([]time.Duration{math.MaxInt64}, len(hostile))
	for b.Loop() {
		for i, piece := range hostile {
			key := strings.Repeat(piece, placement.MaxKey/len(piece))
			began := time.Now()
			readWholly(r, key)
			best[i] = min(best[i], time.Since(began))
		}
	}
	b.ReportMetric(slices.Max(best).Seconds()*1000, "ms-worst")
}

package media_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/library/media"
)

// longestProbe is the longest time that Probe may take for any file. BenchmarkProbe probes each
// file several times and compares the shortest of these times with longestProbe, because other work
// on the machine may slow a single probe.
const longestProbe = 100 * time.Millisecond

// BenchmarkProbe has three sub-benchmarks: the sample masters, the corpus and the hostile files.
// Each iteration probes every file of its set once.
func BenchmarkProbe(b *testing.B) {
	samples, corpus, sound := map[string][]byte{}, map[string][]byte{}, map[string]bool{}
	list, err := events.Masters()
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range list {
		samples[m.Key] = m.Data
	}
	for _, e := range expectations(b) {
		corpus[e.File], sound[e.File] = read(b, e.File), e.Verdict == ""
	}
	for _, set := range []struct {
		name  string
		files map[string][]byte
	}{{"samples", samples}, {"corpus", corpus}, {"hostile", hostile()}} {
		b.Run(set.name, func(b *testing.B) {
			reads, best := 0, map[string]time.Duration{}
			for b.Loop() {
				for file, data := range set.files {
					o := &object{data: data}
					began := time.Now()
					_, err := media.Probe(b.Context(), o, o.length())
					took := time.Since(began)
					if is, known := sound[file]; known && is != (err == nil) {
						b.Fatalf("%s: %v", file, err)
					}
					if before, probed := best[file]; !probed || took < before {
						best[file] = took
					}
					reads += o.reads
				}
			}
			probes := float64(b.N * len(set.files))
			worst := slices.Max(slices.Collect(maps.Values(best)))
			b.ReportMetric(float64(b.Elapsed().Microseconds())/probes, "µs/file")
			b.ReportMetric(float64(reads)/probes, "reads/file")
			b.ReportMetric(worst.Seconds()*1000, "ms-worst")
			if worst > longestProbe {
				b.Fatalf("the worst file took %v at best", worst)
			}
		})
	}
}

package tour

import (
	"context"
	"time"

	"masterhand/events"
	"masterhand/shared/library/masters"
)

// upload uploads the sample masters with their labels.
func (t *tour) upload(ctx context.Context, list []events.Master) error {
	bar := t.print.progress("uploading", int64(len(list)), false)
	for _, m := range list {
		if _, err := t.masters.Put(ctx, m.Key, m.Data, masters.Labels{Tags: m.Tags, Metadata: m.Metadata}); err != nil {
			return err
		}
		t.samples[m.Key] = m.Data
		bar.add(1)
	}
	bar.done()
	return nil
}

// indexPatience limits the wait until the sample masters are indexed.
const indexPatience = 30 * time.Second

// showIndex waits until every sample file is indexed. For each file it prints the index's data
// about the file, or the reason why the file belongs to no creative.
func (t *tour) showIndex(ctx context.Context, list []events.Master) error {
	ctx, cancel := context.WithTimeout(ctx, indexPatience)
	defer cancel()
	bar := t.print.progress("indexing", int64(len(list)), false)
	began := time.Now()
	placed := make([]masters.Placed, len(list))
	for i, m := range list {
		var err error
		if placed[i], err = t.masters.Indexed(ctx, m.Key); err != nil {
			return err
		}
		bar.add(1)
	}
	bar.done()
	t.print.line("all %d files are indexed, %s after the last upload", len(list), time.Since(began).Round(time.Millisecond))
	for i, m := range list {
		t.print.sample(m, placed[i], t.masters.Describe(ctx, placed[i]))
	}
	return nil
}

package tour

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/library/masters"
)

// upload puts the sample masters into the bucket, with their labels.
func (t *tour) upload(ctx context.Context, list []events.Master) error {
	client := t.System.Clients().S3()
	bar := t.print.progress("uploading", int64(len(list)), false)
	for _, m := range list {
		tags := url.Values{}
		for k, v := range m.Tags {
			tags.Set(k, v)
		}
		in := &s3.PutObjectInput{
			Bucket: new(services.MastersBucket), Key: &m.Key, Body: bytes.NewReader(m.Data), Metadata: m.Metadata,
		}
		if len(tags) > 0 {
			in.Tagging = new(tags.Encode())
		}
		if _, err := client.PutObject(ctx, in); err != nil {
			return fmt.Errorf("uploading %s: %w", m.Key, err)
		}
		t.samples[m.Key] = m.Data
		bar.add(1)
	}
	bar.done()
	return nil
}

// indexPatience bounds the wait for the index.
const indexPatience = 30 * time.Second

// showIndex waits until the index knows every sample as it is, and lists what it made
// of each.
func (t *tour) showIndex(ctx context.Context, list []events.Master) error {
	ctx, cancel := context.WithTimeout(ctx, indexPatience)
	defer cancel()
	bar := t.print.progress("indexing", int64(len(list)), false)
	began := time.Now()
	placed := make([]masters.Placed, len(list))
	for i, m := range list {
		var err error
		if placed[i], err = t.shelf.Indexed(ctx, m.Key); err != nil {
			return err
		}
		bar.add(1)
	}
	bar.done()
	t.print.line("all %d known to the index %s after the last upload", len(list), time.Since(began).Round(time.Millisecond))
	for i, m := range list {
		t.print.sample(m, placed[i], t.shelf.Describe(ctx, placed[i]))
	}
	return nil
}

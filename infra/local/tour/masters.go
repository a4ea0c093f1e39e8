package tour

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/infra/local/services"
	"masterhand/shared/masters"
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
		if placed[i], err = t.indexed(ctx, m.Key); err != nil {
			return err
		}
		bar.add(1)
	}
	bar.done()
	t.print.line("all %d known to the index %s after the last upload", len(list), time.Since(began).Round(time.Millisecond))
	for i, m := range list {
		t.print.sample(m, placed[i], t.described(ctx, placed[i]))
	}
	return nil
}

// indexed waits until the index has seen the key's object as it is now.
func (t *tour) indexed(ctx context.Context, key string) (masters.Placed, error) {
	head, err := t.System.Clients().S3().HeadObject(ctx, &s3.HeadObjectInput{Bucket: new(services.MastersBucket), Key: &key})
	if err != nil {
		return masters.Placed{}, err
	}
	for {
		placed, _, err := t.System.Index.Placed(ctx, t.System.Library, key)
		if err != nil || placed.ETag == *head.ETag {
			return placed, err
		}
		select {
		case <-ctx.Done():
			return placed, fmt.Errorf("the index does not learn of %s: %w", key, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// described says what the index knows of a key that is placed.
func (t *tour) described(ctx context.Context, p masters.Placed) string {
	for _, c := range p.Documents {
		doc, _, err := t.System.Index.Document(ctx, t.System.Library, c)
		if err != nil {
			return err.Error()
		}
		m := doc.Find(p.Key)
		if m == nil {
			continue
		}
		size := "not probed"
		if m.Probed {
			size = fmt.Sprintf("%d×%d", m.Width, m.Height)
		}
		if m.Problem != "" {
			size = string(m.Problem)
		}
		return fmt.Sprintf("%s %s %s %s, %s, by %s", c, m.Locale, m.Kind, m.Aspect, size, m.Rule)
	}
	return p.Unplaced
}

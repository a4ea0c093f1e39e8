// Package scenario looks at the masters bucket and its index from outside: whether a file
// has been indexed as it now is, and what it was taken for.
//
//	s := scenario.Masters{Client: client, Bucket: "masters", Index: index, Library: library}
//	placed, err := s.Indexed(ctx, "HRT-1212/v2/en/9x16.mp4")
//	fmt.Println(s.Describe(ctx, placed))
package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/library/masters"
)

// Masters is a library's bucket and index.
type Masters struct {
	Client  *s3.Client
	Bucket  string
	Index   masters.Index
	Library masters.Library
}

// interval is how often one looks for what comes by itself.
const interval = 20 * time.Millisecond

// Indexed waits until the index has seen the key's object as it is now.
func (s Masters) Indexed(ctx context.Context, key string) (masters.Placed, error) {
	head, err := s.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.Bucket, Key: &key})
	if err != nil {
		return masters.Placed{}, err
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		placed, _, err := s.Index.Placed(ctx, s.Library, key)
		if err != nil || placed.ETag == *head.ETag {
			return placed, err
		}
		select {
		case <-ctx.Done():
			return placed, fmt.Errorf("the index does not learn of %s: %w", key, ctx.Err())
		case <-tick.C:
		}
	}
}

// Describe says what the index knows of a key that is placed, or why it is not.
func (s Masters) Describe(ctx context.Context, p masters.Placed) string {
	for _, c := range p.Documents {
		doc, _, err := s.Index.Document(ctx, s.Library, c)
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

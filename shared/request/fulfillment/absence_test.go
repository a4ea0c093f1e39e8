package fulfillment_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/request/fulfillment"
)

// listings is a bucket that keeps the prefixes that it was listed by, and that has more
// keys than it holds.
type listings struct {
	*masterstest.Bucket
	more     int // keys that name nothing
	prefixes []string
}

func (l *listings) List(ctx context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	l.prefixes = append(l.prefixes, prefix)
	return func(yield func(masters.Entry, error) bool) {
		for n := range l.more {
			if key := fmt.Sprintf("archive/%d.mp4", n); strings.HasPrefix(key, prefix) && !yield(masters.Entry{Key: key, Size: 1}, nil) {
				return
			}
		}
		for entry, err := range l.Bucket.List(ctx, prefix) {
			if !yield(entry, err) {
				return
			}
		}
	}
}

// A library is listed whole, unless it is known or found to have over 20,000 keys: then
// only the keys that begin with the code are listed.
func TestALibraryIsListedWholeWhereItIsSmall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keys, more int // as the state has it, and in the bucket
		want       []string
	}{
		"small":                   {0, 20_000, []string{""}},
		"small, and counted":      {20_000, 10, []string{""}},
		"counted as large":        {20_001, 10, []string{"HRT-1212"}},
		"large, and not counted":  {0, 20_001, []string{"", "HRT-1212"}},
		"has grown large unasked": {10, 20_001, []string{"", "HRT-1212"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				bucket := &listings{Bucket: s.bucket, more: c.more}
				s.service.Bucket = bucket
				state, revision, err := s.index.State(t.Context(), library)
				if err != nil {
					t.Fatal(err)
				}
				state.Keys = c.keys
				if err := s.index.SaveState(t.Context(), library, state, revision); err != nil {
					t.Fatal(err)
				}
				if o := s.fulfil(t, wanted()); o.Status != fulfillment.Skipped || !slices.Equal(bucket.prefixes, c.want) {
					t.Errorf("outcome %+v, listed by %q; want a skip, by %q", o, bucket.prefixes, c.want)
				}
			})
		})
	}
}

// While a key holds a request up, a run asks about that key alone, and its outcome names
// the key.
func TestAHeldRunAsksAboutTheKeyThatHoldsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		const key = "[HRT-1212-2] Summer Sale.mp4"
		s.learn(t, key)
		bucket := &listings{Bucket: s.bucket}
		s.service.Bucket = bucket
		o := s.fulfil(t, wanted())
		if o.Status != fulfillment.Retry || !strings.Contains(o.Detail, key) {
			t.Errorf("outcome %+v, want a retry that names %s", o, key)
		}
		if n := len(bucket.prefixes); n < 2 || bucket.prefixes[0] != "" || slices.ContainsFunc(bucket.prefixes[1:], func(p string) bool { return p != key }) {
			t.Errorf("listed by %q, want the library once and then the key alone", bucket.prefixes)
		}
	})
}

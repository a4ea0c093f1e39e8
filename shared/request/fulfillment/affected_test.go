package fulfillment_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/affected"
	"masterhand/shared/request/fulfillment"
)

// names is a store of ads' names. Its writes return the error that the test sets.
type names struct {
	saved int
	until time.Time
	err   error
}

func (n *names) SaveAffected(_ context.Context, _ string, _ affected.Names, until time.Time) error {
	n.saved++
	n.until = until
	return n.err
}

func (n *names) Affected(context.Context, []string) (map[string]affected.Names, error) {
	return nil, n.err
}

// The names of ads only inform people. A failure to save them changes only the report.
func TestNamesThatCannotBeSavedDelayNothing(t *testing.T) {
	t.Parallel()
	broken := errors.New("table is down")
	some := affected.Names{Ads: affected.List{Count: 1, Names: []string{"ad"}}}
	for name, c := range map[string]struct {
		names     affected.Names
		fromQueue bool
		err       error
		saved     int
	}{
		"kept":              {names: some, saved: 1},
		"kept from a queue": {names: some, fromQueue: true, saved: 1},
		"not kept":          {names: some, err: broken, saved: 1},
		"none":              {err: broken},
		"none from a queue": {fromQueue: true, err: broken},
	} {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		store := &names{err: c.err}
		s.service.Affected = store
		r := wanted()
		r.Affected = c.names
		o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: r, Library: library, Deadline: time.Now().Add(time.Minute), FromQueue: c.fromQueue})
		if o.Status != fulfillment.Delivered || store.saved != c.saved {
			t.Errorf("%s: %+v, saved %d times, want %d", name, o, store.saved, c.saved)
		}
		if reported := o.Unnamed != nil; reported != (c.saved > 0 && c.err != nil) {
			t.Errorf("%s: reported %v", name, o.Unnamed)
		}
		if end := time.Now().Add(31 * 24 * time.Hour); c.saved > 0 && store.until.After(end) {
			t.Errorf("%s: kept until %s, longer than the request's item", name, store.until)
		}
	}
}

func TestNamesAreNotSavedWithoutAStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		r.Affected = affected.Names{Ads: affected.List{Count: 1, Names: []string{"ad"}}}
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered || o.Unnamed != nil {
			t.Errorf("%+v", o)
		}
	})
}

// hanging is a store of ads' names that never answers.
type hanging struct{ *names }

func (hanging) SaveAffected(ctx context.Context, _ string, _ affected.Names, _ time.Time) error {
	<-ctx.Done()
	return ctx.Err()
}

// A request waits at most five seconds for the names of its ads to be saved.
func TestSavingNamesTakesAtMostFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, began := newFixture(t), wanted(), time.Now()
		s.add(t, key, film, true, nil)
		s.service.Affected = hanging{}
		r.Affected = affected.Names{Ads: affected.List{Count: 1, Names: []string{"ad"}}}
		o := s.fulfil(t, r)
		if o.Status != fulfillment.Delivered || !errors.Is(o.Unnamed, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
			t.Errorf("%+v after %v", o, time.Since(began))
		}
	})
}

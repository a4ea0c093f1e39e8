package intake_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/announcements/intake"
)

// If one of S3 and SQS works, the event must be stored in the one that works, and the sender must get
// its answer in time.
func TestAnEventIsStoredWhileS3OrSQSWorks(t *testing.T) {
	t.Parallel()
	down := func(context.Context) error { return errors.New("down") }
	stuck := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	once := func(first func(context.Context) error) func() func(context.Context) error {
		return func() func(context.Context) error {
			calls := 0
			return func(ctx context.Context) error {
				if calls++; calls == 1 {
					return first(ctx)
				}
				return nil
			}
		}
	}
	always := func(f func(context.Context) error) func() func(context.Context) error {
		return func() func(context.Context) error { return f }
	}
	large := `{"pad":"` + strings.Repeat("x", 300<<10) + `"}`
	huge := strings.Repeat("x", intake.MaxBody)
	for name, test := range map[string]struct {
		put, send      func() func(context.Context) error
		body           string
		status         int
		stored, queued bool
		took           time.Duration
		failure        string
	}{
		"all well":                 {nil, nil, "{}", 200, true, true, 0, ""},
		"queue down":               {nil, always(down), "{}", 200, true, false, 0, "queue"},
		"queue stuck":              {nil, always(stuck), "{}", 200, true, false, intake.NotifyTimeout, "queue"},
		"store down":               {always(down), nil, "{}", 200, false, true, 0, "store"},
		"store stuck":              {always(stuck), nil, "{}", 200, false, true, intake.StoreTimeout, "store"},
		"both down":                {always(down), always(down), "{}", 503, false, false, 0, "lost"},
		"both stuck":               {always(stuck), always(stuck), "{}", 503, false, false, intake.RequestTimeout, "lost"},
		"store down for a moment":  {once(down), always(down), "{}", 200, true, false, 0, "queue"},
		"store stuck for a moment": {once(stuck), always(stuck), "{}", 200, true, false, intake.StoreTimeout + intake.InlineTimeout, "queue"},
		"large":                    {nil, nil, large, 200, true, true, 0, ""},
		"not to be read":           {nil, nil, huge, 200, true, true, 0, ""},
		"not to be read, store down for a moment": {once(down), nil, huge, 200, true, false, 0, "queue"},
		"large, store down":                       {always(down), nil, large, 503, false, false, 0, "lost"},
		"large, store stumbles":                   {once(down), nil, large, 200, true, false, 0, "queue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newFixture()
				if test.put != nil {
					d.put = test.put()
				}
				if test.send != nil {
					d.send = test.send()
				}
				began := time.Now()
				outcome := map[int]string{200: "accepted", 503: "unavailable"}[test.status]
				d.want(t, post(test.body), test.status, outcome)
				if took := time.Since(began); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
				if (len(d.stored) == 1) != test.stored || (len(d.messages) == 1) != test.queued {
					t.Errorf("%d stored, %d queued", len(d.stored), len(d.messages))
				}
				if test.status == 200 && string(d.record(t).Body) != test.body {
					t.Error("it is not what was kept")
				}
				found := d.metrics(t)
				if found["IntakeFailures{Reason="+test.failure+"}"] != 1 && test.failure != "" || test.failure == "" && found["IntakeFailures{}"] != 0 {
					t.Errorf("want a failure of %q: %v", test.failure, found)
				}
			})
		})
	}
}

// A hundred concurrent webhooks must all be stored and sent to the queue.
func TestAHundredWebhooksAtOnceAreStored(t *testing.T) {
	t.Parallel()
	d := newFixture()
	var count int
	d.NewEntropy = func() string {
		d.mu.Lock()
		defer d.mu.Unlock()
		count++
		return strings.Repeat(string(rune('A'+count/26)), 25) + string(rune('A'+count%26))
	}
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if a := d.Serve(t.Context(), post("{}")); a.Status != 200 {
				t.Errorf("%+v", a)
			}
		})
	}
	group.Wait()
	if len(d.stored) != 100 || len(d.messages) != 100 {
		t.Errorf("%d stored, %d queued", len(d.stored), len(d.messages))
	}
}

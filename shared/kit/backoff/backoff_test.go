package backoff_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/backoff"
)

var steps = backoff.Steps{First: 2 * time.Second, Longest: 15 * time.Second}

func TestEachDelayIsTwiceTheLastUpToTheLongest(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{
		-1: 2 * time.Second, 0: 2 * time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second,
		4: 15 * time.Second, 1 << 40: 15 * time.Second,
	} {
		if low, high := steps.Delay(n, 0), steps.Delay(n, 1); low != want/2 || high != want {
			t.Errorf("after %d failures from %v to %v, want %v to %v", n, low, high, want/2, want)
		}
	}
}

func TestWaitEndsWithTheDelayOrTheContext(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		deadline, cancel time.Duration // 0 means no deadline or no cancellation
		ok               bool
		least, most      time.Duration
	}{
		"nothing in the way":         {0, 0, true, time.Second, 2 * time.Second},
		"a deadline after the delay": {3 * time.Second, 0, true, time.Second, 2 * time.Second},
		"a deadline within it":       {time.Second, 0, false, 0, 0},
		"canceled meanwhile":         {0, time.Second / 2, false, time.Second / 2, time.Second / 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				if test.cancel > 0 {
					time.AfterFunc(test.cancel, cancel)
				}
				begun := time.Now()
				ok := steps.Wait(ctx, 1)
				if took := time.Since(begun); ok != test.ok || took < test.least || took > test.most {
					t.Errorf("Wait = %v after %v, want %v after %v to %v", ok, took, test.ok, test.least, test.most)
				}
			})
		})
	}
}

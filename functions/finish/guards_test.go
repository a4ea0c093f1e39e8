package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

// If another run holds a request, the queue must deliver this run's message again, because the other run
// may crash.
func TestTheMessageOfAHeldRequestComesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, open := newFixture(), job(t, time.Hour)
		other := &ledger.Ledger{Store: d.store, Now: time.Now, NewOwner: func() string { return "another run" }}
		asked := ledger.Request{ID: open.Request.ID(), Fingerprint: open.Request.Fingerprint(), ExpiresAt: open.Request.ExpiresAt}
		if _, err := other.Claim(t.Context(), asked, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if ids := d.failed(t, encode(t, open)); !slices.Equal(ids, []string{"0"}) || d.delayed["0"] == 0 {
			t.Errorf("messages %v are to come again, delayed for %v", ids, d.delayed)
		}
	})
}

// until is an index store for tests. Its method Load records the deadline of the context that it
// gets.
type until struct {
	masters.Blobs
	end time.Time
}

func (u *until) Load(ctx context.Context, _ string) ([]byte, string, error) {
	u.end, _ = ctx.Deadline()
	return nil, "", errors.New("no index")
}

// Work on a request must end 50 s before the function's deadline, so that the result can be saved.
func TestWorkEndsBeforeTheFunctionDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, index := newFixture(), &until{}
		d.service.Index = masters.Index{Blobs: index}
		ctx, cancel := context.WithTimeout(t.Context(), 900*time.Second)
		defer cancel()
		event, err := json.Marshal(awsevents.SQSEvent{Records: []awsevents.SQSMessage{{MessageId: "0", Body: encode(t, job(t, time.Hour))}}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := d.handle(ctx, event); err != nil {
			t.Fatal(err)
		}
		if got := index.end.Sub(began); got != 850*time.Second {
			t.Errorf("work may take %v of the function's 900 s, want 850 s", got)
		}
	})
}

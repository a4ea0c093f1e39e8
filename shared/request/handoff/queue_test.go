package handoff_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"masterhand/shared/request/handoff"
)

// queue accepts messages, or refuses them with err.
type queue struct {
	err   error
	body  []byte
	delay time.Duration
}

func (q *queue) SendDelayed(_ context.Context, delay time.Duration, body []byte) error {
	q.body, q.delay = body, delay
	return q.err
}

func TestAMessageStaysInvisibleUntilTheLedgerIsWritten(t *testing.T) {
	t.Parallel()
	q, want := &queue{}, job(t)
	if err := (handoff.Queue{Messages: q}).Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got, err := handoff.Decode(q.body); err != nil || got.Request.ID() != want.Request.ID() || q.delay < time.Second {
		t.Errorf("sent %+v with a delay of %v, %v", got, q.delay, err)
	}
	q.err = errors.New("full")
	if err := (handoff.Queue{Messages: q}).Send(t.Context(), want); !errors.Is(err, q.err) {
		t.Errorf("refused: %v", err)
	}
	want.Request.ExpiresAt, q.body, q.err = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), nil, nil
	if err := (handoff.Queue{Messages: q}).Send(t.Context(), want); err == nil || q.body != nil {
		t.Errorf("a time that JSON cannot hold: sent %q, %v", q.body, err)
	}
}

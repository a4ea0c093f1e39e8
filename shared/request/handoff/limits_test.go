package handoff_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
)

// Decode accepts a message of 1 MiB, the limit of SQS, and refuses a longer one.
func TestAMessageHasAtMost1MiB(t *testing.T) {
	t.Parallel()
	body, err := handoff.Encode(job(t))
	if err != nil {
		t.Fatal(err)
	}
	padded := func(size int) []byte { return append(bytes.Repeat([]byte(" "), size-len(body)), body...) }
	if _, err := handoff.Decode(padded(1 << 20)); err != nil {
		t.Errorf("of 1 MiB: %v", err)
	}
	if _, err := handoff.Decode(padded(1<<20 + 1)); !errors.Is(err, handoff.ErrMessage) {
		t.Errorf("of a byte more: %v", err)
	}
	if _, err := handoff.Decode(append(body, '}')); !errors.Is(err, handoff.ErrMessage) {
		t.Errorf("with more behind it: %v", err)
	}
}

func TestDelaysOfMessages(t *testing.T) {
	t.Parallel()
	q := &queue{}
	if err := (handoff.Queue{Messages: q}).Send(t.Context(), job(t)); err != nil || q.delay != 2*time.Second {
		t.Errorf("a new message is delayed for %v, %v", q.delay, err)
	}
	index, upload, other := fulfillment.Outcome{Code: fulfillment.CodeIndex}, fulfillment.Outcome{Code: fulfillment.CodeTransfer}, fulfillment.Outcome{Code: "callback"}
	for _, c := range []struct {
		n       int
		outcome fulfillment.Outcome
		want    time.Duration
	}{
		{1, index, 5 * time.Second}, {2, index, 10 * time.Second}, {9, index, 10 * time.Second},
		{1, upload, 20 * time.Second}, {2, upload, 40 * time.Second}, {9, upload, 5 * time.Minute},
		{1, other, 5 * time.Second}, {2, other, 10 * time.Second}, {9, other, 60 * time.Second},
	} {
		if got := handoff.RetryDelay(c.n, c.outcome, time.Hour, 1); got != c.want {
			t.Errorf("after try %d (%s): %v, want %v", c.n, c.outcome.Code, got, c.want)
		}
	}
}

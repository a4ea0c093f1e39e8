package handoff

import (
	"context"
	"time"

	"masterhand/shared/request/fulfillment"
)

// Messages is the queue that receives the jobs.
type Messages interface {
	// SendDelayed stores a message durably. No receiver gets it before the delay is over. Its
	// errors must not contain the message.
	SendDelayed(ctx context.Context, delay time.Duration, body []byte) error
}

// Queue implements [fulfillment.Queue].
type Queue struct{ Messages Messages }

// sendDelay is how long a new message stays invisible, so that the write to the ledger, which
// follows the send, is done before a worker receives the message.
const sendDelay = 2 * time.Second

// Send implements [fulfillment.Queue].
func (q Queue) Send(ctx context.Context, job fulfillment.Job) error {
	body, err := Encode(job)
	if err != nil {
		return err
	}
	return q.Messages.SendDelayed(ctx, sendDelay, body)
}

package handoff

import (
	"context"
	"time"

	"masterhand/shared/request/fulfillment"
)

// Messages is the queue that jobs are handed to.
type Messages interface {
	// SendDelayed stores a message durably that nobody receives before the delay is over.
	// Its errors do not show the message.
	SendDelayed(ctx context.Context, delay time.Duration, body []byte) error
}

// Queue implements [fulfillment.Queue].
type Queue struct{ Messages Messages }

// sendDelay is how long a new message stays invisible: the ledger's write comes after the
// message and should be there first.
const sendDelay = 2 * time.Second

// Send implements [fulfillment.Queue].
func (q Queue) Send(ctx context.Context, job fulfillment.Job) error {
	body, err := Encode(job)
	if err != nil {
		return err
	}
	return q.Messages.SendDelayed(ctx, sendDelay, body)
}

package tour

import (
	"context"
	"errors"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
)

// doorsPatience limits the wait until an event through a queue or a bucket is processed.
const doorsPatience = 30 * time.Second

// byDoor sends an event through the doors of a step and waits until no message is left in the
// queues. The queue and the bucket confirm only that they have stored the event; the ledger shows
// how the request ended.
func (t *tour) byDoor(ctx context.Context, s step) error {
	r, err := t.newRequest(s.slot, time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, doorsPatience)
	defer cancel()
	var v verdict
	v.status, err = t.bring(waiting, s.doors, r.Event(), scenario.LedgerID(r))
	if err != nil {
		v.problem("%v", err)
	}
	took := time.Since(began)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	item := t.look(ctx, &v, s, r)
	v.outcome = string(item.State)
	t.conclude(s, v, took)
	return nil
}

// bring sends an event through doors, one after the other, and waits until all messages of the
// event are processed. It returns the answer of the last door. It fails if a door rejects the
// event, or if the wait exceeds doorsPatience.
func (t *tour) bring(ctx context.Context, through []doors.Door, event gateway.Event, id string) (status int, err error) {
	clients := t.System.Clients()
	for _, door := range through {
		send := gateway.Queue{Client: clients.SQS(), URL: t.System.DoorQueueURL}.Send
		if door == doors.Bucket {
			send = gateway.Bucket{Client: clients.S3(), Name: services.DoorBucket}.Send
		}
		result := send(ctx, event)
		if status = result.Status; result.Err != nil {
			return status, result.Err
		}
		err := scenario.Await(ctx, "the ledger contains the request", func(ctx context.Context) (bool, error) {
			_, err := t.ledger.Load(ctx, id)
			if errors.Is(err, ledger.ErrNotFound) {
				return false, nil
			}
			return err == nil, err
		})
		if err != nil {
			return status, err
		}
	}
	left := sqsqueue.Backlog{Client: clients.SQS(), Queues: []string{t.System.DoorQueueURL, t.System.DoorEventsQueueURL}}
	return status, scenario.Await(ctx, "no message is left", func(ctx context.Context) (bool, error) {
		n, err := left.Waiting(ctx)
		return n == 0, err
	})
}

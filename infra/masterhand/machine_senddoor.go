package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/platform"
)

// urlDoor is the value of --door that means the function URL.
const urlDoor = "url"

// bring sends an event to the function URL, to the queue or to the bucket, as the parameter door says.
// It returns the address to which it sent the event, and the answer.
func (s *session) bring(ctx context.Context, event gateway.Event, to destination.Destination, door string) (at string, result gateway.Result, err error) {
	clients := s.system.Clients()
	switch doors.Door(door) {
	case doors.Queue:
		at = s.system.Doors.QueueURL
		result = gateway.Queue{Client: clients.SQS(), URL: at}.Send(ctx, event)
	case doors.Bucket:
		at = "s3://" + s.system.Doors.Bucket
		result = gateway.Bucket{Client: clients.S3(), Name: s.system.Doors.Bucket}.Send(ctx, event)
	default:
		if len(to.Keys) == 0 {
			return "", result, fmt.Errorf("%s: %w", quoted(to.Name), errNoSigner)
		}
		at = s.system.FulfillURL
		sender := gateway.New(gateway.Config{Endpoint: at, Scheme: to.Scheme, Keys: to.Keys[:1]})
		defer sender.Close()
		result = sender.Send(ctx, event)
	}
	return at, result, result.Err
}

// awaitDoor waits for the end of a request that was sent to the queue or the bucket. It also
// returns if the ledger records the event's body as malformed. For an event without a request it
// returns at once, because the ledger records no end of such an event.
func (s *session) awaitDoor(ctx context.Context, request adplatform.Request) error {
	if request.Topic != platform.TopicRequested {
		return nil
	}
	s.text("waiting     the queue and the bucket give no answer, so this command waits for the outcome\n%s\n", stopWaiting)
	store := dynamostore.Store{Client: s.system.Clients().DynamoDB(), Table: s.system.DynamoDB.Table}
	body, err := gateway.Compact(request.Event().Body)
	if err != nil {
		return err
	}
	recorded := fmt.Sprintf("bad#%x", sha256.Sum256(body))
	return scenario.Await(ctx, "the request has ended", func(ctx context.Context) (bool, error) {
		for _, id := range []string{scenario.LedgerID(request), recorded} {
			item, err := store.Load(ctx, id)
			if err == nil && item.State.Ended() || err != nil && !errors.Is(err, ledger.ErrNotFound) {
				if err == nil {
					s.text("outcome     %s\n", item.State)
				}
				return true, err
			}
		}
		return false, nil
	})
}

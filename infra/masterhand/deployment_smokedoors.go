package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/shared/kit/names"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/platform"
)

// smokeDoors sends an expired event to the queue and puts one into the bucket, if the deployment
// has them. It checks that the ledger records each event.
func (s *session) smokeDoors(ctx context.Context, d deployment) bool {
	settings, err := s.doorSettings(ctx, d)
	if err != nil {
		return s.report(false, "doors", err.Error())
	}
	good := true
	for _, door := range []doors.Door{doors.Queue, doors.Bucket} {
		if binding, open := settings[door]; open {
			good = s.smokeDoor(ctx, d, door, binding.Destination) && good
		}
	}
	return good
}

// doorSettings returns the settings of the queue and the bucket for unsigned events. In AWS, it
// reads them from the environment of the function receive. On this machine, all events in the queue
// and the bucket belong to the first destination.
func (s *session) doorSettings(ctx context.Context, d deployment) (doors.Settings, error) {
	switch {
	// An older version of masterhand started the system. That version has no queue and no bucket
	// for unsigned events, so there are no settings.
	case s.system != nil && s.system.Doors.QueueURL == "":
		return nil, nil
	case s.system != nil:
		first, err := s.system.Destination("")
		binding := doors.Binding{Destination: first.Name}
		return doors.Settings{doors.Queue: binding, doors.Bucket: binding}, err
	case d.doors == (doorPlaces{}):
		return nil, nil
	}
	function, err := s.function(ctx, d.stack, "receive")
	if err != nil {
		return nil, err
	}
	out, err := s.lambda().GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function, Qualifier: new(live)})
	if err != nil {
		return nil, fmt.Errorf("reading the environment of the function receive: %w", err)
	}
	if out.Environment == nil {
		return nil, errNoOutput
	}
	return doors.ParseSettings(out.Environment.Variables[names.Doors])
}

func (s *session) smokeDoor(ctx context.Context, d deployment, door doors.Door, belongsTo string) bool {
	list, err := s.destinations(ctx, d)
	if err != nil {
		return s.report(false, string(door), err.Error())
	}
	dest := named(list, belongsTo)
	if dest == nil {
		return s.report(false, string(door), fmt.Sprintf("belongs to %s, which is not in the list of destinations, so events wait in the queue; add it with \"%s\"",
			quoted(belongsTo), typed("secret "+quoted(belongsTo)+" --without-secret")))
	}
	p, err := newProbe(*dest, uploadHosts(*dest)[0], s.now())
	if err == nil {
		err = s.bringIn(ctx, d, door, p)
	}
	if err != nil {
		return s.report(false, string(door), err.Error())
	}
	item, err := s.awaitItem(ctx, d, p.id)
	if err != nil {
		return s.report(false, string(door), fmt.Sprintf("the ledger has no record of the event: %v; %s", err, seeLogs()))
	}
	return s.report(item.State == ledger.Expired, string(door), fmt.Sprintf("%s: %s, of %s", shortID(item.ID), item.State, item.Destination))
}

// bringIn sends a test event to the queue, or puts it into the bucket, as the platform does.
func (s *session) bringIn(ctx context.Context, d deployment, door doors.Door, p probe) error {
	if door == doors.Bucket {
		_, err := s.s3().PutObject(ctx, &s3.PutObjectInput{
			Bucket: &d.doors.bucket, Key: new("smoke/" + p.eventID + ".json"), Body: bytes.NewReader(p.body), ContentType: new("application/json"),
			Metadata: map[string]string{"event-id": p.eventID, "topic": platform.TopicRequested},
		})
		if err != nil {
			err = fmt.Errorf("storing the event: %w", err)
		}
		return err
	}
	at, err := s.queueURL(ctx, d, "DoorQueueUrl")
	if err != nil {
		return err
	}
	_, err = s.sqs().SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &at, MessageBody: new(string(p.body)),
		MessageAttributes: map[string]types.MessageAttributeValue{doors.MetadataAttribute: {
			DataType: new("String"), StringValue: new(fmt.Sprintf(`{"event-id":%q,"topic":%q}`, p.eventID, platform.TopicRequested)),
		}},
	})
	if err != nil {
		err = fmt.Errorf("sending the event: %w", err)
	}
	return err
}

// The wait for a test event's record in the ledger: the number of reads, and the time between two
// reads. An object event or a cold start can delay the record by seconds.
const (
	doorPatience = 90 // largest number of reads of the ledger
	doorInterval = time.Second
)

// awaitItem waits until the ledger has an item of the request, and returns the item. After
// doorPatience reads without success it returns ledger.ErrNotFound.
func (s *session) awaitItem(ctx context.Context, d deployment, id string) (ledger.Item, error) {
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	for n := 1; ; n++ {
		item, err := store.Load(ctx, id)
		if !errors.Is(err, ledger.ErrNotFound) || n == doorPatience {
			return item, err
		}
		if err := s.pause(ctx, doorInterval); err != nil {
			return ledger.Item{}, err
		}
	}
}

// Package dynamostore stores timelines in the ledger's DynamoDB table, together with the
// requests.
//
// A timeline is one item with the id "intake#{sender}#{subject}". Its attribute "timeline" contains
// the timeline as JSON. Its attributes "day" and "receivedAt" are for the table's index by day. The
// item also has the attributes "version" and "ttl". The day has the form "intake#hoox#2026-11-21".
// No request has such a day, so lists of requests contain no timelines. The method Mark stores an
// item "intake-record#{key}", which has only a ttl.
//
//	store := dynamostore.Store{Client: dynamodb.New(options), Table: "masterhand-ledger"}
package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/dynamotable"
)

// Store implements [timeline.Store]. Both fields are required.
type Store struct {
	Client *dynamodb.Client
	Table  string
}

// The names of the table's attributes, and of its index by "day" and "receivedAt".
const (
	body       = "timeline"
	day        = "day"
	receivedAt = "receivedAt"
	ttl        = "ttl"
)

func (s Store) table() dynamotable.Table { return dynamotable.Table{Client: s.Client, Name: s.Table} }

// Load implements [timeline.Store].
func (s Store) Load(ctx context.Context, id string) (timeline.Timeline, error) {
	item, err := s.table().Get(ctx, id)
	if err != nil {
		return timeline.Timeline{}, fmt.Errorf("loading a timeline: %w", err)
	}
	if len(item) == 0 {
		return timeline.Timeline{}, timeline.ErrNotFound
	}
	return decode(item)
}

// Save implements [timeline.Store].
func (s Store) Save(ctx context.Context, t timeline.Timeline) error {
	written, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("writing a timeline: %w", err)
	}
	received := t.ReceivedAt.UTC()
	err = s.table().PutVersion(ctx, dynamotable.Attributes{
		dynamotable.KeyID: dynamotable.Text(t.ID()), dynamotable.Version: dynamotable.Number(t.Version),
		body: dynamotable.Text(string(written)), receivedAt: dynamotable.Text(received.Format(dynamotable.Instant)),
		day: dynamotable.Text(dayOf(t.Sender, received.Format(time.DateOnly))),
		ttl: dynamotable.Number(t.UpdatedAt.Add(timeline.TTL).Unix()),
	}, t.Version)
	switch {
	case errors.Is(err, dynamotable.ErrStale):
		return timeline.ErrStale
	case err != nil:
		return fmt.Errorf("saving a timeline: %w", err)
	}
	return nil
}

// ByDay implements [timeline.Store].
func (s Store) ByDay(ctx context.Context, sender, date string, limit int) ([]timeline.Timeline, error) {
	in := &dynamodb.QueryInput{
		IndexName: new(day), ScanIndexForward: new(false),
		KeyConditionExpression:    new("#d = :d"),
		ExpressionAttributeNames:  map[string]string{"#d": day},
		ExpressionAttributeValues: dynamotable.Attributes{":d": dynamotable.Text(dayOf(sender, date))},
	}
	var found []timeline.Timeline
	for item, err := range s.table().Query(ctx, in, limit) {
		if err != nil {
			return nil, fmt.Errorf("querying timelines by day: %w", err)
		}
		t, err := decode(item)
		if err != nil {
			return nil, err
		}
		found = append(found, t)
	}
	return found, nil
}

// Mark implements [timeline.Store].
func (s Store) Mark(ctx context.Context, record string, now time.Time) error {
	err := s.table().Put(ctx, dynamotable.Attributes{
		dynamotable.KeyID: dynamotable.Text(markOf(record)), ttl: dynamotable.Number(now.Add(timeline.TTL).Unix()),
	})
	if err != nil {
		return fmt.Errorf("marking a record: %w", err)
	}
	return nil
}

// Marked implements [timeline.Store].
func (s Store) Marked(ctx context.Context, record string) (bool, error) {
	item, err := s.table().Get(ctx, markOf(record))
	if err != nil {
		return false, fmt.Errorf("looking for a record's mark: %w", err)
	}
	return len(item) > 0, nil
}

func dayOf(sender, date string) string { return "intake#" + sender + "#" + date }

func markOf(record string) string { return "intake-record#" + record }

func decode(item dynamotable.Attributes) (t timeline.Timeline, err error) {
	written, ok := item[body].(*types.AttributeValueMemberS)
	if !ok {
		return t, errors.New("reading a timeline: the item is not a timeline")
	}
	if err := json.Unmarshal([]byte(written.Value), &t); err != nil {
		return t, fmt.Errorf("reading a timeline: %w", err)
	}
	return t, nil
}

// Package dynamostore keeps timelines in the ledger's DynamoDB table, beside the
// requests.
//
// A timeline is one item "intake#{sender}#{subject}": JSON in "timeline", and beside it
// what the table needs: "version", "day" and "receivedAt" for the index on days, "ttl".
// Its days are its own ("intake#hoox#2026-11-21"), so that a list of requests has none
// of them. A mark is an item "intake-record#{key}" with a ttl and nothing else.
//
//	store := dynamostore.Store{Client: dynamodb.New(options), Table: "masterhand-ledger"}
package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"masterhand/shared/announcements/timeline"
)

// Store implements [timeline.Store]. Both fields are needed.
type Store struct {
	Client *dynamodb.Client
	Table  string
}

// The table's attributes, and its index by "day", then "receivedAt".
const (
	keyID      = "pk"
	version    = "version"
	body       = "timeline"
	day        = "day"
	receivedAt = "receivedAt"
	ttl        = "ttl"
)

// instant writes every time with one width, as the ledger does.
const instant = "2006-01-02T15:04:05.000000000Z"

// Load implements [timeline.Store].
func (s Store) Load(ctx context.Context, id string) (timeline.Timeline, error) {
	item, err := s.get(ctx, id)
	if err != nil {
		return timeline.Timeline{}, err
	}
	if len(item) == 0 {
		return timeline.Timeline{}, timeline.ErrNotFound
	}
	return decode(item)
}

func (s Store) get(ctx context.Context, id string) (attributes, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.Table, ConsistentRead: new(true), Key: attributes{keyID: text(id)},
	})
	if err != nil {
		return nil, fmt.Errorf("loading a timeline: %w", err)
	}
	return out.Item, nil
}

// Save implements [timeline.Store].
func (s Store) Save(ctx context.Context, t timeline.Timeline) error {
	written, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("writing a timeline: %w", err)
	}
	received := t.ReceivedAt.UTC()
	put := &dynamodb.PutItemInput{TableName: &s.Table, Item: attributes{
		keyID: text(t.ID()), version: number(t.Version), body: text(string(written)),
		day: text(dayOf(t.Sender, received.Format(time.DateOnly))), receivedAt: text(received.Format(instant)),
		ttl: number(t.UpdatedAt.Add(timeline.TTL).Unix()),
	}}
	if t.Version == 1 {
		put.ConditionExpression = new("attribute_not_exists(#k)")
		put.ExpressionAttributeNames = map[string]string{"#k": keyID}
	} else {
		put.ConditionExpression = new("#v = :v")
		put.ExpressionAttributeNames = map[string]string{"#v": version}
		put.ExpressionAttributeValues = attributes{":v": number(t.Version - 1)}
	}
	_, err = s.Client.PutItem(ctx, put)
	var stale *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &stale):
		return timeline.ErrStale
	case err != nil:
		return fmt.Errorf("saving a timeline: %w", err)
	}
	return nil
}

// ByDay implements [timeline.Store].
func (s Store) ByDay(ctx context.Context, sender, date string, limit int) ([]timeline.Timeline, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.Table, IndexName: new(day), ScanIndexForward: new(false),
		KeyConditionExpression:    new("#d = :d"),
		ExpressionAttributeNames:  map[string]string{"#d": day},
		ExpressionAttributeValues: attributes{":d": text(dayOf(sender, date))},
	}
	var found []timeline.Timeline
	for len(found) < limit {
		in.Limit = new(int32(min(limit-len(found), maxPage)))
		out, err := s.Client.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("querying timelines by day: %w", err)
		}
		for _, item := range out.Items {
			t, err := decode(item)
			if err != nil {
				return nil, err
			}
			found = append(found, t)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
			break
		}
	}
	return found, nil
}

// maxPage bounds what one query asks for; more takes several.
const maxPage = 1000

// Mark implements [timeline.Store].
func (s Store) Mark(ctx context.Context, record string, now time.Time) error {
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.Table, Item: attributes{
		keyID: text(markOf(record)), ttl: number(now.Add(timeline.TTL).Unix()),
	}})
	if err != nil {
		return fmt.Errorf("marking a record: %w", err)
	}
	return nil
}

// Marked implements [timeline.Store].
func (s Store) Marked(ctx context.Context, record string) (bool, error) {
	item, err := s.get(ctx, markOf(record))
	return len(item) > 0, err
}

func dayOf(sender, date string) string { return "intake#" + sender + "#" + date }

func markOf(record string) string { return "intake-record#" + record }

func decode(item attributes) (t timeline.Timeline, err error) {
	written, ok := item[body].(*types.AttributeValueMemberS)
	if !ok {
		return t, errors.New("reading a timeline: an item that is none")
	}
	if err := json.Unmarshal([]byte(written.Value), &t); err != nil {
		return t, fmt.Errorf("reading a timeline: %w", err)
	}
	return t, nil
}

// attributes is an item, or a part of one, as DynamoDB takes it.
type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

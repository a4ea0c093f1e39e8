// Package dynamostore keeps the ledger in a DynamoDB table.
//
// A request is one DynamoDB item, its attributes named as in [ledger.Item]. Beside
// them stand "day" (for the index of that name) and "ttl" (Unix seconds, when DynamoDB
// may delete it). Invariants:
//
//   - Times are UTC strings of one width, to the nanosecond, so that they sort as they
//     follow each other and come back as they were. A zero time is absent.
//   - Reads by id are strongly consistent, each write is conditional on the version.
//     The two indexes lag behind, as DynamoDB's do.
//   - What the SDK's client repeats because it missed an answer is refused by its own
//     first write, as ErrStale: the ledger reads again and finds its own mark.
//
// An example:
//
//	store := dynamostore.Store{Client: dynamodb.New(options), Table: "masterhand-ledger"}
//	l := ledger.Ledger{Store: store, Now: time.Now, NewOwner: rand.Text}
package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"masterhand/shared/request/ledger"
)

// Store implements [ledger.Store]. Both fields are needed.
type Store struct {
	Client *dynamodb.Client
	Table  string
}

// The table's attributes and indexes.
const (
	keyID         = "pk"
	keyReceivedAt = "receivedAt"
	keyDeadline   = "deadline"
	version       = "version"
	indexSlot     = "slot" // by slot, then receivedAt
	indexDay      = "day"  // by "day#2006-01-02", then receivedAt
	indexOpen     = "open" // what has not ended, by deadline
)

// Load implements [ledger.Store].
func (s Store) Load(ctx context.Context, id string) (ledger.Item, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.Table, ConsistentRead: new(true),
		Key: attributes{keyID: text(id)},
	})
	if err != nil {
		return ledger.Item{}, fmt.Errorf("loading from the ledger: %w", err)
	}
	if len(out.Item) == 0 {
		return ledger.Item{}, ledger.ErrNotFound
	}
	return decode(out.Item)
}

// Save implements [ledger.Store].
func (s Store) Save(ctx context.Context, item ledger.Item) error {
	encoded, err := encode(item)
	if err != nil {
		return err
	}
	put := &dynamodb.PutItemInput{TableName: &s.Table, Item: encoded}
	if item.Version == 1 {
		put.ConditionExpression = new("attribute_not_exists(#k)")
		put.ExpressionAttributeNames = map[string]string{"#k": keyID}
	} else {
		put.ConditionExpression = new("#v = :v")
		put.ExpressionAttributeNames = map[string]string{"#v": version}
		put.ExpressionAttributeValues = attributes{":v": number(item.Version - 1)}
	}
	_, err = s.Client.PutItem(ctx, put)
	var stale *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &stale):
		return ledger.ErrStale
	case err != nil:
		return fmt.Errorf("saving to the ledger: %w", err)
	}
	return nil
}

// BySlot implements [ledger.Store].
func (s Store) BySlot(ctx context.Context, slot string, limit int) ([]ledger.Item, error) {
	return s.query(ctx, indexSlot, slot, limit)
}

// ByDay implements [ledger.Store].
func (s Store) ByDay(ctx context.Context, day string, limit int) ([]ledger.Item, error) {
	return s.query(ctx, indexDay, dayPrefix+day, limit)
}

// Overdue implements [ledger.Store].
func (s Store) Overdue(ctx context.Context, before time.Time, limit int) ([]ledger.Item, error) {
	return s.pages(ctx, limit, &dynamodb.QueryInput{
		IndexName:                 new(indexOpen),
		KeyConditionExpression:    new("#k = :k AND #d < :d"),
		ExpressionAttributeNames:  map[string]string{"#k": indexOpen, "#d": keyDeadline},
		ExpressionAttributeValues: attributes{":k": text(isOpen), ":d": text(before.UTC().Format(instant))},
	})
}

// query reads an index by its hash key, newest first. Each index has its hash key's name.
func (s Store) query(ctx context.Context, index, key string, limit int) ([]ledger.Item, error) {
	return s.pages(ctx, limit, &dynamodb.QueryInput{
		IndexName: &index, ScanIndexForward: new(false),
		KeyConditionExpression:    new("#k = :k"),
		ExpressionAttributeNames:  map[string]string{"#k": index},
		ExpressionAttributeValues: attributes{":k": text(key)},
	})
}

// pages runs a query page by page until it has enough.
func (s Store) pages(ctx context.Context, limit int, in *dynamodb.QueryInput) ([]ledger.Item, error) {
	in.TableName = &s.Table
	var items []ledger.Item
	for len(items) < limit {
		in.Limit = new(int32(min(limit-len(items), maxPage)))
		out, err := s.Client.Query(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("querying the ledger by %s: %w", *in.IndexName, err)
		}
		for _, found := range out.Items {
			item, err := decode(found)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
			break
		}
	}
	return items, nil
}

// maxPage bounds what one query asks for; more takes several. DynamoDB ends a page at
// 1 MiB anyway.
const maxPage = 1000

// attributes is an item, or a part of one, as DynamoDB takes it.
type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// Package dynamostore stores the ledger in a DynamoDB table.
//
// A request is one DynamoDB item. Its attributes are named as in [ledger.Item]. Further attributes
// are "day" and "open" (keys of the indexes of those names) and "ttl" (Unix seconds, after which
// DynamoDB may delete the item). Invariants:
//
//   - Times are UTC strings of one width, to the nanosecond, so that they sort by time and
//     are read back unchanged. A zero time has no attribute.
//   - Reads by id are strongly consistent, and each write is conditional on the version.
//     The indexes lag, as DynamoDB's do.
//   - If the SDK's client repeats a write because the answer was lost, its own first write
//     makes the second one fail with ErrStale. The ledger then reads the item again and
//     recognizes its own write.
package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"masterhand/shared/kit/dynamotable"
	"masterhand/shared/request/ledger"
)

// Store implements [ledger.Store]. The fields Client and Table must be set.
type Store struct {
	Client *dynamodb.Client
	Table  string
	// If Spread is set, the index keys "day" and "open" are written in shards. Code that does not
	// know shards cannot find such items by these indexes. This code finds both forms, whether
	// Spread is set or not.
	Spread bool
}

// The names of the table's attributes and indexes.
const (
	keyReceivedAt = "receivedAt"
	keyDeadline   = "deadline"
	indexSlot     = "slot" // the index of items by slot, sorted by receivedAt
	indexDay      = "day"  // items by day, sorted by receivedAt; key "day#2006-01-02", in a shard "day#2006-01-02#7"
	indexOpen     = "open" // the open requests, sorted by deadline; key "open", in a shard "open#7"
)

func (s Store) table() dynamotable.Table { return dynamotable.Table{Client: s.Client, Name: s.Table} }

// Load implements [ledger.Store].
func (s Store) Load(ctx context.Context, id string) (ledger.Item, error) {
	item, err := s.table().Get(ctx, id)
	if err != nil {
		return ledger.Item{}, fmt.Errorf("loading from the ledger: %w", err)
	}
	if len(item) == 0 {
		return ledger.Item{}, ledger.ErrNotFound
	}
	return decode(item)
}

// Save implements [ledger.Store].
func (s Store) Save(ctx context.Context, item ledger.Item) error {
	encoded, err := encode(item, s.Spread)
	if err != nil {
		return err
	}
	switch err := s.table().PutVersion(ctx, encoded, item.Version); {
	case errors.Is(err, dynamotable.ErrStale):
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
	return s.all(ctx, partitions(dayPrefix+day), limit, func(ctx context.Context, key string) ([]ledger.Item, error) {
		return s.query(ctx, indexDay, key, limit)
	}, newestFirst)
}

// ByDayUntil is like ByDay, but returns only items received at or before until.
func (s Store) ByDayUntil(ctx context.Context, day string, until time.Time, limit int) ([]ledger.Item, error) {
	return s.all(ctx, partitions(dayPrefix+day), limit, func(ctx context.Context, key string) ([]ledger.Item, error) {
		return s.pages(ctx, limit, &dynamodb.QueryInput{
			IndexName: new(indexDay), ScanIndexForward: new(false),
			KeyConditionExpression:    new("#k = :k AND #r <= :u"),
			ExpressionAttributeNames:  map[string]string{"#k": indexDay, "#r": keyReceivedAt},
			ExpressionAttributeValues: dynamotable.Attributes{":k": dynamotable.Text(key), ":u": dynamotable.Text(until.UTC().Format(dynamotable.Instant))},
		})
	}, newestFirst)
}

func newestFirst(a, b ledger.Item) int {
	return cmp.Or(b.ReceivedAt.Compare(a.ReceivedAt), cmp.Compare(b.ID, a.ID))
}

// Overdue implements [ledger.Store].
func (s Store) Overdue(ctx context.Context, before time.Time, limit int) ([]ledger.Item, error) {
	return s.all(ctx, partitions(isOpen), limit, func(ctx context.Context, key string) ([]ledger.Item, error) {
		return s.overdue(ctx, key, before, limit)
	}, func(a, b ledger.Item) int { return cmp.Or(a.ExpiresAt.Compare(b.ExpiresAt), cmp.Compare(a.ID, b.ID)) })
}

// all merges the items in the partitions of an index, sorted by compare. No item is in two
// partitions, because a write that adds an item to one partition removes it from the other.
func (s Store) all(ctx context.Context, keys []string, limit int, query func(context.Context, string) ([]ledger.Item, error), compare func(a, b ledger.Item) int) ([]ledger.Item, error) {
	found := make([][]ledger.Item, len(keys))
	group, inner := errgroup.WithContext(ctx)
	for i, key := range keys {
		group.Go(func() (err error) {
			found[i], err = query(inner, key)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	items := slices.Concat(found...)
	slices.SortFunc(items, compare)
	return items[:min(max(limit, 0), len(items))], nil
}

func (s Store) overdue(ctx context.Context, key string, before time.Time, limit int) ([]ledger.Item, error) {
	return s.pages(ctx, limit, &dynamodb.QueryInput{
		IndexName:                 new(indexOpen),
		KeyConditionExpression:    new("#k = :k AND #d < :d"),
		ExpressionAttributeNames:  map[string]string{"#k": indexOpen, "#d": keyDeadline},
		ExpressionAttributeValues: dynamotable.Attributes{":k": dynamotable.Text(key), ":d": dynamotable.Text(before.UTC().Format(dynamotable.Instant))},
	})
}

// query reads an index by its hash key, newest items first. An index has the name of its hash key.
func (s Store) query(ctx context.Context, index, key string, limit int) ([]ledger.Item, error) {
	return s.pages(ctx, limit, &dynamodb.QueryInput{
		IndexName: &index, ScanIndexForward: new(false),
		KeyConditionExpression:    new("#k = :k"),
		ExpressionAttributeNames:  map[string]string{"#k": index},
		ExpressionAttributeValues: dynamotable.Attributes{":k": dynamotable.Text(key)},
	})
}

// pages runs a query page by page until it has read limit items.
func (s Store) pages(ctx context.Context, limit int, in *dynamodb.QueryInput) ([]ledger.Item, error) {
	var items []ledger.Item
	for found, err := range s.table().Query(ctx, in, limit) {
		if err != nil {
			return nil, fmt.Errorf("querying the ledger by %s: %w", *in.IndexName, err)
		}
		item, err := decode(found)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// Package dynamotable reads and writes items of a DynamoDB table by conditional writes on a
// version.
//
// The attribute "pk" is an item's key. The attribute "version" is the number of writes of the
// item: each writer adds one to the version that it has read. If several writers have read the
// same version, only the first succeeds.
package dynamotable

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The attributes that this package uses itself.
const (
	KeyID   = "pk"
	Version = "version"
)

// Instant is the layout of times. It has a fixed width and nanoseconds, so the texts sort in the
// order of time.
const Instant = "2006-01-02T15:04:05.000000000Z"

// ErrStale means that another writer changed the item after it was read.
var ErrStale = errors.New("item was changed by another writer")

// Table is a DynamoDB table. Both fields must be set.
type Table struct {
	Client *dynamodb.Client
	Name   string
}

// Attributes holds the attributes of an item, or some of them.
type Attributes = map[string]types.AttributeValue

// Text returns a string attribute.
func Text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// Number returns a number attribute.
func Number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// Get returns an item by a strongly consistent read. It returns nil if there is no such item.
func (t Table) Get(ctx context.Context, id string) (Attributes, error) {
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.Name, ConsistentRead: new(true), Key: Attributes{KeyID: Text(id)},
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// maxBatch is the largest number of items that one DynamoDB call can read.
const maxBatch = 100

// GetAll returns the items with the given ids, in no particular order. It leaves out an id that no
// item has. Its reads are eventually consistent.
func (t Table) GetAll(ctx context.Context, ids []string) (items []Attributes, err error) {
	for some := range slices.Chunk(ids, maxBatch) {
		var keys []Attributes
		for _, id := range some {
			keys = append(keys, Attributes{KeyID: Text(id)})
		}
		for left := map[string]types.KeysAndAttributes{t.Name: {Keys: keys}}; len(left) > 0; {
			out, err := t.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: left})
			if err != nil {
				return nil, err
			}
			items = append(items, out.Responses[t.Name]...)
			left = out.UnprocessedKeys
		}
	}
	return items, nil
}

// Put writes an item without a condition.
func (t Table) Put(ctx context.Context, item Attributes) error {
	_, err := t.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.Name, Item: item})
	return err
}

// PutVersion writes an item if version is one more than the stored item's version, or if version
// is 1 and no item is stored. Otherwise it returns ErrStale. Other errors are faults of the
// service.
func (t Table) PutVersion(ctx context.Context, item Attributes, version int64) error {
	put := &dynamodb.PutItemInput{TableName: &t.Name, Item: item}
	if version == 1 {
		put.ConditionExpression = new("attribute_not_exists(#k)")
		put.ExpressionAttributeNames = map[string]string{"#k": KeyID}
	} else {
		put.ConditionExpression = new("#v = :v")
		put.ExpressionAttributeNames = map[string]string{"#v": Version}
		put.ExpressionAttributeValues = Attributes{":v": Number(version - 1)}
	}
	_, err := t.Client.PutItem(ctx, put)
	var stale *types.ConditionalCheckFailedException
	if errors.As(err, &stale) {
		return ErrStale
	}
	return err
}

// maxPage is the largest limit of one query. To read more items, several queries are needed.
// DynamoDB also ends a page at 1 MiB.
const maxPage = 1000

// Query yields at most limit items, page by page. An error ends the sequence. Query overwrites
// the table, the limit and the start key of the input in.
func (t Table) Query(ctx context.Context, in *dynamodb.QueryInput, limit int) iter.Seq2[Attributes, error] {
	return func(yield func(Attributes, error) bool) {
		in.TableName = &t.Name
		for found := 0; found < limit; {
			in.Limit = new(int32(min(limit-found, maxPage)))
			out, err := t.Client.Query(ctx, in)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range out.Items {
				if !yield(item, nil) {
					return
				}
			}
			found += len(out.Items)
			if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
				return
			}
		}
	}
}

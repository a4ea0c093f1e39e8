package dynamostore

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"masterhand/shared/kit/dynamotable"
	"masterhand/shared/request/ledger"
)

// row is an item as the table has it: flat, the result as text, and what only the
// table needs.
type row struct {
	ledger.Item
	Result string `json:"result,omitempty"`
	Day    string `json:"day,omitempty"`
	Open   string `json:"open,omitempty"` // stands while the request has not ended
	TTL    int64  `json:"ttl,omitempty"`  // Unix seconds
}

const dayPrefix = "day#"

// isOpen is the value of the attribute "open": the index on it holds what has not ended, and
// nothing else, however long the table's past is.
const isOpen = "open"

// shards is how many partitions of an index hold what one of older code would: DynamoDB takes
// 1,000 writes a second to a partition.
const shards = 8

// spread is an index key in the shard of an item.
func spread(key, id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // which never fails
	return shard(key, h.Sum32()%shards)
}

func shard[N uint32 | int](key string, n N) string { return fmt.Sprintf("%s#%d", key, n) }

// partitions are the keys under which an index may hold items of a key: its shards, and the
// key itself, by which code writes that does not spread them.
func partitions(key string) []string {
	list := []string{key}
	for n := range shards {
		list = append(list, shard(key, n))
	}
	return list
}

// errYear is a time that has no place in the width of the others.
var errYear = errors.New("time outside the years 0 to 9999")

func encode(item ledger.Item, spreads bool) (dynamotable.Attributes, error) {
	r := row{Item: item, Result: string(item.Result)}
	if !item.ReceivedAt.IsZero() {
		r.Day = dayPrefix + item.ReceivedAt.UTC().Format(time.DateOnly)
	}
	if !item.State.Ended() && !item.ExpiresAt.IsZero() {
		r.Open = isOpen
	}
	if spreads && r.Day != "" {
		r.Day = spread(r.Day, item.ID)
	}
	if spreads && r.Open != "" {
		r.Open = spread(r.Open, item.ID)
	}
	if !item.UpdatedAt.IsZero() {
		r.TTL = item.UpdatedAt.Add(ledger.TTL).Unix()
	}
	encoded, err := attributevalue.MarshalMapWithOptions(r, func(o *attributevalue.EncoderOptions) {
		o.TagKey, o.EncodeTime = "json", encodeTime
	})
	if err != nil {
		return nil, fmt.Errorf("writing a ledger item: %w", err)
	}
	maps.DeleteFunc(encoded, func(_ string, v types.AttributeValue) bool { return v == null })
	return encoded, nil
}

// null stands for a zero time until it is taken out.
var null types.AttributeValue = &types.AttributeValueMemberNULL{Value: true}

func encodeTime(t time.Time) (types.AttributeValue, error) {
	t = t.UTC()
	switch {
	case t.IsZero():
		return null, nil
	case t.Year() < 0 || t.Year() > 9999:
		return nil, errYear
	}
	return dynamotable.Text(t.Format(dynamotable.Instant)), nil
}

func decode(encoded dynamotable.Attributes) (ledger.Item, error) {
	var r row
	err := attributevalue.UnmarshalMapWithOptions(encoded, &r, func(o *attributevalue.DecoderOptions) {
		o.TagKey = "json"
		o.DecodeTime.S = func(s string) (time.Time, error) { return time.Parse(dynamotable.Instant, s) }
	})
	if err != nil {
		return ledger.Item{}, fmt.Errorf("reading a ledger item: %w", err)
	}
	if r.Result != "" {
		r.Item.Result = json.RawMessage(r.Result)
	}
	return r.Item, nil
}

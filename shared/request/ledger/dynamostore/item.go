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

// row is the stored form of an item: flat attributes, the result as text, and the attributes that
// only the table needs.
type row struct {
	ledger.Item
	Result string `json:"result,omitempty"`
	Day    string `json:"day,omitempty"`
	Open   string `json:"open,omitempty"` // set to isOpen until the request has ended, then absent
	TTL    int64  `json:"ttl,omitempty"`  // in Unix seconds: when DynamoDB may delete the item
}

const dayPrefix = "day#"

// isOpen is the value of the attribute "open". The index on that attribute holds only requests that
// have not ended, so it stays small however old the table is.
const isOpen = "open"

// shards is the number of partitions over which an index key is spread, because DynamoDB allows
// only 1,000 writes a second to one partition. Older code uses a single partition.
const shards = 8

// spread returns the index key with the number of the shard that stores the item with this id.
func spread(key, id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // the error is ignored: Write of a hash never fails
	return shard(key, h.Sum32()%shards)
}

func shard[N uint32 | int](key string, n N) string { return fmt.Sprintf("%s#%d", key, n) }

// partitions returns all forms of an index key under which items may be stored: the key with the
// number of each shard, and the key alone, because older code writes no shards.
func partitions(key string) []string {
	list := []string{key}
	for n := range shards {
		list = append(list, shard(key, n))
	}
	return list
}

// errYear means that a time does not fit the fixed width of stored times.
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

// null stands for a zero time. The function encode removes the attribute.
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

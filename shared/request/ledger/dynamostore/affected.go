package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"masterhand/shared/kit/dynamotable"
	"masterhand/shared/request/affected"
)

// The names of a request's ads are stored in an item of their own, with "ads#" in place of the
// request's "req#". The item has no attribute that is an index key, so no index query returns it.
const (
	requestPrefix  = "req#"
	affectedPrefix = "ads#"
)

// affectedRow is the stored form of a request's ad names.
type affectedRow struct {
	ID      string `json:"pk"`
	Version int64  `json:"version"` // always 1, because names are written once
	TTL     int64  `json:"ttl"`     // in Unix seconds: when DynamoDB may delete the item
	affected.Names
}

func affectedID(id string) string { return affectedPrefix + strings.TrimPrefix(id, requestPrefix) }

// SaveAffected implements [ledger.AffectedStore].
func (s Store) SaveAffected(ctx context.Context, id string, names affected.Names, until time.Time) error {
	row := affectedRow{ID: affectedID(id), Version: 1, TTL: until.Unix(), Names: names}
	encoded, err := attributevalue.MarshalMapWithOptions(row, func(o *attributevalue.EncoderOptions) { o.TagKey = "json" })
	if err != nil {
		return fmt.Errorf("writing names: %w", err)
	}
	if err := s.table().PutVersion(ctx, encoded, row.Version); err != nil && !errors.Is(err, dynamotable.ErrStale) {
		return fmt.Errorf("saving names to the ledger: %w", err)
	}
	return nil
}

// Affected implements [ledger.AffectedStore].
func (s Store) Affected(ctx context.Context, ids []string) (map[string]affected.Names, error) {
	of := map[string]string{} // maps the id of each item with names to the id of its request
	var wanted []string
	for _, id := range ids {
		name := affectedID(id)
		if of[name] == "" {
			wanted = append(wanted, name)
		}
		of[name] = id
	}
	items, err := s.table().GetAll(ctx, wanted)
	if err != nil {
		return nil, fmt.Errorf("reading names from the ledger: %w", err)
	}
	found := map[string]affected.Names{}
	for _, item := range items {
		var row affectedRow
		if err := attributevalue.UnmarshalMapWithOptions(item, &row, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" }); err != nil {
			return nil, fmt.Errorf("reading names: %w", err)
		}
		found[of[row.ID]] = row.Names
	}
	return found, nil
}

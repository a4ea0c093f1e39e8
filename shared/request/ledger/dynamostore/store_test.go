package dynamostore_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"masterhand/infra/local/sim/dynalitetest"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/ledger/ledgertest"
)

// newStore returns a store on a new table.
func newStore(t *testing.T) dynamostore.Store {
	t.Helper()
	store := dynamostore.Store{Client: dynalitetest.Client(t), Table: "ledger-" + rand.Text()}
	if err := dynamostore.CreateTable(t.Context(), store.Client, store.Table); err != nil {
		t.Fatal(err)
	}
	return store
}

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T) ledger.Store { return newStore(t) })
}

func TestStoreKeepsNames(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	ledgertest.RunAffected(t, store)
	out, err := store.Client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &store.Table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "ads#000"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, value := range out.Item {
		got[name] = show(value)
	}
	if got["ttl"] != "1797847200" || got["version"] != "1" || got["ads"] == "" || len(got) != 6 {
		t.Errorf("stored is %v: want key, version, ttl and three lists, and nothing else, lest an index or older code find it", got)
	}
}

func TestASpreadStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T) ledger.Store {
		store := newStore(t)
		store.Spread = true
		return store
	})
}

// While old and new code run side by side, some items have index keys without a shard, and some
// with one. ByDay and Overdue find all items, each once, even if old and new code wrote an item in
// turn.
func TestBothFormsOfTheIndexKeysAreFound(t *testing.T) {
	t.Parallel()
	plain := newStore(t)
	spread := plain
	spread.Spread = true
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	var want []string
	for n := range 40 {
		item := ledger.Item{ID: fmt.Sprintf("req#%02d", n), Version: 1, State: ledger.Claimed, ReceivedAt: at.Add(time.Duration(n) * time.Second), ExpiresAt: at.Add(time.Duration(n) * time.Second), UpdatedAt: at}
		want = append(want, item.ID)
		first, second := plain, spread
		if n%2 == 0 {
			first, second = spread, plain
		}
		if err := first.Save(t.Context(), item); err != nil {
			t.Fatal(err)
		}
		if item.Version = 2; n%3 == 0 {
			if err := second.Save(t.Context(), item); err != nil {
				t.Fatal(err)
			}
		}
	}
	ids := func(items []ledger.Item, err error) (ids []string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			ids = append(ids, i.ID)
		}
		return ids
	}
	for _, store := range []dynamostore.Store{plain, spread} {
		if got := ids(store.Overdue(t.Context(), at.Add(time.Hour), 30)); !slices.Equal(got, want[:30]) {
			t.Errorf("overdue are %q", got)
		}
		got := ids(store.ByDay(t.Context(), "2026-11-21", 100))
		slices.Reverse(got)
		if !slices.Equal(got, want) {
			t.Errorf("of the day are %q", got)
		}
	}
	out, err := plain.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &plain.Table})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, item := range out.Items {
		keys[show(item["open"])], keys[show(item["day"])] = true, true
	}
	if !keys["open"] || !keys["day#2026-11-21"] || len(keys) < 2+2*6 {
		t.Errorf("index keys %v: both forms, and most shards, want to be there", keys)
	}
}

func TestTimesAreStoredInUTC(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	// in UTC this is 22 November, so the item's day must be 22 November
	at := time.Date(2026, 11, 21, 23, 30, 0, 1_500_000, time.FixedZone("", -2*3600))
	item := ledger.Item{
		ID: "req#1", Version: 1, State: ledger.Delivered, Fence: 2, Slot: "s", Attempts: 3, ReceivedAt: at, UpdatedAt: at,
		Decision: &ledger.Decision{Key: "k", Size: 7}, EventIDs: []string{"e"}, Result: []byte(`{"a":1}`),
	}
	if err := store.Save(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	out, err := store.Client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &store.Table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "req#1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"pk": "req#1", "version": "1", "state": "delivered", "fence": "2", "slot": "s", "attempts": "3", "result": `{"a":1}`,
		"receivedAt": "2026-11-22T01:30:00.001500000Z", "updatedAt": "2026-11-22T01:30:00.001500000Z",
		"day": "day#2026-11-22", "ttl": fmt.Sprint(at.Add(30 * 24 * time.Hour).Unix()),
		"decision": "map[key:k size:7]", "eventIDs": "[e]",
	}
	got := map[string]string{}
	for name, value := range out.Item {
		got[name] = show(value)
	}
	if !maps.Equal(got, want) {
		t.Errorf("stored is\n%v, want\n%v", got, want)
	}
}

// show returns an attribute's value as short text.
func show(value types.AttributeValue) string {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberL:
		var all []string
		for _, e := range v.Value {
			all = append(all, show(e))
		}
		return fmt.Sprint(all)
	case *types.AttributeValueMemberM:
		all := map[string]string{}
		for name, e := range v.Value {
			all[name] = show(e)
		}
		return fmt.Sprint(all)
	}
	return fmt.Sprintf("%T", value)
}

func TestFaultsAreNeitherAbsenceNorStaleness(t *testing.T) {
	t.Parallel()
	store := dynamostore.Store{Client: dynalitetest.Client(t), Table: "missing"}
	_, load := store.Load(t.Context(), "req#1")
	_, bySlot := store.BySlot(t.Context(), "s", 1)
	_, byDay := store.ByDay(t.Context(), "2026-11-21", 1)
	for name, err := range map[string]error{
		"load": load, "by slot": bySlot, "by day": byDay,
		"create": store.Save(t.Context(), ledger.Item{ID: "req#1", Version: 1}),
		"swap":   store.Save(t.Context(), ledger.Item{ID: "req#1", Version: 2}),
		"names":  store.SaveAffected(t.Context(), "req#1", affected.Names{}, time.Now()),
		"named":  errorOf(store.Affected(t.Context(), []string{"req#1"})),
	} {
		var missing *types.ResourceNotFoundException
		if !errors.As(err, &missing) || errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrStale) {
			t.Errorf("%s without a table: %v", name, err)
		}
	}
}

func errorOf(_ map[string]affected.Names, err error) error { return err }

func TestATimeThatWouldNotSortIsRefused(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	for _, year := range []int{-1, 10_000} {
		item := ledger.Item{ID: "req#1", Version: 1, ExpiresAt: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
		if err := store.Save(t.Context(), item); err == nil || errors.Is(err, ledger.ErrStale) {
			t.Errorf("year %d is saved: %v", year, err)
		}
	}
	if _, err := store.Load(t.Context(), "req#1"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("what was refused is there: %v", err)
	}
}

func TestAForeignItemIsAnError(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	_, err := store.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &store.Table, Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "req#1"}, "slot": &types.AttributeValueMemberS{Value: "s"},
		"receivedAt": &types.AttributeValueMemberS{Value: "yesterday"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if item, err := store.Load(t.Context(), "req#1"); err == nil {
		t.Errorf("loaded as %+v", item)
	}
	if items, err := store.BySlot(t.Context(), "s", 1); err == nil {
		t.Errorf("found as %+v", items)
	}
}

func TestCreateTable(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	if err := dynamostore.CreateTable(t.Context(), store.Client, store.Table); err != nil {
		t.Errorf("creating a table that is there: %v", err)
	}
	out, err := store.Client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &store.Table})
	if err != nil {
		t.Fatal(err)
	}
	var indexes []string
	for _, index := range out.Table.GlobalSecondaryIndexes {
		indexes = append(indexes, fmt.Sprint(*index.IndexName, " ", *index.KeySchema[0].AttributeName, " ",
			*index.KeySchema[1].AttributeName, " ", index.Projection.ProjectionType))
	}
	slices.Sort(indexes)
	if got := strings.Join(indexes, ", "); got != "day day receivedAt ALL, open open deadline ALL, slot slot receivedAt ALL" {
		t.Errorf("indexes %s", got)
	}
	if err := dynamostore.CreateTable(t.Context(), store.Client, "no/table"); err == nil {
		t.Error("a table with an impossible name is made")
	}
}

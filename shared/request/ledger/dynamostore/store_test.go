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

func TestStoredForm(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	at := time.Date(2026, 11, 21, 23, 30, 0, 1_500_000, time.FixedZone("", -2*3600)) // the 22nd in UTC
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

// show writes an attribute's value in short.
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
	} {
		var missing *types.ResourceNotFoundException
		if !errors.As(err, &missing) || errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrStale) {
			t.Errorf("%s without a table: %v", name, err)
		}
	}
}

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

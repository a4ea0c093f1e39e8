package dynamostore_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"masterhand/infra/local/sim/dynalitetest"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/dynamostore"
	"masterhand/shared/announcements/timeline/timelinetest"
	requests "masterhand/shared/request/ledger/dynamostore"
)

// newStore returns a store on a new ledger table.
func newStore(t *testing.T) dynamostore.Store {
	t.Helper()
	client := dynalitetest.Client(t)
	store := dynamostore.Store{Client: client, Table: "ledger-" + rand.Text()}
	if err := requests.CreateTable(t.Context(), client, store.Table); err != nil {
		t.Fatal(err)
	}
	return store
}

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	timelinetest.Run(t, func(t *testing.T) timeline.Store { return newStore(t) })
}

// Requests and timelines share a table, but a list of requests must contain no timeline, and a list
// of timelines no request.
func TestTimelinesAreNoRequests(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	// In UTC this moment is on 22 November, so ByDay must list the timeline under that day.
	at := time.Date(2026, 11, 21, 23, 30, 0, 0, time.FixedZone("", -2*3600))
	one := timeline.Timeline{Version: 1, Sender: "hoox", Subject: "job/1", ReceivedAt: at, UpdatedAt: at}
	if err := store.Save(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	ledger := requests.Store{Client: store.Client, Table: store.Table}
	if items, err := ledger.ByDay(t.Context(), "2026-11-22", 10); err != nil || len(items) > 0 {
		t.Errorf("among the requests: %+v, %v", items, err)
	}
	if found, err := store.ByDay(t.Context(), "hoox", "2026-11-22", 10); err != nil || len(found) != 1 {
		t.Errorf("among the timelines: %+v, %v", found, err)
	}
	out, err := store.Client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &store.Table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "intake#hoox#job/1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := out.Item["ttl"].(*types.AttributeValueMemberN); !ok || len(out.Item) != 6 {
		t.Errorf("stored as %v", out.Item)
	}
}

func TestFaultsAreNeitherAbsenceNorStaleness(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	store.Table = "missing"
	_, load := store.Load(t.Context(), "x")
	_, byDay := store.ByDay(t.Context(), "hoox", "2026-11-21", 1)
	_, marked := store.Marked(t.Context(), "raw/a")
	for name, err := range map[string]error{
		"load": load, "by day": byDay, "marked": marked, "mark": store.Mark(t.Context(), "raw/a", time.Now()),
		"save": store.Save(t.Context(), timeline.Timeline{Version: 1}),
	} {
		var missing *types.ResourceNotFoundException
		if !errors.As(err, &missing) || errors.Is(err, timeline.ErrNotFound) || errors.Is(err, timeline.ErrStale) {
			t.Errorf("%s without a table: %v", name, err)
		}
	}
}

func TestAForeignItemIsAnError(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	for _, written := range []string{"", "{"} {
		item := map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "x"}, "day": &types.AttributeValueMemberS{Value: "intake#hoox#2026-11-21"},
			"receivedAt": &types.AttributeValueMemberS{Value: "2026-11-21"},
		}
		if written != "" {
			item["timeline"] = &types.AttributeValueMemberS{Value: written}
		}
		if _, err := store.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &store.Table, Item: item}); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Load(t.Context(), "x"); err == nil {
			t.Errorf("%q loaded as %+v", written, got)
		}
		if got, err := store.ByDay(t.Context(), "hoox", "2026-11-21", 1); err == nil {
			t.Errorf("%q listed as %+v", written, got)
		}
	}
}

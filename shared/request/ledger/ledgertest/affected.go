package ledgertest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
)

// RunAffected tests a store against the contract of [ledger.AffectedStore]. The store must be
// empty, and must not lag.
func RunAffected(t *testing.T, store interface {
	ledger.Store
	ledger.AffectedStore
}) {
	t.Helper()
	ctx, until := t.Context(), start.Add(ledger.TTL)
	names := affected.Names{
		Ads:       affected.List{Count: 30, Names: []string{"15-08-25 HRT-1212-2 <Spring> & more", "ad \u202e 2"}},
		AdSets:    affected.List{Count: 1, Names: []string{"Broad - US - v2"}},
		Campaigns: affected.List{Count: 2},
	}
	var ids []string
	for n := range 250 { // more items than one read returns
		ids = append(ids, fmt.Sprintf("req#%03d", n))
	}
	for _, id := range []string{ids[0], ids[249]} {
		if err := store.SaveAffected(ctx, id, names, until); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.SaveAffected(ctx, ids[0], affected.Names{Ads: affected.List{Count: 1}}, until); err != nil {
		t.Error("saving a second time:", err)
	}
	got, err := store.Affected(ctx, append(ids, ids[0]))
	if want := map[string]affected.Names{ids[0]: names, ids[249]: names}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("kept %+v, %v, want those that were saved first", got, err)
	}
	if got, err := store.Affected(ctx, nil); err != nil || len(got) != 0 {
		t.Errorf("of no request: %+v, %v", got, err)
	}

	item := ledger.Item{ID: ids[0], Version: 1, State: ledger.Claimed, Slot: "s", ReceivedAt: start, UpdatedAt: start, ExpiresAt: start.Add(time.Hour)}
	if err := store.Save(ctx, item); err != nil {
		t.Fatal("an item beside its names:", err)
	}
	for what, query := range map[string]func() ([]ledger.Item, error){
		"by slot": func() ([]ledger.Item, error) { return store.BySlot(ctx, "s", 10) },
		"by day":  func() ([]ledger.Item, error) { return store.ByDay(ctx, start.Format(time.DateOnly), 10) },
		"overdue": func() ([]ledger.Item, error) { return store.Overdue(ctx, start.Add(2*time.Hour), 10) },
	} {
		if found, err := query(); err != nil || len(found) != 1 || found[0].ID != item.ID {
			t.Errorf("%s: %+v, %v, want the request alone", what, found, err)
		}
	}
}

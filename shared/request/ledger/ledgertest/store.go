package ledgertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/ledger"
)

func absent(t *testing.T, store ledger.Store) {
	item, err := store.Load(t.Context(), "req#none")
	refused(t, err, ledger.ErrNotFound)
	same(t, item, ledger.Item{})
	items, err := store.BySlot(t.Context(), "none", 10)
	if err != nil || len(items) != 0 {
		t.Errorf("an empty slot answers %v, %v", items, err)
	}
}

func createOnce(t *testing.T, store ledger.Store) {
	first := ledger.Item{ID: "req#1", Version: 1, State: ledger.Claimed, Owner: "first"}
	done(t, store.Save(t.Context(), first))
	refused(t, store.Save(t.Context(), ledger.Item{ID: "req#1", Version: 1, Owner: "second"}), ledger.ErrStale)
	got, err := store.Load(t.Context(), "req#1")
	done(t, err)
	same(t, got, first)
}

func swapReadVersion(t *testing.T, store ledger.Store) {
	save := func(version int64) error {
		return store.Save(t.Context(), ledger.Item{ID: "req#1", Version: version, Code: fmt.Sprint(version)})
	}
	for _, version := range []int64{0, -1, 2, 7} {
		refused(t, save(version), ledger.ErrStale) // the item does not exist yet: only version 1 may be saved
	}
	done(t, save(1))
	done(t, save(2))
	for _, version := range []int64{0, 1, 2, 4} {
		refused(t, save(version), ledger.ErrStale)
	}
	got, err := store.Load(t.Context(), "req#1")
	done(t, err)
	if got.Version != 2 || got.Code != "2" {
		t.Errorf("a refused write shows: %+v", got)
	}
}

func oneWinsEachVersion(t *testing.T, store ledger.Store) {
	for version := int64(1); version <= 4; version++ {
		errs := atOnce(50, func(n int) error {
			return store.Save(t.Context(), ledger.Item{ID: "req#1", Version: version, Owner: fmt.Sprint(n)})
		})
		winner := -1
		for n, err := range errs {
			switch {
			case err == nil && winner >= 0:
				t.Fatalf("savers %d and %d both wrote version %d", winner, n, version)
			case err == nil:
				winner = n
			default:
				refused(t, err, ledger.ErrStale)
			}
		}
		got, err := store.Load(t.Context(), "req#1")
		done(t, err)
		if winner < 0 || got.Version != version || got.Owner != fmt.Sprint(winner) {
			t.Fatalf("saver %d won version %d, stored is %+v", winner, version, got)
		}
	}
}

// full returns an item in which every field has a value.
func full() ledger.Item {
	result := fmt.Sprintf(`{"reason":%q}`, strings.Repeat("ü", (ledger.MaxResult-13)/2))
	decision := delivery
	decision.Skip = "no_match: “日本” 😀 \u0001\u2028"
	return ledger.Item{
		ID: "req#日本", Version: 1, State: ledger.Queued, Owner: "owner", Fence: math.MaxInt64,
		Fingerprint: "f", Slot: "slot", Target: "“feed”", StorageKey: "fb-external/ü/k.video", Destination: "d", Library: "l", Attempts: 3,
		LeaseUntil: start.Add(time.Nanosecond), ExpiresAt: start.Add(time.Hour),
		ReceivedAt: start.In(time.FixedZone("", 3600)), UpdatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		ClaimedAt: start, DecidedAt: start.Add(1), UploadedAt: start.Add(2), EndedAt: start.Add(3),
		Decision: &decision, Uploads: 3, SHA256: strings.Repeat("0f", 32), Unconfirmed: true, Code: "code", Blocker: "a / [HRT-1212-2] ü.mp4",
		GaveWay: true, Passed: []string{"l", ""},
		Detail: "a line\n\\ \"quoted\" 😀", EventIDs: []string{"evt_2", "", "evt_1", "ü"}, Result: json.RawMessage(result), ResultClass: ledger.ClassRejected,
	}
}

func roundTrip(t *testing.T, store ledger.Store) {
	everything := full()
	for value := reflect.ValueOf(everything); ; value = value.FieldByName("Decision").Elem() {
		for i := range value.NumField() {
			if value.Field(i).IsZero() {
				t.Fatalf("the suite leaves %s out", value.Type().Field(i).Name)
			}
		}
		if value.Type() == reflect.TypeFor[ledger.Decision]() {
			break
		}
	}
	for name, item := range map[string]ledger.Item{
		"everything":      everything,
		"nothing":         {ID: "req#nothing", Version: 1},
		"empty lists":     {ID: "req#empty", Version: 1, EventIDs: []string{}, Result: json.RawMessage{}},
		"empty decision":  {ID: "req#decision", Version: 1, Decision: &ledger.Decision{}},
		"result of null":  {ID: "req#null", Version: 1, Result: json.RawMessage("null")},
		"result as it is": {ID: "req#raw", Version: 1, Result: json.RawMessage(`{ "b":1.0, "a":"\u0026", "a":2 }`)},
	} {
		done(t, store.Save(t.Context(), item))
		got, err := store.Load(t.Context(), item.ID)
		if err != nil || !reflect.DeepEqual(plain(got), plain(item)) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, item)
		}
	}
	// saving an item in which a field is zero must delete the stored field
	bare := ledger.Item{ID: everything.ID, Version: 2}
	done(t, store.Save(t.Context(), bare))
	got, err := store.Load(t.Context(), bare.ID)
	done(t, err)
	same(t, got, bare)
}

func copies(t *testing.T, store ledger.Store) {
	item := full()
	done(t, store.Save(t.Context(), item))
	// the first pass changes the item that was saved, the second pass the item that was loaded;
	// neither may change the item in the store
	for range 2 {
		item.Decision.Key, item.EventIDs[0], item.Result[0] = "changed", "changed", '?'
		got, err := store.Load(t.Context(), item.ID)
		done(t, err)
		same(t, got, full())
		item = got
	}
}

// received saves an item of the slot "slot" with the given time of receipt.
func received(t *testing.T, store ledger.Store, at time.Time) {
	t.Helper()
	done(t, store.Save(t.Context(), ledger.Item{
		ID: "req#" + at.String(), Version: 1, Slot: "slot", ReceivedAt: at, UpdatedAt: at,
	}))
}

// inOrder ends the test unless the items were received at the given times, in that order.
func inOrder(t *testing.T, items []ledger.Item, err error, times ...time.Time) {
	t.Helper()
	done(t, err)
	if !slices.EqualFunc(items, times, func(i ledger.Item, at time.Time) bool { return i.ReceivedAt.Equal(at) }) {
		t.Errorf("got %+v\nwant those received at %v", items, times)
	}
}

func slotNewestFirst(t *testing.T, store ledger.Store) {
	times := []time.Time{start.Add(time.Nanosecond), start, start.Truncate(time.Second), start.AddDate(0, 0, -3), start.AddDate(-1, 0, 0)}
	for _, i := range []int{2, 0, 4, 1, 3} {
		received(t, store, times[i])
	}
	done(t, store.Save(t.Context(), ledger.Item{ID: "elsewhere", Version: 1, Slot: "slot2", ReceivedAt: start}))
	done(t, store.Save(t.Context(), ledger.Item{ID: "nowhere", Version: 1, ReceivedAt: start}))
	for _, limit := range []int{1, 3, 5, 99} {
		items, err := store.BySlot(t.Context(), "slot", limit)
		inOrder(t, items, err, times[:min(limit, 5)]...)
	}
	for _, limit := range []int{0, -1} {
		items, err := store.BySlot(t.Context(), "slot", limit)
		inOrder(t, items, err)
	}
	moved := ledger.Item{ID: "elsewhere", Version: 2, Slot: "slot3", ReceivedAt: start}
	done(t, store.Save(t.Context(), moved))
	items, err := store.BySlot(t.Context(), "slot2", 9)
	inOrder(t, items, err)
}

func dayNewestFirst(t *testing.T, store ledger.Store) {
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	late := midnight.Add(-time.Nanosecond)
	// in the time zone of noon it is already the next day, but ByDay uses the day in UTC
	noon := midnight.Add(-12 * time.Hour).In(time.FixedZone("", 14*3600))
	for _, at := range []time.Time{noon, midnight, late} {
		received(t, store, at)
	}
	items, err := store.ByDay(t.Context(), "2026-11-21", 10)
	inOrder(t, items, err, late, noon)
	items, err = store.ByDay(t.Context(), "2026-11-21", 1)
	inOrder(t, items, err, late)
	items, err = store.ByDay(t.Context(), "2026-11-22", 10)
	inOrder(t, items, err, midnight)
	items, err = store.ByDay(t.Context(), "2026-11-23", 10)
	inOrder(t, items, err)
}

// longPages checks that a query returns as many items as its limit allows, even if they have more
// than the 1 MiB that one page of a DynamoDB query holds.
func longPages(t *testing.T, store ledger.Store) {
	const count = 80
	result := json.RawMessage(fmt.Sprintf("%q", bytes.Repeat([]byte("x"), ledger.MaxResult-2)))
	errs := atOnce(count, func(n int) error {
		return store.Save(t.Context(), ledger.Item{
			ID: fmt.Sprint("req#", n), Version: 1, Slot: "slot", ReceivedAt: start.Add(time.Duration(n) * time.Second), Result: result,
		})
	})
	done(t, errors.Join(errs...))
	for _, limit := range []int{count + 1, count, count - 1} {
		for name, query := range map[string]func() ([]ledger.Item, error){
			"slot": func() ([]ledger.Item, error) { return store.BySlot(t.Context(), "slot", limit) },
			"day":  func() ([]ledger.Item, error) { return store.ByDay(t.Context(), "2026-11-21", limit) },
		} {
			items, err := query()
			done(t, err)
			newestFirst := slices.IsSortedFunc(items, func(a, b ledger.Item) int { return b.ReceivedAt.Compare(a.ReceivedAt) })
			if len(items) != min(limit, count) || !newestFirst || !items[0].ReceivedAt.Equal(start.Add((count-1)*time.Second)) {
				t.Errorf("%s with limit %d: %d items, newest first %t", name, limit, len(items), newestFirst)
			}
		}
	}
}

func cancelled(t *testing.T, store ledger.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := store.Load(ctx, "req#1")
	refused(t, err, context.Canceled)
	refused(t, store.Save(ctx, ledger.Item{ID: "req#1", Version: 1}), context.Canceled)
	_, err = store.BySlot(ctx, "s", 1)
	refused(t, err, context.Canceled)
	_, err = store.ByDay(ctx, "2026-11-21", 1)
	refused(t, err, context.Canceled)
	_, err = store.Load(t.Context(), "req#1")
	refused(t, err, ledger.ErrNotFound)
}

func overdueOldestFirst(t *testing.T, store ledger.Store) {
	now := time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)
	const prefix = "overdue "
	put := func(name string, state ledger.State, expires time.Time) {
		done(t, store.Save(t.Context(), ledger.Item{
			ID: prefix + name, Version: 1, State: state, ReceivedAt: now.Add(-time.Hour), ExpiresAt: expires,
		}))
	}
	put("late", ledger.Queued, now.Add(-time.Second))
	put("later", ledger.Uploaded, now.Add(-time.Minute))
	put("latest", ledger.Claimed, now.Add(-time.Hour))
	put("in time", ledger.Claimed, now)
	put("ended", ledger.Delivered, now.Add(-time.Hour))
	put("never", ledger.Malformed, time.Time{})
	for limit, want := range map[int][]string{0: nil, 2: {"latest", "later"}, 10: {"latest", "later", "late"}} {
		items, err := store.Overdue(t.Context(), now, limit)
		done(t, err)
		var got []string
		for _, i := range items {
			got = append(got, strings.TrimPrefix(i.ID, prefix))
		}
		if !slices.Equal(got, want) {
			t.Errorf("the first %d overdue are %q, want %q", limit, got, want)
		}
	}
	ended, err := store.Load(t.Context(), prefix+"latest")
	done(t, err)
	ended.State, ended.Version = ledger.Expired, 2
	done(t, store.Save(t.Context(), ended))
	if items, err := store.Overdue(t.Context(), now, 1); err != nil || len(items) != 1 || items[0].ID != prefix+"later" {
		t.Errorf("after it ended: %+v, %v", items, err)
	}
}

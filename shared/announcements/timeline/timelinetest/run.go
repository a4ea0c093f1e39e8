package timelinetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// Run tests the contract of [timeline.Store]. newStore must return a new, empty store. The suite
// calls ByDay right after a write, so the store under test must return new timelines at once.
func Run(t *testing.T, newStore func(t *testing.T) timeline.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, timeline.Store)
	}{
		{"absent", absent},
		{"every field round-trips", roundTrip},
		{"swap the read version only", swapReadVersion},
		{"changes at once all count", changesAtOnce},
		{"a full timeline is kept", full},
		{"day, newest first", dayNewestFirst},
		{"marks", marks},
		{"cancelled context", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, newStore(t))
		})
	}
}

// start has nanoseconds, so that a store that rounds times fails.
var start = time.Date(2026, 11, 21, 10, 0, 0, 123456789, time.UTC)

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func absent(t *testing.T, store timeline.Store) {
	if _, err := store.Load(t.Context(), timeline.ID("hoox", "job/1")); !errors.Is(err, timeline.ErrNotFound) {
		t.Errorf("an absent timeline: %v", err)
	}
}

// whole returns a timeline with every field set.
func whole() timeline.Timeline {
	return timeline.Timeline{
		Version: 1, Sender: "hoox", Subject: "job/1", Test: true, ReceivedAt: start, UpdatedAt: start.Add(1),
		State: timeline.State{Identity: "i", Type: "t", Status: "s", Detail: "d", Alert: "a", Rank: 3, At: start},
		Entries: []timeline.Entry{{
			Identity: "i", Type: "t", Status: "ä", At: start, Received: start, Count: 2, Record: "raw/r", Unknown: []string{"field"},
		}},
		Unlisted: 4, Notified: []string{"job_failed"},
		Files: []timeline.File{{
			Name: "export", Role: senders.Master, State: timeline.Announced, Record: "raw/r", Newest: "raw/s", Host: "h.test", Status: "s", Since: start,
			Copy: timeline.Copy{Key: "k", SHA256: "0f", Size: 1 << 40, Problem: "p", Place: "q"}, Code: "c", Detail: "d", Tries: 7,
			Slot: "HRT/v2/en/", Earlier: &timeline.Copy{Key: "e"}, Orphans: []string{"a", "b"}, Holder: "me", Until: start,
			Progress: &timeline.Progress{Upload: "u", Key: "k", Offset: 1 << 33, Hash: []byte{0, 255}, Validator: `"e"`, Tag: `"e"`, Size: -1, Place: "r"},
		}},
	}
}

func roundTrip(t *testing.T, store timeline.Store) {
	want := whole()
	done(t, store.Save(t.Context(), want))
	got, err := store.Load(t.Context(), want.ID())
	done(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func swapReadVersion(t *testing.T, store timeline.Store) {
	one := whole()
	two := one
	two.Version, two.Unlisted = 2, 5
	for _, step := range []struct {
		save timeline.Timeline
		want error
	}{{two, timeline.ErrStale}, {one, nil}, {one, timeline.ErrStale}, {two, nil}, {two, timeline.ErrStale}, {one, timeline.ErrStale}} {
		if err := store.Save(t.Context(), step.save); !errors.Is(err, step.want) {
			t.Errorf("saving version %d: %v, want %v", step.save.Version, err, step.want)
		}
	}
	if got, err := store.Load(t.Context(), one.ID()); err != nil || got.Version != 2 || got.Unlisted != 5 {
		t.Errorf("stored is %+v, %v", got, err)
	}
}

func changesAtOnce(t *testing.T, store timeline.Store) {
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			_, err := timeline.Change(t.Context(), store, "hoox", "job/1", func(t *timeline.Timeline) bool {
				t.Unlisted++
				t.ReceivedAt = start
				return true
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := store.Load(t.Context(), timeline.ID("hoox", "job/1"))
	if err != nil || got.Unlisted != 5 || got.Version != 5 {
		t.Errorf("after five changes: %+v, %v", got, err)
	}
}

// full tests that the store can save and load a timeline of nearly the largest possible size.
func full(t *testing.T, store timeline.Store) {
	one := whole()
	for len(one.Entries) < timeline.MaxEntries {
		entry := one.Entries[0]
		entry.Identity = fmt.Sprintf("%0400d", len(one.Entries))
		entry.Type, entry.Status, entry.Record = fmt.Sprintf("%0128d", 1), fmt.Sprintf("%0128d", 1), fmt.Sprintf("raw/streampixel/%080d", 1)
		one.Entries = append(one.Entries, entry)
	}
	for len(one.Files) < timeline.MaxFiles {
		file := one.Files[0]
		file.Name, file.Key, file.Detail = fmt.Sprintf("%0140d", len(one.Files)), fmt.Sprintf("%0400d", 1), fmt.Sprintf("%0128d", 1)
		file.SHA256, file.Progress = fmt.Sprintf("%064d", 1), nil
		one.Files = append(one.Files, file)
	}
	done(t, store.Save(t.Context(), one))
	got, err := store.Load(t.Context(), one.ID())
	if err != nil || !reflect.DeepEqual(got, one) {
		t.Errorf("a full timeline comes back otherwise: %v", err)
	}
}

func dayNewestFirst(t *testing.T, store timeline.Store) {
	for i, at := range []time.Time{start, start.Add(time.Second), start.Add(24 * time.Hour), start.Add(2 * time.Second)} {
		one := whole()
		one.Subject, one.ReceivedAt = fmt.Sprint("job/", i), at
		if i == 3 {
			one.Sender = "adreform"
		}
		done(t, store.Save(t.Context(), one))
	}
	got, err := store.ByDay(t.Context(), "hoox", "2026-11-21", 10)
	if err != nil || len(got) != 2 || got[0].Subject != "job/1" || got[1].Subject != "job/0" {
		t.Errorf("by day: %+v, %v", got, err)
	}
	if got, err = store.ByDay(t.Context(), "hoox", "2026-11-21", 1); err != nil || len(got) != 1 {
		t.Errorf("by day, at most one: %+v, %v", got, err)
	}
	if got, err = store.ByDay(t.Context(), "hoox", "2026-11-20", 10); err != nil || len(got) != 0 {
		t.Errorf("an empty day: %+v, %v", got, err)
	}
}

func marks(t *testing.T, store timeline.Store) {
	for range 2 {
		done(t, store.Mark(t.Context(), "raw/a", start))
	}
	for record, want := range map[string]bool{"raw/a": true, "raw/b": false} {
		if got, err := store.Marked(t.Context(), record); err != nil || got != want {
			t.Errorf("%s marked: %t, %v", record, got, err)
		}
	}
}

func cancelled(t *testing.T, store timeline.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, load := store.Load(ctx, "x")
	_, byDay := store.ByDay(ctx, "hoox", "2026-11-21", 1)
	_, marked := store.Marked(ctx, "raw/a")
	for name, err := range map[string]error{
		"load": load, "by day": byDay, "marked": marked, "save": store.Save(ctx, whole()), "mark": store.Mark(ctx, "raw/a", start),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

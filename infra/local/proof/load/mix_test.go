package load_test

import (
	"reflect"
	"testing"

	"masterhand/infra/local/proof/load"
)

func TestMixShares(t *testing.T) {
	t.Parallel()
	got := map[load.Class]int{}
	keys := map[string]bool{}
	for i, e := range load.Mix(1, 1000) {
		got[e.Class]++
		keys[e.Ask.Key] = true
		if e.Number != i {
			t.Fatalf("event %d is numbered %d", i, e.Number)
		}
		if several := e.Copies > 1; several != (e.Class == load.Duplicate) || e.Copies < 1 || e.Copies > load.MaxCopies {
			t.Errorf("event %d (%s) comes %d times at once", i, e.Class, e.Copies)
		}
		if (e.Ask.Key == "") == (e.Ask.Skip == "") {
			t.Errorf("event %d wants both or neither of %q and %q", i, e.Ask.Key, e.Ask.Skip)
		}
		if e.Class == load.Missing && e.Ask.Skip == "" || e.Class == load.There && e.Ask.Key == "" {
			t.Errorf("event %d (%s) should come to %q, skip %q", i, e.Class, e.Ask.Key, e.Ask.Skip)
		}
	}
	want := map[load.Class]int{load.There: 600, load.Missing: 100, load.Duplicate: 100, load.Forged: 100, load.Malformed: 100}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(keys) < 40 {
		t.Errorf("only %d masters are asked for", len(keys))
	}
}

func TestMixSeed(t *testing.T) {
	t.Parallel()
	one, again, other := load.Mix(1, 100), load.Mix(1, 100), load.Mix(2, 100)
	if !reflect.DeepEqual(one, again) {
		t.Error("the same seed makes other events")
	}
	if reflect.DeepEqual(one, other) {
		t.Error("another seed makes the same events")
	}
}

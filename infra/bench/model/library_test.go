package model_test

import (
	"flag"
	"math"
	"reflect"
	"testing"

	"masterhand/infra/bench/model"
	"masterhand/shared/library/reindex/reindextest"
)

var size = flag.Int("masters", 3000, "masters of the library that is indexed to compare the model with")

// The model must assume the calls that a real reindex of a whole library makes.
func TestReindexIsThatOfAWholeLibrary(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1000, *size} {
		got, err := (&reindextest.Vast{Size: n}).Index(t.Context(), func() {})
		if err != nil {
			t.Fatal(err)
		}
		want := model.Reindex(n, 2)
		t.Logf("%d masters: %+v", n, got)
		for unit, pair := range map[string][2]int{
			"S3 reads":  {2*got.Looks + got.Ranges + got.Loads, want.Calls.S3Reads},
			"S3 writes": {got.Saves + got.Pages, want.Calls.S3Writes},
			"SQS":       {got.Sends, want.Calls.Queue},
			"runs":      {got.Runs, want.Calls.Runs},
		} {
			if counted, modelled := float64(pair[0]), float64(pair[1]); math.Abs(counted-modelled) > 0.05*modelled {
				t.Errorf("%d masters: %g %s counted, %g in the model", n, counted, unit, modelled)
			}
		}
	}
}

// Sums and multiples of calls must include every field, also one that is added later.
func TestSumsAndMultiplesIncludeEveryField(t *testing.T) {
	t.Parallel()
	var one, three model.Calls
	for i := range reflect.TypeFor[model.Calls]().NumField() {
		for calls, factor := range map[*model.Calls]int{&one: 1, &three: 3} {
			field, value := reflect.ValueOf(calls).Elem().Field(i), reflect.ValueOf(factor*(i+1))
			field.Set(value.Convert(field.Type()))
		}
	}
	if got := model.Times(one, 3); got != three {
		t.Errorf("three times %+v is %+v", one, got)
	}
	if got := one.Plus(one).Plus(one); got != three {
		t.Errorf("%+v, added three times, is %+v", one, got)
	}
}

// If only two batches of a very large library run at the same time, the queue deletes batches
// before they are processed. The model must report this, and must recommend a setting that
// suffices.
func TestALargeLibraryNeedsMoreAtATime(t *testing.T) {
	t.Parallel()
	if small := model.Reindex(1e4, 2); small.Lost() || small.AtLeast() != 2 {
		t.Errorf("10,000 masters: %+v", small)
	}
	large := model.Reindex(1e8, 2)
	if !large.Lost() || model.Reindex(1e8, large.AtLeast()).Lost() {
		t.Errorf("100,000,000 masters with %d at a time: %+v", large.AtLeast(), large)
	}
}

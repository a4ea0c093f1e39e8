package masters_test

import (
	"context"
	"errors"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	masterstest.RunBlobs(t, func(*testing.T) masters.Blobs { return &masterstest.Memory{} })
}

// denied is a store in which every read fails because the caller lacks permission.
type denied struct{ masters.Blobs }

var errDenied = errors.New("403")

func (denied) Load(context.Context, string) ([]byte, string, error) { return nil, "", errDenied }

func TestIndexDistinguishesAbsenceFromFaults(t *testing.T) {
	t.Parallel()
	empty, faulty := masters.Index{Blobs: &masterstest.Memory{}}, masters.Index{Blobs: denied{}}
	if d, _, err := empty.Document(t.Context(), library, wanted.Creative); err != nil || len(d.Masters) != 0 {
		t.Errorf("an absent document: %+v, %v; want an empty one", d, err)
	}
	if s, _, err := empty.State(t.Context(), library); err != nil || s.Current(library) {
		t.Errorf("an absent state: %+v, %v; want one that is not current", s, err)
	}
	if _, _, err := faulty.Document(t.Context(), library, wanted.Creative); !errors.Is(err, errDenied) {
		t.Errorf("a refused read came back as %v", err)
	}
	if _, _, err := faulty.State(t.Context(), library); !errors.Is(err, errDenied) {
		t.Errorf("a refused read came back as %v", err)
	}
	if _, _, err := faulty.Placed(t.Context(), library, "k"); !errors.Is(err, errDenied) {
		t.Errorf("a refused read came back as %v", err)
	}
}

func TestDocumentsOfSimilarCreativesAreApart(t *testing.T) {
	t.Parallel()
	index := masters.Index{Blobs: &masterstest.Memory{}}
	creatives := []creative.Creative{
		{Code: "HRT-1212", Variation: 2}, {Code: "HRT-1212", Variation: 12}, {Code: "HRT-1212", Variation: 20},
		{Code: "HRT-121", Variation: 2}, {Code: "HRT-1212/2", Variation: 2}, {Code: "HRT-1212%2F2", Variation: 2},
	}
	for _, c := range creatives {
		d := masters.NewDocument(c).Put(masters.Master{Key: c.String()})
		if err := index.SaveDocument(t.Context(), library, d, ""); err != nil {
			t.Fatalf("%v: %v", c, err)
		}
	}
	for _, c := range creatives {
		d, _, err := index.Document(t.Context(), library, c)
		if err != nil || len(d.Masters) != 1 || d.Masters[0].Key != c.String() {
			t.Errorf("document of %v: %+v, %v", c, d, err)
		}
	}
}

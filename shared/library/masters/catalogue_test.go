package masters_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/placement"
)

// visited returns the creatives whose documents EachDocument visits.
func visited(t *testing.T, x masters.Index, names masters.Lister, code string) []string {
	t.Helper()
	var found []string
	err := x.EachDocument(t.Context(), names, library, code, func(d masters.Document) {
		found = append(found, fmt.Sprintf("%s-%d:%d", d.Code, d.Variation, len(d.Masters)))
	})
	if err != nil {
		t.Error(err)
	}
	slices.Sort(found)
	return found
}

func TestEachDocument(t *testing.T) {
	t.Parallel()
	memory := &masterstest.Memory{}
	x := masters.Index{Blobs: memory}
	var all []string
	for i := range 3 * 32 { // three times as many documents as EachDocument reads at the same time
		c := creative.Creative{Code: "sümmer #" + fmt.Sprint(i%2), Variation: i}
		d := masters.NewDocument(c).Put(masters.Master{Key: "a.mp4"})
		if err := x.SaveDocument(t.Context(), library, d, ""); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("SÜMMER #%d-%d:1", i%2, i))
	}
	for _, other := range []masters.Library{{Name: "default2"}, {Name: "other"}} {
		if err := x.SaveDocument(t.Context(), other, masters.NewDocument(wanted.Creative), ""); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	if found := visited(t, x, memory, ""); !slices.Equal(found, all) {
		t.Errorf("visited %v", found)
	}
	if found := visited(t, x, memory, "SüMMer #1"); len(found) != len(all)/2 || !slices.Contains(all, found[0]) {
		t.Errorf("of one code: %v", found)
	}
	if found := visited(t, x, memory, "nobody"); len(found) != 0 {
		t.Errorf("of no code: %v", found)
	}
}

func TestEachDocumentReturnsReadErrors(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"index/default/HRT/2.json":       "{",
		"index/default/HRT/02.json":      "{}",
		"index/default/hrt/2.json":       "{}",
		"index/default/HRT.json":         "{}",
		"index/default/HRT/2/3.json":     "{}",
		"index/default/HRT/2.json.bak":   "{}",
		"index/default/HRT%2FX/2.json":   "{}",
		"index/default/HRT/2000000.json": "{}",
	} {
		memory := &masterstest.Memory{}
		if _, err := memory.Save(t.Context(), name, []byte(text), ""); err != nil {
			t.Fatal(err)
		}
		err := masters.Index{Blobs: memory}.EachDocument(t.Context(), memory, library, "", func(masters.Document) {
			t.Errorf("%s was visited", name)
		})
		if !errors.Is(err, masters.ErrDocument) {
			t.Errorf("%s: %v, want ErrDocument", name, err)
		}
	}
}

// refusing is a Lister that yields one entry and then an error.
type refusing struct{ err error }

func (r refusing) List(_ context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	return func(yield func(masters.Entry, error) bool) {
		if yield(masters.Entry{Key: prefix + "HRT/2.json"}, nil) {
			yield(masters.Entry{}, r.err)
		}
	}
}

func TestEachDocumentOfAListingThatFails(t *testing.T) {
	t.Parallel()
	denied := errors.New("access denied")
	x := masters.Index{Blobs: &masterstest.Memory{}}
	if err := x.EachDocument(t.Context(), refusing{denied}, library, "", func(masters.Document) {}); !errors.Is(err, denied) {
		t.Errorf("%v, want %v", err, denied)
	}
}

// file writes a line for a key into folders of the list of unplaced keys.
func file(t *testing.T, x masters.Index, key string, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		if err := x.FileUnplaced(t.Context(), library, folder, key); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEachUnplaced(t *testing.T) {
	t.Parallel()
	memory := &masterstest.Memory{}
	x := masters.Index{Blobs: memory}
	put := func(name string, v any) {
		data, err := json.Marshal(v)
		if err == nil {
			_, err = memory.Save(t.Context(), name, data, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	file(t, x, "holiday.mp4", "none")
	file(t, x, "HRT-1212 or HRT-1213.mp4", "T1212", "T1213", "@T1213")
	file(t, x, "placed since.mp4", "none", "T1212")
	file(t, x, "line left behind.mp4", "none")
	for _, folder := range []string{"none", "T1212"} {
		if err := x.EmptyUnplaced(t.Context(), library, folder, "placed since.mp4"); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"holiday.mp4", "HRT-1212 or HRT-1213.mp4"} {
		if _, err := x.SavePlaced(t.Context(), library, masters.Placed{Format: masters.Format, Key: key, Unplaced: "no rule"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	put("unplaced/other/none/3.json", masters.Placed{Format: masters.Format, Key: "theirs.mp4", Unplaced: "no rule"})
	put("unplaced/default/5.json", masters.Placed{Format: masters.Format, Key: "holiday.mp4", Unplaced: "by older code"})
	var keys []string
	if err := x.EachUnplaced(t.Context(), memory, library, func(p masters.Placed) { keys = append(keys, p.Key) }); err != nil {
		t.Error(err)
	}
	if slices.Sort(keys); !slices.Equal(keys, []string{"HRT-1212 or HRT-1213.mp4", "holiday.mp4"}) {
		t.Errorf("visited %q", keys)
	}
	put("unplaced/default/none/4.json", masters.Placed{Format: masters.Format + 1})
	if err := x.EachUnplaced(t.Context(), memory, library, func(masters.Placed) {}); !errors.Is(err, masters.ErrDocument) {
		t.Errorf("another format: %v", err)
	}
}

// UnplacedIn returns all keys of a folder, or ErrCrowded if there are too many. An empty line of
// the list is not counted as a key.
func TestUnplacedIn(t *testing.T) {
	t.Parallel()
	memory := &masterstest.Memory{}
	x := masters.Index{Blobs: memory}
	for i := range 5 {
		file(t, x, fmt.Sprintf("%d/HRT-1212.mp4", i), "Ö/1", "Ö/12")
	}
	for i := range 2 {
		if err := x.EmptyUnplaced(t.Context(), library, "Ö/1", fmt.Sprintf("%d/HRT-1212.mp4", i)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"2/HRT-1212.mp4", "3/HRT-1212.mp4", "4/HRT-1212.mp4"}
	if keys, err := x.UnplacedIn(t.Context(), memory, library, "Ö/1", 3); err != nil || !slices.Equal(keys, want) {
		t.Errorf("%q, %v; want %q", keys, err, want)
	}
	if _, err := x.UnplacedIn(t.Context(), memory, library, "Ö/1", 2); !errors.Is(err, masters.ErrCrowded) {
		t.Errorf("over the limit: %v, want ErrCrowded", err)
	}
	if keys, err := x.UnplacedIn(t.Context(), memory, library, "T1212", 2); err != nil || len(keys) > 0 {
		t.Errorf("no folder: %q, %v", keys, err)
	}
}

// S3 refuses names of more than 1,024 bytes. An unplaced key whose folder had such a name could
// never be filed.
func TestEveryKeyCanBeFiled(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"9", "ü9", "a٣", "Ⅷ", "🎬1", "A1-", "\b7", "W"} {
		key := strings.Repeat(part, placement.MaxKey)[:placement.MaxKey]
		key = key[:placement.MaxKey/2] + strings.Repeat("9", placement.MaxKey/2) // the second half is one long number
		p := masters.Placed{Key: strings.ToValidUTF8(key, "x"), Unplaced: "no code", Stated: &masters.Statement{Code: key}}
		memory := &masterstest.Memory{}
		x := masters.Index{Blobs: memory}
		for _, folder := range library.Folders(p) {
			if err := x.FileUnplaced(t.Context(), library, folder, p.Key); err != nil {
				t.Fatal(err)
			}
		}
		for entry := range memory.List(t.Context(), "") {
			if len(entry.Key) > placement.MaxKey {
				t.Errorf("%q is filed under a name of %d bytes", part, len(entry.Key))
			}
		}
	}
}

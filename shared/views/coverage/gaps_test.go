package coverage_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/coverage"
)

// ask returns a request for the test's creative, in the given state. The argument words has the
// form "locale kind target", such as "en video 9x16".
func ask(t *testing.T, words string, state ledger.State, edit ...func(*coverage.Ask)) coverage.Ask {
	t.Helper()
	w := strings.Fields(words)
	a, ok := coverage.AskOf(asked(creative.Locale(w[0]), creative.Kind(w[1]), w[2], state))
	if !ok {
		t.Fatalf("%s asks for nothing", words)
	}
	for _, e := range edit {
		e(&a)
	}
	return a
}

func ads(names ...string) func(*coverage.Ask) {
	return func(a *coverage.Ask) {
		a.Affected = affected.Names{Ads: affected.List{Count: len(names), Names: names}}
	}
}

// told returns a one-line summary of a gap.
func told(g coverage.Gap) string {
	may := ""
	if g.Step.May {
		may = "?"
	}
	return fmt.Sprintf("%d× %s %s %v %s: %s%s %s %q; has %v in %v", g.Requests, g.Locale, g.Kind, g.Aspects, g.State, g.Step.Do, may, g.Step.Key, strings.Join(g.Step.Place, " "), g.Has, g.In)
}

func TestEachGapHasItsStep(t *testing.T) {
	t.Parallel()
	const put = "HRT-1212/v2/en/"
	noLocale := func(m *masters.Master) { m.Locale = "" }
	blocked := func(code, key string) coverage.Ask {
		i := asked("en", creative.Video, "9x16", ledger.Queued)
		i.Code, i.Blocker = code, key
		a, _ := coverage.AskOf(i)
		return a
	}
	for _, c := range []struct {
		name string
		have []masters.Master
		asks []coverage.Ask
		want []string
	}{
		{"nothing there", nil, []coverage.Ask{ask(t, "en video 9x16", ledger.Skipped)},
			[]string{`1× en video [9x16] missing: put ` + put + `9x16.mp4 ""; has [] in []`}},
		{"an image", nil, []coverage.Ask{ask(t, "en image 1x1", ledger.Skipped)},
			[]string{`1× en image [1x1] missing: put ` + put + `1x1.jpg ""; has [] in []`}},
		{"other aspects and locales", []masters.Master{film("a", "en", "9x16"), film("b", "de", "4x5"), film("c", "en", "4x5", image)},
			[]coverage.Ask{ask(t, "en video 4x5", ledger.Skipped), ask(t, "en video 4x5", ledger.Expired)},
			[]string{`2× en video [4x5] missing: put ` + put + `4x5.mp4 ""; has [9x16] in [de]`}},
		{"it came since", []masters.Master{film("a", "en", "9x16")}, []coverage.Ask{ask(t, "en video 9x16", ledger.Skipped)}, nil},
		{"it was delivered, and is gone", nil, []coverage.Ask{ask(t, "en video 9x16", ledger.Delivered)}, nil},
		{"a family", nil, []coverage.Ask{ask(t, "en video feed", ledger.Skipped)},
			[]string{`1× en video [4x5 1x1 3x4] missing: put ` + put + `4x5.mp4 ""; has [] in []`}},
		{"a family, and one of its aspects", nil, []coverage.Ask{ask(t, "en video feed", ledger.Skipped), ask(t, "en video 1x1", ledger.Skipped), ask(t, "en video feed", ledger.Queued)},
			[]string{`3× en video [1x1] missing: put ` + put + `1x1.mp4 ""; has [] in []`}},
		{"a family, and an aspect that it does not accept", nil, []coverage.Ask{ask(t, "en video feed", ledger.Skipped), ask(t, "en video 9x16", ledger.Skipped)},
			[]string{`1× en video [4x5 1x1 3x4] missing: put ` + put + `4x5.mp4 ""; has [] in []`, `1× en video [9x16] missing: put ` + put + `9x16.mp4 ""; has [] in []`}},
		{"a file without locale", []masters.Master{film("x 9x16.mp4", "", "9x16", noLocale)}, []coverage.Ask{ask(t, "en video 9x16", ledger.Skipped)},
			[]string{`1× en video [9x16] missing: tag x 9x16.mp4 "x 9x16.mp4 HRT-1212-2 en"; has [] in []`}},
		{"a file of unclear locale", []masters.Master{film("UK.mp4", "", "9x16", func(m *masters.Master) { m.LocaleUnclear = "UK" })}, []coverage.Ask{ask(t, "en video 9x16", ledger.Queued)},
			[]string{`1× en video [9x16] unclear: tag? UK.mp4 "UK.mp4 HRT-1212-2 en"; has [] in []`}},
		{"a file of unknown aspect", []masters.Master{film("a.mp4", "en", "", func(m *masters.Master) { m.Probed = false })}, []coverage.Ask{ask(t, "en video feed", ledger.Queued)},
			[]string{`1× en video [4x5 1x1 3x4] unclear: tag? a.mp4 "a.mp4 HRT-1212-2 4x5"; has [] in []`}},
		{"a file that nobody has read", []masters.Master{film("a.mp4", "en", "9x16", func(m *masters.Master) { m.Probed, m.Extension = false, "" })}, []coverage.Ask{ask(t, "en video 9x16", ledger.Queued)},
			[]string{`1× en video [9x16] unclear: reread? a.mp4 ""; has [9x16] in []`}},
		{"an archived file", []masters.Master{film("a.mp4", "en", "9x16", func(m *masters.Master) { m.StorageClass = "GLACIER" })}, []coverage.Ask{ask(t, "en video 9x16", ledger.Failed)},
			[]string{`1× en video [9x16] archived: restore a.mp4 ""; has [9x16] in []`}},
		{"a broken file", []masters.Master{film("a.mp4", "en", "9x16", func(m *masters.Master) { m.Problem = masters.Corrupt })}, []coverage.Ask{ask(t, "en video 9x16", ledger.Skipped)},
			[]string{`1× en video [9x16] unusable: replace a.mp4 ""; has [9x16] in []`}},
		{"a file of no place that holds it up", nil, []coverage.Ask{blocked(fulfillment.CodeUnplaced, "odd $(name).mp4")},
			[]string{`1× en video [9x16] missing: tag? odd $(name).mp4 "odd $(name).mp4 HRT-1212-2 en 9x16"; has [] in []`}},
		{"a file that is not indexed yet", nil, []coverage.Ask{blocked(fulfillment.CodeIndex, "HRT-1212-2_de_9x16.mp4")},
			[]string{`1× en video [9x16] missing: reread? HRT-1212-2_de_9x16.mp4 ""; has [] in []`}},
		{"it was indexed since", []masters.Master{film("b", "de", "9x16")}, []coverage.Ask{blocked(fulfillment.CodeIndex, "b")},
			[]string{`1× en video [9x16] missing: put ` + put + `9x16.mp4 ""; has [] in [de]`}},
		{"an unplaced file whose name states another locale", nil, []coverage.Ask{blocked(fulfillment.CodeUnplaced, "HRT-1212_de_9x16.mp4")},
			[]string{`1× en video [9x16] missing: tag? HRT-1212_de_9x16.mp4 "HRT-1212_de_9x16.mp4 HRT-1212-2 de 9x16"; has [] in []`}},
		{"a locale that is no language tag", []masters.Master{film("a", "en", "9x16")}, []coverage.Ask{ask(t, "german video 9x16", ledger.Queued)},
			[]string{`1× german video [9x16] unclear: tell  ""; has [] in [en]`}},
		{"a locale that is no language tag, of nothing", nil, []coverage.Ask{ask(t, "german video 9x16", ledger.Skipped)},
			[]string{`1× german video [9x16] missing: tell  ""; has [] in []`}},
		{"a locale that is no language tag, of a file tagged with it", []masters.Master{film("a", "german", "9x16", func(m *masters.Master) { m.StorageClass = "GLACIER" })},
			[]coverage.Ask{ask(t, "german video 9x16", ledger.Failed)}, []string{`1× german video [9x16] archived: restore a ""; has [9x16] in []`}},
	} {
		survey := coverage.New(library, c.asks)
		survey.Add(document(hrt, c.have...))
		var got []string
		for _, g := range survey.Chart().Gaps {
			got = append(got, told(g))
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// A file that a tag excludes must not be uploaded again. Only its own gap gets another step.
func TestAnExcludedFileIsUsedAgain(t *testing.T) {
	t.Parallel()
	chart := coverage.New(library, []coverage.Ask{ask(t, "en video 9x16", ledger.Skipped), ask(t, "de video 9x16", ledger.Skipped)}).Chart()
	chart.Undo(func(key string) bool { return key == "HRT-1212/v2/en/9x16.mp4" })
	for _, g := range chart.Gaps {
		want := coverage.Step{Do: coverage.Put, Key: "HRT-1212/v2/de/9x16.mp4"}
		if g.Locale == "en" {
			want = coverage.Step{Do: coverage.Undo, Key: "HRT-1212/v2/en/9x16.mp4", May: true}
		}
		if !reflect.DeepEqual(g.Step, want) {
			t.Errorf("%s: %+v, want %+v", g.Locale, g.Step, want)
		}
	}
}

// Gaps are sorted by the number of waiting requests, then of waiting ads, then by the newest request.
func TestGapsAreRankedByDemand(t *testing.T) {
	t.Parallel()
	later := func(a *coverage.Ask) { a.At = a.At.Add(time.Minute) }
	asks := []coverage.Ask{
		ask(t, "fr video 9x16", ledger.Skipped),
		ask(t, "it video 9x16", ledger.Skipped, later),
		ask(t, "en video 9x16", ledger.Skipped, ads("a", "b")), ask(t, "en video 9x16", ledger.Skipped, ads("b", "c")),
		ask(t, "de video 9x16", ledger.Skipped, ads("x", "y")),
	}
	var locales []string
	gaps := coverage.New(library, asks).Chart().Gaps
	for _, g := range gaps {
		locales = append(locales, string(g.Locale))
	}
	if got := strings.Join(locales, " "); got != "en de it fr" {
		t.Errorf("in the order %s", got)
	}
	if got := gaps[0].Affected.Ads; got.Count != 3 {
		t.Errorf("holds back %+v, want the ads of both requests, each once", got)
	}
}

// The library's rules must read the requested creative, locale and aspect from the suggested key.
// If they cannot, the step must contain the command that tags the file.
func TestTheSuggestedKeyIsPlaced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prefix  string
		of      creative.Creative
		key     string
		byLabel bool
	}{
		{"", hrt, "HRT-1212/v2/en/9x16.mp4", false},
		{"team a/", hrt, "team a/HRT-1212/v2/en/9x16.mp4", false},
		{"", creative.Creative{Code: "HRT-2", Variation: 1}, "HRT-2-1_en_9x16.mp4", true},
		{"", creative.Creative{Code: "x", Variation: 1}, "X-1_en_9x16.mp4", true},
	} {
		lib := library
		lib.Prefix = c.prefix
		a := ask(t, "en video 9x16", ledger.Skipped)
		a.Slot.Creative = c.of
		step := coverage.New(lib, []coverage.Ask{a}).Chart().Gaps[0].Step
		if step.Key != c.key || (step.Place != nil) != c.byLabel {
			t.Errorf("%s in %q: %+v, want %s", c.of, c.prefix, step, c.key)
		}
		at := masters.Place(lib, step.Key, 1, masters.Labels{})
		if placed := at.Creative.Same(c.of) && at.Locale == "en" && at.Aspect == "9x16"; placed == c.byLabel {
			t.Errorf("%s is placed as %+v", step.Key, at)
		}
	}
}

// A Share counts the masters that the library's settings want. If the settings do not say which
// masters are wanted, it counts the expected masters.
func TestSharesOfWhatIsWanted(t *testing.T) {
	t.Parallel()
	lib := library
	lib.Wanted = masters.Wanted{Locales: []creative.Locale{"en", "de"}, Videos: []creative.Aspect{"9x16", "4x5"}, Images: []creative.Aspect{"1x1"}}
	have := document(hrt, film("a", "en", "9x16"), film("b", "fr", "9x16"), film("c", "en", "16x9"))
	for _, c := range []struct {
		name  string
		lib   masters.Library
		asks  []coverage.Ask
		whole coverage.Share
		story coverage.Share // the share of 9x16 videos
	}{
		{"by the settings", lib, nil, coverage.Share{Wanted: 6, There: 1}, coverage.Share{Wanted: 2, There: 1}},
		{"without settings", library, nil, coverage.Share{Wanted: 4, There: 3}, coverage.Share{Wanted: 2, There: 2}},
		{"without settings, and asked for", library, []coverage.Ask{ask(t, "de video 9x16", ledger.Skipped)}, coverage.Share{Wanted: 6, There: 3}, coverage.Share{Wanted: 3, There: 2}},
	} {
		survey := coverage.New(c.lib, c.asks)
		survey.Add(have)
		columns, whole := survey.Chart().Shares()
		if story := columns[coverage.Column{Kind: creative.Video, Aspect: "9x16"}]; !reflect.DeepEqual(whole, c.whole) || story != c.story {
			t.Errorf("%s: %+v, stories %+v", c.name, whole, story)
		}
	}
	if none := (coverage.Share{}).Percent(); none != 100 || (coverage.Share{Wanted: 3, There: 2}).Percent() != 66 {
		t.Errorf("nothing wanted is %d %%", none)
	}
}

func TestSmokeTestsAreNoDemand(t *testing.T) {
	t.Parallel()
	i := asked("en", creative.Video, "9x16", ledger.Expired)
	i.Slot = creative.Slot{Project: "smoke", Creative: creative.Creative{Code: "SMOKE", Variation: 1}, Locale: "en", Kind: creative.Video}.Key()
	if a, ok := coverage.AskOf(i); ok {
		t.Errorf("read as %+v", a)
	}
}

// MostWanted must keep the creatives for which the most requests ended without a master.
func TestTheMostWantedCreativesAreKept(t *testing.T) {
	t.Parallel()
	library := masters.Library{Name: "default"}
	ask := func(n int) coverage.Ask {
		slot := creative.Slot{Creative: creative.Creative{Code: fmt.Sprintf("HRT-%d", n), Variation: 1}, Locale: "en", Kind: creative.Video, Aspect: "9x16"}
		return coverage.Ask{Slot: slot, At: time.Unix(int64(n), 0)}
	}
	var asks []coverage.Ask
	for n := range 5 {
		asks = append(asks, ask(n))
	}
	asks = append(asks, ask(3), ask(3), ask(1))
	chart := coverage.New(library, asks).Chart()
	if n := chart.Creatives(); n != 5 {
		t.Errorf("%d creatives, want 5", n)
	}
	var kept []string
	for _, row := range chart.MostWanted(2).Rows {
		kept = append(kept, row.Creative.Code)
	}
	if !slices.Equal(kept, []string{"HRT-1", "HRT-3"}) {
		t.Errorf("kept %v, want the two that were asked for most, in the chart's order", kept)
	}
}

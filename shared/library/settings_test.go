package library_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/kit/variables/variablestest"
	"masterhand/shared/library"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

// needed returns the smallest environment that LoadIndex accepts.
func needed() map[string]string {
	return map[string]string{
		names.MastersBucket: "acme-masters",
		names.IndexBucket:   "acme-index",
		names.ReindexQueue:  "https://sqs.eu-central-1.amazonaws.com/123456789012/reindex",
		names.Region:        "eu-central-1",
	}
}

func with(changes map[string]string) variables.Lookup {
	return variablestest.Environment(needed(), changes)
}

func TestIndexSettings(t *testing.T) {
	t.Parallel()
	got, err := library.LoadIndex(with(map[string]string{names.Libraries: `[{"name":"a","prefix":"a/"}]`}))
	want := library.IndexSettings{
		ReindexQueueURL: needed()[names.ReindexQueue], MetricsNamespace: names.MetricNamespace,
		MastersBucket: "acme-masters", IndexBucket: "acme-index", Region: "eu-central-1",
		Libraries: []masters.Library{{Name: "a", Bucket: "acme-masters", Rules: placement.Rules{Prefix: "a/"}, FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	variablestest.Refuses(t, library.LoadIndex, needed(), map[string][]string{
		names.ReindexQueue: {"-", "reindex", `[{"secrets":["` + variablestest.Secret + `"]}]`},
		names.IndexBucket:  {"-", "acme-masters"},
		names.Region:       {"-", "Frankfurt"},
	})
}

func ExampleLoadIndex() {
	env := map[string]string{"MASTERS_BUCKET": "Acme Masters"}
	_, err := library.LoadIndex(func(key string) (string, bool) { v, ok := env[key]; return v, ok })
	fmt.Println(err)
	// Output:
	// REINDEX_QUEUE_URL: missing; set it to the URL of an SQS queue, https://…
	// AWS_REGION: missing; set it to an AWS region such as eu-central-1
	// MASTERS_BUCKET: has an invalid value; set it to the name of an S3 bucket
	// INDEX_BUCKET: missing; set it to the name of an S3 bucket
}

func TestBadLibrariesAreNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, list string
		want       []string
	}{
		{"no JSON", `default`, []string{"LIBRARIES"}},
		{"an object", `{"name":"a"}`, []string{"LIBRARIES"}},
		{"null", `null`, []string{"LIBRARIES"}},
		{"empty", `[]`, []string{"LIBRARIES"}},
		{"two lists", `[{"name":"a"}] []`, []string{"LIBRARIES"}},
		{"unknown field", `[{"name":"a","prefx":"a/"}]`, []string{"LIBRARIES"}},
		{"wrong type", `[{"name":7}]`, []string{"LIBRARIES"}},
		{"no name", `[{"prefix":"a/"}]`, []string{"LIBRARIES[0].name"}},
		{"bad names", `[{"name":"Team A","prefix":"a/"},{"name":"` + strings.Repeat("b", 33) + `","prefix":"b/"}]`,
			[]string{"LIBRARIES[0].name", "LIBRARIES[1].name"}},
		{"same name", `[{"name":"a","prefix":"a/"},{"name":"a","prefix":"b/"}]`, []string{"LIBRARIES[1].name"}},
		{"control character", `[{"name":"a","prefix":"a\u0000"}]`, []string{"LIBRARIES[0].prefix"}},
		{"long prefix", `[{"name":"a","prefix":"` + strings.Repeat("x", 769) + `"}]`, []string{"LIBRARIES[0].prefix"}},
		{"same prefix", `[{"name":"a","prefix":"x/"},{"name":"b","prefix":"x/"}]`, []string{"LIBRARIES[1].prefix"}},
		{"one inside another", `[{"name":"a","prefix":"x/"},{"name":"b","prefix":"x/y/"}]`, []string{"LIBRARIES[1].prefix"}},
		{"one around another", `[{"name":"a","prefix":"x/y"},{"name":"b","prefix":"x/"}]`, []string{"LIBRARIES[1].prefix"}},
		{"one begins another's name", `[{"name":"a","prefix":"team-a"},{"name":"b","prefix":"team-ab"}]`, []string{"LIBRARIES[1].prefix"}},
		{"whole bucket and a part", `[{"name":"a","prefix":"x/"},{"name":"b"}]`, []string{"LIBRARIES[1].prefix"}},
		{"locale", `[{"name":"a","unlabelledLocale":"english!"}]`, []string{"LIBRARIES[0].unlabelledLocale"}},
		{"aspects", `[{"name":"a","feedPreference":["4x5","tall","0x1"]}]`,
			[]string{"LIBRARIES[0].feedPreference[1]", "LIBRARIES[0].feedPreference[2]"}},
		{"fallback locales", `[{"name":"a","fallbackLocales":["en","english!"]}]`, []string{"LIBRARIES[0].fallbackLocales[1]"}},
		{"patterns", `[{"name":"a","patterns":["{code}-{variation}","{code}","{code}{code}{variation}","{name}","{code}/**/{variation}","","{code}-{variation}}"]}]`,
			[]string{"LIBRARIES[0].patterns[1]", "LIBRARIES[0].patterns[2]", "LIBRARIES[0].patterns[3]", "LIBRARIES[0].patterns[4]",
				"LIBRARIES[0].patterns[5]", "LIBRARIES[0].patterns[6]"}},
		{"many patterns", `[{"name":"a","patterns":[` + strings.Repeat(`"{code}-{variation}",`, 16) + `"{code}-{variation}"]}]`,
			[]string{"LIBRARIES[0].patterns"}},
		{"several things", `[{"name":"","prefix":"a/","unlabelledLocale":"?"},{"name":"b","prefix":"a/b/"}]`,
			[]string{"LIBRARIES[0].name", "LIBRARIES[0].unlabelledLocale", "LIBRARIES[1].prefix"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := library.LoadIndex(with(map[string]string{names.Libraries: c.list}))
			if got := variablestest.Keys(t, err); !slices.Equal(got, c.want) {
				t.Errorf("complains of %q, want %q: %v", got, c.want, err)
			}
		})
	}
}

func TestLibrariesOwnRules(t *testing.T) {
	t.Parallel()
	c, err := library.LoadIndex(with(map[string]string{
		names.Libraries: `[{"name":"a","patterns":["**/{code}.{variation}.*"],"fallbackLocales":["en-GB","en"]}]`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	l := c.Libraries[0]
	if len(l.Patterns) != 1 || l.Patterns[0].String() != "**/{code}.{variation}.*" || !slices.Equal(l.FallbackLocales, []creative.Locale{"en-gb", "en"}) {
		t.Errorf("%+v", l)
	}
}

func TestAWantedSetIsRead(t *testing.T) {
	t.Parallel()
	c, err := library.LoadIndex(with(map[string]string{
		names.Libraries: `[{"name":"a","wanted":{"locales":["en","pt_BR"],"video":["9:16","4x5"],"image":["1x1"]}}]`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	w := c.Libraries[0].Wanted
	for slot, want := range map[string]bool{
		"video 9x16 en": true, "video 4x5 pt-br": true, "image 1x1 en": true,
		"video 1x1 en": false, "image 9x16 en": false, "video 9x16 de": false,
	} {
		s := strings.Fields(slot)
		if w.Includes(creative.Kind(s[0]), creative.Aspect(s[1]), creative.Locale(s[2])) != want {
			t.Errorf("%s is wanted: %t", slot, !want)
		}
	}
	for _, wrong := range []struct{ set, key string }{
		{`{"locales":["en"]}`, "wanted"}, {`{"video":["wide"]}`, "wanted.video[0]"}, {`{"image":["1x1","tall"]}`, "wanted.image[1]"},
		{`{"video":["9x16"],"locales":["english please"]}`, "wanted.locales[0]"},
	} {
		_, err := library.LoadIndex(with(map[string]string{names.Libraries: `[{"name":"a","wanted":` + wrong.set + `}]`}))
		if keys := variablestest.Keys(t, err); !slices.Contains(keys, "LIBRARIES[0]."+wrong.key) {
			t.Errorf("%s: problems with %q", wrong.set, keys)
		}
	}
}

func TestDefaultLibrariesShareNothing(t *testing.T) {
	t.Parallel()
	library.Default().FeedPreference[0] = "9x16"
	if got := library.Default().FeedPreference[0]; got != "4x5" {
		t.Errorf("a change to one default library shows in the next: %s", got)
	}
}

// FuzzLibraries checks that any list either gives usable libraries or reports the mistakes.
func FuzzLibraries(f *testing.F) {
	f.Add(`[{"name":"a","prefix":"a/","unlabelledLocale":"en","feedPreference":["1x1"]},{"name":"b","prefix":"b/"}]`)
	f.Add(`[{"name":"a"},{"name":"a"}]`)
	f.Add(`[null]`)
	f.Fuzz(func(t *testing.T, list string) {
		c, err := library.LoadIndex(with(map[string]string{names.Libraries: list}))
		if err != nil {
			variablestest.Keys(t, err)
			return
		}
		if len(c.Libraries) == 0 {
			t.Fatal("no library and no problem")
		}
		for i, l := range c.Libraries {
			if l.Name == "" || len(l.FeedPreference) == 0 {
				t.Errorf("library %d is unusable: %+v", i, l)
			}
		}
	})
}

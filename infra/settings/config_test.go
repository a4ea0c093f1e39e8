package settings

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"masterhand/shared/announcements"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library"
	"masterhand/shared/request/doors"
)

// loaded loads the settings from CDK's context, without a file. It clears Config.record, so that tests
// can compare the result with an expected Config.
func loaded(context map[string]any) (Config, error) {
	c, err := Load(".", context)
	c.record = nil
	return c, err
}

func TestEverySettingHasADefault(t *testing.T) {
	t.Parallel()
	got, err := loaded(map[string]any{"@aws-cdk/core:flag": true, "aws:cdk:path": "x", "availability-zones:account=1": []any{},
		"acknowledged-issue-numbers": []any{12345.0}, "cli-telemetry": false, "cdk-migrate": true})
	if err != nil || !reflect.DeepEqual(got, Defaults()) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got.Name == "" || !got.Keep || got.SpreadLedger || got.Concurrency != 0 || got.IntakeConcurrency != 0 {
		t.Errorf("defaults %+v", got)
	}
}

// A setting must have the same effect, whether it is text on the command line or a JSON value in
// cdk.json.
func TestEverySettingIsRead(t *testing.T) {
	t.Parallel()
	want := Config{
		Name: "staging", Keep: false, AlarmEmail: "oncall@example.com", MastersBucket: "acme.masters",
		MastersKeyARN: "arn:aws:kms:eu-central-1:123456789012:key/0f-1",
		LogDays:       90, SpreadLedger: true, Concurrency: 20, IntakeConcurrency: 100, NotifyEmail: "studio@example.com",
		Parallel: map[string]int{"Index": 10, "Reindex": 2, "Finish": 20, "Collect": 1000, "Door": 50, "DoorEvents": 50},
		Doors:    doors.Settings{doors.Queue: {Destination: "ads"}},
		Passed: map[string]string{
			names.Libraries:      `[{"name":"a","prefix":"a/","unlabelledLocale":"pt-BR","feedPreference":["1x1"]},{"name":"b","prefix":"b/"}]`,
			names.CollectLibrary: "b", names.CollectMaxBytes: "5368709120", names.CollectBuilds: "true", names.CollectMaxBuild: "34359738368",
			names.PosternityFields: `{"files":["/data/url"]}`, names.NotifyOn: "build_rejected,job_failed",
		},
	}
	told := map[string]any{
		"name": "staging", "alarmEmail": "oncall@example.com", "mastersBucket": "acme.masters",
		"mastersKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/0f-1", "collectLibrary": "b", "notifyEmail": "studio@example.com",
	}
	for form, more := range map[string]map[string]any{
		"texts": {
			"keep": "false", "logDays": "90", "spreadLedger": "true", "concurrency": "20", "intakeConcurrency": "100",
			"indexConcurrency": "10", "reindexConcurrency": "2", "finishConcurrency": "20", "collectConcurrency": "1000", "receiveConcurrency": "50",
			"doors":           `{"queue":{"destination":"ads"}}`,
			"collectMaxBytes": "5368709120", "collectBuilds": "true", "collectMaxBuild": "34359738368",
			"posternityFields": `{"files":["/data/url"]}`, "notifyOn": "build_rejected,job_failed",
			"libraries": `[{"name":"a","prefix":"a/","unlabelledLocale":"pt-BR","feedPreference":["1x1"]},{"name":"b","prefix":"b/"}]`,
		},
		"JSON": {
			"keep": false, "logDays": 90.0, "spreadLedger": true, "concurrency": 20.0, "intakeConcurrency": 100.0,
			"indexConcurrency": 10.0, "reindexConcurrency": 2.0, "finishConcurrency": 20.0, "collectConcurrency": 1000.0, "receiveConcurrency": 50.0,
			"doors":           map[string]any{"queue": map[string]any{"destination": "ads"}},
			"collectMaxBytes": 5368709120.0, "collectBuilds": true, "collectMaxBuild": 34359738368.0,
			"posternityFields": map[string]any{"files": []any{"/data/url"}}, "notifyOn": []any{"build_rejected", "job_failed"},
			"libraries": []any{
				map[string]any{"name": "a", "prefix": "a/", "unlabelledLocale": "pt-BR", "feedPreference": []any{"1x1"}},
				map[string]any{"name": "b", "prefix": "b/"},
			},
		},
	} {
		for key, value := range told {
			more[key] = value
		}
		// one less than all settings, because noncurrentDays is not allowed for an existing bucket
		if all := len(ofStack) + len(passed) - 1; len(more) != all {
			t.Errorf("%s: %d settings told of %d", form, len(more), all)
		}
		got, err := loaded(more)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", form, err, got, want)
		}
	}
}

// The stack must not delete anything in a bucket that it did not make.
func TestOldVersionsExpireInTheStacksBucketOnly(t *testing.T) {
	t.Parallel()
	if got, err := loaded(map[string]any{"noncurrentDays": "30"}); err != nil || got.NoncurrentDays != 30 {
		t.Errorf("%d, %v", got.NoncurrentDays, err)
	}
	_, err := loaded(map[string]any{"noncurrentDays": 30.0, "mastersBucket": "acme-masters"})
	if err == nil || !strings.HasPrefix(err.Error(), "noncurrentDays: applies only to the bucket that the stack makes") {
		t.Errorf("beside mastersBucket: %v", err)
	}
}

func TestEachMistakeNamesItsSetting(t *testing.T) {
	t.Parallel()
	for key, values := range map[string][]any{
		"name":               {"", "Staging", "1st", "a b", "-a", strings.Repeat("a", 31)},
		"keep":               {"", "yes", "1", "TRUE", 1.0},
		"alarmEmail":         {"", "oncall", "a@b", "a b@example.com"},
		"notifyEmail":        {"", "studio"},
		"notifyOn":           {"", "everything", "job_failed,", []any{}, []any{"job_failed", "x"}},
		"collectLibrary":     {"", "none"},
		"collectBuilds":      {"", "yes"},
		"collectMaxBytes":    {"", "0", "5 GiB", "161061273601", -1.0},
		"collectMaxBuild":    {"", "0"},
		"posternityFields":   {"", "[]", `{"id":"/x"}`, `{"identity":"x"}`, `{} {}`, map[string]any{"files": []any{"data"}}, `{"type":"/` + strings.Repeat("x", 512) + `"}`},
		"mastersBucket":      {"", "s3://acme", "Acme", "a", "acme/masters"},
		"mastersKeyArn":      {"", "alias/acme", "arn:aws:kms:eu-central-1:1:key/x"},
		"logDays":            {"", "2", "0", "-1", "month", 1.5},
		"noncurrentDays":     {"", "0", "-1", "36501", "1.5", true},
		"spreadLedger":       {"", "1", "yes"},
		"gradual":            {"true", false},
		"receiveConcurrency": {"", "1", "many"},
		"doors":              {"", "queue", "{}", `{"queue":{}}`, `{"url":{"destination":"ads"}}`, map[string]any{"queue": "ads"}},
		"finishConcurrency":  {"", "0", "1", "1001", 1.5},
		"concurrency":        {"0", "1001", "-1", "many"},
		"intakeConcurrency":  {"", "0", "1001", "-1", 1.5, true, nil},
		"libraries": {
			"", "default", "[]", "{}", `[{"name":"a"}] x`, `[{"name":"a","prefixes":"a/"}]`, `[{"name":"A"}]`, `[{"prefix":"a/"}]`,
			`[{"name":"a","prefix":"a\n"}]`, `[{"name":"a","unlabelledLocale":"english please"}]`, `[{"name":"a","feedPreference":["wide"]}]`,
			`[{"name":"a","prefix":"a/"},{"name":"a","prefix":"b/"}]`, `[{"name":"a","prefix":"a/"},{"name":"b","prefix":"a/b/"}]`,
			`[{"name":"a","prefix":"a/b/"},{"name":"b","prefix":"a/"}]`, `[{"name":"a"},{"name":"b","prefix":"b/"}]`,
			`[{"name":"a","fallbackLocales":["english please"]}]`, `[{"name":"a","patterns":["{code}"]}]`,
			longLibraries(), 7.0,
		},
		"nmae": {"staging"}, "cli_telemetry": {false}, "tags": {"a=b"},
	} {
		for _, value := range values {
			told := map[string]any{key: value}
			if key == "mastersKeyArn" {
				told["mastersBucket"] = "acme-masters"
			}
			got, err := loaded(told)
			if err == nil || !strings.HasPrefix(err.Error(), key) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%v: error %v, want one about %s", key, value, err, key)
			}
			if !reflect.DeepEqual(got, Config{}) {
				t.Errorf("%s=%v: settings came back beside the error", key, value)
			}
		}
	}
}

// A deployment with one library may set the library's rules as plain settings, such as "codes",
// instead of as a member of the list "libraries". An error about such a setting must begin with its
// own name: "codes[0]: …" instead of "libraries[0].codes[0]: …".
func TestTheOnlyLibraryHasSettingsOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told map[string]any
		want string
	}{
		"a shape":  {map[string]any{"codes": "HRT-####"}, `[{"name":"default","prefix":"","codes":["HRT-####"]}]`},
		"shapes":   {map[string]any{"codes": "[A-Z]{2,5}-####,CR###"}, `[{"name":"default","prefix":"","codes":["[A-Z]{2,5}-####","CR###"]}]`},
		"a list":   {map[string]any{"codes": []any{"HRT-####"}}, `[{"name":"default","prefix":"","codes":["HRT-####"]}]`},
		"wanted":   {map[string]any{"wanted": `{"video":["9x16"]}`}, `[{"name":"default","prefix":"","wanted":{"video":["9x16"]}}]`},
		"locales":  {map[string]any{"locales": `{"UK":"en-GB"}`, "onlyDeclaredLocales": "true"}, `[{"name":"default","prefix":"","locales":{"UK":"en-GB"},"onlyDeclaredLocales":true}]`},
		"pattern":  {map[string]any{"patterns": "[x_]{code}_{variation}"}, `[{"name":"default","prefix":"","patterns":["[x_]{code}_{variation}"]}]`},
		"patterns": {map[string]any{"patterns": `["{code}_{variation}"]`}, `[{"name":"default","prefix":"","patterns":["{code}_{variation}"]}]`},
	} {
		if got, err := loaded(c.told); err != nil || got.Passed[names.Libraries] != c.want {
			t.Errorf("%s: %v, passed %s, want %s", name, err, got.Passed[names.Libraries], c.want)
		}
	}
	for name, c := range map[string]struct {
		told map[string]any
		want string
	}{
		"no shape":         {map[string]any{"codes": "KW-##"}, "codes[0]: invalid shape of codes: "},
		"nothing":          {map[string]any{"codes": ""}, "codes: must be shapes of codes"},
		"no meaning":       {map[string]any{"locales": `{"UK":"england!"}`}, "locales: invalid locale word: "},
		"no object":        {map[string]any{"locales": "UK"}, "locales: must be a JSON object"},
		"only, and none":   {map[string]any{"onlyDeclaredLocales": true}, "onlyDeclaredLocales: rules that contradict each other: "},
		"no truth":         {map[string]any{"onlyDeclaredLocales": "yes"}, "onlyDeclaredLocales: must be true or false"},
		"no pattern":       {map[string]any{"patterns": "{code}.mp4"}, "patterns[0]: invalid pattern for keys: "},
		"beside libraries": {map[string]any{"codes": "HRT-####", "libraries": `[{"name":"a"}]`}, `codes: applies only without "libraries"`},
		"in a list":        {map[string]any{"libraries": `[{"name":"a","codes":["KW-##"]}]`}, "libraries[0].codes[0]: invalid shape of codes: "},
	} {
		if _, err := loaded(c.told); err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// The method Guessing must return each library whose settings declare no codes.
func TestLibrariesThatGuessAreReported(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"": "default", `[{"name":"a","prefix":"a/","codes":["HRT-####"]},{"name":"b","prefix":"b/"}]`: "b", `[{"name":"a","codes":["HRT-####"]}]`: "",
	} {
		c := Defaults()
		c.Passed[names.Libraries] = list
		if got := strings.Join(c.Guessing(), " "); got != want {
			t.Errorf("%s: %q guess, want %q", list, got, want)
		}
	}
}

// longLibraries returns a list of valid libraries that is too long for Lambda's environment.
func longLibraries() string {
	var list []library.Setting
	for i := range 100 {
		list = append(list, library.Setting{Name: fmt.Sprint("library-", i), Prefix: fmt.Sprintf("%04d/", i)})
	}
	return asText(list)
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := loaded(map[string]any{"name": "X", "keep": "x", "what": 1, "mastersKeyArn": "x", "libraries": `[{"name":"A","prefix":"\n"}]`})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"name: ", "keep: ", "what: ", "mastersKeyArn: must be", "mastersKeyArn: needs", "libraries[0].name: ", "libraries[0].prefix: "} {
		if !strings.Contains("\n"+err.Error(), "\n"+want) {
			t.Errorf("%q is missing from\n%v", want, err)
		}
	}
}

// If a function rejects the value of a setting that the stack passes to it, Load must reject the value,
// too, with the same reason.
func TestTheFunctionsRulesCheckTheirSettings(t *testing.T) {
	t.Parallel()
	for key, values := range map[string][]string{
		"libraries": {
			`[{"name":"default","prefix":""}]`, `[{"name":"a","prefix":"größe/☂ +%/"},{"name":"b","prefix":"b/"}]`,
			`[{"name":"a","prefix":"x","unlabelledLocale":"pt_BR","feedPreference":["1:1","4x5","1920x1080","1.91x1"]}]`,
			`[{"name":"a","patterns":["**/{code}/{locale}/{aspect}_v{variation}.*"],"fallbackLocales":["en_GB","en"]}]`,
			`[{"name":"` + strings.Repeat("a", 32) + `","prefix":"` + strings.Repeat("p", 768) + `","unlabelledLocale":"zh-Hant-TW"}]`,
			"[]", "{}", "null", `[{"name":"a"}] x`, `[{"name":"a","prefixes":"a/"}]`, `[{"name":"A"}]`, `[{"prefix":"a/"}]`, `[{"name":"a","prefix":"a\n"}]`,
			`[{"name":"a","prefix":"` + strings.Repeat("p", 769) + `"}]`, `[{"name":"a","unlabelledLocale":"english please"}]`,
			`[{"name":"a","feedPreference":["wide","0x1","1.9191x1"]}]`, `[{"name":"a","fallbackLocales":["en","english please"]}]`,
			`[{"name":"a","patterns":["{code}","{code}{variation}","{code}-{variation}-{code}","{name}","a/**/{code}-{variation}","","{code}-{variation}}"]}]`,
			`[{"name":"a","patterns":[` + strings.Repeat(`"{code}-{variation}",`, 16) + `"{code}+{variation}"]}]`,
			`[{"name":"a","prefix":"a/"},{"name":"a","prefix":"b/"}]`, `[{"name":"a","prefix":"a/"},{"name":"b","prefix":"a/b/"}]`,
			`[{"name":"a","wanted":{"video":["9x16"]}}]`, `[{"name":"a","wanted":{}}]`, `[{"name":"a","wanted":{"image":["tall"]}}]`, `[{"name":"a","wanted":{"videos":["9x16"]}}]`,
		},
		"collectLibrary":   {"default", "other"},
		"collectBuilds":    {"true", "false", "yes"},
		"collectMaxBytes":  {"1", "161061273600", "161061273601", "0", "x"},
		"collectMaxBuild":  {"1", "161061273601"},
		"notifyOn":         {"build_rejected", "job_failed,screenshot_failed", "build-rejected", "job_failed,"},
		"posternityFields": {"{}", `{"identity":"/id","type":"/a","status":"/b","subject":"/c","files":["/d/*/e"]}`, `{"identity":"id"}`, `{"x":"/y"}`, "[]", "{}{}"},
	} {
		for _, value := range values {
			_, err := loaded(map[string]any{key: value})
			refused := asTheFunctionsRefuse(key, value)
			if want := strings.Join(refused, "\n"); err == nil && want != "" || err != nil && err.Error() != want {
				t.Errorf("%s=%s: %v, want %q", key, value, err, want)
			}
		}
	}
}

// asTheFunctionsRefuse returns the errors with which the function collect rejects the given value
// of a setting. In these errors, the name of the setting (the parameter key) replaces the name of
// its environment variable.
func asTheFunctionsRefuse(key, value string) (all []string) {
	environment := map[string]string{
		passed[key]: value, names.NotifyTopic: "arn:aws:sns:eu-central-1:123456789012:notices", names.Region: "eu-central-1",
		names.MastersBucket: "acme-masters", names.IntakeBucket: "acme-intake", names.LedgerTable: "acme-ledger",
		names.CollectQueue: "https://sqs.eu-central-1.amazonaws.com/123456789012/collect",
	}
	if key == "libraries" {
		environment[names.CollectLibrary] = "a"
	}
	_, err := announcements.LoadCollect(func(key string) (string, bool) { v, ok := environment[key]; return v, ok })
	for _, p := range variables.Problems(err) {
		if p.Key != names.CollectLibrary || key == "collectLibrary" {
			all = append(all, strings.Replace(p.Error(), passed[key], key, 1))
		}
	}
	return all
}

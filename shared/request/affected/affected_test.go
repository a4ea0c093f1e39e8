package affected_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"masterhand/shared/request/affected"
)

func list(names ...string) string {
	var entries []string
	for i, name := range names {
		quoted, _ := json.Marshal(name)
		entries = append(entries, fmt.Sprintf(`{"id":"%d","name":%s}`, i, quoted))
	}
	return "[" + strings.Join(entries, ",") + "]"
}

func body(ads, adsets, campaigns string) []byte {
	return fmt.Appendf(nil, `{"creative":{},"facebook":{"ads":%s,"adsets":%s,"campaigns":%s}}`, ads, adsets, campaigns)
}

func TestWordsSayWhichAdsAreAffected(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		ads, adsets, campaigns string
		want                   string
	}{
		{"ads of a campaign", list("a", "b", "c"), list("s"), list("HRT Prospecting - Sep"), "3 ads of HRT Prospecting - Sep"},
		{"one ad", list("a"), list("s"), list("C"), "1 ad of C"},
		{"several campaigns", list("a", "b"), list("s"), list("C", "D", "E"), "2 ads of C and 2 more campaigns"},
		{"two campaigns", list("a"), "[]", list("C", "D"), "1 ad of C and 1 more campaign"},
		{"ad sets alone", list("a"), list("S"), "[]", "1 ad of S"},
		{"no ads", "[]", list("S"), list("C"), "campaign C"},
		{"ads alone", list("a", "b"), "null", "null", "2 ads"},
		{"no names", `[{"id":"1"},{"id":"2"}]`, "[]", `[{"id":"3"}]`, "2 ads of 1 campaign"},
		{"one ad twice", `[{"id":"1","name":"a"},{"id":"1","name":"a"}]`, "[]", list("C"), "1 ad of C"},
		{"ads without ids", `[{"name":"a"},{"name":"b"}]`, "[]", "[]", "2 ads"},
		{"one id of another type twice", `[{"id":1},{"id":1}]`, "[]", "[]", "1 ad"},
		{"names of spaces", "[]", "[]", `[{"id":"1","name":" "}]`, "1 campaign"},
		{"nothing", "[]", "[]", "[]", ""},
		{"other types", `{"a":1}`, `"x"`, `[1,"two",{"id":3,"name":4}]`, "1 campaign"},
	} {
		if got := affected.Parse(body(c.ads, c.adsets, c.campaigns)).Words(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, odd := range []string{"", "null", "[]", `{"facebook":null}`, `{"facebook":[]}`, `{"facebook":"x"}`, `{`} {
		if got := affected.Parse([]byte(odd)); !got.IsZero() || got.Words() != "" {
			t.Errorf("%q names %q", odd, got.Words())
		}
	}
}

func TestNamesOfAnyKindAreNames(t *testing.T) {
	t.Parallel()
	for _, some := range []string{"ads", "adsets", "campaigns"} {
		if n := affected.Parse([]byte(`{"facebook":{"` + some + `":[{"id":"1"}]}}`)); n.IsZero() {
			t.Errorf("no names of %s", some)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprint("ad ", i))
	}
	many[0] = strings.Repeat("ä", 120) + "tail"
	many[1] = strings.Repeat("é", 120)
	got := affected.Parse(body(list(many...), "[]", "[]")).Ads
	if got.Count != 30 || len(got.Names) != 20 || got.Names[0] != strings.Repeat("ä", 120) || got.Names[1] != many[1] {
		t.Errorf("%d, %q", got.Count, got.Names)
	}
}

func TestNamesContainNoCredential(t *testing.T) {
	t.Parallel()
	n := affected.Parse(body(list("see https://r2.example/k?X-Amz-Signature=SECRET now"), "[]", "[]"))
	if strings.Contains(fmt.Sprint(n.Ads.Names), "SECRET") || !strings.HasPrefix(n.Ads.Names[0], "see https://r2.example/[redacted]") {
		t.Errorf("%q", n.Ads.Names)
	}
}

// Names are never logged, however the value that contains them is formatted.
func TestNamesDoNotPrintThemselves(t *testing.T) {
	t.Parallel()
	n := affected.Parse(body(list("SECRET"), list("SECRET"), list("SECRET")))
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "names", n)
	fmt.Fprintf(&out, "%v %+v %#v %s %v %+v %#v", n, n, n, n, struct{ N affected.Names }{n}, struct{ N affected.Names }{n}, struct{ N affected.Names }{n})
	if strings.Contains(out.String(), "SECRET") || !strings.Contains(out.String(), "1 ad, 1 ad set, 1 campaign") {
		t.Error(out.String())
	}
}

func TestAdsOfSeveralRequestsCountOnce(t *testing.T) {
	t.Parallel()
	first := affected.Parse(body(list("a", "b"), "[]", list("C")))
	second := affected.Parse(body(list("b", "c"), "[]", list("C")))
	got := first.With(second)
	if want := (affected.List{Count: 3, Names: []string{"a", "b", "c"}}); !reflect.DeepEqual(got.Ads, want) {
		t.Errorf("%+v", got.Ads)
	}
	if got.Words() != "3 ads of C" {
		t.Errorf("%q", got.Words())
	}
	if same := first.With(first); !reflect.DeepEqual(same, first) {
		t.Errorf("with itself: %q, %+v", same.Words(), same.Ads)
	}
	alike := affected.Parse(body(list("a", "a", "a"), "[]", "[]"))
	if alike.Ads.Count != 3 || len(alike.Ads.Names) != 1 || alike.With(alike).Ads.Count != 3 || alike.With(affected.Names{}).Ads.Count != 3 {
		t.Errorf("%+v, %+v", alike.Ads, alike.With(alike).Ads)
	}
}

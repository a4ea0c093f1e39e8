package nearest_test

import (
	"slices"
	"strings"
	"testing"

	"masterhand/infra/nearest"
)

func TestTo(t *testing.T) {
	t.Parallel()
	names := []string{"requests", "redrive", "logs", "intake list", "intake url"}
	for word, want := range map[string]string{
		"requets": "requests", "reqeusts": "requests", "requests": "requests", "redrve": "redrive", "intake lst": "intake list",
		"lgs": "logs", "reboot": "", "": "", "intake": "", "x": "", strings.Repeat("logs", 1000): "",
	} {
		if got, found := nearest.To(word, names); found != (want != "") || found && got != want {
			t.Errorf("%.20q: %q, %v, want %q", word, got, found, want)
		}
	}
	if got, found := nearest.To("logs", nil); found {
		t.Errorf("%q out of nothing", got)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	names := []string{"fulfilled", "hoox-export-completed", "rejected", "requested-exact", "requested-feed"}
	for word, want := range map[string]string{
		"requested":     "requested-feed requested-exact rejected fulfilled hoox-export-completed",
		"rejcted":       "rejected",
		"hoox-complete": "hoox-export-completed",
		"":              "rejected fulfilled requested-feed requested-exact hoox-export-completed",
	} {
		if got := strings.Join(nearest.Order(word, names), " "); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
	if names[0] != "fulfilled" || len(slices.Compact(nearest.Order("x", names))) != len(names) {
		t.Errorf("the list was changed: %v", names)
	}
}

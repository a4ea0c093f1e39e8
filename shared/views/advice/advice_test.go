package advice_test

import (
	"cmp"
	"reflect"
	"strings"
	"testing"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/advice"
)

const (
	slot   = "project#HRT-1212#2#en#video"
	german = "project#HRT-1212#2#german#video"
)

func TestEachEndWithoutAFileSaysWhatToDo(t *testing.T) {
	t.Parallel()
	rules, err := placement.ParseRules(placement.Settings{Codes: []string{"HRT-####"}, Prefix: "films/"})
	if err != nil {
		t.Fatal(err)
	}
	skip := func(reason string) *ledger.Decision { return &ledger.Decision{Skip: reason} }
	explain := []string{"explain", "HRT-1212-2", "en", "video", "9x16"}
	for name, c := range map[string]struct {
		item     ledger.Item
		put      string
		commands [][]string
	}{
		"no file": {
			ledger.Item{State: ledger.Skipped, Decision: skip("no_match:aspect"), Target: "9x16"},
			"films/HRT-1212/v2/en/9x16.mp4", [][]string{{"unplaced"}, explain},
		},
		"no file for a family": {
			ledger.Item{State: ledger.Skipped, Decision: skip("no_match:creative"), Target: "feed"},
			"films/HRT-1212/v2/en/4x5.mp4", [][]string{{"unplaced"}, {"explain", "HRT-1212-2", "en", "video", "feed"}},
		},
		"a file that cannot be used": {
			ledger.Item{State: ledger.Skipped, Decision: skip("too_large"), Target: "9x16"},
			"films/HRT-1212/v2/en/9x16.mp4", [][]string{explain},
		},
		"a file that may be the one": {
			ledger.Item{State: ledger.Queued, Code: fulfillment.CodeUnplaced, Blocker: "films/odd\u202e name.mp4"}, "",
			[][]string{{"place", "films/odd\u202e name.mp4", "HRT-1212-2", "en"}, {"ignore", "films/odd\u202e name.mp4"}},
		},
		"a file of unclear locale": {
			ledger.Item{State: ledger.Queued, Code: "unclear_locale", Blocker: "UK.mp4"}, "",
			[][]string{{"place", "UK.mp4", "HRT-1212-2", "en"}, {"ignore", "UK.mp4"}},
		},
		"a file of unknown aspect": {
			ledger.Item{State: ledger.Queued, Code: "unknown_aspect", Blocker: "odd.mkv", Target: "feed"}, "",
			[][]string{{"place", "odd.mkv", "HRT-1212-2", "4x5"}, {"ignore", "odd.mkv"}},
		},
		"an index that lags": {ledger.Item{State: ledger.Queued, Code: fulfillment.CodeIndex}, "", [][]string{{"reindex --status"}}},
		"a file that is not indexed yet": {
			ledger.Item{State: ledger.Queued, Code: fulfillment.CodeIndex, Blocker: "films/HRT-1212-2_de_9x16.mp4"}, "", [][]string{{"reindex --status"}},
		},
		"a file whose name states another locale": {
			ledger.Item{State: ledger.Queued, Code: fulfillment.CodeUnplaced, Blocker: "films/HRT-1212_de_9x16.mp4"}, "",
			[][]string{{"place", "films/HRT-1212_de_9x16.mp4", "HRT-1212-2", "de"}, {"ignore", "films/HRT-1212_de_9x16.mp4"}},
		},
		"a placed file that cannot be looked at": {
			ledger.Item{State: ledger.Queued, Code: fulfillment.CodeUnplaced, Blocker: "films/HRT-1212-2_de_9x16.mp4"}, "",
			[][]string{{"place", "films/HRT-1212-2_de_9x16.mp4", "HRT-1212-2", "de"}, {"ignore", "films/HRT-1212-2_de_9x16.mp4"}},
		},
		"a locale that is no language tag": {
			ledger.Item{State: ledger.Queued, Code: "unclear_locale", Blocker: "films/HRT-1212/v2/en/9x16.mp4", Slot: german}, "", nil,
		},
		"a locale that is no language tag, and an unplaced file": {
			ledger.Item{State: ledger.Queued, Code: fulfillment.CodeUnplaced, Blocker: "odd.mp4", Slot: german}, "",
			[][]string{{"place", "odd.mp4", "HRT-1212-2"}, {"ignore", "odd.mp4"}},
		},
		"a skip for a locale that is no language tag": {
			ledger.Item{State: ledger.Skipped, Decision: skip("no_match:kind"), Target: "9x16", Slot: german}, "",
			[][]string{{"explain", "HRT-1212-2", "german", "video", "9x16"}},
		},
		"an archived file": {ledger.Item{State: ledger.Failed, Code: fulfillment.CodeArchived}, "", nil},
	} {
		c.item.Slot = cmp.Or(c.item.Slot, slot)
		got := advice.For(c.item, masters.Library{Rules: rules})
		var commands [][]string
		for _, command := range got.Commands {
			commands = append(commands, append([]string{command.Name}, command.Args...))
		}
		if got.Text == "" || strings.Contains(got.Text, "german is no language tag") != (c.item.Slot == german && c.item.Code != fulfillment.CodeUnplaced) || got.Put != c.put || !reflect.DeepEqual(commands, c.commands) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// The function For must return advice for a request that was delivered and for which the platform
// later reported another file. It must return none for a request that another callback completed.
func TestASupersededDeliveryIsReplaced(t *testing.T) {
	t.Parallel()
	for code, replaced := range map[string]bool{"": true, fulfillment.CodeIndex: true, fulfillment.CodeCompletedBefore: false} {
		item := ledger.Item{State: ledger.Superseded, Code: code, Slot: slot}
		if got := advice.For(item, masters.Library{}); advice.Replaced(item) != replaced || (got.Text != "") != replaced {
			t.Errorf("%q: %t, %+v", code, advice.Replaced(item), got)
		}
	}
	if advice.Replaced(ledger.Item{State: ledger.Delivered}) {
		t.Error("a delivery counts as replaced")
	}
}

func TestADeliveryNeedsNoAdvice(t *testing.T) {
	t.Parallel()
	for _, item := range []ledger.Item{
		{State: ledger.Delivered, Slot: slot, Blocker: "left.mp4"}, {State: ledger.Expired, Slot: slot, Blocker: "left.mp4"},
		{State: ledger.Claimed, Slot: slot}, {State: ledger.Malformed},
	} {
		if got := advice.For(item, masters.Library{}); !reflect.DeepEqual(got, advice.Advice{}) {
			t.Errorf("%s: %+v", item.State, got)
		}
	}
}

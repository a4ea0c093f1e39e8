package load_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/proof/load"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
)

// told returns the number that the first group of a pattern matches in the output.
func told(t *testing.T, out fmt.Stringer, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(out.String())
	if found == nil {
		t.Fatalf("nothing like %s:\n%s", pattern, out)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// While collect does not run, every announcement must be counted as a record and as a message. The
// run must fail if a system answers without storing an announcement, or answers too late.
func TestEveryAnnouncementIsStoredOrTheRunFails(t *testing.T) {
	s := scenariotest.Start(t, system.Config{HoldCollect: true})
	var out bytes.Buffer
	c := load.AnnounceConfig{System: s.System, Senders: s.Senders, Out: &out, AtOnce: 12, Waves: 2, Within: 10 * time.Second}
	result, err := load.Announce(t.Context(), c)
	if err == nil && (result.Accepted != result.Sent || result.Sent < 36) {
		t.Errorf("result %+v", result)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	// The number depends on timing: there is a second cold wave if an execution environment of the
	// first wave answered several senders.
	cold := told(t, &out, `cold +(\d+) answers`)
	all := strconv.Itoa(cold + 24)
	if cold < 12 || cold%12 != 0 {
		t.Errorf("%d cold answers", cold)
	}
	for _, want := range []string{"12 senders at once", "warm    24 answers", all + " sent: " + all + " accepted at the first attempt, " + all + " records, " + all + " messages"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, &out)
		}
	}
	out.Reset()
	slow := c
	slow.Within = time.Microsecond
	if _, err := load.Announce(t.Context(), slow); !errors.Is(err, load.ErrWrong) || !strings.Contains(out.String(), "NO  the p99 of warm answers is ") {
		t.Errorf("%v\n%s", err, &out)
	}
	forgetful := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(forgetful.Close)
	c.Senders = announce.New(announce.Config{
		URL: forgetful.URL + "/", Secrets: announce.NewSecrets(), Clients: s.Clients(), Bucket: services.IntakeBucket, Table: services.Table,
	})
	if _, err := load.Announce(t.Context(), c); !errors.Is(err, load.ErrWrong) || !strings.Contains(out.String(), "36 accepted at the first attempt, 0 records, 0 messages") {
		t.Errorf("%v\n%s", err, &out)
	}
}

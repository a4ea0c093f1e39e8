package requests_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"masterhand/infra/bench/requests"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/shared/request/ledger"
)

func TestEachRoundIsASampleOfEachRow(t *testing.T) {
	t.Parallel()
	servicestest.Root(t) // skips the test if the npm packages are not installed
	var out strings.Builder
	rows, err := requests.RunRounds(t.Context(), &out, 2, 3)
	if err != nil || len(rows) != 14 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		if low, _ := row.Spread(); len(row.Samples) != 2 || low <= 0 || row.Failure != "" {
			t.Errorf("%+v", row)
		}
	}
	for _, call := range []string{"dynamodb PutItem", "s3 GET", "s3 LIST", "sqs GetQueueAttributes", "platform PUT"} {
		if !strings.Contains(out.String(), call) {
			t.Errorf("the calls do not show %s:\n%s", call, &out)
		}
	}
}

func TestTheMeterTimesACallWithTheAddedDelay(t *testing.T) {
	t.Parallel()
	const delay = 20 * time.Millisecond
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Host, r.URL.RequestURI())
	}))
	t.Cleanup(service.Close)
	m := requests.NewMeter()
	t.Cleanup(m.Close)
	front, err := m.Front("s3", service.URL, delay)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []http.Header{{}, {"Range": {"bytes=0-1"}}, {"X-Amz-Target": {"Version_1.GetItem"}}} {
		request, err := http.NewRequest(http.MethodGet, front+"/a%20b?c=d%2F", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if want := strings.TrimPrefix(front, "http://") + "/a%20b?c=d%2F"; string(body) != want || err != nil {
			t.Errorf("the service was asked for %s, %v; want %s: the signature covers this", body, err, want)
		}
	}
	calls := m.Take()
	if len(calls) != 3 || calls[0].Name != "s3 GET" || calls[0].Bytes || !calls[1].Bytes || calls[2].Name != "s3 GetItem" {
		t.Fatalf("%+v", calls)
	}
	for _, c := range calls {
		if c.Took < delay {
			t.Errorf("%+v took less than the delay", c)
		}
	}
	if again := m.Take(); len(again) > 0 {
		t.Errorf("calls are returned twice: %+v", again)
	}
}

func TestAFigureLeavesOutTheBytesAndCountsEachCall(t *testing.T) {
	t.Parallel()
	type span = requests.Span
	for name, c := range map[string]struct {
		took               int
		spans              []span
		ratio, ofBusy, own float64
	}{
		"one after the other":    {30, []span{{0, 10, false}, {15, 25, false}}, 1.5, 1.5, 10},
		"at the same time":       {25, []span{{0, 20, false}, {0, 20, false}}, 25.0 / 40, 1.25, 5},
		"one within another":     {25, []span{{0, 20, false}, {5, 10, false}}, 1, 1.25, 5},
		"bytes of both legs":     {100, []span{{0, 10, false}, {20, 70, true}, {30, 90, true}}, 3, 3, 20},
		"a call beside the legs": {100, []span{{0, 20, false}, {20, 90, true}, {30, 40, false}}, 1, 1.5, 10},
	} {
		ratio, ofBusy, own := requests.Figures(c.took, c.spans...)
		if math.Abs(ratio-c.ratio)+math.Abs(ofBusy-c.ofBusy)+math.Abs(own-c.own) > 1e-9 {
			t.Errorf("%s: %g ×, %g × and %g ms, want %g ×, %g × and %g ms", name, ratio, ofBusy, own, c.ratio, c.ofBusy, c.own)
		}
	}
	if p50, p99 := requests.Quantile(0.5, 4, 1, 3, 2), requests.Quantile(0.99, 4, 1, 3, 2); p50 != 2 || p99 != 4 {
		t.Errorf("p50 %g and p99 %g, want 2 and 4", p50, p99)
	}
}

func TestAnotherEndOfARequestIsNoMeasurement(t *testing.T) {
	t.Parallel()
	master := [32]byte{1}
	sum := fmt.Sprintf("%x", master)
	delivered := scenario.Seen{
		Item:    ledger.Item{State: ledger.Delivered, SHA256: sum},
		Outcome: adplatform.Outcome{State: adplatform.Delivered}, Callbacks: [][]byte{{'{'}},
		Writes: r2.Writes{Puts: 1}, Object: r2.Object{SHA256: master}, There: true,
	}
	skipped := scenario.Seen{
		Item:      ledger.Item{State: ledger.Skipped},
		Outcome:   adplatform.Outcome{State: adplatform.Skipped, Completion: adplatform.Completion{Reason: "no_match:aspect"}},
		Callbacks: [][]byte{{'{'}},
	}
	for _, c := range []struct {
		name             string
		skip             bool
		seen             scenario.Seen
		status, attempts int
		fine             bool
	}{
		{"a delivery", false, delivered, 200, 1, true},
		{"a skip", true, skipped, 200, 1, true},
		{"a skip for a delivery", false, skipped, 200, 1, false},
		{"a delivery for a skip", true, delivered, 200, 1, false},
		{"a hand-off", false, delivered, 202, 1, false},
		{"a second attempt", true, skipped, 200, 2, false},
	} {
		if problems := requests.Problems(c.skip, c.seen, c.status, c.attempts, master); (len(problems) == 0) != c.fine {
			t.Errorf("%s: %q", c.name, problems)
		}
	}
}

package model_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"masterhand/infra/bench/model"
	"masterhand/infra/prices"
)

// at returns n requests for masters of 100 MB. They arrive evenly over the given number of seconds.
func at(n int, seconds float64) []model.Request {
	day := make([]model.Request, n)
	for i := range day {
		day[i] = model.Request{At: seconds * float64(i) / float64(n), Size: 100e6}
	}
	return day
}

// If requests exceed a limit, they must wait longer than without the limit. If twice as many
// requests arrive in the same time, this additional wait must about double.
func TestARateOverALimitWaits(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]model.Limits{
		"index partition": {Partition: 100}, "table": {Table: 100}, "S3 reads": {PrefixReads: 600},
	} {
		longest := func(n int) float64 {
			return model.Share(model.Simulate(at(n, 100), limits, 1000).Waits[model.There], 1)
		}
		free := longest(100)
		once, twice := longest(4000), longest(8000)
		if once < 2*free || twice-free < 1.9*(once-free) {
			t.Errorf("%s: waits of %.1f s without the limit, %.1f s at one rate, %.1f s at twice that", name, free, once, twice)
		}
	}
}

// If more webhooks arrive than the account's concurrency allows, some must be throttled. The
// gateway sends these again after its pauses, so the requests wait for that long.
func TestConcurrencyThrottles(t *testing.T) {
	t.Parallel()
	day := at(20, 0)
	few := model.Simulate(day, model.Limits{Concurrency: 10}, 1000)
	if waits := few.Waits[model.There]; few.Throttled != 10 || len(waits) != 20 || model.Share(waits, 1) < 30 {
		t.Errorf("%d throttled, waits %.1f", few.Throttled, waits)
	}
	if many := model.Simulate(day, model.Limits{Concurrency: 20}, 1000); many.Throttled != 0 || many.Peak.Concurrency != 20 {
		t.Errorf("with room for all: %d throttled, %d at a time", many.Throttled, many.Peak.Concurrency)
	}
}

// The model must start at most 1,000 new execution environments at once, as Lambda does, even if
// the account's concurrency is larger.
func TestEnvironmentsStartAtARate(t *testing.T) {
	t.Parallel()
	if got := model.Simulate(at(1500, 0), model.Limits{Concurrency: 5000}, 1000).Throttled; got != 500 {
		t.Errorf("%d of 1,500 webhooks at once are throttled, want 500", got)
	}
}

// A request without a master must wait for the index, and longer if the function finish is busy. A
// request that waits beyond its deadline must be counted as late.
func TestSkipsWaitForFinish(t *testing.T) {
	t.Parallel()
	skips := func(n, finish int) model.Outcome {
		day := at(n, 10)
		for i := range day {
			day[i].Kind = model.Missing
		}
		return model.Simulate(day, model.Limits{Finish: finish}, 20_000)
	}
	alone, crowd, over := skips(1, 2), skips(150, 2), skips(3000, 2)
	first, last := model.Share(alone.Waits[model.Missing], 1), model.Share(crowd.Waits[model.Missing], 1)
	if first < 120 || first > 130 || last < 2*first {
		t.Errorf("one waits %.0f s, the last of 150 %.0f s", first, last)
	}
	if alone.Late+crowd.Late != 0 || over.Late == 0 || over.Late+len(over.Waits[model.Missing]) != 3000 {
		t.Errorf("%d of 3,000 are late, %d are not", over.Late, len(over.Waits[model.Missing]))
	}
	if free := skips(3000, 0); free.Late != 0 {
		t.Errorf("%d are late without a limit", free.Late)
	}
}

// A message that waits for its next try must be counted as in flight. If the limit of messages in
// flight is reached, further messages must wait.
func TestMessagesInFlightAreBounded(t *testing.T) {
	t.Parallel()
	day := at(100, 0)
	for i := range day {
		day[i].Kind = model.Missing
	}
	free, bounded := model.Simulate(day, model.Limits{}, 1000), model.Simulate(day, model.Limits{InFlight: 5}, 1000)
	if free.Peak.InFlight != 100 || bounded.Peak.InFlight != 5 {
		t.Errorf("%d in flight without a limit, %d of 5", free.Peak.InFlight, bounded.Peak.InFlight)
	}
	if len(bounded.Waits[model.Missing]) != 100 || model.Share(bounded.Waits[model.Missing], 1) <= model.Share(free.Waits[model.Missing], 1) {
		t.Errorf("waits %v", bounded.Waits)
	}
}

// Every request of a day must end exactly once, and the day must have the requested number of
// requests.
func TestEveryRequestEndsOnce(t *testing.T) {
	t.Parallel()
	day := model.NewDay(20_000)
	got := model.Simulate(day, model.New(), 20_000)
	ended := got.Late
	for _, waits := range got.Waits {
		ended += len(waits)
	}
	if len(day) != 20_000 || ended != len(day) || got.Throttled == 0 {
		t.Errorf("%d requests, %d ended, %d throttled", len(day), ended, got.Throttled)
	}
	night, noon := 0, 0
	for _, r := range day {
		switch int(r.At / 3600) {
		case 1, 2, 3:
			night++
		case 13, 14, 15:
			noon++
		}
	}
	if noon < 3*night {
		t.Errorf("%d requests by night, %d by day", night, noon)
	}
}

// No limit may be exceeded after the operator has done everything that Uses recommends.
func TestTheRecommendedLimitsSuffice(t *testing.T) {
	t.Parallel()
	day := model.NewDay(20_000)
	free := model.Simulate(day, model.Limits{}, 20_000)
	uses := model.Uses(free.Peak, model.Default())
	if uses[0].Share() <= 1 || uses[0].Ask == "" {
		t.Fatalf("nothing breaks: %+v", uses)
	}
	eased := model.Simulate(day, model.Eased(free.Peak, model.Default()), 20_000)
	for kind := range eased.Waits {
		if got, want := model.Share(eased.Waits[kind], 1), model.Share(free.Waits[kind], 1); got > want+1 {
			t.Errorf("%s: the longest wait is %.0f s, and %.0f s without limits", model.Kind(kind), got, want)
		}
	}
}

// The costs in the README must be those that the model computes.
func TestTheReadmeStatesTheModelsCosts(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(readme)), " ")
	d, fixed := model.Delivery(100e6, false), model.FixedCost(1000)
	growing := model.Grow(days(10, 20, 50, 100, 200, 500, 1000), model.New(), 20_000)
	if asked := growing.First.Eased.Concurrency; asked != 1000 {
		t.Errorf("a new account must ask for %d concurrent executions", asked)
	}
	calls, transfer := d.Cost()
	few, _ := model.Skip(1000, model.IndexLag).Cost()
	many, _ := model.Skip(20_000, model.IndexLag).Cost()
	if math.Abs(transfer-0.009) > 1e-6 {
		t.Errorf("100 MB of data out cost $%g", transfer)
	}
	for _, want := range []string{
		fmt.Sprintf("Lambda %.1f s × 0.5 GB = $%.3f,", d.Seconds, 1000*d.Seconds*0.5*prices.GBSecond),
		fmt.Sprintf("S3 %d reads = $%.3f,", d.S3Reads, 1000*float64(d.S3Reads)*prices.S3Read),
		fmt.Sprintf("DynamoDB %g write units = $%.3f,", d.Writes, 1000*d.Writes*prices.WriteUnit),
		fmt.Sprintf("secrets and logs $%.3f:", 1000*(float64(d.Secrets)*prices.SecretCall+float64(d.Runs)*model.LogBytes/1e9*prices.LogGB)),
		fmt.Sprintf("about **$%.2f**; 1,000 skips: $%.2f to $%.2f.", 1000*calls, 1000*few, 1000*many),
		fmt.Sprintf("then **$%.2f a GB**", prices.GBOut),
		fmt.Sprintf("alarms $%.2f, secrets $%.2f, metrics up to $%.0f", fixed.Alarms, fixed.Secrets, fixed.Metrics),
		// without 0.40 USD, because AWS charges nothing for the first million SQS calls
		fmt.Sprintf("polling $%.2f, dashboard $%.0f", fixed.Polling-0.40, fixed.Dashboard),
		fmt.Sprintf("too few for %d requests a day: ask AWS for 1,000 (", growing.Breaks),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the README does not say: %s", want)
		}
	}
}

// days returns one day for each number of requests.
func days(requests ...int) (all [][]model.Request) {
	for _, n := range requests {
		all = append(all, model.NewDay(n))
	}
	return all
}

// A limit must be reported as breaking an account only if requests end too late or webhooks get 429.
// A limit that is exceeded without that must be reported with the wait that it causes.
func TestALimitBreaksOnlyIfRequestsAreLateOrRefused(t *testing.T) {
	t.Parallel()
	usual := model.Grow(days(100, 1000), model.Default(), 20_000)
	if usual.Takes != 1000 || usual.Breaks != 0 || usual.Late != 0 {
		t.Errorf("a default account and 1,000 requests: %+v", usual)
	}
	refused := model.Grow(days(100, 1000, 5000), model.New(), 20_000)
	if refused.Takes != 100 || refused.Breaks != 1000 || refused.Late != 5000 || refused.First.Limit != "Lambda's concurrency" {
		t.Errorf("a new account: takes %d, breaks at %d by %s, is late at %d", refused.Takes, refused.Breaks, refused.First.Limit, refused.Late)
	}
	if o := refused.Outcome; o.Throttled == 0 || o.Late != 0 {
		t.Errorf("a new account and 1,000 requests: %d get 429, %d are late", o.Throttled, o.Late)
	}
	skips := at(6000, 2000)
	for i := range skips {
		skips[i].Kind = model.Missing
	}
	late := model.Grow([][]model.Request{skips}, model.Default(), 20_000)
	if late.Outcome.Throttled != 0 || late.Breaks != 6000 || late.Late != 6000 || late.First.Limit != "the setting finishConcurrency" {
		t.Errorf("6,000 skips: breaks at %d by %s, is late at %d", late.Breaks, late.First.Limit, late.Late)
	}
}

// Events must happen in the order of their times, also events that an earlier event causes.
func TestEventsHappenInOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var events model.Events
	for range 500 {
		events.Push(20 * random.Float64())
	}
	last, happened := 0.0, 0
	for ; events.Any(); happened++ {
		at := events.Pop()
		if at < last {
			t.Fatalf("an event at %g happens after one at %g", at, last)
		}
		if happened < 1000 {
			events.Push(at + 3*random.Float64())
		}
		last = at
	}
	if happened != 1500 {
		t.Errorf("%d events happened, want 1,500", happened)
	}
}

// The result of each request must be one more run of the function fulfill. A request that no run of
// fulfill received must have such a run, too.
func TestEachRequestHasAResult(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		requests, concurrency int
		late                  bool
	}{{300, 1000, false}, {300, 10, false}, {2000, 1, true}} {
		got := model.Simulate(at(c.requests, 100), model.Limits{Concurrency: c.concurrency}, 1000)
		if want := 2*c.requests - got.Late; got.Calls.Runs != want || got.Late > 0 != c.late {
			t.Errorf("%+v: %d runs, %d late, want %d runs", c, got.Calls.Runs, got.Late, want)
		}
	}
}

// The cost of a month must use the tiers of the price of data out.
func TestAMonthOfMuchDataOutCostsLessAGB(t *testing.T) {
	t.Parallel()
	small, large := model.Calls{Delivered: 1e9}, model.Calls{Delivered: 1e13}
	if _, usd := small.Month(); math.Abs(usd-30*prices.GBOut) > 1e-6 {
		t.Errorf("30 GB cost $%g", usd)
	}
	if _, usd := large.Month(); math.Abs(usd-prices.MonthOut(300_000)) > 1e-6 || usd > 0.07*300_000 {
		t.Errorf("300 TB cost $%g", usd)
	}
}

// The transfer of a large film must take as long as the upload.
func TestALargeFilmTakesAsLongAsTheUpload(t *testing.T) {
	t.Parallel()
	if got := model.Delivery(5<<30, false).Seconds; got < 5<<30/float64(37<<20) || got > 145 {
		t.Errorf("5 GiB take %.0f s", got)
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := model.Print(&out, model.Scenarios()[:2]...); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"A day of 10 requests", "A day of 1,000 requests, 20,000 masters", "breaks first: the setting finishConcurrency", "only makes requests wait", "quota L-B99A9384 (Lambda, concurrent executions) of 1,000",
		"breaks at 500; requests end too late from 5,000 a day on", "USD 0.12 for 1,000 requests", "100 MB, master comes late", "Lambda seconds",
		"85 find their master, 5 come while it is uploaded, 10 have none", "5 % have 1 GB", "at most 1,000, within 10 s", "100,000,000", "Fixed, USD a month"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not printed: %s", want)
		}
	}
	if err := model.Print(full{}, model.Scenarios()...); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

package faults_test

import (
	"slices"
	"testing"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/waitpoints"
)

// Sizes of masters in bytes.
const (
	small = 64 << 10
	large = 9 << 20  // three ranges
	huge  = 16 << 20 // more than the sockets' buffers hold
)

// delivered is how it should end: at once, by this many uploads.
func delivered(puts int) outcome { return outcome{"200 delivered", "delivered", puts, 1} }

// later is how it should end where only the queue's worker can end it.
func later(puts int) outcome { return outcome{"202 accepted", "delivered", puts, 1} }

// faults are the troubles that hit one request alone, whichever door it came by.
func faults() []trouble {
	return slices.Concat(ofSource(), ofIndex(), ofUpload(), ofCallback(), ofLedger(), ofClocks())
}

// ofClocks are troubles with a platform whose clock is not ours.
func ofClocks() []trouble {
	clock := func(skew time.Duration) *waitpoints.Config { return &waitpoints.Config{Now: ahead(skew)} }
	nothing := func(*testing.T, *scene) {}
	return []trouble{
		{name: "clock: the platform's 5 s ahead", size: small, own: clock(5 * time.Second), skew: 5 * time.Second, cause: nothing, want: delivered(1)},
		{name: "clock: the platform's 5 s behind", size: small, own: clock(-5 * time.Second), skew: -5 * time.Second, cause: nothing, want: delivered(1)},
		{name: "clock: the platform's 2 h behind", size: small, own: clock(-2 * time.Hour), skew: -2 * time.Hour, cause: nothing,
			want: outcome{"200 expired", "expired expired", 0, 0}},
		{name: "clock: the token has ended, 200 all the same", size: small, own: clock(2 * time.Hour), cause: nothing, want: delivered(1)},
		{name: "clock: the token has ended, 410", size: small, own: &waitpoints.Config{Promised: true, Now: ahead(2 * time.Hour)}, cause: nothing,
			want: outcome{"200 expired", "expired callback_expired", 1, 1}},
	}
}

// The causes, by where they lie.

// reading spoils the next n answers to reads of the master.
func reading(n int, r reply) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Answers.Next(n, c.master(), r) }
}

// asking lets the next n reads of the master go wrong.
func asking(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Requests.Next(n, c.master(), f) }
}

// looking lets the next n looks at the chosen master go wrong.
func looking(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Requests.Next(n, "tags "+c.path(), f) }
}

// consulting lets the next n reads of the creative's document go wrong.
func consulting(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Requests.Next(n, "GET "+c.document(), f) }
}

// uploading lets the next n uploads go wrong.
func uploading(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.platform.Storage.Faults.Next(n, c.request.StorageKey, f) }
}

// completing lets the next n callbacks go wrong.
func completing(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.platform.Waitpoints.Faults.Next(n, c.request.Token, f) }
}

// storing lets n operations of the ledger go wrong, after the first few.
func storing(operation string, skip, n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) {
		c.dynamodb.Requests.Add(fault.Rule{Key: operation + " " + scenario.LedgerID(c.request), Skip: skip, Times: n, Fault: f})
	}
}

// sending lets the next n messages of the request go wrong.
func sending(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.sqs.Requests.Next(n, "SendMessage "+c.request.StorageKey, f) }
}

// all joins causes.
func all(causes ...func(*testing.T, *scene)) func(*testing.T, *scene) {
	return func(t *testing.T, c *scene) {
		for _, cause := range causes {
			cause(t, c)
		}
	}
}

// master is what reads of the master are about.
func (c *scene) master() string { return "GET " + c.path() }

func (c *scene) path() string {
	return "/" + services.MastersBucket + "/" + scenariotest.StoryKey(c.code)
}

// document is the path of the creative's index document.
func (c *scene) document() string {
	return "/" + services.IndexBucket + "/" + c.documentKey()
}

func (c *scene) documentKey() string { return "index/default/" + c.code + "/1.json" }

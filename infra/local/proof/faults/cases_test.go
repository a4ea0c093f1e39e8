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
	large = 9 << 20  // so large that the master is read in three ranges
	huge  = 16 << 20 // more bytes than the buffers of the sockets hold
)

// delivered returns the expected outcome if the first run delivers the master. The parameter puts
// is the number of uploads that are begun.
func delivered(puts int) outcome { return outcome{"200 delivered", "delivered", puts, 1} }

// later returns the expected outcome if the first run hands the request off and the function finish
// delivers the master. The parameter puts is the number of uploads that both runs begin.
func later(puts int) outcome { return outcome{"202 accepted", "delivered", puts, 1} }

// faults returns the faults that affect only one request. They are tried with requests through the
// function URL and with requests through the queue.
func faults() []trouble {
	return slices.Concat(ofSource(), ofIndex(), ofUpload(), ofCallback(), ofLedger(), ofClocks())
}

// ofClocks returns the cases in which the clock of the platform differs from masterhand's clock.
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

// Each of the following functions returns a cause for a case: a function that adds a fault to one
// kind of exchange.

// reading applies the fault r to the next n answers that contain bytes of the master.
func reading(n int, r reply) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Answers.Next(n, c.master(), r) }
}

// asking applies the fault f to the next n requests that read the master.
func asking(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Requests.Next(n, c.master(), f) }
}

// looking applies the fault f to the next n requests that read the tags of the master.
func looking(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Requests.Next(n, "tags "+c.path(), f) }
}

// consulting applies the fault f to the next n reads of the creative's index document.
func consulting(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Requests.Next(n, "GET "+c.document(), f) }
}

// uploading applies the fault f to the next n uploads for the request.
func uploading(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.platform.Storage.Faults.Next(n, c.request.StorageKey, f) }
}

// completing applies the fault f to the next n callbacks of the request.
func completing(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.platform.Waitpoints.Faults.Next(n, c.request.Token, f) }
}

// storing applies the fault f to n calls of a DynamoDB operation with the request's ledger item.
// The parameter skip is the number of calls that succeed before these n calls.
func storing(operation string, skip, n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) {
		c.dynamodb.Requests.Add(fault.Rule{Key: operation + " " + scenario.LedgerID(c.request), Skip: skip, Times: n, Fault: f})
	}
}

// sending applies the fault f to the next n attempts to put a message of the request into the
// queue.
func sending(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.sqs.Requests.Next(n, "SendMessage "+c.request.StorageKey, f) }
}

// all combines several causes into one, which adds their faults in the given order.
func all(causes ...func(*testing.T, *scene)) func(*testing.T, *scene) {
	return func(t *testing.T, c *scene) {
		for _, cause := range causes {
			cause(t, c)
		}
	}
}

// master returns the name that [ofS3] gives to exchanges that read the master.
func (c *scene) master() string { return "GET " + c.path() }

func (c *scene) path() string {
	return "/" + services.MastersBucket + "/" + scenariotest.StoryKey(c.code)
}

// document returns the path of the index document of the creative.
func (c *scene) document() string {
	return "/" + services.IndexBucket + "/" + c.documentKey()
}

func (c *scene) documentKey() string { return "index/default/" + c.code + "/1.json" }

package faults_test

import (
	"slices"
	"testing"

	"masterhand/infra/local/farside/fault"
	"masterhand/infra/local/services"
	"masterhand/infra/local/systemtest"
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

// faults are the troubles that hit one request alone.
func faults() []trouble {
	return slices.Concat(ofSource(), ofIndex(), ofUpload(), ofCallback(), ofLedger(), ofQueue())
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
		c.dynamodb.Requests.Add(fault.Rule{Key: operation + " " + systemtest.LedgerID(c.request), Skip: skip, Times: n, Fault: f})
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

// clearing ends what the front of S3 does to reads of one address.
func (c *scene) master() string {
	return "GET /" + services.MastersBucket + "/" + systemtest.StoryKey(c.code)
}

// document is the path of the creative's index document.
func (c *scene) document() string {
	return "/" + services.IndexBucket + "/" + c.documentKey()
}

func (c *scene) documentKey() string { return "index/default/" + c.code + "/1.json" }

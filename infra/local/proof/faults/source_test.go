package faults_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/request/ledger"
)

const forever = 1 << 20

// ofSource returns faults of reading the master. If a read fails, the upload often ends without a
// byte, because the upload begins while the first range is being read. If S3 sends too many bytes,
// the system sometimes notices this only after it has delivered the whole master.
func ofSource() []trouble {
	return []trouble{
		{name: "source: reset before an answer, three times", size: large, cause: asking(3, fault.ResetAt(0)), want: delivered(1)},
		{name: "source: silent before an answer", size: large, cause: asking(1, fault.StallAt(0)), want: delivered(1)},
		{name: "source: reset after 1 byte", size: large, cause: reading(1, reply{cut: true, at: 1}), want: delivered(1)},
		{name: "source: every range reset after 1 MB", size: large, cause: reading(3, reply{cut: true, at: 1e6}), want: delivered(1)},
		{name: "source: reset one byte before a range's end", size: large, cause: reading(1, reply{cut: true, at: 4<<20 - 1}), want: delivered(1)},
		{name: "source: silent after no byte", size: large, cause: reading(1, reply{stall: true}), want: delivered(1)},
		{name: "source: silent after 100 kB", size: large, cause: reading(2, reply{stall: true, at: 1e5}), want: delivered(1)},
		{name: "source: answers 5 bytes short", size: large, cause: reading(2, reply{longer: -5}), want: delivered(1)},
		{name: "source: an answer 5 bytes long", size: large, cause: reading(1, reply{longer: 5}), want: later(2), or: []outcome{later(1), delivered(1)}},
		{name: "source: 4 MB a second", size: large, cause: reading(forever, reply{rate: 4 << 20}), want: delivered(1)},
		{name: "source: 500 InternalError, twice", size: small, cause: asking(2, xmlError(500, "InternalError")), want: delivered(1)},
		{name: "source: 503 SlowDown, twice", size: small, cause: asking(2, xmlError(503, "SlowDown")), want: delivered(1)},
		{name: "source: 503 with HTML, twice", size: small, cause: asking(2, fault.Status(503)), want: delivered(1)},
		{name: "source: 404 NoSuchKey, once", size: small, cause: asking(1, xmlError(404, "NoSuchKey")), want: delivered(2), or: []outcome{delivered(1)}},
		{name: "source: 412 PreconditionFailed, once", size: small, cause: asking(1, xmlError(412, "PreconditionFailed")), want: delivered(2), or: []outcome{delivered(1)}},
		{name: "source: 403 for one run", size: small, cause: asking(1, xmlError(403, "AccessDenied")), want: later(2), or: []outcome{later(1)}},
	}
}

// ofIndex returns faults that occur while the system looks for a master. None of them may cause a
// skip if the master exists, or as long as the system cannot know whether it exists.
func ofIndex() []trouble {
	return []trouble{
		{name: "index: 500, twice", size: small, cause: consulting(2, xmlError(500, "InternalError")), want: delivered(1)},
		{name: "index: 503 with HTML, twice", size: small, cause: consulting(2, fault.Status(503)), want: delivered(1)},
		{name: "index: reset, twice", size: small, cause: consulting(2, fault.ResetAt(0)), want: delivered(1)},
		{name: "index: silent, once", size: small, cause: consulting(1, fault.StallAt(0)), want: delivered(1)},
		{name: "index: the master's labels silent, once", size: small, cause: looking(1, fault.StallAt(0)), want: delivered(1)},
		{name: "index: the master's labels 503, twice", size: small, cause: looking(2, xmlError(503, "SlowDown")), want: delivered(1)},
		{name: "index: the master's labels 403, once", size: small, cause: looking(1, xmlError(403, "AccessDenied")), want: later(1)},
		{name: "index: 403, twice", size: small, cause: consulting(2, xmlError(403, "AccessDenied")), want: later(1), or: []outcome{delivered(1)}},
		{name: "index: corrupt document", size: small, cause: corruptDocument, heal: mendDocument, want: later(1)},
		{name: "index: corrupt document, no master", cause: corruptDocument, tried: true, heal: removeDocument, want: skippedLater},
		{name: "index: document of another creative", size: small, cause: swapDocument, heal: mendDocument, want: later(1)},
		{name: "index: document lost", size: small, cause: removeDocument, tried: true, heal: mendDocument, want: later(1)},
	}
}

// listing applies the fault f to the next n requests that list the whole library.
func listing(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.s3.Requests.Next(n, "list ", f) }
}

// triedAgain waits until a second run has also handed the request off to the queue. It checks that
// no callback was sent.
func (c *scene) triedAgain(t *testing.T) {
	t.Helper()
	scenariotest.Eventually(t, "the message is tried again", func(ctx context.Context) bool {
		item, err := c.Ledger.Load(ctx, scenario.LedgerID(c.request))
		return err == nil && item.Attempts > 1 && item.State == ledger.Queued
	})
	if n := len(c.callbacks(t)); n > 0 {
		t.Errorf("%d callbacks while nothing could be known", n)
	}
}

func (c *scene) writeDocument(t *testing.T, text string) {
	t.Helper()
	_, err := c.Clients().S3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: new(services.IndexBucket), Key: new(c.documentKey()), Body: bytes.NewReader([]byte(text)),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func corruptDocument(t *testing.T, c *scene) { c.writeDocument(t, `{"format":1,"code":"`) }

func swapDocument(t *testing.T, c *scene) {
	c.writeDocument(t, `{"format":1,"rules":1,"code":"OTHER","variation":1,"masters":[]}`)
}

func removeDocument(t *testing.T, c *scene) {
	in := &s3.DeleteObjectInput{Bucket: new(services.IndexBucket), Key: new(c.documentKey())}
	if _, err := c.Clients().S3().DeleteObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// mendDocument removes the creative's index document and uploads the master again, so that the
// function index writes the document anew.
func mendDocument(t *testing.T, c *scene) {
	removeDocument(t, c)
	key := scenariotest.StoryKey(c.code)
	c.Known(t, scenariotest.Of(c.code), key, c.Put(t, key, c.data))
}

package faults_test

import (
	"testing"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/fault"
)

// exhausted is the number of failed attempts after which the AWS SDK gives up, so that a call
// fails.
const exhausted = 3

// ofLedger returns the cases in which DynamoDB fails. A delivery writes to the ledger four times:
// the claim, the decision, the checkpoint after the upload, and the end.
func ofLedger() []trouble {
	throttled, limited := jsonError(400, "ProvisionedThroughputExceededException"), jsonError(400, "ThrottlingException")
	asked := outcome{"503 unavailable, 200 delivered", "delivered", 1, 1}
	conflict, broken := jsonError(400, "ConditionalCheckFailedException"), jsonError(500, "InternalServerError")
	return []trouble{
		{name: "ledger: reads throttled, twice", size: small, cause: storing("GetItem", 0, 2, throttled), want: delivered(1)},
		{name: "ledger: writes throttled, twice", size: small, cause: storing("PutItem", 0, 2, throttled), want: delivered(1)},
		{name: "ledger: ThrottlingException, twice", size: small, cause: storing("PutItem", 1, 2, limited), want: delivered(1)},
		{name: "ledger: 500, twice", size: small, cause: storing("PutItem", 2, 2, broken), want: delivered(1)},
		{name: "ledger: reset, twice", size: small, cause: storing("GetItem", 0, 2, fault.ResetAt(0)), want: delivered(1)},
		{name: "ledger: silent at the claim, once", size: small, cause: storing("PutItem", 0, 1, fault.StallAt(0)), want: delivered(1)},
		{name: "ledger: silent at the end, once", size: small, cause: storing("PutItem", 3, 1, fault.StallAt(0)), want: delivered(1),
			// The attempt without an answer takes 8 s. A write may take 10 s in all, so there is
			// sometimes no time for a second attempt.
			or: []outcome{later(1), asked}},
		{name: "ledger: a false conflict at the claim", size: small, cause: storing("PutItem", 0, 1, conflict), want: delivered(1)},
		{name: "ledger: a false conflict at the decision", size: small, cause: storing("PutItem", 1, 1, conflict), want: delivered(1)},
		{name: "ledger: a false conflict at the checkpoint", size: small, cause: storing("PutItem", 2, 1, conflict), want: delivered(1)},
		{name: "ledger: a false conflict at the end", size: small, cause: storing("PutItem", 3, 1, conflict), want: delivered(1)},
		{name: "ledger: claimed, the answer lost", size: small, cause: storing("PutItem", 0, 1, fault.ResetAt(fault.Done)), want: delivered(1)},
		{name: "ledger: decided, the answer lost", size: small, cause: storing("PutItem", 1, 1, fault.ResetAt(fault.Done)), want: delivered(1)},
		{name: "ledger: checkpoint, the answer lost", size: small, cause: storing("PutItem", 2, 1, fault.ResetAt(fault.Done)), want: delivered(1)},
		{name: "ledger: ended, the answer lost", size: small, cause: storing("PutItem", 3, 1, fault.ResetAt(fault.Done)), want: delivered(1)},
		{name: "ledger: throttled past patience, at the claim", size: small, cause: storing("PutItem", 0, exhausted, throttled), want: later(1)},
		{name: "ledger: throttled past patience, at the decision", size: small, cause: storing("PutItem", 1, exhausted, throttled), want: later(1)},
		{name: "ledger: throttled past patience, at the checkpoint", size: small, cause: storing("PutItem", 2, exhausted, throttled), want: later(2)},
		{name: "ledger: throttled past patience, at the end", size: small, cause: storing("PutItem", 3, exhausted, throttled), heal: endLease,
			want: outcome{"202 accepted", "delivered", 1, 2}},
	}
}

// ofQueue returns the cases in which the hand-off fails. In each case the function fulfill must
// hand the request off, because it cannot read the index.
func ofQueue() []trouble {
	blind := consulting(1, xmlError(403, "AccessDenied"))
	throttled := jsonError(400, "RequestThrottled")
	asked := outcome{"503 unavailable, 200 delivered", "delivered", 1, 1}
	nothing := func(*testing.T, *scene) {}
	return []trouble{
		{name: "queue: throttled, twice", size: small, cause: all(blind, sending(2, throttled)), want: later(1)},
		// The attempt without an answer takes 8 s, and the hand-off may take 10 s in all. It
		// therefore sometimes fails with a 503 although SQS has stored the message.
		{name: "queue: silent, once", size: small, cause: all(blind, sending(1, fault.StallAt(0))), want: later(1),
			or: []outcome{asked, {"503 unavailable, 409 held", "delivered", 1, 1}}},
		{name: "queue: sent, the answer lost", size: small, cause: all(blind, sending(1, fault.ResetAt(fault.Done))), want: later(1)},
		{name: "queue: throttled past patience", size: small, cause: all(blind, sending(exhausted, throttled)), heal: nothing, want: asked},
		{name: "queue: denied", size: small, cause: all(blind, sending(1, jsonError(403, "AccessDenied"))), heal: nothing, want: asked},
		{name: "queue: 500 past patience", size: small, cause: all(blind, sending(exhausted, jsonError(500, "InternalError"))), heal: nothing, want: asked},
		{name: "queue and ledger: both down at the claim", size: small,
			cause: all(storing("PutItem", 0, exhausted, jsonError(500, "InternalServerError")), sending(exhausted, throttled)), heal: nothing, want: asked},
	}
}

// endLease lets the lease of a request end: it sets the lease's end in the ledger to a minute ago.
// Another run can then claim the request at once.
func endLease(t *testing.T, c *scene) {
	t.Helper()
	item, err := c.Ledger.Load(t.Context(), scenario.LedgerID(c.request))
	if err != nil {
		t.Fatal(err)
	}
	item.Version++
	item.LeaseUntil = time.Now().Add(-time.Minute)
	if err := c.Ledger.Save(t.Context(), item); err != nil {
		t.Fatal(err)
	}
}

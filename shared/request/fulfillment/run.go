package fulfillment

import (
	"cmp"
	"context"
	"errors"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/transfer"
)

// run contains the state of one run, which works on one claimed request.
type run struct {
	*Service
	job  Job
	hold *ledger.Hold
	// chosen is the document from which this run last chose a master; nil before the first choice.
	chosen *document
	// counted is set if the ledger has already counted the next upload.
	counted bool
}

// document is a creative's index document with the revision that was read.
type document struct {
	masters.Document
	revision string
}

// closing is how long a run may take to record its end after its time is up.
const closing = 10 * time.Second

// work processes the request while the lease lasts, and records the outcome in the ledger.
func (r *run) work(ctx context.Context) Outcome {
	end := r.job.Deadline
	if end.IsZero() || r.job.Request.ExpiresAt.Before(end) {
		end = r.job.Request.ExpiresAt
	}
	working, cancelTime := context.WithDeadline(ctx, end)
	defer cancelTime()
	working, cancel := context.WithCancelCause(working)
	defer cancel(nil)
	stop := r.hold.KeepAlive(working, func(err error) { cancel(err) })
	outcome := r.steps(working)
	if cause := context.Cause(working); outcome.Status == Retry && (errors.Is(cause, ledger.ErrFenced) || errors.Is(cause, ledger.ErrEnded)) {
		// this run records no end: another run has taken the request over, or the request has ended
		outcome.Status, outcome.Code = Held, CodeLost
	}
	stop()
	ctx, cancelClosing := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancelClosing()
	return r.conclude(ctx, outcome)
}

// conclude writes the outcome o to the ledger and returns o, except in these cases:
//   - If o has the status Retry, conclude returns the outcome of handOff.
//   - If the run has lost the request, conclude returns how the request ended, or Held if the
//     request is open.
//   - If the ledger fails, conclude returns Accepted if a message is in the queue, otherwise Retry.
func (r *run) conclude(ctx context.Context, o Outcome) Outcome {
	var err error
	switch o.Status {
	case Held:
		return r.overtaken(o)
	case Retry:
		o, err = r.handOff(ctx, o)
	default:
		err = r.hold.Settle(ctx, ledger.Outcome{
			State: ledger.State(o.Status), Code: o.Code, Detail: o.Detail, Unconfirmed: o.Unconfirmed,
		})
		if err == nil {
			o.Ended = o.Status
		}
	}
	switch {
	case err == nil:
		return o
	case errors.Is(err, ledger.ErrFenced), errors.Is(err, ledger.ErrEnded):
		return r.overtaken(o)
	}
	// the ledger's error is ignored: a message is in the queue, so the worker ends the request
	if o.Status == Accepted {
		return o
	}
	o.Status, o.Code, o.Detail = Retry, codeLedger, err.Error()
	if r.send(ctx, r.job) {
		o.Status = Accepted
	}
	return o
}

// handOff leaves an open request to the queue: it sends the message first, then writes the ledger.
// The queue's worker already has a message, so it only writes the ledger. Without a queue, or if
// the queue refuses, handOff releases the request for the gateway's next try.
func (r *run) handOff(ctx context.Context, o Outcome) (Outcome, error) {
	switch {
	case r.job.FromQueue:
	case r.send(ctx, r.job):
		o.Status = Accepted
	default:
		return o, r.hold.Release(ctx, o.Code, o.Detail)
	}
	return o, r.hold.Queue(ctx, o.Code, o.Detail)
}

// overtaken returns the outcome of a run that lost its request: the request's end if it is known,
// otherwise an outcome that says that another run holds the request.
func (r *run) overtaken(o Outcome) Outcome {
	if item := r.hold.Item(); item.State.Ended() {
		return ended(item)
	}
	o.Status = Held
	return o
}

// steps takes the next steps of the request, starting from the state in the ledger.
func (r *run) steps(ctx context.Context) Outcome {
	item := r.hold.Item()
	held, allowed := r.examineHosts(ctx)
	switch {
	case !r.Now().Before(r.job.Request.ExpiresAt):
		held.Status, held.Code, held.Unconfirmed = Expired, cmp.Or(held.Code, "expired"), item.State == ledger.Uploaded
		return held
	case !allowed:
		return held
	case item.State == ledger.Uploaded:
		return r.confirm(ctx, *item.Decision, item.SHA256, true)
	case item.Decision != nil && item.Decision.Skip != "":
		return r.skip(ctx, *item.Decision, true)
	}
	if outcome, usable := r.examineUpload(); !usable {
		return outcome
	}
	decision := item.Decision
	if decision == nil {
		fresh, outcome := r.decide(ctx, r.hold.Decide)
		if fresh == nil {
			return outcome
		}
		decision, r.counted = fresh, item.Uploads == 0
	}
	if decision.Skip != "" {
		return r.skip(ctx, *decision, false)
	}
	return r.deliver(ctx, *decision)
}

// examineHosts reports whether the hosts of the request's URLs may be contacted. If not, the
// outcome says why.
func (r *run) examineHosts(ctx context.Context) (held Outcome, allowed bool) {
	err := r.Hosts.Allow(ctx, r.job.Destination, r.job.Request.UploadURL, r.job.Request.CompleteURL)
	if err == nil {
		return Outcome{}, true
	}
	lacking, repairable := errors.AsType[*destination.HostError](err)
	if !repairable {
		return retry(codeHosts, err), false
	}
	held = retry(CodeHost, err)
	held.Host = lacking.Host
	return held, false
}

// examineUpload checks the upload URL before any other work.
func (r *run) examineUpload() (Outcome, bool) {
	err := transfer.Inspect(r.job.Request.UploadURL, r.Now())
	switch {
	case err == nil:
		return Outcome{}, true
	case errors.Is(err, transfer.ErrExpired):
		return Outcome{Status: Expired, Code: "upload_url_expired", Detail: err.Error()}, false
	}
	return Outcome{Status: Failed, Code: "upload_url", Detail: err.Error()}, false
}

// retry returns an outcome that leaves the request for another try.
func retry(code string, err error) Outcome {
	return Outcome{Status: Retry, Code: code, Detail: err.Error()}
}

package fulfillment

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/transfer"
	"masterhand/shared/request/waitpoint"
)

// maxChoices bounds how often a run chooses another master because the chosen one was replaced.
const maxChoices = 8

// deliver uploads the decided version, saves the checkpoint and sends the callback. If the version
// is gone before anything was uploaded, deliver chooses another master.
func (r *run) deliver(ctx context.Context, decision ledger.Decision) Outcome {
	for range maxChoices {
		if outcome, fits := r.fits(decision); !fits {
			return outcome
		}
		result, err := r.Mover.Move(ctx, r.source(decision), transfer.Upload{
			URL: r.job.Request.UploadURL, ContentType: decision.MediaType, Size: decision.Size,
			HashMD5: decision.Size <= transfer.MaxMD5, Alive: r.hold.Alive, Begin: r.beginUpload, Attempts: r.attempts(),
		})
		if err == nil {
			sum := hex.EncodeToString(result.SHA256[:])
			r.rates.measure(result.Bytes, result.Elapsed)
			var refused bool
			if refused, err = r.digest(ctx, decision, sum); !refused {
				outcome := r.checkpoint(ctx, decision, sum)
				outcome.Decision, outcome.SHA256 = decision, sum
				outcome.Bytes, outcome.Elapsed, outcome.ETagDiffers = result.Bytes, result.Elapsed, result.ETagDiffers
				if err != nil && outcome.Detail == "" {
					outcome.Detail = err.Error()
				}
				return outcome
			}
			err = errRefused
		}
		if !errors.Is(err, errRefused) && !errors.Is(err, transfer.ErrChanged) {
			return r.undelivered(err, decision)
		}
		// a short wait before the new choice is enough: the index soon learns of the change
		if !backoff.Sleep(ctx, pollOften) {
			return retry("master_replaced", err)
		}
		fresh, outcome := r.decide(ctx, r.hold.Redecide)
		if fresh == nil {
			return outcome
		}
		if fresh.Skip != "" {
			return r.skip(ctx, *fresh, false)
		}
		decision = *fresh
	}
	return retry("master_replaced", transfer.ErrChanged)
}

// queuedAttempts is the largest number of PUTs of a run of the queue's worker. More PUTs in one run
// would be too close together to outlast an outage. The queue delivers the message again, after
// longer pauses than a run can make.
const queuedAttempts = 1

// webhookAttempts is the largest number of PUTs of a run that a webhook started. It must be less
// than ledger.MaxUploads, so that the queue's worker has some uploads left.
const webhookAttempts = 5

func (r *run) attempts() int {
	if r.job.FromQueue {
		return queuedAttempts
	}
	return webhookAttempts
}

// beginUpload counts an upload in the ledger, unless the write that saved the decision has already
// counted it.
func (r *run) beginUpload(ctx context.Context) error {
	if r.counted {
		r.counted = false
		return nil
	}
	err := r.hold.BeginUpload(ctx)
	if errors.Is(err, ledger.ErrFenced) || errors.Is(err, ledger.ErrEnded) {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// errLost means that the ledger refused to count an upload: another run has taken the request over,
// or the request has ended.
var errLost = errors.New("request lost before an upload")

// errRefused means that the platform has refused the uploaded bytes before, in a file with another
// name.
var errRefused = errors.New("these bytes were refused before")

// digest writes the digest of the uploaded bytes into the creative's document. It reports whether
// the platform refused these bytes for this slot before, perhaps as a file with another ETag. An
// error means that the document may lack the digest.
func (r *run) digest(ctx context.Context, d ledger.Decision, sum string) (refused bool, err error) {
	slot, doc := r.job.Request.Slot, r.chosen
	for range maxSwaps {
		if doc == nil {
			now, revision, err := r.Index.Document(ctx, r.job.Library, slot.Creative)
			if err != nil {
				return false, err
			}
			doc = &document{now, revision}
		}
		refused = doc.Refused(sum, slot)
		m := doc.Find(d.Key)
		if m == nil || m.ETag != d.ETag || m.VersionID != d.VersionID || m.SHA256 == sum {
			return refused, nil
		}
		known := *m
		known.SHA256 = sum
		if err := r.Index.SaveDocument(ctx, r.job.Library, doc.Put(known), doc.revision); !errors.Is(err, masters.ErrStale) {
			return refused, err
		}
		doc = nil // another writer changed the document meanwhile, so it is read again
	}
	return refused, fmt.Errorf("%w: overtaken %d times", masters.ErrStale, maxSwaps)
}

// fits reports whether the time left allows the upload. If not, the outcome says how the run must
// end.
func (r *run) fits(d ledger.Decision) (Outcome, bool) {
	switch Budget(d.Size, r.rates.measured(), r.Now(), r.job.Deadline, r.job.Request.ExpiresAt) {
	case GiveUp:
		detail := fmt.Sprintf("%d bytes cannot be moved in the time that is left", d.Size)
		return Outcome{Status: Expired, Code: "too_late", Detail: detail, Decision: d}, false
	case HandOff:
		if r.Queue != nil && !r.job.FromQueue {
			return Outcome{Status: Retry, Code: "budget", Detail: "more time is needed than this run has", Decision: d}, false
		}
	}
	return Outcome{}, true
}

// source returns a source that reads only the decided version.
func (r *run) source(d ledger.Decision) transfer.Source {
	return pinned{bucket: r.Bucket, decision: d}
}

type pinned struct {
	bucket   Bucket
	decision ledger.Decision
}

// Open implements [transfer.Source].
func (p pinned) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	body, err := p.bucket.Open(ctx, p.decision.Key, p.decision.VersionID, p.decision.ETag, off, n)
	switch {
	case errors.Is(err, masters.ErrChanged):
		return nil, fmt.Errorf("%w: %w", transfer.ErrChanged, err)
	case errors.Is(err, masters.ErrDenied):
		return nil, fmt.Errorf("%w: %w", transfer.ErrDenied, err)
	}
	return body, err
}

// undelivered returns the outcome of a failed upload: the request ends if the failure is permanent;
// otherwise it is left for another try.
func (r *run) undelivered(err error, decision ledger.Decision) Outcome {
	o := retry(CodeTransfer, err)
	o.Decision = decision
	switch {
	case !r.Now().Before(r.job.Request.ExpiresAt):
		o.Status, o.Code = Expired, "upload_too_late"
	// reading our own bucket failed, not the platform's storage: a later try may succeed
	case errors.Is(err, transfer.ErrDenied), errors.Is(err, transfer.ErrRange):
	case errors.Is(err, errLost):
		o.Status, o.Code = Held, CodeLost
	case errors.Is(err, ledger.ErrUploads):
		o.Status, o.Code = Failed, "too_many_uploads"
	case !transfer.Retryable(err):
		o.Status, o.Code = Failed, "upload_refused"
	}
	return o
}

// checkpoint records the upload in the ledger, so that no run uploads the bytes again. Then it
// sends the callback.
func (r *run) checkpoint(ctx context.Context, decision ledger.Decision, sum string) Outcome {
	if err := r.hold.Uploaded(ctx, sum); err != nil {
		return retry(codeLedger, err)
	}
	return r.confirm(ctx, decision, sum, false)
}

// confirm sends the callback of an upload. If earlier is true, an earlier run may have sent the
// callback already.
func (r *run) confirm(ctx context.Context, decision ledger.Decision, sum string, earlier bool) Outcome {
	delivery := platform.Delivery{StorageKey: r.job.Request.StorageKey, Extension: decision.Extension}
	if r.job.Request.Slot.Aspect == "" {
		delivery.Aspect = creative.Aspect(decision.Aspect)
	}
	digest, err := hex.DecodeString(sum)
	if err != nil || len(digest) != len(delivery.SHA256) {
		return Outcome{Status: Failed, Code: "ledger_digest", Detail: "the ledger's digest of the upload is unreadable"}
	}
	copy(delivery.SHA256[:], digest)
	o := r.complete(ctx, delivery.Body(), Delivered, earlier)
	o.Decision, o.SHA256 = decision, sum
	return o
}

// skip sends the callback with the decided reason. If earlier is true, an earlier run may have sent
// the callback already.
func (r *run) skip(ctx context.Context, decision ledger.Decision, earlier bool) Outcome {
	o := r.complete(ctx, platform.SkipBody(decision.Skip), Skipped, earlier)
	o.Decision = decision
	if o.Status == Skipped {
		o.Code = decision.Skip
	}
	return o
}

// complete posts the callback's body. The parameter success is the outcome's status if the platform
// accepts the callback.
func (r *run) complete(ctx context.Context, body []byte, success Status, earlier bool) Outcome {
	client := *r.Callbacks
	client.Transport = leased{alive: r.hold.Alive, next: client.Transport}
	result, err := waitpoint.Complete(ctx, &client, r.job.Request.CompleteURL, body)
	switch result.Outcome {
	case waitpoint.Accepted:
		return Outcome{Status: success}
	case waitpoint.AlreadyCompleted:
		if earlier || result.Unclear {
			return Outcome{Status: success, Unconfirmed: true, Detail: "the callback was completed before, maybe by us"}
		}
		return Outcome{Status: Superseded, Code: CodeCompletedBefore}
	case waitpoint.Expired:
		return Outcome{Status: Expired, Code: "callback_expired"}
	case waitpoint.Refused:
		return Outcome{Status: Failed, Code: "callback_refused", Detail: err.Error()}
	}
	if !r.Now().Before(r.job.Request.ExpiresAt) {
		return Outcome{Status: Expired, Code: "callback_unanswered", Detail: err.Error()}
	}
	return retry("callback", err)
}

// leased is a transport that refuses to send once the lease has ended.
type leased struct {
	alive func() error
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (l leased) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := l.alive(); err != nil {
		return nil, err
	}
	return l.next.RoundTrip(req)
}

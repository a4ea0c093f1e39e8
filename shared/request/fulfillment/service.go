// Package fulfillment fulfils requests: it takes an authentic request, delivers the right master,
// sends the callback, and records each step in the ledger.
//
// Invariants:
//
//   - A run claims the request before it does anything else. Every upload and every
//     callback needs a running lease.
//   - The decision is in the ledger before any byte moves, the checkpoint before the
//     callback, and "delivered" only after the platform accepted the callback.
//   - A skip is sent only when absence is proved. A request that cannot be decided is
//     left for another try, never skipped.
package fulfillment

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/kit/capability"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/transfer"
)

// Bucket is the part of the masters bucket that fulfilment uses.
type Bucket interface {
	// Look returns the object under key as it is now, with its labels. It returns masters.ErrAbsent
	// if there is no such object, and another error if the bucket fails or refuses access.
	Look(ctx context.Context, key string) (masters.Object, error)
	// Open reads n bytes from offset off of exactly this version. It returns masters.ErrChanged if
	// the key holds another version.
	Open(ctx context.Context, key, versionID, etag string, off, n int64) (io.ReadCloser, error)
	Listing
}

// Backlog reports whether events wait to be indexed.
type Backlog interface {
	// Waiting returns the number of events in the index queue and in its dead-letter queue, whether
	// visible, in flight or delayed. The number may lag behind recent changes.
	Waiting(ctx context.Context) (int, error)
}

// Queue takes over requests that a run cannot end.
type Queue interface {
	// Send stores the job durably before it returns. Its errors must not contain the job.
	Send(ctx context.Context, job Job) error
}

// Hosts decides which hosts a request's URLs may name.
type Hosts interface {
	// Allow returns nil if the named destination allows the hosts of both URLs now. It returns a
	// *[destination.HostError] if the destination does not allow one of them, and another error if
	// the destination cannot be read.
	Allow(ctx context.Context, destination string, upload, callback capability.URL) error
}

// Service fulfils requests. All fields are needed except Queue and Affected.
type Service struct {
	Ledger  *ledger.Ledger
	Index   masters.Index
	Lines   masters.Lister // lists the bucket that stores the index
	Bucket  Bucket
	Backlog Backlog
	Mover   *transfer.Mover
	// Hosts decides whether the destination allows the request's hosts. A run asks it at each try,
	// before it contacts any host.
	Hosts Hosts
	// Callbacks is the client that sends the completion callbacks.
	Callbacks *http.Client
	Now       func() time.Time
	// IndexLag is the longest time from an upload until its event reaches the index.
	IndexLag time.Duration
	// HoldTimeout is how long a webhook's run waits while another run holds the same request.
	HoldTimeout time.Duration
	// Queue takes over requests that a run cannot end. If nil, the run releases the request for the
	// gateway's next try.
	Queue Queue
	// Affected stores the names of the ads that wait for a request. If nil, no names are stored.
	Affected ledger.AffectedStore

	rates rates
}

// Job is an authentic request with the destination through which it came and that destination's
// library.
type Job struct {
	Request     platform.Request
	Destination string
	Library     masters.Library
	// Others are the libraries of the other destinations through which the same request may also
	// arrive.
	Others    []masters.Library
	EventID   string    // the event's id; it is not signed, so it is only for people to read
	Deadline  time.Time // the time by which this run must have ended; zero means none
	FromQueue bool      // set if the job comes from the queue; the queue's worker never waits for another run
}

// Status is the name of an outcome in answers to the gateway and in metrics.
type Status string

// The statuses of outcomes. Those of the first group end a request; those of the second group leave
// it open.
const (
	Delivered          Status = "delivered"
	Skipped            Status = "skipped"
	Expired            Status = "expired"
	Failed             Status = "failed"
	Superseded         Status = "superseded"
	FulfilledElsewhere Status = "fulfilled_elsewhere"
	Conflict           Status = "conflict"

	Accepted Status = "accepted" // the request is in the queue, whose worker must end it
	Held     Status = "held"     // another run works on the request
	Retry    Status = "retry"    // no run holds the request and no queue contains it: the gateway must send it again
)

// Outcome is the result of a job.
type Outcome struct {
	Status   Status
	Code     string // a stable word for machines: why the request has this status
	Detail   string // a sentence for people, without URLs
	Ended    Status // the status with which this run ended the request; "" if this run did not end it
	Host     string // the host that the destination does not allow; "" if the hosts are allowed
	Repeated bool   // an earlier run had this outcome; it was read from the ledger
	// Unconfirmed is set if the callback's answer does not show whether the platform accepted our
	// callback.
	Unconfirmed bool
	Decision    ledger.Decision
	SHA256      string // the SHA-256 of the uploaded bytes, in hex
	Bytes       int64  // the number of bytes that this run uploaded
	// ETagDiffers is set if the upload's ETag is not the MD5 of the sent bytes, as R2's should be.
	ETagDiffers bool
	// Unnamed is the error of saving the names of the ads that wait for the request.
	Unnamed   error
	Elapsed   time.Duration
	Remaining time.Duration // the time until the request expires
	Waited    time.Duration // the time since the request first arrived; 0 means unknown
	Attempt   int           // how many times the request was claimed, including by this run
	// Request and Slot name the request that a result of the platform matches; "" for other
	// outcomes.
	Request, Slot string
}

// ended returns the outcome of a request that has ended, from its ledger item.
func ended(i ledger.Item) Outcome {
	o := Outcome{Status: Status(i.State), Code: i.Code, Detail: i.Detail, Repeated: true, SHA256: i.SHA256}
	if i.Decision != nil {
		o.Decision = *i.Decision
	}
	return o
}

// Fulfil works on a job until the request has ended, or until this run can do no more. In the
// latter case the request is in the queue, another run holds it, or the request must be sent again.
// No work continues after Fulfil has returned.
func (s *Service) Fulfil(ctx context.Context, job Job) Outcome {
	hold, err := s.claim(ctx, job)
	outcome := s.fulfil(ctx, job, hold, err)
	now, item := s.Now(), hold.Item()
	outcome.Remaining = job.Request.ExpiresAt.Sub(now)
	if !item.ReceivedAt.IsZero() {
		outcome.Waited, outcome.Attempt = now.Sub(item.ReceivedAt), item.Attempts
	}
	return outcome
}

// fulfil continues after the claim: it works on the request, or returns the outcome of a failed
// claim.
func (s *Service) fulfil(ctx context.Context, job Job, hold *ledger.Hold, err error) Outcome {
	switch {
	case err == nil:
		kept := s.keepNames(ctx, job)
		r := &run{Service: s, job: job, hold: hold}
		outcome := r.work(ctx)
		outcome.Unnamed = <-kept
		return outcome
	case errors.Is(err, ledger.ErrEnded):
		return ended(hold.Item()).asSeenFrom(job.Library, hold.Item())
	case errors.Is(err, ledger.ErrConflict):
		return Outcome{Status: Conflict, Code: "fingerprint", Detail: "another request came with this callback"}
	case errors.Is(err, ledger.ErrQueued):
		return Outcome{Status: Accepted, Code: "queued", Detail: "the queue owns this request", Repeated: true}
	case errors.Is(err, ledger.ErrOtherLibrary) && s.send(ctx, job):
		return Outcome{Status: Accepted, Code: codeCopy, Detail: "a copy for another library is worked on"}
	case errors.Is(err, ledger.ErrHeld):
		return Outcome{Status: Held, Code: "held", Detail: "another run works on this request"}
	}
	outcome := retry(codeLedger, err)
	if s.send(ctx, job) {
		// the queued message is enough: the worker claims the request once the ledger is available
		outcome.Status = Accepted
	}
	return outcome
}

// naming is the longest time that saving the names of ads may take, so that names do not delay a
// request.
const naming = 5 * time.Second

// keepNames saves the names of the ads that wait for the job's request, while the run works on the
// request. The returned channel receives the error of saving. The names must be saved now, because
// a hand-off message does not contain them.
func (s *Service) keepNames(ctx context.Context, job Job) <-chan error {
	kept := make(chan error, 1)
	if s.Affected == nil || job.Request.Affected.IsZero() {
		close(kept)
		return kept
	}
	go func() {
		ctx, cancel := context.WithTimeout(ctx, naming)
		defer cancel()
		kept <- s.Affected.SaveAffected(ctx, job.Request.ID(), job.Request.Affected, s.Now().Add(ledger.TTL))
	}()
	return kept
}

// asSeenFrom removes the chosen file from the outcome if the file belongs to another library.
func (o Outcome) asSeenFrom(lib masters.Library, i ledger.Item) Outcome {
	if i.Library != lib.Name {
		o.Decision, o.SHA256 = ledger.Decision{}, ""
	}
	return o
}

// send stores a message with the job and reports whether it did. It sends nothing without a queue,
// or if the job came from the queue.
func (s *Service) send(ctx context.Context, job Job) bool {
	return s.Queue != nil && !job.FromQueue && s.Queue.Send(ctx, job) == nil
}

// claim claims the request. A webhook's run waits up to HoldTimeout while another run holds the
// request. The queue's worker does not wait, because its message comes again.
func (s *Service) claim(ctx context.Context, job Job) (*ledger.Hold, error) {
	request := ledger.Request{
		ID: job.Request.ID(), Fingerprint: job.Request.Fingerprint(),
		Slot: job.Request.Slot.Key(), Target: job.Request.Slot.Placement(), StorageKey: capability.Redact(job.Request.StorageKey),
		Destination: job.Destination, Library: job.Library.Name, EventID: job.EventID,
		ExpiresAt: job.Request.ExpiresAt,
	}
	if job.FromQueue {
		return s.Ledger.ClaimQueued(ctx, request, job.Deadline)
	}
	timeout := s.Now().Add(s.HoldTimeout)
	for {
		hold, err := s.Ledger.Claim(ctx, request, job.Deadline)
		if !errors.Is(err, ledger.ErrHeld) || !s.Now().Before(timeout) || !backoff.Sleep(ctx, pollOften) {
			return hold, err
		}
	}
}

// The codes of outcomes that leave a request open.
const (
	CodeIndex      = "index"           // the index has not caught up, or cannot be read
	CodeUnplaced   = "unplaced"        // an unplaced file may be the master
	CodeUndeclared = "undeclared_code" // the requested code fits no shape of codes that the library declares
	CodeManyKeys   = "many_keys"       // too many keys may belong to the creative
	CodeLost       = "lost"            // another run took over the request
	CodeTransfer   = "transfer"        // the upload was interrupted, or refused for now
	// CodeHost means that the destination does not allow a host of the request.
	CodeHost   = "host_not_configured"
	codeLedger = "ledger"
	codeHosts  = "destinations"             // the list of destinations cannot be read
	codeCopy   = "copy_for_another_library" // a run for another library holds the request
	// CodeOtherLibrary means that another destination's library has the creative, so a run for that
	// library must decide.
	CodeOtherLibrary = "other_library"
)

// CodeArchived is the code of a request that failed because its only master is archived.
const CodeArchived = "archived"

// CodeCompletedBefore is the code of a request that was superseded because another callback had
// already completed its waitpoint.
const CodeCompletedBefore = "callback_completed_before"

// The times between checks of a waiting run: short at first, longer later.
const (
	pollOften  = 500 * time.Millisecond
	pollSeldom = 5 * time.Second
)

// pollDelay returns how long to wait before the next check, after a run has waited for the given
// time.
func pollDelay(waited time.Duration) time.Duration { return min(max(waited/4, pollOften), pollSeldom) }

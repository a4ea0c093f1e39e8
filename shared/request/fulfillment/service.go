// Package fulfillment is the main job: an authentic request comes in, the right master
// goes out, the callback is completed, and the ledger remembers each step.
//
// Invariants:
//
//   - Nothing happens before the request is claimed, and nothing after the claim is
//     lost: bytes and callbacks need a running lease.
//   - The decision is in the ledger before any byte moves, the checkpoint before the
//     callback, and "delivered" only after the callback was accepted.
//   - A skip is sent only when absence is proved. Whatever cannot be told is left for
//     another try, never skipped.
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

// Bucket is the masters bucket as fulfilment sees it.
type Bucket interface {
	// Look returns the object under key as it is now, with its labels, or
	// masters.ErrAbsent; a refused or failed look is another error.
	Look(ctx context.Context, key string) (masters.Object, error)
	// Open starts to read n bytes at off of just this version, or masters.ErrChanged.
	Open(ctx context.Context, key, versionID, etag string, off, n int64) (io.ReadCloser, error)
	Listing
}

// Backlog tells whether events wait to be indexed.
type Backlog interface {
	// Waiting returns how many events are in the index queue and its dead letters,
	// visible, in flight or delayed. The number may lag.
	Waiting(ctx context.Context) (int, error)
}

// Queue takes over what a run cannot end.
type Queue interface {
	// Send stores the job durably before it returns. Its errors do not show the job.
	Send(ctx context.Context, job Job) error
}

// Hosts says which hosts the URLs of a request may lead to.
type Hosts interface {
	// Allow returns nil if the destination of that name allows the hosts of both URLs now, a
	// *[destination.HostError] if it lacks one, and another error if that is not known.
	Allow(ctx context.Context, destination string, upload, callback capability.URL) error
}

// Service fulfils requests. All fields are needed, but for Queue.
type Service struct {
	Ledger  *ledger.Ledger
	Index   masters.Index
	Lines   masters.Lister // of the bucket that holds the index
	Bucket  Bucket
	Backlog Backlog
	Mover   *transfer.Mover
	// Hosts is asked at each try before anything is contacted.
	Hosts Hosts
	// Callbacks sends the completion callbacks.
	Callbacks *http.Client
	Now       func() time.Time
	// IndexLag is the longest time from an upload until its event reaches the index.
	IndexLag time.Duration
	// HoldTimeout is how long a webhook waits for another run that holds its request.
	HoldTimeout time.Duration
	// Queue takes what a run cannot end. Nil: the request is released, to be asked again.
	Queue Queue
	// Affected keeps the names of the ads that wait for a request. Nil: nobody does.
	Affected ledger.AffectedStore

	rates rates
}

// Job is an authentic request and what is known of who sent it.
type Job struct {
	Request     platform.Request
	Destination string
	Library     masters.Library
	// Others are the libraries of the other destinations, through which a copy of the
	// request may come.
	Others    []masters.Library
	EventID   string    // not signed: for people only
	Deadline  time.Time // this run must have ended by then
	FromQueue bool      // the queue's worker asks: it never waits for another run
}

// Status is the name of an outcome, as the gateway and the metrics show it.
type Status string

// The outcomes. The first group ends a request, the second leaves it open.
const (
	Delivered          Status = "delivered"
	Skipped            Status = "skipped"
	Expired            Status = "expired"
	Failed             Status = "failed"
	Superseded         Status = "superseded"
	FulfilledElsewhere Status = "fulfilled_elsewhere"
	Conflict           Status = "conflict"

	Accepted Status = "accepted" // the queue owns it
	Held     Status = "held"     // another run works on it
	Retry    Status = "retry"    // nobody owns it: ask again
)

// Outcome is what became of a job.
type Outcome struct {
	Status   Status
	Code     string // a word for machines: why
	Detail   string // a sentence for people; no URLs
	Ended    Status // how this run ended the request; "" where it did not
	Host     string // that the destination does not allow, where that is why
	Repeated bool   // answered from the ledger
	// Unconfirmed: the callback's answer leaves open whether it was ours that counted.
	Unconfirmed bool
	Decision    ledger.Decision
	SHA256      string // hex, of the bytes uploaded
	Bytes       int64  // moved by this run
	// ETagDiffers: the upload's ETag is not the MD5 of what was sent, as R2's should be.
	ETagDiffers bool
	// Unnamed: the names of the ads that wait for the request could not be kept.
	Unnamed   error
	Elapsed   time.Duration
	Remaining time.Duration // until the request expires
	Waited    time.Duration // since the request first came; 0: unknown
	Attempt   int           // how often the request was claimed, this run included
	// Request and Slot name the request that a result of the platform is about; "" otherwise.
	Request, Slot string
}

// ended turns a ledger item that is over into its outcome.
func ended(i ledger.Item) Outcome {
	o := Outcome{Status: Status(i.State), Code: i.Code, Detail: i.Detail, Repeated: true, SHA256: i.SHA256}
	if i.Decision != nil {
		o.Decision = *i.Decision
	}
	return o
}

// Fulfil takes a job as far as this run can. It returns when the request has ended,
// or belongs to the queue or another run, or must be asked again; never while anything
// of it still runs.
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

// fulfil goes on from what the claim of a job came to.
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
		outcome.Status = Accepted // the message alone owns it: the worker claims it once the ledger is back
	}
	return outcome
}

// naming is how long keeping names may take: a request is never late for them.
const naming = 5 * time.Second

// keepNames keeps the names of the ads that wait for the job's request, while the request is
// worked on. The channel gets the result. A message of a hand-off does not carry the names.
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

// asSeenFrom leaves out which file of another library was chosen.
func (o Outcome) asSeenFrom(lib masters.Library, i ledger.Item) Outcome {
	if i.Library != lib.Name {
		o.Decision, o.SHA256 = ledger.Decision{}, ""
	}
	return o
}

// send stores a message with the job, if there is a queue and the job is not from it.
func (s *Service) send(ctx context.Context, job Job) bool {
	return s.Queue != nil && !job.FromQueue && s.Queue.Send(ctx, job) == nil
}

// claim takes the request. A webhook waits up to HoldTimeout for another run that holds it;
// the queue's worker does not wait: its message comes again.
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

// The codes of what leaves a request open.
const (
	CodeIndex      = "index"           // the index has to settle or catch up, or cannot be read
	CodeUnplaced   = "unplaced"        // a file that is not placed may be the master
	CodeUndeclared = "undeclared_code" // the library declares codes, and this is none of them
	CodeManyKeys   = "many_keys"       // too many keys may be the creative's to read them
	CodeLost       = "lost"            // another run took the request over
	CodeTransfer   = "transfer"        // the upload was broken off, or refused for now
	// CodeHost: the destination does not allow a host of the request.
	CodeHost   = "host_not_configured"
	codeLedger = "ledger"
	codeHosts  = "destinations"             // their list cannot be read
	codeCopy   = "copy_for_another_library" // a run for another library holds the request
	// CodeOtherLibrary: another destination's library has the creative, so that its copy of
	// the request must decide.
	CodeOtherLibrary = "other_library"
)

// CodeArchived is the code of a request that failed because its only master is archived.
const CodeArchived = "archived"

// How often a run looks whether what it waits for has come: often at first, then seldom.
const (
	pollOften  = 500 * time.Millisecond
	pollSeldom = 5 * time.Second
)

// pollDelay returns how long to wait before looking again, after waiting for that long.
func pollDelay(waited time.Duration) time.Duration { return min(max(waited/4, pollOften), pollSeldom) }

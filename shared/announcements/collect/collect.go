// Package collect fetches the files that other platforms announce into the masters
// bucket, and records in timelines what the platforms announced.
//
// Invariants:
//
//   - A record (a stored event) is added to its timeline before any of its files is fetched. A
//     message about the record is done only when each of these files is stored or has failed
//     for good.
//   - A file becomes a master only if its first bytes are those of a video or an image.
//     A file over the size limit is never stored. Archives are never unpacked.
//   - Each file has its own key, computed from sender, subject and file name: a repeated
//     announcement finds the same object, and no other object is ever overwritten.
//   - A master without usable coordinates is stored in the folder for unsorted files. When a
//     newer record brings usable coordinates, the file is stored again under them; the object in
//     that folder is not deleted. If the coordinates are corrected during a fetch, the object
//     under the old coordinates is not deleted either, and is reported with the code CodeOrphan.
//   - Memory is bounded by a few upload parts, whatever the file's size.
//   - A timeline or an error never contains a URL, only its host.
package collect

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/backoff"
	"masterhand/shared/library/masters"
)

// Records is the store of the events that intake received.
type Records interface {
	// Get returns the record at a key, or intake.ErrAbsent.
	Get(ctx context.Context, key string) (intake.Record, error)
	Put(ctx context.Context, key string, data []byte) error
	// List yields the keys with a prefix in ascending order. It skips all keys up to and including
	// the key in the parameter after. After it has yielded an error, it yields nothing more.
	List(ctx context.Context, prefix, after string) iter.Seq2[string, error]
}

// Bucket is the masters bucket. Its implementation retries short-lived faults itself.
type Bucket interface {
	// Size returns an object's size in bytes, or masters.ErrAbsent.
	Size(ctx context.Context, key string) (int64, error)
	// Begin starts a multipart upload and returns its id.
	Begin(ctx context.Context, o Object) (upload string, err error)
	// Part uploads one part of an upload; the parts are numbered from 1. All parts have the same size,
	// except that the last may be smaller. A second call with the same number replaces the part.
	Part(ctx context.Context, key, upload string, number int, data []byte) error
	// Complete creates the object from its parts. It never overwrites an object. Errors:
	// ErrExists, ErrNoUpload.
	Complete(ctx context.Context, key, upload string, parts int) error
	// Abort removes an upload. It returns nil if the upload no longer exists.
	Abort(ctx context.Context, key, upload string) error
}

// Object describes the S3 object that an upload creates.
type Object struct {
	Key         string
	ContentType string
	Tags        map[string]string
	Metadata    map[string]string
}

// The errors that describe the bucket's state. Every other error of a Bucket is a fault, for
// example a failed connection.
var (
	ErrExists   = errors.New("another object has the key")
	ErrNoUpload = errors.New("upload no longer exists")
)

// Queue is the queue of messages for the collect function.
type Queue interface {
	Send(ctx context.Context, message []byte) error
}

// Notifier sends notices to people.
type Notifier interface {
	Notify(ctx context.Context, n Notice) error
}

// Notice tells people about an event that may need attention.
type Notice struct {
	Code    string // the alert: one of the constants Alert… of package senders
	Sender  string
	Subject string
	Type    string
	Status  string
	Detail  string
	At      time.Time
}

// Service collects announced files. All fields are required unless their comment says otherwise.
type Service struct {
	Timelines timeline.Store
	Records   Records
	Bucket    Bucket
	Queue     Queue    // used only by the method Sweep
	Notifier  Notifier // nil means that no notices are sent
	NotifyOn  []string // the alerts for which notices are sent

	Client        *http.Client // a client of package safehttp that follows redirects
	Posternity    senders.PosternityConfig
	Library       masters.Library // the library that receives the fetched files
	MastersBucket string          // the name of the library's bucket, as senders state it
	MaxBytes      int64           // the largest size of a file other than a build, in bytes
	Builds        bool            // reports whether builds (packaged applications) are fetched, not only listed
	MaxBuild      int64           // the largest size of a build (a packaged application), in bytes

	Now       func() time.Time
	NewHolder func() string // returns a unique name for a run; crypto/rand.Text is such a function
	PartSize  int           // the size of an upload's parts, in bytes; equals the constant PartSize except in tests
	Silence   time.Duration // the longest time for which a server may send no bytes before the request is cancelled
	Backoff   backoff.Steps // the waits between two requests to a server within one run
}

// PartSize is the size of a part in bytes. S3 requires parts of at least 5 MiB. It accepts 10,000
// parts, so an object may have 156 GiB. The constant uploads is the number of parts that are
// uploaded at the same time; one more part is in memory while it is read.
const (
	PartSize = 16 << 20
	uploads  = 3
)

// The times that limit the tries for a file.
const (
	// Life is the time from a file's announcement until collect gives up fetching it. It is shorter
	// than the 14 days after which the queue deletes the file's message.
	Life = 13 * 24 * time.Hour
	// For the time refusedFor, a link without a known expiry may return a 404, an HTML page or no
	// bytes. After that the file counts as failed. The time is long because a sender may announce a
	// file before it exists.
	refusedFor = 24 * time.Hour
	// overdue is the age at which a file that is not stored yet needs attention.
	overdue = time.Hour
)

// IsOverdue reports whether a person should look at why a file is not stored yet. It returns false
// while a run holds the file, and for a large file whose fetch makes progress over several runs.
func IsOverdue(f timeline.File, now time.Time) bool {
	return f.State == timeline.Announced && f.Holder == "" && f.Code != CodeTime && now.Sub(f.Since) > overdue
}

// Outcome is the result of one try of a message. A try processes the message once.
type Outcome struct {
	Record string          // the record's key; "" if the message names none
	Event  senders.Event   // zero if the record could not be read
	Files  []timeline.File // the files of the record, with the states that they have after this try
	// Ended lists the files that need no further try. A stored file is listed with the state Failed
	// if it remains in a wrong place, or if an older object of the file does.
	Ended    []timeline.File
	Fresh    bool   // reports whether this try added the record to its timeline
	Bytes    int64  // the number of bytes that were fetched
	Notified string // the alert for which a notice was sent; "" if none was
	Done     bool   // reports whether the message needs no further try and can be deleted
	Err      error  // the reasons why files are not stored; the text never contains a URL
}

// pauses are the longest waits between two tries of a message: 20 seconds after the first try,
// doubled after each further try, and at most one hour. Pause may shorten a wait by up to half.
var pauses = backoff.Steps{First: 20 * time.Second, Longest: time.Hour}

// Pause returns the wait after try number n of a message; the first try has the number 1. jitter is
// a random number from 0 to 1: with 0 the wait is halved, with 1 it has its full length.
func Pause(n int, jitter float64) time.Duration { return pauses.Delay(n, jitter) }

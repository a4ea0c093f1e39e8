// Package collect fetches the files that other platforms announce into the masters
// bucket, and records in timelines what the platforms say.
//
// Invariants:
//
//   - A record is taken into its timeline before anything is fetched, and a message is
//     done with only when all files of its record have ended.
//   - Nothing is stored as a master that does not begin as video or image does, and
//     nothing beyond the limit of bytes. Archives are never unpacked.
//   - A file lies under a key of its own that is made of what it is a file of: the same
//     announcement again finds it, and no other object is ever overwritten. A master
//     that lies among the unsorted moves to where a newer record's coordinates say; the
//     object that it was until then stays. One that a run made by coordinates which were
//     corrected meanwhile stays too, and is told of.
//   - Memory is bounded by a few parts, whatever a file's size.
//   - A URL reaches neither a timeline nor an error; hosts do.
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

// Records is where intake keeps what it takes in.
type Records interface {
	// Get returns the record of a key; intake.ErrAbsent if there is none.
	Get(ctx context.Context, key string) (intake.Record, error)
	Put(ctx context.Context, key string, data []byte) error
	// List returns the keys under a prefix in their order, from behind a key on. An
	// error is the last of what it yields.
	List(ctx context.Context, prefix, after string) iter.Seq2[string, error]
}

// Bucket is the masters bucket. It repeats by itself what is worth repeating at once.
type Bucket interface {
	// Size returns how large an object is; masters.ErrAbsent if there is none.
	Size(ctx context.Context, key string) (int64, error)
	// Begin starts an upload in parts.
	Begin(ctx context.Context, o Object) (upload string, err error)
	// Part puts a part, from 1 on: all of one size, the last one fewer. Again replaces it.
	Part(ctx context.Context, key, upload string, number int, data []byte) error
	// Complete makes the object of its parts, unless there is one under its key. Errors:
	// ErrExists, ErrNoUpload.
	Complete(ctx context.Context, key, upload string, parts int) error
	// Abort does away with an upload; one that is gone is as good.
	Abort(ctx context.Context, key, upload string) error
}

// Object is what an upload becomes.
type Object struct {
	Key         string
	ContentType string
	Tags        map[string]string
	Metadata    map[string]string
}

// What stores say beside faults.
var (
	ErrExists   = errors.New("another object under the key")
	ErrNoUpload = errors.New("upload gone")
)

// Queue is that of messages to collect.
type Queue interface {
	Send(ctx context.Context, message []byte) error
}

// Notifier tells humans.
type Notifier interface {
	Notify(ctx context.Context, n Notice) error
}

// Notice is what a human may want to hear of.
type Notice struct {
	Code    string // one of the senders' alerts
	Sender  string
	Subject string
	Type    string
	Status  string
	Detail  string
	At      time.Time
}

// Service collects. All fields are needed, but for those that say otherwise.
type Service struct {
	Timelines timeline.Store
	Records   Records
	Bucket    Bucket
	Queue     Queue    // for Sweep
	Notifier  Notifier // nil: nobody is told
	NotifyOn  []string // the alerts that are told

	Client        *http.Client // of safehttp, with Redirects
	Posternity    senders.PosternityConfig
	Library       masters.Library // where what is fetched is put
	MastersBucket string          // its bucket's name, as senders know it
	MaxBytes      int64           // of a file
	Builds        bool            // fetch builds too
	MaxBuild      int64           // bytes of a build

	Now       func() time.Time
	NewHolder func() string // a run's own name: crypto/rand.Text
	PartSize  int           // of an upload's parts, in bytes: PartSize, or what a test's bucket takes
	Silence   time.Duration // how long a server may send nothing
	Backoff   backoff.Steps // between the tries within a run
}

// PartSize is a part's bytes, of which uploads and one more are in memory. S3 takes no
// less than 5 MiB, and 10,000 parts: 160 GB.
const (
	PartSize = 16 << 20
	uploads  = 3
)

// How long a file is tried for.
const (
	// Life is how long, from its announcement on: the queue forgets after 14 days.
	Life = 13 * 24 * time.Hour
	// refusedFor is how long a server may have something else in its place, or nothing (a
	// 404, a page, no bytes), where nobody knows how long the link lives: it may be told
	// before what it leads to is there.
	refusedFor = 24 * time.Hour
	// overdue is when a human is to hear that a file is still to come.
	overdue = time.Hour
)

// IsOverdue reports whether a human should look why a file is not there yet. One that
// takes more than a run to fetch is on its way.
func IsOverdue(f timeline.File, now time.Time) bool {
	return f.State == timeline.Announced && f.Holder == "" && f.Code != CodeTime && now.Sub(f.Since) > overdue
}

// Outcome is what one message came to.
type Outcome struct {
	Record   string          // key of the record; "" where the message tells none
	Event    senders.Event   // zero where the record could not be read
	Files    []timeline.File // those that were dealt with, as they are now
	Ended    []timeline.File // those among them whose try ended just now: failed, too, where it stays stored elsewhere
	Fresh    bool            // the record was taken just now
	Bytes    int64           // fetched
	Notified string          // the alert that was told, "" none
	Done     bool            // the message is done with
	Err      error           // what is in the way; never holds a URL
}

// pauses are the times between a message's tries: an hour in the end, for days.
var pauses = backoff.Steps{First: 20 * time.Second, Longest: time.Hour}

// Pause returns how long a message stays invisible after its nth try, n from 1. jitter is a
// number from 0 to 1.
func Pause(n int, jitter float64) time.Duration { return pauses.Delay(n, jitter) }

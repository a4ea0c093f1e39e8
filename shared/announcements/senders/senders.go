// Package senders interprets the webhooks of other platforms: which event a webhook reports, to
// which timeline it belongs, and which files it announces. Each sender has its own source file.
//
// Invariants:
//
//   - Reading has no side effects and refuses nothing. An unknown webhook, for example one
//     whose body is not JSON, becomes an event that lists its unknown parts.
//   - A repeated event has the same identity each time. The ranks of a subject's events decide
//     the subject's final state, in whatever order the events arrive.
//   - All texts in an [Event] are bounded and contain no URL. A file's URL redacts itself.
package senders

import (
	"errors"
	"slices"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
)

// The senders' names in URLs, in the secret and in keys.
const (
	Hoox        = "hoox"
	Streampixel = "streampixel"
	AdReform    = "adreform"
	Posternity  = "posternity"
)

// Names returns the names of all senders.
func Names() []string { return []string{Hoox, Streampixel, AdReform, Posternity} }

// MaxBody is the size of the largest body that is interpreted, in bytes. For a larger body, the event
// contains only the fact that a webhook arrived.
const MaxBody = 1 << 20

// Delivery is an authenticated webhook as it was received.
type Delivery struct {
	Sender   string            // the sender's name, one of Names
	Header   map[string]string // header names are in lower case
	Body     []byte
	Received time.Time
}

// The alerts: the reasons why people may want a notice about an event.
const (
	AlertBuildRejected    = "build_rejected"
	AlertScreenshotFailed = "screenshot_failed"
	AlertJobFailed        = "job_failed"
	AlertForeignCode      = "foreign_code" // the sender's token may not announce the file's code
	AlertNoFile           = "no_file"      // no usable file in an event that must bring one
)

// The unknown parts of an event.
const (
	UnknownBody   = "body"   // the body is not a JSON object
	UnknownLarge  = "large"  // the body is larger than MaxBody and was not interpreted
	UnknownType   = "type"   // the event, topic or task is not a documented one
	UnknownStatus = "status" // the status is not a documented one
	UnknownField  = "field"  // a member of the body is not documented; this does not make the field Known false
	UnknownMore   = "more"   // the event has more than maxFiles files, and the others are not listed; Known stays true
	UnknownFile   = "file"   // no file in an event that must bring one
)

// Event is the event that a delivery (a received webhook) reports, as masterhand understands it.
type Event struct {
	Sender   string
	Identity string // unique within the sender; a repeated event has the same identity
	// Subject is the name of the event's timeline, "kind/id". The kind is build, job, avatar,
	// asset, set, ad, campaign, template or batch, or "other" if the event names none. Hoox may use
	// one id for several tasks. Then the timeline of the task that makes the requested file is
	// "kind/id", and the timeline of each other task is "kind/id:task".
	Subject string
	// Type is the event, topic or task as sent, cut to maxText. If an older payload of Hoox names
	// no task, Type is derived from the payload's result.
	Type   string
	Status string // the status as sent, cut to maxText
	// Rank orders the events of a subject: the event with the greatest rank decides the state. Of two
	// events with the same rank the later one decides, then the one with the greater identity.
	Rank    int
	At      time.Time // the time that the sender states, or else the time of receipt
	Test    bool      // reports whether the sender only tests the connection; then no file is fetched
	Known   bool      // reports whether the body, the type and the status are documented
	Unknown []string  // the parts that are not understood, such as UnknownBody; nil if there are none
	Alert   string    // one of the constants Alert…; "" if the event causes no alert
	Detail  string    // the reason for the alert in the sender's words, cut to maxText; "" if the sender states none
	Files   []File
}

// Role says how masterhand uses a file.
type Role string

// The roles of files.
const (
	Master Role = "master" // an original media file, which may be delivered to requests
	Proof  Role = "proof"  // a screenshot that shows how an ad looked where it ran
	Build  Role = "build"  // a packaged application, such as a zip file
)

// The problems for which an announced file cannot be fetched.
const (
	ProblemURLAbsent   = "url_absent"
	ProblemURLUnusable = "url_unusable"
	ProblemStatus      = "status"         // the sender says that the file does not exist
	ProblemUnknown     = "status_unknown" // the file's status is not a documented one
)

// Lost reports whether a file with this problem may exist at the sender although it cannot be fetched.
func Lost(problem string) bool {
	return problem == ProblemURLAbsent || problem == ProblemURLUnusable || problem == ProblemUnknown
}

// File is a file that an event announces. Either Problem is set, or at least one of URL and Stored is
// set. If both URL and Stored are set, the file is fetched from URL only if Stored is not in our
// bucket.
type File struct {
	Name    string         // identifies the file within the subject, for example "export" or "screenshot/shot-3"
	URL     capability.URL // the URL to fetch the file from
	Stored  *Object        // the object that the sender says it has written; nil if none
	Role    Role
	Status  string          // the sender's status for this file, cut to maxText; "" if the sender states none
	Problem string          // one of the constants Problem…; "" if the event has a usable link or object for the file
	Expires time.Time       // the time at which the URL expires; zero if it is unknown
	Aspect  creative.Aspect // the aspect that the sender states; "" if it states none
	// Among lists objects of which one is this file; the sender does not say which one. If all of
	// these objects are in our bucket, the file need not be fetched.
	Among []Object
	Twice bool // reports whether another file of the event shows the same picture, so that this one need not be fetched
}

// Object is an S3 object that a sender claims to have written. The caller must check whether the
// bucket is ours.
type Object struct{ Bucket, Key string }

// ErrSender says that a delivery's sender is unknown.
var ErrSender = errors.New("unknown sender")

// Read returns the event of a delivery. Errors: ErrSender.
func Read(d Delivery, p PosternityConfig) (Event, error) {
	e := Event{Sender: d.Sender, At: d.Received}
	o, isObject := parse(d.Body)
	switch {
	case len(d.Body) > MaxBody:
		o = object{}
		e.note(UnknownLarge)
	case !isObject:
		o = object{}
		e.note(UnknownBody)
	}
	switch d.Sender {
	case Hoox:
		readHoox(&e, o, d)
	case Streampixel:
		readStreampixel(&e, o, d)
	case AdReform:
		readAdReform(&e, o, d)
	case Posternity:
		readPosternity(&e, o, d, p)
	default:
		return Event{}, ErrSender
	}
	e.Known = !slices.ContainsFunc(e.Unknown, func(what string) bool { return what != UnknownField && what != UnknownMore })
	return e, nil
}

// note adds one of the constants Unknown… to the event's field Unknown, unless it is already there.
// If the event's whole body was not understood, note adds nothing.
func (e *Event) note(what string) {
	unread := slices.Contains(e.Unknown, UnknownBody) || slices.Contains(e.Unknown, UnknownLarge)
	if !unread && !slices.Contains(e.Unknown, what) {
		e.Unknown = append(e.Unknown, what)
	}
}

// add adds a file to the event. It ignores a file with the name of an earlier file. If the event
// already has maxFiles files, it adds the unknown part UnknownMore instead.
func (e *Event) add(f File) {
	switch {
	case slices.ContainsFunc(e.Files, func(other File) bool { return other.Name == f.Name }):
	case len(e.Files) == maxFiles:
		e.note(UnknownMore)
	default:
		e.Files = append(e.Files, f)
	}
}

// alone gives an event its own timeline, named after its identity.
func (e *Event) alone() { e.Subject = "other/" + digest(e.Identity) }

// anonymous sets the identity of an event without any id to the hash of the event's body.
func (e *Event) anonymous(body []byte) {
	e.Identity = "body/" + digest(string(body))
	e.alone()
}

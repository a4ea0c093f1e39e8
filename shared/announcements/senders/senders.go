// Package senders reads what other platforms announce by webhook: which event it is,
// what it says, to which timeline it belongs, and which files it announces. One file a
// sender.
//
// Invariants:
//
//   - Reading is pure, and refuses nothing: what is not known, a body that is no JSON
//     for one, is an event too and says what of it was not known.
//   - The same event again has the same identity, however often and in whatever order
//     the events of a subject come; what a subject ends as follows from their ranks.
//   - All text in an [Event] is bounded and shows no URL; a file's URL redacts itself.
package senders

import (
	"errors"
	"slices"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
)

// The senders, as they stand in URLs, in the secret and in keys.
const (
	Hoox        = "hoox"
	Streampixel = "streampixel"
	AdReform    = "adreform"
	Posternity  = "posternity"
)

// Names are all senders.
func Names() []string { return []string{Hoox, Streampixel, AdReform, Posternity} }

// MaxBody is the largest body read, in bytes: of a larger one it is only said that it came.
const MaxBody = 1 << 20

// Delivery is a webhook as it came in and was authenticated.
type Delivery struct {
	Sender   string            // one of Names
	Header   map[string]string // names in lower case
	Body     []byte
	Received time.Time
}

// What a human may want to hear of an event.
const (
	AlertBuildRejected    = "build_rejected"
	AlertScreenshotFailed = "screenshot_failed"
	AlertJobFailed        = "job_failed"
	AlertForeignCode      = "foreign_code" // a file for a code that the sender's token may not announce
	AlertNoFile           = "no_file"      // an event brings no usable file although its kind must
)

// What of an event was not known.
const (
	UnknownBody   = "body"   // no JSON object
	UnknownLarge  = "large"  // a body over MaxBody, which is not read
	UnknownType   = "type"   // another event, topic or task than the documented ones
	UnknownStatus = "status" // another status
	UnknownField  = "field"  // a member that no page mentions, beside known ones
	UnknownMore   = "more"   // files beyond as many as are taken of an event
	UnknownFile   = "file"   // no file where an event of this kind must bring one
)

// Event is what a delivery says.
type Event struct {
	Sender   string
	Identity string // the same event again has the same; unique within the sender
	// Subject is the timeline that the event belongs to, "kind/id": build, job, avatar,
	// asset, set, ad, campaign, template or batch; "other" where it names none. Where
	// several tasks are about one id, those beside the first have "kind/id:task".
	Subject string
	Type    string // event, topic or task as sent, bounded; told from the result where an older payload has none
	Status  string // as sent, bounded
	// Rank orders the statuses of a subject: a lower one never undoes a higher. Of two
	// events with one rank the later counts, then the one with the greater identity.
	Rank    int
	At      time.Time // the sender's time, else when it was received
	Test    bool      // sent to try the connection out: nothing is fetched
	Known   bool      // body, type and status are documented ones
	Unknown []string  // what was not known
	Alert   string    // "" or one of the alerts
	Detail  string    // why, in the sender's words, bounded; "" where it gives no reason
	Files   []File
}

// Role is what a file is to us.
type Role string

// The roles.
const (
	Master Role = "master" // an original, to answer requests with
	Proof  Role = "proof"  // shows how an ad looked where it ran
	Build  Role = "build"  // an application's archive
)

// Why there is nothing to fetch of a file that was announced.
const (
	ProblemURLAbsent   = "url_absent"
	ProblemURLUnusable = "url_unusable"
	ProblemStatus      = "status"         // the sender says that it has no such file
	ProblemUnknown     = "status_unknown" // the sender's word for the file is none of the documented ones
)

// Lost reports whether a problem means that the sender may have the file and nobody can fetch it.
func Lost(problem string) bool {
	return problem == ProblemURLAbsent || problem == ProblemURLUnusable || problem == ProblemUnknown
}

// File is one that an event announces. URL, Stored or both are set, or Problem: of both,
// Stored counts where it is ours.
type File struct {
	Name    string         // identifies it within the subject: "export", "screenshot/shot-3"
	URL     capability.URL // where to fetch it
	Stored  *Object        // where the sender says to have put it already
	Role    Role
	Status  string          // the sender's word for this file, bounded; "" where it has none
	Problem string          // "" or one of the problems
	Expires time.Time       // when the URL ends; zero: nobody says
	Aspect  creative.Aspect // as the sender says; "" where it does not
	// Among are objects of which one is this file, nobody says which: all of them being
	// ours, there is nothing to fetch.
	Among []Object
	Twice bool // another file of the event shows the same: where this one is not ours, nothing is lost
}

// Object is a place in S3 that a sender claims to have written. Whether the bucket is
// ours is for the reader to say.
type Object struct{ Bucket, Key string }

// ErrSender is a delivery of a sender that is not known here.
var ErrSender = errors.New("unknown sender")

// Read reads a delivery. Errors: ErrSender.
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

// note adds what was not known, once. Of a body that cannot be read no more is said.
func (e *Event) note(what string) {
	unread := slices.Contains(e.Unknown, UnknownBody) || slices.Contains(e.Unknown, UnknownLarge)
	if !unread && !slices.Contains(e.Unknown, what) {
		e.Unknown = append(e.Unknown, what)
	}
}

// add adds a file. One of a name that is there already is that file; one too many is noted.
func (e *Event) add(f File) {
	switch {
	case slices.ContainsFunc(e.Files, func(other File) bool { return other.Name == f.Name }):
	case len(e.Files) == maxFiles:
		e.note(UnknownMore)
	default:
		e.Files = append(e.Files, f)
	}
}

// alone gives an event whose identity is told a timeline to itself.
func (e *Event) alone() { e.Subject = "other/" + digest(e.Identity) }

// anonymous identifies an event that names nothing by its very bytes.
func (e *Event) anonymous(body []byte) {
	e.Identity = "body/" + digest(string(body))
	e.alone()
}

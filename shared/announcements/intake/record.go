// Package intake takes in what other platforms announce by webhook: it says who may
// send, and makes sure that an event is kept before its sender is told so.
//
// Invariants:
//
//   - 2xx is answered only for an event that is in S3, in the queue, or in both: what
//     the queue did not take is found in S3, what S3 did not take travels in the queue.
//   - Nothing is refused for what it says. Whatever has a sender's token is kept, with
//     all that a reader needs to make sense of it later.
//   - Neither a token nor a path reaches a record, a log or an answer. A body is kept as
//     it came, for the bucket's readers alone.
package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

// format is the version of the records' and messages' layout.
const format = 1

// MaxBody is the largest body taken in, in bytes: what a function URL lets through. What
// is larger than senders.MaxBody is kept and not read.
const MaxBody = 6 << 20

// MaxRecord is the largest record read, in bytes: a body of MaxBody in base64, and the
// headers of a function URL.
const MaxRecord = 9 << 20

// ErrRecord is a record or a key of one that cannot be read. It never holds either.
var ErrRecord = errors.New("intake record unreadable")

// ErrAbsent is a record that is not where it was kept.
var ErrAbsent = errors.New("no such record")

// Record is an event as it came in: what is kept of it, raw.
type Record struct {
	ID          string // unique, and sorts by time: see NewID
	Sender      string // one of senders.Names
	Received    time.Time
	Header      map[string]string // names in lower case, without credentials
	Coordinates Coordinates
	// Codes are the shapes of the codes that the sender's token may announce. Nil: any code;
	// records of older versions have none.
	Codes []placement.Code
	Body  []byte
}

// Permitted returns coordinates, or their problem if they have a code that the sender's token may not
// announce.
func (r Record) Permitted(c Coordinates) Coordinates {
	matches := func(shape placement.Code) bool { return shape.Matches(c.Creative.Code) }
	if c.Given && r.Codes != nil && !slices.ContainsFunc(r.Codes, matches) {
		return Coordinates{Problem: ProblemForeignCode}
	}
	return c
}

// ProblemForeignCode is the problem of coordinates whose code the sender's token may not
// announce. The event is kept, and its files are unsorted.
const ProblemForeignCode = "code: not one that the sender's token may announce"

// Coordinates say where the event's files belong, as whoever made the URL says.
type Coordinates struct {
	masters.Coordinates
	Given bool // there are any, and they can be used
	// Problem is why those that the URL has cannot be used; "" where they can, or there
	// are none. The event is kept all the same: its sender may not come back.
	Problem string
}

type wireRecord struct {
	Format      int               `json:"format"`
	ID          string            `json:"id"`
	Sender      string            `json:"sender"`
	Received    time.Time         `json:"received"`
	Header      map[string]string `json:"header"`
	Coordinates *wireCoordinates  `json:"coordinates,omitempty"`
	Problem     string            `json:"problem,omitempty"`
	Codes       []string          `json:"codes,omitempty"`
	Body        []byte            `json:"body"`
}

type wireCoordinates struct {
	Code      string          `json:"code"`
	Variation int             `json:"variation"`
	Locale    creative.Locale `json:"locale,omitempty"`
	Aspect    creative.Aspect `json:"aspect,omitempty"`
}

// The parts of an id: the time, so that ids sort, and something random.
const (
	idTime    = "20060102T150405.000Z"
	idEntropy = 26 // of crypto/rand.Text
)

var (
	idGrammar  = lazy.Regexp(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z-[A-Z2-7]{26}$`)
	keyGrammar = lazy.Regexp(`^raw/([a-z]+)/([0-9]{4}/[0-9]{2}/[0-9]{2})/([^/]+)\.json$`)
)

// NewID makes a record's id of when it was received and 26 random characters, those of
// [crypto/rand.Text].
func NewID(received time.Time, entropy string) string {
	return received.UTC().Format(idTime) + "-" + entropy
}

// IDTime returns when the record of an id was received, to the millisecond. Errors:
// ErrRecord.
func IDTime(id string) (time.Time, error) {
	if !idGrammar().MatchString(id) {
		return time.Time{}, fmt.Errorf("%w: id", ErrRecord)
	}
	t, err := time.Parse(idTime, id[:len(id)-idEntropy-1])
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: id", ErrRecord)
	}
	return t, nil
}

// Key is where the record is stored: "raw/{sender}/{yyyy}/{mm}/{dd}/{id}.json".
func (r Record) Key() string { return DayPrefix(r.Sender, r.Received) + r.ID + ".json" }

// DayPrefix is what the keys of a sender's records of one day (UTC) begin with.
func DayPrefix(sender string, day time.Time) string {
	return "raw/" + sender + "/" + day.UTC().Format("2006/01/02") + "/"
}

// ParseKey returns whose record is under a key, and its id. Errors: ErrRecord.
func ParseKey(key string) (sender, id string, err error) {
	m := keyGrammar().FindStringSubmatch(key)
	if m == nil || !slices.Contains(senders.Names(), m[1]) {
		return "", "", fmt.Errorf("%w: key", ErrRecord)
	}
	at, err := IDTime(m[3])
	if err != nil {
		return "", "", err
	}
	if (Record{ID: m[3], Sender: m[1], Received: at}).Key() != key {
		return "", "", fmt.Errorf("%w: key of another day", ErrRecord)
	}
	return m[1], m[3], nil
}

// Delivery returns the record as the sender's reader takes it.
func (r Record) Delivery() senders.Delivery {
	return senders.Delivery{Sender: r.Sender, Header: r.Header, Body: r.Body, Received: r.Received}
}

// Encode writes a record. The result is as secret as the URLs in its body.
func Encode(r Record) ([]byte, error) {
	w := wireRecord{
		Format: format, ID: r.ID, Sender: r.Sender, Received: r.Received.UTC(), Header: r.Header,
		Problem: r.Coordinates.Problem, Body: r.Body,
	}
	for _, shape := range r.Codes {
		w.Codes = append(w.Codes, shape.String())
	}
	if c := r.Coordinates; c.Given {
		w.Coordinates = &wireCoordinates{Code: c.Creative.Code, Variation: c.Creative.Variation, Locale: c.Locale, Aspect: c.Aspect}
	}
	return json.Marshal(w)
}

// Decode reads a record. Errors: ErrRecord.
func Decode(data []byte) (Record, error) {
	var w wireRecord
	if len(data) > MaxRecord || json.Unmarshal(data, &w) != nil || w.Format != format {
		return Record{}, fmt.Errorf("%w: no JSON of format %d", ErrRecord, format)
	}
	r := Record{
		ID: w.ID, Sender: w.Sender, Received: w.Received, Header: w.Header, Body: w.Body,
		Coordinates: Coordinates{Problem: w.Problem},
	}
	at, err := IDTime(w.ID)
	switch {
	case err != nil:
		return Record{}, err
	case !at.Equal(w.Received.Truncate(time.Millisecond)):
		return Record{}, fmt.Errorf("%w: received at another time than its id says", ErrRecord)
	case !slices.Contains(senders.Names(), w.Sender):
		return Record{}, fmt.Errorf("%w: sender", ErrRecord)
	case len(w.Body) > MaxBody:
		return Record{}, fmt.Errorf("%w: body over 6 MiB", ErrRecord)
	case w.Coordinates != nil && w.Problem != "":
		return Record{}, fmt.Errorf("%w: coordinates with a problem", ErrRecord)
	}
	if w.Coordinates != nil {
		if r.Coordinates, err = w.Coordinates.check(); err != nil {
			return Record{}, err
		}
	}
	for _, shape := range w.Codes {
		code, err := placement.ParseCode(shape)
		if err != nil {
			return Record{}, fmt.Errorf("%w: codes", ErrRecord)
		}
		r.Codes = append(r.Codes, code)
	}
	return r, nil
}

// check holds stored coordinates to what is taken from a URL.
func (w wireCoordinates) check() (Coordinates, error) {
	c := Coordinates{Given: true, Coordinates: masters.Coordinates{
		Creative: creative.Creative{Code: w.Code, Variation: w.Variation}, Locale: w.Locale, Aspect: w.Aspect,
	}}
	locale, aspect := w.Locale, w.Aspect
	var err error
	if w.Locale != "" {
		locale, err = creative.ParseLocale(string(w.Locale))
	}
	if w.Aspect != "" && err == nil {
		aspect, err = creative.ParseAspect(string(w.Aspect))
	}
	if err != nil || locale != w.Locale || aspect != w.Aspect || c.Creative.Check() != nil {
		return Coordinates{}, fmt.Errorf("%w: coordinates", ErrRecord)
	}
	return c, nil
}

// shortened bounds a text for a record.
func shortened(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "") }

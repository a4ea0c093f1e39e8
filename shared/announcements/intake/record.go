// Package intake receives the webhooks with which other platforms announce files. It checks whether
// the sender may send them, and stores each event before it answers the sender.
//
// Invariants:
//
//   - A 2xx answer means that the event is in S3, in the queue, or in both. If S3 fails, the
//     message contains the whole event; if the queue fails, a sweep of S3 finds the event.
//   - No event is refused for its content. Every event with a sender's token is stored, with
//     everything that a reader needs to interpret it later.
//   - A record, a log or an answer never contains a token or the path of a sender's URL. A record
//     contains the unchanged body, which only readers of the bucket can see.
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

// format is the version of the JSON format of records and messages.
const format = 1

// MaxBody is the largest body that is stored, in bytes: the limit of a function URL. A body larger
// than senders.MaxBody is stored but not interpreted.
const MaxBody = 6 << 20

// MaxRecord is the size of the largest record that is read, in bytes. It is enough for a body of
// MaxBody bytes in base64, and for the headers.
const MaxRecord = 9 << 20

// ErrRecord says that a record or its key cannot be parsed. The error never quotes the record or the
// key.
var ErrRecord = errors.New("intake record unreadable")

// ErrAbsent says that no record is stored at a key.
var ErrAbsent = errors.New("no such record")

// Record is a webhook as it was received: its body, its headers and its coordinates.
type Record struct {
	ID          string // unique and sortable by time: see NewID
	Sender      string // the sender's name, one of senders.Names
	Received    time.Time
	Header      map[string]string // header names are in lower case; credentials are left out
	Coordinates Coordinates
	// Codes are the shapes of the codes that the sender's token may announce, such as "HRT-####".
	// Nil means every code. In records that an older version stored, Codes is nil.
	Codes []placement.Code
	Body  []byte
}

// Permitted returns the coordinates c if the sender's token may announce their code. Otherwise it
// returns coordinates without values, whose Problem is [ProblemForeignCode].
func (r Record) Permitted(c Coordinates) Coordinates {
	matches := func(shape placement.Code) bool { return shape.Matches(c.Creative.Code) }
	if c.Given && r.Codes != nil && !slices.ContainsFunc(r.Codes, matches) {
		return Coordinates{Problem: ProblemForeignCode}
	}
	return c
}

// ProblemForeignCode is the problem of coordinates whose code the sender's token may not announce. The
// event is stored, and its files are stored in the folder for unsorted files.
const ProblemForeignCode = "code: not one that the sender's token may announce"

// Coordinates say for which creative, variation, locale and aspect the event's files are masters. They
// come from the URL to which the sender sends its webhooks.
type Coordinates struct {
	masters.Coordinates
	Given bool // reports whether the URL has coordinates that can be used
	// Problem says why the URL's coordinates cannot be used; "" if they can be used, or if the URL has
	// none. An event with a problem is stored, too, because its sender may never repeat it.
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

// An id consists of the time of receipt, so that ids sort by time, and of a random text.
const (
	idTime    = "20060102T150405.000Z"
	idEntropy = 26 // the number of characters that crypto/rand.Text returns
)

var (
	idGrammar  = lazy.Regexp(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z-[A-Z2-7]{26}$`)
	keyGrammar = lazy.Regexp(`^raw/([a-z]+)/([0-9]{4}/[0-9]{2}/[0-9]{2})/([^/]+)\.json$`)
)

// NewID returns a record's id: the time of receipt, followed by entropy. The caller must pass 26 random
// characters of [crypto/rand.Text] as entropy.
func NewID(received time.Time, entropy string) string {
	return received.UTC().Format(idTime) + "-" + entropy
}

// IDTime returns the time of receipt that an id contains, with a precision of a millisecond. Errors:
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

// Key returns the key that the record is stored at: "raw/{sender}/{yyyy}/{mm}/{dd}/{id}.json".
func (r Record) Key() string { return DayPrefix(r.Sender, r.Received) + r.ID + ".json" }

// DayPrefix returns the common prefix of the keys of a sender's records of one day (UTC).
func DayPrefix(sender string, day time.Time) string {
	return "raw/" + sender + "/" + day.UTC().Format("2006/01/02") + "/"
}

// ParseKey returns the sender and the id that a record's key contains. Errors: ErrRecord.
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

// Delivery converts the record to the input of [senders.Read].
func (r Record) Delivery() senders.Delivery {
	return senders.Delivery{Sender: r.Sender, Header: r.Header, Body: r.Body, Received: r.Received}
}

// Encode returns a record as JSON. The result is as secret as the URLs in its body.
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

// Decode reads a record from JSON. Errors: ErrRecord.
func Decode(data []byte) (Record, error) {
	var w wireRecord
	if len(data) > MaxRecord || json.Unmarshal(data, &w) != nil || w.Format != format {
		return Record{}, fmt.Errorf("%w: not JSON of format %d", ErrRecord, format)
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
		return Record{}, fmt.Errorf("%w: its time differs from the time in its id", ErrRecord)
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

// check checks stored coordinates by the same rules as a URL's coordinates, and returns them.
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

// shortened cuts a text to at most limit bytes.
func shortened(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "") }

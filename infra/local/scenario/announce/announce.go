// Package announce plays the platforms that make creatives against a running system: it
// posts what they announce as each of them does, and follows it until its files have
// come to an end.
//
// Invariants: what is posted proves itself by the senders' secrets and is sent with the
// sender's own patience; what is told of it afterwards comes from the timeline, not from
// what was sent; no error repeats a URL.
//
// An example:
//
//	client := announce.New(system, secrets)
//	result := client.Post(ctx, senders.Hoox, "code=HRT-1212&variation=2", body)
//	line, err := client.Follow(ctx, senders.Hoox, body, began)
package announce

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"masterhand/infra/local/clients"
	"masterhand/infra/local/sim/sender"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/intake/s3records"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/dynamostore"
)

// Config says where a system takes announcements and keeps what becomes of them. All
// fields are needed.
type Config struct {
	URL     string // of intake
	Secrets Secrets
	Clients clients.All
	Bucket  string // of raw events
	Table   string // of timelines
}

// Client announces.
type Client struct {
	url       string
	secrets   Secrets
	Records   s3records.Records
	Timelines dynamostore.Store
}

// New makes a client.
func New(c Config) Client {
	return Client{
		url: c.URL, secrets: c.Secrets,
		Records:   s3records.Records{Client: c.Clients.S3(), Bucket: c.Bucket},
		Timelines: dynamostore.Store{Client: c.Clients.DynamoDB(), Table: c.Table},
	}
}

// ErrStranger is a sender that the secrets know nothing of.
var ErrStranger = errors.New("sender without a token")

// Post sends a body as its sender does, with all its patience, to a URL with this query.
func (c Client) Post(ctx context.Context, name, query string, body []byte) sender.Result {
	known := c.secrets[name]
	if len(known.Tokens) == 0 {
		return sender.Result{Err: fmt.Errorf("%w: %.40q", ErrStranger, name)}
	}
	address := c.url + name + "/" + known.Tokens[0]
	if query != "" {
		address += "?" + query
	}
	return known.simulator(name).Announce(ctx, address, body)
}

// simulator returns the simulator of the sender of this name.
func (s Secret) simulator(name string) sender.Sender {
	switch name {
	case senders.Hoox:
		return sender.Hoox()
	case senders.Streampixel:
		return sender.Streampixel()
	case senders.AdReform:
		return sender.AdReform()
	}
	return sender.Posternity(s.sign)
}

// sign makes the header that proves a body.
func (s Secret) sign(body []byte) http.Header {
	v := s.Verifier
	if v == nil || len(v.Secrets) == 0 {
		return nil
	}
	m := hmac.New(sha256.New, []byte(v.Secrets[0]))
	m.Write(body)
	return http.Header{http.CanonicalHeaderKey(v.Header): {v.Prefix + hex.EncodeToString(m.Sum(nil))}}
}

// interval is how often one looks for what comes by itself.
const interval = 50 * time.Millisecond

// Follow waits until what was posted since a time is in its timeline and all files of
// that have ended, or ctx ends: then the error says how far it came.
func (c Client) Follow(ctx context.Context, sender string, body []byte, since time.Time) (timeline.Timeline, error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var kept record
	var last timeline.Timeline
	for {
		line, err := c.look(ctx, sender, body, since, &kept)
		switch {
		case err == nil && ended(line):
			return line, nil
		case err == nil:
			last = line
		case ctx.Err() != nil:
		case !errors.Is(err, timeline.ErrNotFound) && !errors.Is(err, intake.ErrAbsent):
			return last, err
		}
		if ctx.Err() != nil {
			return last, fmt.Errorf("waiting: %s: %w", howFar(kept, last), context.Cause(ctx))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// record is what intake has kept of a body.
type record struct{ key, subject string }

// look returns the timeline that took the body's record. Errors: intake.ErrAbsent,
// timeline.ErrNotFound.
func (c Client) look(ctx context.Context, sender string, body []byte, since time.Time, kept *record) (timeline.Timeline, error) {
	if kept.key == "" {
		found, err := c.record(ctx, sender, body, since)
		if err != nil {
			return timeline.Timeline{}, err
		}
		event, err := senders.Read(found.Delivery(), senders.PosternityConfig{})
		if err != nil {
			return timeline.Timeline{}, err
		}
		*kept = record{key: found.Key(), subject: event.Subject}
	}
	taken, err := c.Timelines.Marked(ctx, kept.key)
	if err == nil && !taken {
		err = timeline.ErrNotFound
	}
	if err != nil {
		return timeline.Timeline{}, err
	}
	return c.Timelines.Load(ctx, timeline.ID(sender, kept.subject))
}

// record finds the newest one of a body. Errors: intake.ErrAbsent.
func (c Client) record(ctx context.Context, sender string, body []byte, since time.Time) (intake.Record, error) {
	keys, err := c.keys(ctx, sender, since)
	if err != nil {
		return intake.Record{}, err
	}
	for _, key := range slices.Backward(keys) {
		record, err := c.Records.Get(ctx, key)
		if err != nil || bytes.Equal(record.Body, body) {
			return record, err
		}
	}
	return intake.Record{}, intake.ErrAbsent
}

// Kept returns how many records there are of what a sender has announced since a time.
func (c Client) Kept(ctx context.Context, sender string, since time.Time) (int, error) {
	keys, err := c.keys(ctx, sender, since)
	return len(keys), err
}

// keys returns those records' keys, the newest last.
func (c Client) keys(ctx context.Context, sender string, since time.Time) (keys []string, err error) {
	since = since.Truncate(time.Millisecond) // as their ids are
	for day := range days(since, time.Now()) {
		for key, err := range c.Records.List(ctx, intake.DayPrefix(sender, day), "") {
			if err != nil {
				return nil, err
			}
			_, id, err := intake.ParseKey(key)
			if err != nil {
				return nil, err
			}
			if at, err := intake.IDTime(id); err == nil && !at.Before(since) {
				keys = append(keys, key)
			}
		}
	}
	return keys, nil
}

// days yields a time in each day (UTC) from one to another.
func days(from, to time.Time) func(func(time.Time) bool) {
	return func(yield func(time.Time) bool) {
		last := to.UTC().Format(time.DateOnly)
		for day := from.UTC(); day.Format(time.DateOnly) <= last && yield(day); day = day.AddDate(0, 0, 1) {
		}
	}
}

func ended(line timeline.Timeline) bool {
	return !slices.ContainsFunc(line.Files, func(f timeline.File) bool { return !f.Ended() })
}

func howFar(kept record, line timeline.Timeline) string {
	switch {
	case kept.key == "":
		return "intake has kept nothing"
	case line.Version == 0:
		return "nobody has taken it from the queue"
	}
	for _, f := range line.Files {
		if !f.Ended() {
			return fmt.Sprintf("file %s is not there: %s", f.Name, f.Code)
		}
	}
	return "its timeline was not read"
}

// Package announce simulates the senders, the platforms that announce files to a running system. It
// posts announcements as each sender does, and waits until the announced files are settled.
//
// Invariants: a post is authenticated with the sender's secret and is retried as the sender
// retries it; the result of an announcement is read from its timeline, never from the answer to
// the post; no error contains a URL.
//
// An example:
//
//	client := announce.New(config)
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

// Config describes where a system accepts announcements and where it stores their results. All
// fields are required.
type Config struct {
	URL     string // URL to which senders announce, without {sender}/{token} at its end
	Secrets Secrets
	Clients clients.All
	Bucket  string // name of the bucket in which intake stores announcements
	Table   string // name of the DynamoDB table that contains the timelines
}

// Client posts announcements and waits for their results.
type Client struct {
	url       string
	secrets   Secrets
	Records   s3records.Records
	Timelines dynamostore.Store
}

// New returns a client of the system that c describes.
func New(c Config) Client {
	return Client{
		url: c.URL, secrets: c.Secrets,
		Records:   s3records.Records{Client: c.Clients.S3(), Bucket: c.Bucket},
		Timelines: dynamostore.Store{Client: c.Clients.DynamoDB(), Table: c.Table},
	}
}

// ErrStranger means that the client's secrets contain no token of the sender.
var ErrStranger = errors.New("sender without a token")

// Post posts an announcement in the name of a sender, to that sender's URL with the given query. It
// retries as this sender does.
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

// simulator returns the simulated sender with this name.
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

// sign returns the header with the signature of a body. It returns nil if the sender does not sign.
func (s Secret) sign(body []byte) http.Header {
	v := s.Verifier
	if v == nil || len(v.Secrets) == 0 {
		return nil
	}
	m := hmac.New(sha256.New, []byte(v.Secrets[0]))
	m.Write(body)
	return http.Header{http.CanonicalHeaderKey(v.Header): {v.Prefix + hex.EncodeToString(m.Sum(nil))}}
}

// interval is the pause between two reads of an announcement's timeline.
const interval = 50 * time.Millisecond

// Follow waits until the timeline of an announcement exists and all its files are settled. The
// parameter since is a time before the announcement was posted. If ctx ends first, the error states
// how far the announcement has come.
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

// record holds two values of a record that intake has stored: its key, and the subject of the
// announcement in it.
type record struct{ key, subject string }

// look returns the timeline of the announcement with this body. It stores the announcement's record
// in the parameter kept, so that the next call need not search for it. It returns intake.ErrAbsent
// if there is no record yet, and timeline.ErrNotFound if collect has not processed the announcement
// yet.
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

// record returns the newest record of an announcement with this body. It returns intake.ErrAbsent
// if intake has stored none since the given time.
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

// Kept returns the number of announcements of a sender that intake has stored since the given time.
func (c Client) Kept(ctx context.Context, sender string, since time.Time) (int, error) {
	keys, err := c.keys(ctx, sender, since)
	return len(keys), err
}

// keys returns the keys of the records of a sender that intake has stored since the given time. The
// last key is that of the newest record.
func (c Client) keys(ctx context.Context, sender string, since time.Time) (keys []string, err error) {
	// since is truncated, because the times in record ids have a precision of milliseconds.
	since = since.Truncate(time.Millisecond)
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

// days yields one time in each day (UTC) of a period.
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
		return "intake has stored nothing"
	case line.Version == 0:
		return "collect has not received it from the queue"
	}
	for _, f := range line.Files {
		if !f.Ended() {
			return fmt.Sprintf("file %s is missing: %s", f.Name, f.Code)
		}
	}
	return "its timeline is not readable"
}

package report

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
)

// Intake is what one webhook of a platform that makes creatives came to.
type Intake struct {
	Status      int           // HTTP
	Answer      string        // the word that the sender gets
	Sender      string        // one of senders.Names, or "": none of them
	Token       string        // which of its tokens, by the start of its hash
	Record      string        // the key of what was kept; "": nothing
	Event       senders.Event // what it says; zero where nothing was kept
	Coordinates string        // why those of the URL cannot be used; "": they can, or there are none
	Durability  Durability
	Err         error // why it was refused, or what failed though it was kept; never holds a URL
	Size        int   // of the body, in bytes
	Duration    time.Duration
}

// Durability says where an event is durable.
type Durability struct {
	Stored bool // in the bucket
	Queued bool // in the queue: as a message that it is stored, or itself
}

// whole reports whether nothing has failed.
func (d Durability) whole() bool { return d.Stored && d.Queued }

// unknownSender stands for all names that are no sender's.
const unknownSender = "unknown"

// Intake reports a webhook that announces something.
func (r Reporter) Intake(ctx context.Context, i Intake) {
	level := slog.LevelInfo
	if i.Status >= 500 || i.Err != nil && i.Record != "" {
		level = slog.LevelWarn
	}
	r.Log.LogAttrs(ctx, level, "intake", i.attrs()...)
	r.write(i.metrics())
}

// IntakeLoadFailed reports that the senders' secret could not be loaded.
func (r Reporter) IntakeLoadFailed(err error) {
	r.Log.Warn("senders not loaded", "error", err.Error())
	var m measures
	m.count(names.MetricIntakeLoadFailures, "", "")
	r.write(m.line())
}

func (i Intake) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("outcome", i.Answer), slog.Int("status", i.Status), slog.String("sender", i.Sender),
		slog.Int("bytes_in", i.Size), millis("took_ms", i.Duration),
	}
	if i.Record != "" {
		attrs = append(attrs,
			slog.String("token", i.Token), slog.String("record", i.Record),
			slog.Bool("stored", i.Durability.Stored), slog.Bool("queued", i.Durability.Queued),
			text("subject", i.Event.Subject), text("event", i.Event.Type), text("said", i.Event.Status), text("detail", i.Event.Detail),
			slog.Int("files", len(i.Event.Files)), slog.Bool("test", i.Event.Test),
			slog.String("unknown", strings.Join(i.Event.Unknown, " ")), slog.String("coordinates", i.Coordinates),
		)
	}
	if i.Err != nil {
		attrs = append(attrs, text("error", i.Err.Error()))
	}
	return attrs
}

func (i Intake) metrics() emf.Line {
	var m measures
	sender := i.Sender
	if sender == "" {
		sender = unknownSender
	}
	m.property(names.DimensionSender, sender)
	m.property(names.DimensionOutcome, i.Answer)
	tally := func(name string, dimensions ...string) {
		m.add([][]string{{}, dimensions}, one(name, emf.Count, 1))
	}
	tally(names.MetricIntakeRequests, names.DimensionSender, names.DimensionOutcome)
	if i.Status == http.StatusUnauthorized {
		tally(names.MetricIntakeRefusals, names.DimensionSender)
	}
	if i.Record == "" {
		return m.line()
	}
	m.property(names.DimensionSecret, i.Token)
	tally(names.MetricIntakeTokens, names.DimensionSender, names.DimensionSecret)
	if len(i.Event.Unknown) > 0 {
		tally(names.MetricIntakeUnknown, names.DimensionSender)
	}
	if i.Coordinates != "" {
		tally(names.MetricIntakeCoordinates, names.DimensionSender)
	}
	if !i.Durability.whole() {
		m.count(names.MetricIntakeFailures, names.DimensionReason, i.Durability.failure())
	}
	return m.line()
}

// failure says what failed.
func (d Durability) failure() string {
	switch {
	case d.Stored:
		return "queue"
	case d.Queued:
		return "store"
	}
	return "lost"
}

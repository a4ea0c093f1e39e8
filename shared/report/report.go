// Package report writes down what the functions did: one line of log and one line of
// metrics for each thing. URLs, bodies and secrets are not part of either.
//
//	reporter := report.Reporter{Log: log, Metrics: &emf.Writer{W: os.Stdout, …}}
//	reporter.Webhook(ctx, report.Webhook{Status: 200, Answer: "delivered", …})
package report

import (
	"context"
	"log/slog"
	"time"

	"masterhand/shared/kit/emf"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// Webhook is what one webhook came to.
type Webhook struct {
	Status   int    // HTTP
	Answer   string // the word that the gateway gets
	Class    platform.Class
	Match    destination.Match // without a Destination: not authentic
	Request  platform.Request
	Topic    string // not signed
	EventID  string // not signed
	Outcome  fulfillment.Outcome
	Err      error // why it was not served; never holds a URL
	Size     int   // of the body, in bytes
	Duration time.Duration
}

// Handed is what one try of a request from the queue came to.
type Handed struct {
	Job      fulfillment.Job
	Outcome  fulfillment.Outcome
	Receives int           // of the message, this one included
	Delay    time.Duration // until the next try; 0: there is none
	Err      error         // why the message could not be read or delayed
}

// Reporter writes reports. Both fields are needed; it is safe for concurrent use.
type Reporter struct {
	Log     *slog.Logger
	Metrics *emf.Writer
}

// Webhook reports a webhook.
func (r Reporter) Webhook(ctx context.Context, w Webhook) {
	level := slog.LevelInfo
	if w.Status >= 500 {
		level = slog.LevelWarn
	}
	r.Log.LogAttrs(ctx, level, "webhook", w.attrs()...)
	r.write(w.metrics())
}

// Handed reports a try of a request from the queue.
func (r Reporter) Handed(ctx context.Context, h Handed) {
	level := slog.LevelInfo
	if h.Err != nil {
		level = slog.LevelWarn
	}
	r.Log.LogAttrs(ctx, level, "handed off", h.attrs()...)
	r.write(h.metrics())
}

// Swept reports the requests that were ended because nobody had.
func (r Reporter) Swept(ctx context.Context, ended []ledger.Item, err error) {
	var m measures
	for _, i := range ended {
		r.Log.LogAttrs(ctx, slog.LevelWarn, "overdue", slog.String("request", i.ID), slog.String("slot", i.Slot), slog.String("target", i.Target),
			slog.String("destination", i.Destination), slog.String("detail", i.Detail))
	}
	m.overdue(len(ended))
	r.write(m.line())
	if err != nil {
		r.Log.LogAttrs(ctx, slog.LevelWarn, "sweep", slog.String("error", err.Error()))
	}
}

// Unbuilt reports the libraries that are not indexed whole by their present rules.
func (r Reporter) Unbuilt(ctx context.Context, unbuilt []string, err error) {
	for _, name := range unbuilt {
		r.Log.LogAttrs(ctx, slog.LevelWarn, "library not indexed whole", slog.String("library", name))
	}
	if err != nil {
		r.Log.LogAttrs(ctx, slog.LevelWarn, "looking after the libraries", slog.String("error", err.Error()))
	}
	var m measures
	m.unbuilt(len(unbuilt))
	r.write(m.line())
}

// LoadFailed reports that the destinations' secret could not be loaded.
func (r Reporter) LoadFailed(err error) {
	r.Log.Warn("destinations not loaded", "error", err.Error())
	var m measures
	m.loadFailed()
	r.write(m.line())
}

func (r Reporter) write(line emf.Line) {
	if len(line.Groups) == 0 {
		return
	}
	if err := r.Metrics.Write(line); err != nil {
		r.Log.Warn("metrics not written", "error", err.Error())
	}
}

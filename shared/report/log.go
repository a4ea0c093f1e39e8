package report

import (
	"log/slog"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

func (w Webhook) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("outcome", w.Answer), slog.Int("status", w.Status),
		slog.Int("bytes_in", w.Size), millis("took_ms", w.Duration),
	}
	if w.Match.Destination != nil {
		attrs = append(attrs,
			slog.String("destination", w.Match.Destination.Name), slog.String("secret", w.Match.KeyHint),
			text("topic", shorten(w.Topic)), text("event", shorten(w.EventID)), slog.String("class", w.Class.String()),
		)
	}
	if w.Class == platform.Requested && !w.Request.CompleteURL.IsZero() {
		attrs = append(attrs, requestAttrs(w.Request)...)
	}
	attrs = append(attrs, outcomeAttrs(w.Outcome)...)
	if w.Err != nil {
		attrs = append(attrs, text("error", w.Err.Error()))
	}
	return attrs
}

func (h Handed) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("outcome", string(h.Outcome.Status)), slog.Int("receives", h.Receives), millis("rest_ms", h.Delay),
		slog.String("destination", h.Job.Destination),
	}
	if !h.Job.Request.CompleteURL.IsZero() {
		attrs = append(attrs, requestAttrs(h.Job.Request)...)
	}
	attrs = append(attrs, outcomeAttrs(h.Outcome)...)
	if h.Err != nil {
		attrs = append(attrs, text("error", h.Err.Error()))
	}
	return attrs
}

func requestAttrs(r platform.Request) []slog.Attr {
	return []slog.Attr{
		slog.String("request", r.ID()), text("slot", r.Slot.String()), slog.String("upload_host", r.UploadURL.Host()),
	}
}

func outcomeAttrs(o fulfillment.Outcome) []slog.Attr {
	if o.Status == "" {
		return nil
	}
	return []slog.Attr{
		slog.String("code", o.Code), text("detail", o.Detail),
		slog.Bool("repeated", o.Repeated), slog.Bool("unconfirmed", o.Unconfirmed),
		text("master", o.Decision.Key), text("skip", o.Decision.Skip), slog.String("sha256", o.SHA256),
		slog.Int64("bytes_out", o.Bytes), millis("transfer_ms", o.Elapsed), millis("left_ms", o.Remaining),
	}
}

// text is an attribute of what somebody else wrote: no URL is shown in it.
func text(key, value string) slog.Attr { return slog.String(key, capability.Redact(value)) }

func millis(key string, d time.Duration) slog.Attr { return slog.Int64(key, d.Milliseconds()) }

// shorten cuts text that nobody signed to what a log line needs.
func shorten(s string) string {
	if len(s) > 128 {
		return s[:128]
	}
	return s
}

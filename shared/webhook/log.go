package webhook

import (
	"context"
	"log/slog"

	"masterhand/shared/platform"
)

// Log writes one line for a webhook: what was asked, by whom, what came of it. URLs and
// bodies are not part of it.
func Log(ctx context.Context, log *slog.Logger, r Report) {
	level := slog.LevelInfo
	if r.Answer.Status >= 500 {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("outcome", r.Answer.Outcome),
		slog.Int("status", r.Answer.Status),
		slog.String("code", r.Answer.Code),
		slog.Int("bytes_in", r.Size),
		slog.Duration("took", r.Duration),
	}
	if r.Match.Destination != nil {
		attrs = append(attrs,
			slog.String("destination", r.Match.Destination.Name), slog.String("secret", r.Match.KeyHint),
			slog.String("topic", shorten(r.Topic)), slog.String("event", shorten(r.EventID)), slog.String("class", r.Class.String()),
		)
	}
	if r.Class == platform.Requested && !r.Request.CompleteURL.IsZero() {
		o := r.Outcome
		attrs = append(attrs,
			slog.String("request", r.Request.ID()), slog.String("slot", r.Request.Slot.String()),
			slog.Bool("repeated", o.Repeated), slog.String("master", o.Decision.Key), slog.String("skip", o.Decision.Skip),
			slog.String("sha256", o.SHA256), slog.Int64("bytes_out", o.Bytes), slog.Duration("transfer", o.Elapsed),
			slog.Duration("left", o.Remaining), slog.String("upload_host", r.Request.UploadURL.Host()),
		)
	}
	if detail := r.Outcome.Detail; detail != "" {
		attrs = append(attrs, slog.String("detail", detail))
	}
	if r.Err != nil {
		attrs = append(attrs, slog.String("error", r.Err.Error()))
	}
	log.LogAttrs(ctx, level, "webhook", attrs...)
}

// shorten cuts text that nobody signed to what a log line needs.
func shorten(s string) string {
	if len(s) > 128 {
		return s[:128]
	}
	return s
}

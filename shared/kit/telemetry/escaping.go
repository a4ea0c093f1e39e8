package telemetry

import (
	"context"
	"log/slog"

	"masterhand/shared/kit/legible"
)

// escaping is a handler that escapes texts before the inner handler writes them. Otherwise a name
// in a log line could reorder or hide the rest of the line.
type escaping struct{ slog.Handler }

// Handle implements [slog.Handler].
func (e escaping) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, r.Level, legible.Escaped(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		line.AddAttrs(escaped(a))
		return true
	})
	return e.Handler.Handle(ctx, line)
}

// WithAttrs implements [slog.Handler].
func (e escaping) WithAttrs(attrs []slog.Attr) slog.Handler {
	return escaping{e.Handler.WithAttrs(allEscaped(attrs))}
}

// WithGroup implements [slog.Handler].
func (e escaping) WithGroup(name string) slog.Handler { return escaping{e.Handler.WithGroup(name)} }

func allEscaped(attrs []slog.Attr) []slog.Attr {
	all := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		all[i] = escaped(a)
	}
	return all
}

func escaped(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(legible.Escaped(v.String()))
	case slog.KindGroup:
		a.Value = slog.GroupValue(allEscaped(v.Group())...)
	case slog.KindAny:
		if err, is := v.Any().(error); is {
			a.Value = slog.StringValue(legible.Escaped(err.Error()))
		}
	}
	return a
}

package telemetry_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/kit/version"
)

func TestEachMetricHasItsSetsOfDimensions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		add  func(*telemetry.Measures)
		want []string
	}{
		"nothing":             {func(*telemetry.Measures) {}, nil},
		"a property alone":    {func(m *telemetry.Measures) { m.Property("Host", "h") }, nil},
		"a count":             {func(m *telemetry.Measures) { m.Count("A") }, []string{`A=1 Count []`}},
		"a count by a value":  {func(m *telemetry.Measures) { m.CountBy("A", "Reason", "r") }, []string{`A=1 Count [] [Reason="r"]`}},
		"a count by no value": {func(m *telemetry.Measures) { m.CountBy("A", "Reason", "") }, []string{`A=1 Count []`}},
		"several": {
			func(m *telemetry.Measures) {
				m.Property("X", "x")
				m.Property("Y", "y")
				m.Add(telemetry.One("A", emf.Bytes, 7), telemetry.One("B", emf.Seconds, 0.5))
				m.AddBy(telemetry.One("C", emf.Count, 2), "X", "Y")
				m.AddSets([][]string{{"Y"}}, telemetry.One("D", emf.Count, 3))
			},
			[]string{`A=7 Bytes []`, `B=0.5 Seconds []`, `C=2 Count [] [X="x" Y="y"]`, `D=3 Count [Y="y"]`},
		},
	} {
		log, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) {
			var m telemetry.Measures
			c.add(&m)
			to.Measure(t.Context(), m)
		})
		if !slices.Equal(metrics, c.want) || log != nil {
			t.Errorf("%s: metrics %q, log %q, want %q", name, metrics, log, c.want)
		}
	}
}

func TestMetricsThatBreakTheFormatAreLogged(t *testing.T) {
	t.Parallel()
	log, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) {
		var m telemetry.Measures
		m.AddBy(telemetry.One("A", emf.Count, 1), "Absent")
		to.Measure(t.Context(), m)
	})
	want := []string{`{"level":"WARN","msg":"metrics not written","error":"metrics: dimension without a value of 1 to 1,024 printable ASCII characters: \"Absent\""}`}
	if !slices.Equal(log, want) || metrics != nil {
		t.Errorf("log %q, metrics %q, want %q", log, metrics, want)
	}
}

func TestAttributesShowNoURL(t *testing.T) {
	t.Parallel()
	const text = "get https://h.example/p?k=" + telemetrytest.Secret
	attrs := []slog.Attr{telemetry.Text("detail", text), telemetry.Millis("took_ms", 1999*time.Microsecond)}
	attrs = telemetry.WithError(telemetry.WithError(attrs, nil), errors.New(text))
	want := []slog.Attr{
		slog.String("detail", "get https://h.example/[redacted]"), slog.Int64("took_ms", 1), slog.String("error", "get https://h.example/[redacted]"),
	}
	if !slices.EqualFunc(attrs, want, slog.Attr.Equal) {
		t.Errorf("attributes %v, want %v", attrs, want)
	}
}

func TestTheFirstLogLineNamesTheVersion(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	telemetry.New(slog.New(slog.NewJSONHandler(&out, nil)), io.Discard, "test")
	if want := `"msg":"started","version":"` + version.Number + `"}` + "\n"; !strings.HasSuffix(out.String(), want) || version.Number == "" {
		t.Errorf("the first line is %s, want %s", &out, want)
	}
}

// A log line must show invisible characters, such as one that reverses the text's direction, as
// escapes. Otherwise a name with such characters could hide the rest of the line.
func TestALogLineShowsItsTextsAsThemselves(t *testing.T) {
	t.Parallel()
	const odd, shown = "a\u202eb\u200b\n\u0085", `a\\u202eb\\u200b\\u000a\\u0085`
	var out bytes.Buffer
	log := telemetry.New(slog.New(slog.NewJSONHandler(&out, nil)), io.Discard, "test").Log
	log.With("of", odd).WithGroup("in").InfoContext(t.Context(), odd, "key", odd, "n", 7, "error", errors.New(odd),
		slog.Group("group", "key", odd), "host", named(odd))
	want := `"msg":"` + shown + `","of":"` + shown + `","in":{"key":"` + shown + `","n":7,"error":"` + shown + `","group":{"key":"` + shown + `"},"host":"` + shown + `"}}` + "\n"
	if !strings.HasSuffix(out.String(), want) {
		t.Errorf("%s, want %s", &out, want)
	}
}

// named is a value that controls its own text in the log.
type named string

// LogValue implements [slog.LogValuer].
func (n named) LogValue() slog.Value { return slog.StringValue(string(n)) }

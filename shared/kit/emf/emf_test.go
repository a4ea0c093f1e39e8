package emf_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
)

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 123_456_789, time.UTC) }

func newWriter(w io.Writer) *emf.Writer {
	return &emf.Writer{W: w, Namespace: names.MetricNamespace, Now: noon}
}

// one returns a line with one metric.
func one(name string, unit emf.Unit, values ...float64) emf.Line {
	return emf.Line{Groups: []emf.Group{{Metrics: []emf.Metric{{Name: name, Unit: unit, Values: values}}}}}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := newWriter(&out).Write(emf.Line{
		Properties: map[string]string{"Outcome": "delivered", "Reason": "too_large", "requestId": "a\n\"<ü"},
		Groups: []emf.Group{
			{Dimensions: [][]string{{}, {"Outcome"}, {"Outcome", "Reason"}}, Metrics: []emf.Metric{{Name: "Requests", Unit: emf.Count, Values: []float64{1}}}},
			{Metrics: []emf.Metric{
				{Name: "Delivered", Unit: emf.Bytes, Values: []float64{5368709120}},
				{Name: "Throughput", Unit: emf.BytesPerSecond, Values: []float64{1.5, 0, -2e30}},
			}},
		},
	})
	want := `{"Delivered":5368709120,"Outcome":"delivered","Reason":"too_large","Requests":1,"Throughput":[1.5,0,-2e+30],` +
		`"_aws":{"Timestamp":1795262400123,"CloudWatchMetrics":[` +
		`{"Namespace":"masterhand","Dimensions":[[],["Outcome"],["Outcome","Reason"]],"Metrics":[{"Name":"Requests","Unit":"Count"}]},` +
		`{"Namespace":"masterhand","Dimensions":[[]],"Metrics":[{"Name":"Delivered","Unit":"Bytes"},{"Name":"Throughput","Unit":"Bytes/Second"}]}]},` +
		`"requestId":"a\n\"\u003cü"}` + "\n"
	if err != nil || out.String() != want {
		t.Errorf("Write: %v\n%s\nwant\n%s", err, out.String(), want)
	}
}

// many returns n metrics m0, m1, …
func many(n int) []emf.Metric {
	var metrics []emf.Metric
	for i := range n {
		metrics = append(metrics, emf.Metric{Name: fmt.Sprintf("m%d", i), Unit: emf.None, Values: []float64{0}})
	}
	return metrics
}

// dimensions returns a line with one dimension set. The parameter set holds the dimensions' names,
// the parameter values maps each name to its value.
func dimensions(values map[string]string, set ...string) emf.Line {
	return emf.Line{Properties: values, Groups: []emf.Group{{Dimensions: [][]string{set}, Metrics: many(1)}}}
}

// numbered returns a line with n dimensions in one set.
func numbered(n int) emf.Line {
	values := map[string]string{}
	var set []string
	for i := range n {
		name := fmt.Sprintf("d%d", i)
		values[name] = "v"
		set = append(set, name)
	}
	return dimensions(values, set...)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	text := func(n int) string { return strings.Repeat("x", n) }
	for name, test := range map[string]struct {
		line emf.Line
		want error
	}{
		"100 metrics":            {emf.Line{Groups: []emf.Group{{Metrics: many(100)}}}, nil},
		"101 metrics":            {emf.Line{Groups: []emf.Group{{Metrics: many(101)}}}, emf.ErrTooManyMetrics},
		"101 in two groups":      {emf.Line{Groups: []emf.Group{{Metrics: many(100)}, {Metrics: many(101)[100:]}}}, emf.ErrTooManyMetrics},
		"no groups":              {emf.Line{}, emf.ErrNoMetrics},
		"no metrics":             {emf.Line{Groups: []emf.Group{{}}}, emf.ErrNoMetrics},
		"metric name of 255":     {one(text(255), emf.Count, 1), nil},
		"metric name of 256":     {one(text(256), emf.Count, 1), emf.ErrMetricName},
		"no metric name":         {one("", emf.Count, 1), emf.ErrMetricName},
		"blank metric name":      {one("  ", emf.Count, 1), emf.ErrMetricName},
		"metric name, a colon":   {one(":m", emf.Count, 1), emf.ErrMetricName},
		"metric name, a newline": {one("m\n", emf.Count, 1), emf.ErrMetricName},
		"metric name, an umlaut": {one("größe", emf.Count, 1), emf.ErrMetricName},
		"metric twice":           {emf.Line{Groups: []emf.Group{{Metrics: many(1)}, {Metrics: many(1)}}}, emf.ErrNameTaken},
		"metric and property":    {emf.Line{Properties: map[string]string{"m0": "x"}, Groups: []emf.Group{{Metrics: many(1)}}}, emf.ErrNameTaken},
		"metric named _aws":      {one("_aws", emf.Count, 1), emf.ErrNameTaken},
		"property named _aws":    {emf.Line{Properties: map[string]string{"_aws": "x"}, Groups: []emf.Group{{Metrics: many(1)}}}, emf.ErrNameTaken},
		"property without name":  {emf.Line{Properties: map[string]string{"": "x"}, Groups: []emf.Group{{Metrics: many(1)}}}, emf.ErrPropertyName},
		"no unit":                {one("m", "", 1), emf.ErrUnit},
		"unknown unit":           {one("m", "Furlongs", 1), emf.ErrUnit},
		"no values":              {one("m", emf.Count), emf.ErrValues},
		"100 values":             {one("m", emf.Count, slices.Repeat([]float64{1}, 100)...), nil},
		"101 values":             {one("m", emf.Count, slices.Repeat([]float64{1}, 101)...), emf.ErrValues},
		"2^360":                  {one("m", emf.Count, math.Ldexp(1, 360), -math.Ldexp(1, 360)), nil},
		"beyond 2^360":           {one("m", emf.Count, math.Nextafter(math.Ldexp(1, 360), math.Inf(1))), emf.ErrValue},
		"beyond -2^360":          {one("m", emf.Count, -math.Ldexp(1, 361)), emf.ErrValue},
		"NaN":                    {one("m", emf.Count, 1, math.NaN()), emf.ErrValue},
		"infinity":               {one("m", emf.Count, math.Inf(-1)), emf.ErrValue},
		"30 dimensions":          {numbered(30), nil},
		"31 dimensions":          {numbered(31), emf.ErrDimensions},
		"dimension twice":        {dimensions(map[string]string{"d": "v"}, "d", "d"), emf.ErrDimensionTwice},
		"dimension not there":    {dimensions(nil, "d"), emf.ErrDimensionValue},
		"dimension empty":        {dimensions(map[string]string{"d": ""}, "d"), emf.ErrDimensionValue},
		"dimension blank":        {dimensions(map[string]string{"d": " "}, "d"), emf.ErrDimensionValue},
		"dimension of 1024":      {dimensions(map[string]string{"d": text(1024)}, "d"), nil},
		"dimension of 1025":      {dimensions(map[string]string{"d": text(1025)}, "d"), emf.ErrDimensionValue},
		"dimension, an umlaut":   {dimensions(map[string]string{"d": "ü"}, "d"), emf.ErrDimensionValue},
		"dimension, a tab":       {dimensions(map[string]string{"d": "a\tb"}, "d"), emf.ErrDimensionValue},
		"dimension name of 250":  {dimensions(map[string]string{text(250): "v"}, text(250)), nil},
		"dimension name of 251":  {dimensions(map[string]string{text(251): "v"}, text(251)), emf.ErrDimensionName},
		"dimension name, colon":  {dimensions(map[string]string{":d": "v"}, ":d"), emf.ErrDimensionName},
		"no dimension name":      {dimensions(nil, ""), emf.ErrDimensionName},
		"dimension _aws":         {dimensions(nil, "_aws"), emf.ErrDimensionValue},
		"dimension, a metric":    {dimensions(nil, "m0"), emf.ErrDimensionValue},
	} {
		var out bytes.Buffer
		err := newWriter(&out).Write(test.line)
		if !errors.Is(err, test.want) || (err == nil) != (out.Len() > 0) {
			t.Errorf("%s: %v and %d bytes, want %v", name, err, out.Len(), test.want)
		}
		if err == nil && !json.Valid(out.Bytes()) {
			t.Errorf("%s: no JSON: %s", name, out.String())
		}
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	for namespace, want := range map[string]error{
		"a": nil, "Acme.Ads-1_x/y#z:w": nil, strings.Repeat("n", 255): nil,
		"": emf.ErrNamespace, " ": emf.ErrNamespace, "a b": emf.ErrNamespace, "größe": emf.ErrNamespace, strings.Repeat("n", 256): emf.ErrNamespace,
	} {
		w := &emf.Writer{W: io.Discard, Namespace: namespace, Now: noon}
		if err := w.Write(one("m", emf.Count, 1)); !errors.Is(err, want) {
			t.Errorf("namespace %q: %v, want %v", namespace, err, want)
		}
	}
}

func TestAllBrokenRulesAreReported(t *testing.T) {
	t.Parallel()
	err := newWriter(io.Discard).Write(emf.Line{
		Properties: map[string]string{"": "x"},
		Groups:     []emf.Group{{Dimensions: [][]string{{"d"}}, Metrics: []emf.Metric{{Name: strings.Repeat("long", 100), Unit: "x"}}}},
	})
	for _, want := range []error{emf.ErrPropertyName, emf.ErrDimensionValue, emf.ErrMetricName, emf.ErrUnit, emf.ErrValues} {
		if !errors.Is(err, want) {
			t.Errorf("%v is missing from %v", want, err)
		}
	}
	if len(err.Error()) > 1000 {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
}

func TestLongestLine(t *testing.T) {
	t.Parallel()
	padded := func(n int) (int, error) {
		var out bytes.Buffer
		line := one("m", emf.Count, 1)
		line.Properties = map[string]string{"padding": strings.Repeat("x", n)}
		err := newWriter(&out).Write(line)
		return out.Len(), err
	}
	empty, err := padded(0)
	if err != nil {
		t.Fatal(err)
	}
	// number of bytes that still fit into the line; the limit does not include the newline
	room := 1<<20 - 26 - (empty - 1)
	if length, err := padded(room); err != nil || length != 1<<20-26+1 {
		t.Errorf("the longest line: %d bytes, %v", length, err)
	}
	if length, err := padded(room + 1); !errors.Is(err, emf.ErrTooLarge) || length != 0 {
		t.Errorf("a longer line: %d bytes, %v; want ErrTooLarge", length, err)
	}
}

// calls records the data of each call to Write.
type calls struct{ lines []string }

func (c *calls) Write(p []byte) (int, error) {
	c.lines = append(c.lines, string(p))
	return len(p), nil
}

func TestEachLineIsWrittenByOneCall(t *testing.T) {
	t.Parallel()
	out := &calls{}
	w := newWriter(out)
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			if err := w.Write(one(fmt.Sprintf("m%d", i), emf.Milliseconds, float64(i))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(out.lines) != 100 {
		t.Errorf("%d calls for 100 lines", len(out.lines))
	}
	for _, line := range out.lines {
		if !json.Valid([]byte(line)) || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
			t.Errorf("not one line: %q", line)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriterThatFails(t *testing.T) {
	t.Parallel()
	if err := newWriter(broken{}).Write(one("m", emf.Seconds, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want io.ErrClosedPipe", err)
	}
}

// The names that functions and alarms share must be valid names.
func TestSharedNamesAreValid(t *testing.T) {
	t.Parallel()
	set := []string{names.DimensionOutcome, names.DimensionReason, names.DimensionDestination, names.DimensionSecret}
	values := map[string]string{}
	for _, name := range set {
		values[name] = "v"
	}
	var metrics []emf.Metric
	for _, name := range []string{
		names.MetricRequests, names.MetricSignatureFailures, names.MetricSecretMatches, names.MetricLoadFailures, names.MetricMalformed,
		names.MetricConflicts, names.MetricSkips, names.MetricFailures, names.MetricUnpinned, names.MetricDeliveredBytes, names.MetricThroughput, names.MetricTimeLeft,
	} {
		metrics = append(metrics, emf.Metric{Name: name, Unit: emf.Count, Values: []float64{1}})
	}
	if err := newWriter(io.Discard).Write(emf.Line{Properties: values, Groups: []emf.Group{{Dimensions: [][]string{set}, Metrics: metrics}}}); err != nil {
		t.Error(err)
	}
}

// Package emf writes metrics in CloudWatch's embedded metric format: one JSON line on a Lambda
// function's standard output, from which CloudWatch Logs creates the metrics.
//
// CloudWatch silently drops a line that breaks the format's rules, so these invariants hold:
//
//   - A line keeps every limit of the specification. Otherwise it is not written, and
//     [Writer.Write] returns the reasons.
//   - Each line is written by a single call to Write.
//
// Source of the format and its limits: "Specification: Embedded metric format" in the Amazon
// CloudWatch User Guide. Source of the rules for names and values: Dimension and MetricDatum in
// the CloudWatch API Reference.
package emf

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Unit is a metric's unit, as CloudWatch spells it.
type Unit string

// The units that this project uses. CloudWatch has more.
const (
	Count          Unit = "Count"
	Bytes          Unit = "Bytes"
	BytesPerSecond Unit = "Bytes/Second"
	Seconds        Unit = "Seconds"
	Milliseconds   Unit = "Milliseconds"
	None           Unit = "None"
)

// Line is the content of one line of metrics.
type Line struct {
	// Properties maps names to texts. A property that a dimension set names becomes a dimension.
	// The other properties can be searched in the log.
	Properties map[string]string
	// Groups holds the metrics, grouped by their dimensions. It must not be empty.
	Groups []Group
}

// Group is a group of metrics with the same dimensions.
type Group struct {
	// Dimensions holds sets of property names. CloudWatch counts each metric once per set. The
	// empty set counts the metric without dimensions. A nil slice means one empty set.
	Dimensions [][]string
	Metrics    []Metric
}

// Metric holds one or more values of a metric. Its name must be unique in a line. To count a metric
// by more dimensions, do not add a second Metric: add a set to the field Dimensions of its group.
type Metric struct {
	Name   string
	Unit   Unit
	Values []float64
}

// Writer writes lines of metrics. It is safe for concurrent use. Its fields must not change after the first use.
type Writer struct {
	W         io.Writer
	Namespace string
	Now       func() time.Time // returns the time of a line; must be set

	mu sync.Mutex
}

// The parts of the metadata. The field names are those of the format.
type (
	metadata struct {
		Timestamp         int64 // milliseconds since 1970
		CloudWatchMetrics []directive
	}
	directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	definition struct {
		Name string
		Unit Unit
	}
)

// metadataName is the name of the metadata member, which is neither a property nor a metric.
const metadataName = "_aws"

// Write writes one line. If the line breaks rules or is too large, Write writes nothing. Its error
// then joins one error per broken rule, or wraps ErrTooLarge. Any other error wraps an error of
// the io.Writer W.
func (w *Writer) Write(line Line) error {
	if err := errors.Join(check(w.Namespace, line)...); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	text, err := json.Marshal(w.members(line))
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	if len(text) > maxLine {
		return fmt.Errorf("metrics: %w: %d bytes", ErrTooLarge, len(text))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.W.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	return nil
}

// members returns the members of the line's JSON object: properties, metric values and the
// metadata.
func (w *Writer) members(line Line) map[string]any {
	root := map[string]any{}
	for name, text := range line.Properties {
		root[name] = text
	}
	meta := metadata{Timestamp: w.Now().UnixMilli()}
	for _, group := range line.Groups {
		d := directive{Namespace: w.Namespace, Dimensions: group.Dimensions}
		if len(d.Dimensions) == 0 {
			d.Dimensions = [][]string{{}}
		}
		for _, metric := range group.Metrics {
			d.Metrics = append(d.Metrics, definition{Name: metric.Name, Unit: metric.Unit})
			root[metric.Name] = metric.Values
			if len(metric.Values) == 1 {
				root[metric.Name] = metric.Values[0]
			}
		}
		meta.CloudWatchMetrics = append(meta.CloudWatchMetrics, d)
	}
	root[metadataName] = meta
	return root
}

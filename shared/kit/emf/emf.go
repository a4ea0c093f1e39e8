// Package emf writes metrics in CloudWatch's embedded metric format: a line of
// JSON on a Lambda function's standard output, out of which CloudWatch Logs makes
// the metrics.
//
// CloudWatch drops a line that breaks the format's rules without a word, so these
// are the invariants:
//
//   - A line keeps to every limit of the specification, or it is not written and
//     [Writer.Write] says why.
//   - A line reaches its destination in a single call to Write.
//
// Source of format and limits: "Specification: Embedded metric format" in the
// Amazon CloudWatch User Guide; of what names and values may look like: Dimension
// and MetricDatum in its API Reference.
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

// The units in use. CloudWatch knows more.
const (
	Count          Unit = "Count"
	Bytes          Unit = "Bytes"
	BytesPerSecond Unit = "Bytes/Second"
	Seconds        Unit = "Seconds"
	Milliseconds   Unit = "Milliseconds"
	None           Unit = "None"
)

// Line is what one line tells.
type Line struct {
	// Properties are texts by name. Those that a dimension set names become
	// dimensions; the others can be searched for in the log.
	Properties map[string]string
	// Groups are metrics by the dimensions they are to have. At least one.
	Groups []Group
}

// Group is metrics with the same dimensions.
type Group struct {
	// Dimensions are sets of properties' names. Each metric is counted once for
	// every set; the empty set is the metric without dimensions. No sets at all
	// mean that one.
	Dimensions [][]string
	Metrics    []Metric
}

// Metric is one or more values. Its name stands once in a line: to have it with
// other dimensions too, give its group another set.
type Metric struct {
	Name   string
	Unit   Unit
	Values []float64
}

// Writer writes lines. It is safe for concurrent use; its fields must not change.
type Writer struct {
	W         io.Writer
	Namespace string
	Now       func() time.Time // must be set

	mu sync.Mutex
}

// What the format calls its parts.
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

// metadataName is the member of a line that is neither property nor metric.
const metadataName = "_aws"

// Write writes one line, or nothing. Errors: all the rules that the line breaks,
// joined; ErrTooLarge; those of W.
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

// members lays a line out as the JSON object's members, whose names are the
// line's own: texts, numbers, lists of numbers and the metadata.
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

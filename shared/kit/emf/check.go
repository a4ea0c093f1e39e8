package emf

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The limits of the format. Lengths are in characters, which equal bytes because all text is
// ASCII. If a limit of CloudWatch's API is lower than that of the format, the API's limit applies,
// because no alarm could use a metric with a longer name.
const (
	maxMetrics       = 100  // largest number of metrics per line; the format allows 100 in each of a line's directives
	maxValues        = 100  // largest number of values per metric
	maxDimensions    = 30   // largest number of dimensions per set
	maxNamespace     = 255  // the API's limit; the format allows 1,024
	maxMetricName    = 255  // the API's limit; the format allows 1,024
	maxDimensionName = 250  // the format's limit; the API allows 255
	maxDimension     = 1024 // largest length of the value of a dimension

	// maxLine is the largest length of a line, in bytes. An event in CloudWatch Logs holds 1 MiB,
	// including 26 bytes of overhead.
	maxLine = 1<<20 - 26
)

// maxValue is the largest magnitude of a value: CloudWatch accepts values from -2^360 to 2^360.
const maxValue = 1 << 360

// These errors name the rules that a line can break.
var (
	ErrTooLarge       = errors.New("line longer than 1 MiB")
	ErrNamespace      = errors.New("namespace that is not 1 to 255 letters, digits or .-_/#: signs")
	ErrNoMetrics      = errors.New("no metrics")
	ErrTooManyMetrics = errors.New("more than 100 metrics in a line")
	ErrMetricName     = errors.New("metric name that is not 1 to 255 printable ASCII characters, or begins with a colon")
	ErrNameTaken      = errors.New("name that is used twice in the line")
	ErrUnit           = errors.New("unknown unit")
	ErrValues         = errors.New("not 1 to 100 values")
	ErrValue          = errors.New("value that is not a number, or is beyond ±2^360")
	ErrDimensions     = errors.New("more than 30 dimensions in a set")
	ErrDimensionName  = errors.New("dimension name that is not 1 to 250 printable ASCII characters, or begins with a colon")
	ErrDimensionTwice = errors.New("dimension that is twice in a set")
	ErrDimensionValue = errors.New("dimension without a value of 1 to 1,024 printable ASCII characters")
	ErrPropertyName   = errors.New("property without a name")
)

// units lists the known units of metrics.
var units = []Unit{Count, Bytes, BytesPerSecond, Seconds, Milliseconds, None}

// check returns all rules that a line breaks. It does not check the line's length.
func check(namespace string, line Line) []error {
	c := checker{properties: line.Properties, taken: map[string]bool{metadataName: true}}
	if strings.ContainsFunc(namespace, notNamespace) || !printable(namespace, maxNamespace) {
		c.broken(ErrNamespace, namespace)
	}
	for name := range line.Properties {
		if name == "" {
			c.broken(ErrPropertyName, name)
		}
		c.take(name)
	}
	count := 0
	for _, group := range line.Groups {
		c.group(group)
		count += len(group.Metrics)
	}
	if count > maxMetrics {
		c.errs = append(c.errs, ErrTooManyMetrics)
	}
	if len(line.Groups) == 0 {
		c.errs = append(c.errs, ErrNoMetrics)
	}
	return c.errs
}

// checker checks one line and collects the broken rules.
type checker struct {
	properties map[string]string
	taken      map[string]bool // names of the line's members so far, each of which must be unique
	errs       []error
}

// broken records a broken rule and the name that breaks it. It shortens a long name.
func (c *checker) broken(rule error, name string) {
	c.errs = append(c.errs, fmt.Errorf("%w: %.64q", rule, name))
}

func (c *checker) take(name string) {
	if c.taken[name] {
		c.broken(ErrNameTaken, name)
	}
	c.taken[name] = true
}

func (c *checker) group(group Group) {
	for _, set := range group.Dimensions {
		c.dimensions(set)
	}
	for _, metric := range group.Metrics {
		c.metric(metric)
	}
	if len(group.Metrics) == 0 {
		c.errs = append(c.errs, ErrNoMetrics)
	}
}

func (c *checker) dimensions(set []string) {
	if len(set) > maxDimensions {
		c.errs = append(c.errs, ErrDimensions)
	}
	seen := map[string]bool{}
	for _, name := range set {
		switch {
		case !printable(name, maxDimensionName) || name[0] == ':':
			c.broken(ErrDimensionName, name)
		case seen[name]:
			c.broken(ErrDimensionTwice, name)
		case !printable(c.properties[name], maxDimension):
			c.broken(ErrDimensionValue, name)
		}
		seen[name] = true
	}
}

func (c *checker) metric(metric Metric) {
	if !printable(metric.Name, maxMetricName) || metric.Name[0] == ':' {
		c.broken(ErrMetricName, metric.Name)
	}
	c.take(metric.Name)
	if !slices.Contains(units, metric.Unit) {
		c.broken(ErrUnit, metric.Name)
	}
	if len(metric.Values) < 1 || len(metric.Values) > maxValues {
		c.broken(ErrValues, metric.Name)
	}
	for _, value := range metric.Values {
		if math.IsNaN(value) || math.Abs(value) > maxValue {
			c.broken(ErrValue, metric.Name)
			return
		}
	}
}

// printable reports whether text is 1 to limit printable ASCII characters that are not all
// spaces.
func printable(text string, limit int) bool {
	return len(text) <= limit && strings.Trim(text, " ") != "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

func notNamespace(r rune) bool {
	letter := ('a' <= r && r <= 'z') || ('A' <= r && r <= 'Z') || ('0' <= r && r <= '9')
	return !letter && !strings.ContainsRune(".-_/#:", r)
}

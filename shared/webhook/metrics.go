package webhook

import (
	"net/http"
	"strings"

	"masterhand/shared/emf"
	"masterhand/shared/fulfillment"
	"masterhand/shared/names"
)

// Metrics turns a webhook's report into one line of metrics.
func Metrics(r Report) emf.Line {
	m := measures{properties: map[string]string{}}
	if r.Answer.Status == http.StatusUnauthorized {
		m.count(names.MetricSignatureFailures, "", "")
	}
	if r.Match.Destination == nil {
		return m.line()
	}
	m.count(names.MetricRequests, names.DimensionOutcome, r.Answer.Outcome)
	m.properties[names.DimensionDestination] = r.Match.Destination.Name
	m.properties[names.DimensionSecret] = printable(r.Match.KeyHint)
	m.groups = append(m.groups, emf.Group{
		Dimensions: [][]string{{names.DimensionDestination, names.DimensionSecret}},
		Metrics:    []emf.Metric{{Name: names.MetricSecretMatches, Unit: emf.Count, Values: []float64{1}}},
	})
	switch {
	case r.Answer.Outcome == "malformed":
		m.count(names.MetricMalformed, "", "")
	case r.Outcome.Word == fulfillment.Conflict:
		m.count(names.MetricConflicts, "", "")
	case r.Outcome.Repeated: // counted when it happened
	case r.Outcome.Word == fulfillment.Skipped:
		reason, _, _ := strings.Cut(r.Outcome.Decision.Skip, ":")
		m.count(names.MetricSkips, names.DimensionReason, reason)
	case r.Outcome.Word == fulfillment.Failed:
		m.count(names.MetricFailures, names.DimensionReason, r.Outcome.Code)
	case r.Outcome.Word == fulfillment.Delivered:
		m.delivery(r)
	}
	return m.line()
}

// measures gathers the groups of one line.
type measures struct {
	properties map[string]string
	groups     []emf.Group
}

// count adds a count of one, without dimensions and, if it has one, by its dimension.
func (m *measures) count(metric, dimension, value string) {
	sets := [][]string{{}}
	if dimension != "" && value != "" {
		sets = append(sets, []string{dimension})
		m.properties[dimension] = value
	}
	m.groups = append(m.groups, emf.Group{
		Dimensions: sets, Metrics: []emf.Metric{{Name: metric, Unit: emf.Count, Values: []float64{1}}},
	})
}

func (m *measures) delivery(r Report) {
	o := r.Outcome
	list := []emf.Metric{{Name: names.MetricTimeLeft, Unit: emf.Seconds, Values: []float64{o.Remaining.Seconds()}}}
	if o.Bytes > 0 && o.Elapsed > 0 {
		list = append(list,
			emf.Metric{Name: names.MetricDeliveredBytes, Unit: emf.Bytes, Values: []float64{float64(o.Bytes)}},
			emf.Metric{Name: names.MetricThroughput, Unit: emf.BytesPerSecond, Values: []float64{float64(o.Bytes) / o.Elapsed.Seconds()}},
		)
	}
	if o.ETagDiffers {
		m.count(names.MetricETagDiffers, "", "")
	}
	if !r.Match.Destination.Pinned() {
		m.properties["UploadHost"] = r.Request.UploadURL.Host()
		m.count(names.MetricUnpinned, "", "")
	}
	m.groups = append(m.groups, emf.Group{Dimensions: [][]string{{}}, Metrics: list})
}

func (m *measures) line() emf.Line { return emf.Line{Properties: m.properties, Groups: m.groups} }

// printable makes a secret's last characters fit for a dimension.
func printable(hint string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, hint)
}

package report

import (
	"net/http"
	"strings"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/request/fulfillment"
)

func (w Webhook) metrics() emf.Line {
	var m measures
	if w.Status == http.StatusUnauthorized {
		m.count(names.MetricSignatureFailures, "", "")
	}
	if w.Match.Destination == nil {
		return m.line()
	}
	m.count(names.MetricRequests, names.DimensionOutcome, w.Answer)
	m.secretMatch(w.Match.Destination.Name, w.Match.KeyHint)
	if w.Answer == "malformed" {
		m.count(names.MetricMalformed, "", "")
	}
	if w.Outcome.Status == fulfillment.Delivered && !w.Outcome.Repeated && !w.Match.Destination.Pinned() {
		m.property("UploadHost", w.Request.UploadURL.Host())
		m.count(names.MetricUnpinned, "", "")
	}
	m.outcome(w.Outcome)
	return m.line()
}

func (h Handed) metrics() emf.Line {
	var m measures
	if h.Outcome.Status != "" && h.Delay == 0 {
		m.count(names.MetricRequests, names.DimensionOutcome, string(h.Outcome.Status))
	}
	m.outcome(h.Outcome)
	return m.line()
}

// measures gathers the groups of one line.
type measures struct {
	properties map[string]string
	groups     []emf.Group
}

func (m *measures) property(name, value string) {
	if m.properties == nil {
		m.properties = map[string]string{}
	}
	m.properties[name] = value
}

func (m *measures) add(sets [][]string, metrics ...emf.Metric) {
	m.groups = append(m.groups, emf.Group{Dimensions: sets, Metrics: metrics})
}

func one(name string, unit emf.Unit, value float64) emf.Metric {
	return emf.Metric{Name: name, Unit: unit, Values: []float64{value}}
}

// count adds a count of one, without dimensions and, if it has one, by its dimension.
func (m *measures) count(metric, dimension, value string) {
	sets := [][]string{{}}
	if dimension != "" && value != "" {
		sets = append(sets, []string{dimension})
		m.property(dimension, value)
	}
	m.add(sets, one(metric, emf.Count, 1))
}

// secretMatch counts which secret signed: an old one may go once a new one is seen.
func (m *measures) secretMatch(destination, hint string) {
	m.property(names.DimensionDestination, destination)
	m.property(names.DimensionSecret, printable(hint))
	m.add([][]string{{names.DimensionDestination, names.DimensionSecret}}, one(names.MetricSecretMatches, emf.Count, 1))
}

// outcome measures what became of a request, when it became so.
func (m *measures) outcome(o fulfillment.Outcome) {
	switch {
	case o.Repeated: // counted when it happened
	case o.Status == fulfillment.Conflict:
		m.count(names.MetricConflicts, "", "")
	case o.Status == fulfillment.Accepted:
		m.count(names.MetricHandOffs, names.DimensionReason, o.Code)
	case o.Status == fulfillment.Held && o.Code == fulfillment.CodeLost:
		m.count(names.MetricLeaseLosses, "", "")
	case o.Status == fulfillment.Skipped:
		reason, _, _ := strings.Cut(o.Decision.Skip, ":")
		m.count(names.MetricSkips, names.DimensionReason, reason)
	case o.Status == fulfillment.Failed:
		m.count(names.MetricFailures, names.DimensionReason, o.Code)
	case o.Status == fulfillment.Recorded:
		m.count(names.MetricResults, names.DimensionReason, o.Code)
	case o.Status == fulfillment.Delivered:
		m.delivery(o)
	}
}

func (m *measures) delivery(o fulfillment.Outcome) {
	list := []emf.Metric{one(names.MetricTimeLeft, emf.Seconds, o.Remaining.Seconds())}
	if o.Bytes > 0 && o.Elapsed > 0 {
		list = append(list, one(names.MetricDeliveredBytes, emf.Bytes, float64(o.Bytes)),
			one(names.MetricThroughput, emf.BytesPerSecond, float64(o.Bytes)/o.Elapsed.Seconds()))
	}
	m.add([][]string{{}}, list...)
	if o.ETagDiffers {
		m.count(names.MetricETagDiffers, "", "")
	}
}

// overdue is written even for none: a sweep that is not heard of has not run.
func (m *measures) overdue(n int) {
	m.add([][]string{{}}, one(names.MetricOverdue, emf.Count, float64(n)))
}

// unbuilt is written even for none, as overdue is.
func (m *measures) unbuilt(n int) {
	m.add([][]string{{}}, one(names.MetricUnbuilt, emf.Count, float64(n)))
}

func (m *measures) loadFailed() { m.count(names.MetricLoadFailures, "", "") }

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

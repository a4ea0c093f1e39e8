package telemetry

import "masterhand/shared/kit/emf"

// Measures collects the metrics of one metrics line.
type Measures struct {
	properties map[string]string
	groups     []emf.Group
}

// Property sets a property. The property is also the value of the dimension with the same name.
func (m *Measures) Property(name, value string) {
	if m.properties == nil {
		m.properties = map[string]string{}
	}
	m.properties[name] = value
}

// Count adds a count of one without dimensions.
func (m *Measures) Count(metric string) { m.Add(One(metric, emf.Count, 1)) }

// CountBy adds a count of one, without dimensions and by the given dimension. If value is "", it
// adds only the count without dimensions.
func (m *Measures) CountBy(metric, dimension, value string) {
	if value == "" {
		m.Count(metric)
		return
	}
	m.Property(dimension, value)
	m.AddBy(One(metric, emf.Count, 1), dimension)
}

// Add adds metrics without dimensions.
func (m *Measures) Add(metrics ...emf.Metric) { m.AddSets([][]string{{}}, metrics...) }

// AddBy adds a metric twice: without dimensions, and by a set of dimensions. The dimensions'
// values must be set with Property.
func (m *Measures) AddBy(metric emf.Metric, dimensions ...string) {
	m.AddSets([][]string{{}, dimensions}, metric)
}

// AddSets adds metrics with several sets of dimensions. CloudWatch counts each metric once for each
// set. The dimensions' values must be set with Property.
func (m *Measures) AddSets(sets [][]string, metrics ...emf.Metric) {
	m.groups = append(m.groups, emf.Group{Dimensions: sets, Metrics: metrics})
}

// One returns a metric with one value.
func One(name string, unit emf.Unit, value float64) emf.Metric {
	return emf.Metric{Name: name, Unit: unit, Values: []float64{value}}
}

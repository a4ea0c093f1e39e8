package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"masterhand/shared/kit/names"
)

// The statistics in use, in CloudWatch's spelling.
const (
	sum     = "Sum"
	average = "Average"
	minimum = "Minimum"
	maximum = "Maximum"
	median  = "p50"
	slowest = "p99"
	samples = "SampleCount"
)

// period is the default length of a metric's period: the time for which CloudWatch computes one
// value.
const period = 300 // default period of a metric, in seconds

func seconds(n float64) awscdk.Duration { return awscdk.Duration_Seconds(&n) }

// emitted creates references to the metrics that the functions write. All of them are in one
// namespace.
type emitted struct{ namespace string }

// line returns one metric that the functions write. The parameter dimension is empty, or holds the
// name and the value of a dimension. If it holds a value, line returns the series with that value.
func (e emitted) line(metric, statistic string, dimension ...string) awscloudwatch.Metric {
	props := &awscloudwatch.MetricProps{
		Namespace: &e.namespace, MetricName: &metric, Statistic: &statistic, Period: seconds(period),
	}
	label := metric
	if len(dimension) == 2 {
		props.DimensionsMap = &map[string]*string{dimension[0]: &dimension[1]}
		label = dimension[1]
	}
	if statistic != sum {
		label += " " + statistic
	}
	props.Label = &label
	return awscloudwatch.NewMetric(props)
}

// by returns the sums of a metric, grouped by a dimension. If an alarm watches the result, the
// alarm's mail names every value of the dimension for which the alarm went off.
func (e emitted) by(metric, dimension string) awscloudwatch.IMetric {
	return expression(period, nil, fmt.Sprintf("SELECT SUM(%s) FROM SCHEMA(%q, %s) GROUP BY %s", metric, e.namespace, dimension, dimension))
}

// ends returns a metric for each outcome of a request: skips, deliveries, failures and overdue requests.
// The number of deliveries is the number of samples of the metric TimeLeft, because each delivery
// writes one sample.
func (e emitted) ends() map[string]awscloudwatch.IMetric {
	return map[string]awscloudwatch.IMetric{
		"skips": e.line(names.MetricSkips, sum), "delivered": e.line(names.MetricTimeLeft, samples),
		"failed": e.line(names.MetricFailures, sum), "overdue": e.line(names.MetricOverdue, sum),
	}
}

// onlySkips returns an expression over the last hour. It is 1 if at least 5 requests were skipped
// and none was delivered; otherwise it is 0.
func (e emitted) onlySkips() awscloudwatch.IMetric {
	ends := e.ends()
	delete(ends, "failed")
	delete(ends, "overdue")
	return expression(3600, ends, "IF(skips >= 5 AND FILL(delivered, 0) == 0, 1, 0)")
}

// moreSkips returns an expression over the last 3 hours. It is 1 if at least 20 requests were
// settled and more of them were skipped than delivered; otherwise it is 0.
func (e emitted) moreSkips() awscloudwatch.IMetric {
	return expression(3*3600, e.ends(),
		"IF(skips + FILL(delivered, 0) + FILL(failed, 0) + FILL(overdue, 0) >= 20 AND skips > FILL(delivered, 0), 1, 0)")
}

// expression returns a metric that CloudWatch computes from other metrics. The parameter text is a
// query such as "SELECT SUM(…) …", or a formula such as "a + b". The parameter named of holds each
// metric of the formula by its name there, such as "a"; nil for a query. every is the period in
// seconds.
func expression(every float64, of map[string]awscloudwatch.IMetric, text string) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: &text, UsingMetrics: &of, Period: seconds(every),
	})
}

// hourly returns a metric with one point for each hour. It suits metrics of rare events.
func hourly(m awscloudwatch.Metric) awscloudwatch.Metric {
	return m.With(&awscloudwatch.MetricOptions{Period: seconds(3600)})
}

// each returns all series of a metric: a graph shows one line for each value of the dimensions.
func (e emitted) each(metric, dimensions string) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: new(fmt.Sprintf(`SEARCH('{"%s",%s} MetricName="%s"', 'Sum', %d)`, e.namespace, dimensions, metric, period)),
		Label:      new(""), Period: seconds(period),
	})
}

// ofAlias returns one of the metrics that Lambda itself writes about a function's alias. every is
// the metric's period in seconds.
func ofAlias(f deployed, metric, statistic string, every float64) awscloudwatch.Metric {
	label := f.name
	if statistic != sum {
		label += " " + statistic
	}
	return f.alias.Metric(&metric, &awscloudwatch.MetricOptions{Statistic: &statistic, Period: seconds(every), Label: &label})
}

// age returns a metric: the number of seconds for which the oldest message of a queue has waited.
func age(q queue) awscloudwatch.Metric {
	return q.live.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{
		Statistic: new(maximum), Period: seconds(60), Label: new(q.purpose),
	})
}

// length returns a metric: the number of messages that wait in a queue, not counting messages that a
// function is processing.
func length(q awssqs.Queue, label string) awscloudwatch.Metric {
	return q.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
		Statistic: new(maximum), Period: seconds(period), Label: &label,
	})
}

package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"masterhand/shared/kit/names"
)

// The statistics in use, as CloudWatch spells them.
const (
	sum     = "Sum"
	average = "Average"
	minimum = "Minimum"
	maximum = "Maximum"
	median  = "p50"
	slowest = "p99"
	samples = "SampleCount"
)

// period is what one point of a metric stands for, unless said otherwise.
const period = 300 // seconds

func seconds(n float64) awscdk.Duration { return awscdk.Duration_Seconds(&n) }

// emitted are the metrics that the functions write.
type emitted struct{ namespace string }

// line is one of them. With a dimension it is the part of it that has this value.
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

// by is a metric by the values of a dimension, the sum of each: an alarm on it names in its mail
// every value that raises it.
func (e emitted) by(metric, dimension string) awscloudwatch.IMetric {
	return expression(period, nil, fmt.Sprintf("SELECT SUM(%s) FROM SCHEMA(%q, %s) GROUP BY %s", metric, e.namespace, dimension, dimension))
}

// Ends of requests by the metrics that are written for each: a delivery writes its time left.
func (e emitted) ends() map[string]awscloudwatch.IMetric {
	return map[string]awscloudwatch.IMetric{
		"skips": e.line(names.MetricSkips, sum), "delivered": e.line(names.MetricTimeLeft, samples),
		"failed": e.line(names.MetricFailures, sum), "overdue": e.line(names.MetricOverdue, sum),
	}
}

// onlySkips is 1 where at least 5 requests were skipped within an hour and none was delivered.
func (e emitted) onlySkips() awscloudwatch.IMetric {
	ends := e.ends()
	delete(ends, "failed")
	delete(ends, "overdue")
	return expression(3600, ends, "IF(skips >= 5 AND FILL(delivered, 0) == 0, 1, 0)")
}

// moreSkips is 1 where at least 20 requests ended within 3 hours, and more by a skip than by a
// delivery.
func (e emitted) moreSkips() awscloudwatch.IMetric {
	return expression(3*3600, e.ends(),
		"IF(skips + FILL(delivered, 0) + FILL(failed, 0) + FILL(overdue, 0) >= 20 AND skips > FILL(delivered, 0), 1, 0)")
}

// expression is one over metrics, each taken over so many seconds.
func expression(every float64, of map[string]awscloudwatch.IMetric, text string) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: &text, UsingMetrics: &of, Period: seconds(every),
	})
}

// hourly is a metric by the hour: for what is rare.
func hourly(m awscloudwatch.Metric) awscloudwatch.Metric {
	return m.With(&awscloudwatch.MetricOptions{Period: seconds(3600)})
}

// each is one of them, with a line for each value of the dimensions that there is.
func (e emitted) each(metric, dimensions string) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: new(fmt.Sprintf(`SEARCH('{"%s",%s} MetricName="%s"', 'Sum', %d)`, e.namespace, dimensions, metric, period)),
		Label:      new(""), Period: seconds(period),
	})
}

// ofAlias is one of Lambda's own metrics.
func ofAlias(f deployed, metric, statistic string, every float64) awscloudwatch.Metric {
	label := f.name
	if statistic != sum {
		label += " " + statistic
	}
	return f.alias.Metric(&metric, &awscloudwatch.MetricOptions{Statistic: &statistic, Period: seconds(every), Label: &label})
}

// age is how long the oldest message has waited, in seconds.
func age(q queue) awscloudwatch.Metric {
	return q.live.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{
		Statistic: new(maximum), Period: seconds(60), Label: new(q.purpose),
	})
}

// length is how many messages a queue holds that nobody works on.
func length(q awssqs.Queue, label string) awscloudwatch.Metric {
	return q.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
		Statistic: new(maximum), Period: seconds(period), Label: &label,
	})
}

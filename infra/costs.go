package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"

	"masterhand/infra/prices"
	"masterhand/shared/kit/names"
)

// costHeading says what the graphs below it leave out.
const costHeading = "## What it costs\nAbout, at the prices of us-east-1 and without the free tier. S3, DynamoDB, SQS and logs come on top: a few cents for a thousand requests."

// costGraphs estimate what an hour costs: the bytes that leave AWS, and the time that the
// functions run.
func costGraphs(m emitted, all []deployed) []awscloudwatch.IWidget {
	times := map[string]awscloudwatch.IMetric{}
	for _, f := range all {
		times[f.name] = hourly(ofAlias(f, "Duration", sum, period))
	}
	var gigabyteSeconds []string // milliseconds × MiB / 1000 / 1024
	for _, f := range slices.SortedFunc(slices.Values(all), func(a, b deployed) int { return strings.Compare(a.name, b.name) }) {
		gigabyteSeconds = append(gigabyteSeconds, fmt.Sprintf("FILL(%s, 0) * %g", f.name, f.memory))
	}
	bytes := map[string]awscloudwatch.IMetric{"bytes": hourly(m.line(names.MetricDeliveredBytes, sum))}
	transfer := fmt.Sprintf("FILL(bytes, 0) / 1000000000 * %s", price(prices.GBOut))
	compute := fmt.Sprintf("(%s) / 1000 / 1024 * %s", strings.Join(gigabyteSeconds, " + "), price(prices.GBSecond))
	both := maps.Clone(times)
	maps.Copy(both, bytes)
	return []awscloudwatch.IWidget{
		graph("USD an hour", labelled(both, transfer+" + "+compute, "all")),
		graph("USD an hour for bytes to the platform", labelled(bytes, transfer, "transfer")),
		graph("USD an hour for functions", labelled(times, compute, "Lambda")),
	}
}

// price writes a price as an expression of CloudWatch takes it: without an exponent.
func price(usd float64) string { return strconv.FormatFloat(usd, 'f', -1, 64) }

func labelled(of map[string]awscloudwatch.IMetric, text, label string) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: &text, UsingMetrics: &of, Period: seconds(3600), Label: &label,
	})
}

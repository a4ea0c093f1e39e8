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

// costHeading is the heading above the cost graphs. It also says which costs the graphs leave out.
const costHeading = "## What it costs\nAn estimate, at the prices of us-east-1 and without the free tier. It leaves out S3, DynamoDB, SQS and logs, which cost a few cents for a thousand requests."

// costGraphs returns graphs that estimate the cost of each hour: of the bytes that leave AWS, and
// of the execution time of the functions.
func costGraphs(m emitted, all []deployed) []awscloudwatch.IWidget {
	times := map[string]awscloudwatch.IMetric{}
	for _, f := range all {
		times[f.name] = hourly(ofAlias(f, "Duration", sum, period))
	}
	// for each function, an expression for its running time in ms times its memory in MiB; the
	// expression compute converts their sum to GiB-seconds
	var gigabyteSeconds []string
	for _, f := range slices.SortedFunc(slices.Values(all), func(a, b deployed) int { return strings.Compare(a.name, b.name) }) {
		gigabyteSeconds = append(gigabyteSeconds, fmt.Sprintf("FILL(%s, 0) * %g", f.name, f.memory))
	}
	bytes := map[string]awscloudwatch.IMetric{"bytes": hourly(m.line(names.MetricDeliveredBytes, sum))}
	transfer := fmt.Sprintf("FILL(bytes, 0) / 1000000000 * %s", price(prices.GBOut))
	compute := fmt.Sprintf("(%s) / 1000 / 1024 * %s", strings.Join(gigabyteSeconds, " + "), price(prices.GBSecond))
	both := maps.Clone(times)
	maps.Copy(both, bytes)
	return []awscloudwatch.IWidget{
		graph("Cost per hour (USD)", labelled(both, transfer+" + "+compute, "all")),
		graph("Transfer to the platform per hour (USD)", labelled(bytes, transfer, "transfer")),
		graph("Functions per hour (USD)", labelled(times, compute, "Lambda")),
	}
}

// price returns a price as text without an exponent (not 1e-05), because CloudWatch's expressions
// accept none.
func price(usd float64) string { return strconv.FormatFloat(usd, 'f', -1, 64) }

func labelled(of map[string]awscloudwatch.IMetric, text, label string) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: &text, UsingMetrics: &of, Period: seconds(3600), Label: &label,
	})
}

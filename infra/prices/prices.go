// Package prices holds AWS's prices in USD, for us-east-1 and without free tiers. Other regions
// cost up to twice as much. The dashboard's cost graphs and the model of an account use these
// prices.
//
// The comment of each price names the pricing page with its source.
package prices

import "math"

// The prices of Lambda on Arm processors. Source: aws.amazon.com/lambda/pricing.
const (
	GBSecond   = 0.0000133334 // the price of 1 GiB of memory for a second
	Invocation = 0.20 / 1e6
)

// The prices of S3 Standard. Source: aws.amazon.com/s3/pricing.
const (
	S3Write   = 0.005 / 1e3 // the price of a PUT, COPY, POST or LIST request
	S3Read    = 0.0004 / 1e3
	S3GBMonth = 0.023
)

// The prices of DynamoDB on demand since November 2024. Source:
// aws.amazon.com/dynamodb/pricing/on-demand.
const (
	WriteUnit = 0.625 / 1e6
	ReadUnit  = 0.125 / 1e6
)

// The prices of other services. Source for each: aws.amazon.com/SERVICE/pricing.
const (
	QueueCall = 0.40 / 1e6 // SQS: the price of a call to a standard queue
	// EventBridge: the price of an event of S3, assuming that such an opt-in event costs as much as
	// a custom event
	ObjectEvent = 1.00 / 1e6
	SecretMonth = 0.40 // Secrets Manager: the price of a secret for a month
	SecretCall  = 0.05 / 1e4
	MetricMonth = 0.30 // CloudWatch: the price of a custom metric for a month
	AlarmMonth  = 0.10 // CloudWatch: the price of each metric of an alarm for a month
	Dashboard   = 3.00 // CloudWatch: the price of a dashboard for a month
	LogGB       = 0.50 // CloudWatch Logs: the price of a GB of received logs
)

// GBOut is the price of sending a GB to the internet. The first 100 GB of a month are free; the price
// applies to the next 10 TB. Source: aws.amazon.com/ec2/pricing/on-demand, "Data Transfer".
const GBOut = 0.09

// outTiers holds the prices of a GB that is sent to the internet, in the order in which a month's GB
// reach them. The last price applies to all further GB. The source is that of [GBOut], whose TB has
// 1,024 GB.
var outTiers = []struct{ gb, price float64 }{
	{10 * 1024, GBOut}, {40 * 1024, 0.085}, {100 * 1024, 0.07}, {math.Inf(1), 0.05},
}

// MonthOut returns the price of sending gb GB to the internet within a month, without free GB.
func MonthOut(gb float64) (usd float64) {
	for _, tier := range outTiers {
		n := min(gb, tier.gb)
		usd += n * tier.price
		gb -= n
	}
	return usd
}

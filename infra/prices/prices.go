// Package prices holds AWS's prices in USD, for us-east-1 and without free tiers. Other regions
// cost up to twice as much. The dashboard's cost graphs and the model of an account use these
// prices.
//
// The comment of each price names the pricing page with its source.
package prices

// Lambda, on Arm. Source: aws.amazon.com/lambda/pricing.
const (
	GBSecond   = 0.0000133334 // the price of 1 GiB of memory for a second
	Invocation = 0.20 / 1e6
)

// S3 Standard. Source: aws.amazon.com/s3/pricing.
const (
	S3Write   = 0.005 / 1e3 // the price of a PUT, COPY, POST or LIST request
	S3Read    = 0.0004 / 1e3
	S3GBMonth = 0.023
)

// DynamoDB on demand. Source: aws.amazon.com/dynamodb/pricing/on-demand, since November 2024.
const (
	WriteUnit = 0.625 / 1e6
	ReadUnit  = 0.125 / 1e6
)

// Other services, each from aws.amazon.com/SERVICE/pricing.
const (
	QueueCall   = 0.40 / 1e6 // SQS: a call to a standard queue
	ObjectEvent = 1.00 / 1e6 // EventBridge: an event of S3; assumes that S3's opt-in events cost as much as custom events
	SecretMonth = 0.40       // Secrets Manager: a secret for a month
	SecretCall  = 0.05 / 1e4
	MetricMonth = 0.30 // CloudWatch: a custom metric for a month
	AlarmMonth  = 0.10 // CloudWatch: each metric of an alarm for a month
	Dashboard   = 3.00 // CloudWatch: a dashboard for a month
	LogGB       = 0.50 // CloudWatch Logs: a GB of received logs
)

// GBOut is the price of sending a GB to the internet. The first 100 GB of a month are free; the price
// applies to the next 10 TB. Source: aws.amazon.com/ec2/pricing/on-demand, "Data Transfer".
const GBOut = 0.09

// Package prices holds AWS's prices in USD, for us-east-1 and without free tiers. Other regions
// cost up to twice as much. The dashboard's cost graphs and the model of an account use these
// prices.
//
// The comment of each price names the pricing page with its source.
package prices

// Lambda, on Arm. Source: aws.amazon.com/lambda/pricing.
const (
	GBSecond   = 0.0000133334 // 1 GiB of memory for a second
	Invocation = 0.20 / 1e6
)

// S3 Standard. Source: aws.amazon.com/s3/pricing.
const (
	S3Write   = 0.005 / 1e3 // PUT, COPY, POST or LIST
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
	QueueCall   = 0.40 / 1e6 // SQS, standard queue
	ObjectEvent = 1.00 / 1e6 // EventBridge; assumes that S3's opt-in events cost the same as custom events
	SecretMonth = 0.40       // Secrets Manager
	SecretCall  = 0.05 / 1e4
	MetricMonth = 0.30 // CloudWatch, custom metric
	AlarmMonth  = 0.10 // CloudWatch, for each metric of an alarm
	Dashboard   = 3.00 // CloudWatch, a month
	LogGB       = 0.50 // CloudWatch Logs, ingested
)

// GBOut is the price of sending a GB to the internet. It applies to the first 10 TB a month,
// after 100 GB that are free. Source: aws.amazon.com/ec2/pricing/on-demand, "Data Transfer".
const GBOut = 0.09

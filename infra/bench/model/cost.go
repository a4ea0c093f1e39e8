package model

import "masterhand/infra/prices"

// Cost returns two sums in USD: the cost of the calls, and the cost of the bytes that leave AWS. For
// the bytes it uses the price of a month's first 10 TB.
func (c Calls) Cost() (calls, transfer float64) {
	// Lambda makes two SQS calls for each message: one receives it and one deletes it. EventBridge
	// sends each object event to a queue, which is one more SQS call.
	queue := c.Queue + 2*c.Messages + c.Events
	calls = float64(c.Runs)*prices.Invocation + c.Seconds*Memory/1024*prices.GBSecond +
		float64(c.S3Reads)*prices.S3Read + float64(c.S3Writes)*prices.S3Write +
		c.Writes*prices.WriteUnit + c.Reads*prices.ReadUnit +
		float64(queue)*prices.QueueCall + float64(c.Events)*prices.ObjectEvent + float64(c.Secrets)*prices.SecretCall +
		float64(c.Runs)*LogBytes/1e9*prices.LogGB
	return calls, c.gb() * prices.GBOut
}

// Month returns the cost in USD of the calls if they are made on each of 30 days, and of their bytes
// that leave AWS. The tiers of the price of data out are those of an account that sends no other
// data.
func (c Calls) Month() (calls, transfer float64) {
	calls, _ = c.Cost()
	return 30 * calls, prices.MonthOut(30 * c.gb())
}

// gb returns how many GB leave AWS.
func (c Calls) gb() float64 { return float64(c.Delivered) / 1e9 }

// Fixed holds the monthly costs in USD of a deployment without any requests, by their cause.
type Fixed struct {
	Alarms, Metrics, Secrets, Polling, Dashboard, Schedules float64
	// Summary is the cost of comparing, every five minutes, the library's summary with the list of
	// all index documents.
	Summary float64
	// Storage is the cost of storing the index in S3.
	Storage float64
}

// Total returns the sum of all fixed costs in USD per month.
func (f Fixed) Total() float64 {
	return f.Alarms + f.Metrics + f.Secrets + f.Polling + f.Dashboard + f.Schedules + f.Summary + f.Storage
}

const month = 30 * 24 * 3600.0 // length of a month in seconds

// FixedCost returns the fixed costs of a deployment. masters is the number of masters in its
// library.
func FixedCost(masters int) Fixed {
	minutes := month / 60
	// Each minute, the function index reads the library's state once, and the function finish makes
	// nine queries for overdue requests: one for each of the eight shards of the ledger's index of
	// open requests, and one for requests that were stored without a shard. A query costs half a
	// read unit, because it is eventually consistent.
	looks := sum(Calls{Runs: int(2 * minutes), Seconds: minutes * (ledgerTime + s3Time), Reads: minutes * 9 / 2, S3Reads: int(minutes)})
	lookCost, _ := looks.Cost()
	refresh, _ := Refresh(masters).Cost()
	documents := float64(masters) / ofCreative
	return Fixed{
		Alarms: AlarmMetrics * prices.AlarmMonth, Metrics: Metrics * prices.MetricMonth, Secrets: Secrets * prices.SecretMonth,
		Polling:   Queues * pollers * month / pollTime * prices.QueueCall,
		Dashboard: prices.Dashboard, Schedules: lookCost, Summary: refresh * minutes / refreshMinutes,
		Storage: (documents*documentBytes + float64(masters)*placementBytes) / 1e9 * prices.S3GBMonth,
	}
}

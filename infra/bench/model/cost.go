package model

import "masterhand/infra/prices"

// Cost returns what calls cost, in USD: without the bytes that leave AWS, and these alone.
func (c Calls) Cost() (calls, transfer float64) {
	// Of each message Lambda makes two calls of SQS: it receives and deletes it. An event of an
	// object is sent to the queue by EventBridge, which SQS counts, too.
	queue := c.Queue + 2*c.Messages + c.Events
	calls = float64(c.Runs)*prices.Invocation + c.Seconds*Memory/1024*prices.GBSecond +
		float64(c.S3Reads)*prices.S3Read + float64(c.S3Writes)*prices.S3Write +
		c.Writes*prices.WriteUnit + c.Reads*prices.ReadUnit +
		float64(queue)*prices.QueueCall + float64(c.Events)*prices.ObjectEvent + float64(c.Secrets)*prices.SecretCall +
		float64(c.Runs)*logBytes/1e9*prices.LogGB
	return calls, float64(c.Delivered) / 1e9 * prices.GBOut
}

// Fixed is what a deployment costs a month without any request, by what costs it.
type Fixed struct {
	Alarms, Metrics, Secrets, Polling, Dashboard, Schedules float64
	// Summary is the listing of all index documents every five minutes.
	Summary float64
	// Storage is that of the index.
	Storage float64
}

// Total is the sum, in USD a month.
func (f Fixed) Total() float64 {
	return f.Alarms + f.Metrics + f.Secrets + f.Polling + f.Dashboard + f.Schedules + f.Summary + f.Storage
}

const month = 30 * 24 * 3600.0 // seconds

// FixedCost returns the fixed costs of a deployment whose library has so many masters.
func FixedCost(masters int) Fixed {
	minutes := month / 60
	// finish looks for overdue requests, and index after the libraries, each minute: nine queries,
	// one for each shard of an index, and one read of the library's state.
	looks := sum(Calls{Runs: int(2 * minutes), Seconds: minutes * (ledgerTime + s3Time), Reads: minutes * 9 / 2, S3Reads: int(minutes)})
	lookCost, _ := looks.Cost()
	refresh, _ := Refresh(masters).Cost()
	documents := float64(masters) / ofCreative
	return Fixed{
		Alarms: Alarms * prices.AlarmMonth, Metrics: Metrics * prices.MetricMonth, Secrets: Secrets * prices.SecretMonth,
		Polling:   Queues * pollers * month / pollTime * prices.QueueCall,
		Dashboard: prices.Dashboard, Schedules: lookCost, Summary: refresh * minutes / refreshMinutes,
		Storage: (documents*documentBytes + float64(masters)*placementBytes) / 1e9 * prices.S3GBMonth,
	}
}

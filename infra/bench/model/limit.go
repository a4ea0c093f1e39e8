package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Use compares a limit of the account with the peak of a day: the most that the day would use if
// there were no limits.
type Use struct {
	Limit string
	Unit  string
	Peak  float64
	Of    float64
	Ask   string // what the operator must request or set, and where; printed only if the peak is over the limit
}

// Share returns the peak divided by the limit. A value above 1 means that the day exceeds the
// limit.
func (u Use) Share() float64 { return u.Peak / u.Of }

// Uses compares the peaks of a day with the limits. It returns one Use for each limit, sorted by
// the field Share: the largest share comes first.
func Uses(peak, l Limits) []Use {
	uses := []Use{
		{"Lambda's concurrency", "invocations at a time", float64(peak.Concurrency), float64(l.Concurrency),
			fmt.Sprintf("ask AWS for quota L-B99A9384 (Lambda, concurrent executions) of %d", round(peak.Concurrency))},
		{"the setting finishConcurrency", "invocations of finish at a time", float64(peak.Finish), float64(l.Finish),
			fmt.Sprintf("set finishConcurrency to %d; AWS allows 1,000 without asking", min(1000, peak.Finish))},
		{"messages in flight", "of the finish queue", float64(peak.InFlight), float64(l.InFlight),
			fmt.Sprintf("ask AWS Support for %d messages in flight of the queue (SQS)", round(peak.InFlight))},
		{"a partition of the ledger's indexes", "write units a second", peak.Partition, l.Partition,
			fmt.Sprintf("set spreadLedger, which makes %d partitions of one; AWS has no quota for a partition", spreadShards)},
		{"the ledger's table", "write units a second", peak.Table, l.Table,
			fmt.Sprintf("set the warm throughput of the table and of its indexes to %d write units a second", round(int(peak.Table)))},
		{"S3's reads of one prefix", "a second", peak.PrefixReads, l.PrefixReads,
			fmt.Sprintf("ask AWS Support to partition the masters bucket for %d GET a second", round(int(peak.PrefixReads)))},
		{"S3's writes and listings of one prefix", "a second", peak.PrefixPuts, l.PrefixPuts,
			fmt.Sprintf("ask AWS Support to partition the masters bucket for %d LIST a second", round(int(peak.PrefixPuts)))},
	}
	slices.SortStableFunc(uses, func(a, b Use) int { return cmp.Compare(b.Share(), a.Share()) })
	return uses
}

// round adds a reserve of a fifth to need, and rounds the sum up to a multiple of 100.
func round(need int) int { return int(math.Ceil(float64(need)*1.2/100)) * 100 }

// Eased returns the limits that apply after the operator has requested and set everything that Uses
// recommends.
func Eased(peak, l Limits) Limits {
	l.Concurrency = max(l.Concurrency, round(peak.Concurrency))
	l.Finish = max(l.Finish, min(1000, peak.Finish))
	l.InFlight = max(l.InFlight, round(peak.InFlight))
	if peak.Partition > l.Partition {
		l.Partition *= spreadShards
	}
	l.Table = max(l.Table, float64(round(int(peak.Table))))
	l.PrefixReads = max(l.PrefixReads, float64(round(int(peak.PrefixReads))))
	l.PrefixPuts = max(l.PrefixPuts, float64(round(int(peak.PrefixPuts))))
	return l
}

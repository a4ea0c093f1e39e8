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
	Alone Limits // the limits of an account that has only this limit
	Eased Limits // the compared limits, after the operator has done what Ask says
}

// Share returns the peak divided by the limit. A value above 1 means that the day exceeds the
// limit.
func (u Use) Share() float64 { return u.Peak / u.Of }

// Uses compares the peaks of a day with the limits. It returns one Use for each limit, sorted by
// the field Share: the largest share comes first.
func Uses(peak, l Limits) []Use {
	e := Eased(peak, l)
	eased := func(set func(*Limits)) Limits {
		one := l
		set(&one)
		return one
	}
	uses := []Use{
		{"Lambda's concurrency", "invocations at a time", float64(peak.Concurrency), float64(l.Concurrency),
			fmt.Sprintf("ask AWS for quota L-B99A9384 (Lambda, concurrent executions) of %s", count(e.Concurrency)),
			Limits{Concurrency: l.Concurrency}, eased(func(o *Limits) { o.Concurrency = e.Concurrency })},
		{"the setting finishConcurrency", "invocations of finish at a time", float64(peak.Finish), float64(l.Finish),
			fmt.Sprintf("set finishConcurrency to %d; AWS allows 1,000 without asking", min(1000, peak.Finish)),
			Limits{Finish: l.Finish}, eased(func(o *Limits) { o.Finish = e.Finish })},
		{"messages in flight", "of the finish queue", float64(peak.InFlight), float64(l.InFlight),
			fmt.Sprintf("ask AWS Support for %d messages in flight of the queue (SQS)", round(peak.InFlight)),
			Limits{InFlight: l.InFlight}, eased(func(o *Limits) { o.InFlight = e.InFlight })},
		{"a partition of the ledger's indexes", "write units a second", peak.Partition, l.Partition,
			fmt.Sprintf("set spreadLedger, which makes %d partitions of one; AWS has no quota for a partition", spreadShards),
			Limits{Partition: l.Partition}, eased(func(o *Limits) { o.Partition = e.Partition })},
		{"the ledger's table", "write units a second", peak.Table, l.Table,
			fmt.Sprintf("set the warm throughput of the table and of its indexes to %d write units a second", round(int(peak.Table))),
			Limits{Table: l.Table}, eased(func(o *Limits) { o.Table = e.Table })},
		{"S3's reads of one prefix", "a second", peak.PrefixReads, l.PrefixReads,
			fmt.Sprintf("ask AWS Support to partition the masters bucket for %d GET a second", round(int(peak.PrefixReads))),
			Limits{PrefixReads: l.PrefixReads}, eased(func(o *Limits) { o.PrefixReads = e.PrefixReads })},
		{"S3's writes and listings of one prefix", "a second", peak.PrefixPuts, l.PrefixPuts,
			fmt.Sprintf("ask AWS Support to partition the masters bucket for %d LIST a second", round(int(peak.PrefixPuts))),
			Limits{PrefixPuts: l.PrefixPuts}, eased(func(o *Limits) { o.PrefixPuts = e.PrefixPuts })},
	}
	slices.SortStableFunc(uses, func(a, b Use) int { return cmp.Compare(b.Share(), a.Share()) })
	return uses
}

// round adds a reserve of a fifth to need, and rounds the sum up to a multiple of 100.
func round(need int) int { return int(math.Ceil(float64(need)*1.2/100)) * 100 }

// Eased returns the limits that apply after the operator has requested and set everything that Uses
// recommends.
func Eased(peak, l Limits) Limits {
	// A new account asks for the default at least, as the command "smoke" recommends.
	l.Concurrency = max(l.Concurrency, concurrency, round(peak.Concurrency))
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

package main

import (
	"fmt"
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"

	"masterhand/shared/kit/names"
)

// watch raises the alarms that need a human, draws the dashboard, and saves the operator's queries. What only repeats
// by itself and heals is on the dashboard alone.
func watch(d deployment, s stores, fulfill, intake receiver, widget deployed, others ...deployed) {
	m := emitted{names.NamespaceOf(d.config.Name)}
	rows := append(requestAlarms(m), platformAlarms(m)...)
	rows = append(rows, doorAlarms(m, fulfill)...)
	rows = append(rows, intakeAlarms(m, intake)...)
	rows = append(rows, collectAlarms(m, s.intake.queue)...)
	if len(s.doors.queues()) > 0 {
		rows = append(rows, receiveAlarms(m)...)
	}
	for _, q := range s.queues() {
		rows = append(rows, queueAlarms(q)...)
	}
	for _, library := range d.config.AllLibraries() {
		rows = append(rows, waits(m, library.Name))
	}
	all := append([]deployed{fulfill.deployed, intake.deployed}, others...)
	for _, f := range all {
		rows = append(rows, failing(f), throttled(f))
	}
	var raised []interfacesawscloudwatch.IAlarmRef
	for _, row := range rows {
		raised = append(raised, d.alarms.raise(row))
	}
	draw(d, s, m, fulfill, intake, widget, all, raised)
	saveQueries(d, all)
}

// failing looks back over the function's whole time: Lambda writes an error down at the time
// when the invocation began.
func failing(f deployed) alarm {
	return alarm{
		id: f.title() + "Errors", title: f.name + " fails", metric: ofAlias(f, "Errors", sum, 60),
		periods: spanning(f, 60), once: true,
		do: fmt.Sprintf("The function %s ended with an error or ran into its %.0f s. Look for the last error in its log. "+
			"If a deployment caused it, deploy the version before.", f.name, f.timeout),
	}
}

// spanning returns how many periods of so many seconds reach back to the beginning of an
// invocation that runs into the function's time, with five minutes for the metric to arrive.
func spanning(f deployed, seconds float64) float64 { return math.Ceil((f.timeout + 300) / seconds) }

// waits tells within five minutes of a deployment that its settings leave a library as it was:
// index looks each minute, and a line of metrics takes about two more.
func waits(m emitted, library string) alarm {
	return alarm{
		id: "Waits-" + library, title: "library " + library + " waits for masterhand reindex",
		metric:  m.line(names.MetricWaiting, maximum, names.DimensionLibrary, library).With(&awscloudwatch.MetricOptions{Period: seconds(60)}),
		periods: 5, once: true,
		do: fmt.Sprintf("The settings name another bucket or prefix than the index of library %s, or rules by which most of its creatives lose "+
			"their files, or a bucket that cannot be read, or the library is large and not indexed by its present rules. The index stays as it was, and nothing is skipped. "+
			"Run masterhand reindex --library %[1]s --status: it says what is wrong and what to type.", library),
	}
}

func throttled(f deployed) alarm {
	return alarm{
		id: f.title() + "Throttles", title: f.name + " is throttled", metric: ofAlias(f, "Throttles", sum, period),
		do: fmt.Sprintf("Lambda refused to run %s: the account's concurrency or its reservation is used up. Ask for a higher quota, "+
			"or change the settings concurrency (of fulfill) and intakeConcurrency, if this environment has them.", f.name),
	}
}

func queueAlarms(q queue) []alarm {
	rows := []alarm{
		{
			id: q.name + "DeadLetters", title: "dead letters of " + q.purpose, metric: length(q.dead, ""),
			do: fmt.Sprintf("Messages of %s were given up. The log of %s says why; mend that, then start a redrive of the dead letters. "+
				"While there are dead letters of object events nothing is skipped, and requests wait.", q.purpose, q.worker.name),
		},
		{
			id: q.name + "Age", title: q.purpose + " wait", metric: age(q), limit: 300, periods: 3,
			do: fmt.Sprintf("The oldest of the %s has waited for over 5 minutes. See on the dashboard whether %s is throttled or fails, "+
				"and in its log what it waits for.", q.purpose, q.worker.name),
		},
	}
	if q.name == reindexQueue.name || q.name == collectQueue.name {
		return rows[:1] // a library's batches may wait for hours, and a dead link's event for days
	}
	return rows
}

func doorAlarms(m emitted, fulfill receiver) []alarm {
	return []alarm{
		{
			id: "ServerErrors", title: "webhooks end in 5xx", metric: ofAlias(fulfill.deployed, "Url5xxCount", sum, period), limit: 2,
			periods: spanning(fulfill.deployed, period), once: true,
			do: "The platform's webhooks were answered with 5xx and come again, at most six times in their hour. " +
				"The log of fulfill says which dependency is down.",
		},
		{
			id: "Signatures", title: "webhooks with a wrong signature", metric: m.line(names.MetricSignatureFailures, sum), limit: 4,
			do: "Webhooks were refused with 401. If the platform's portal shows failed deliveries, the secret there is not among " +
				"the destinations: add it. If not, somebody else calls the URL, and nothing is to be done.",
		},
		{
			id: "Destinations", title: "destinations do not load", metric: m.line(names.MetricLoadFailures, sum),
			do: "The secret with the destinations could not be read or is no valid list; the last good one stays in use. " +
				"Correct the secret: the log of fulfill says what is wrong with it.",
		},
	}
}

func requestAlarms(m emitted) []alarm {
	return []alarm{
		{
			id: "OnlySkips", title: "requests are skipped, and none is delivered", metric: m.onlySkips(),
			do: "Within an hour at least 5 requests were skipped and none was delivered. A skip cannot be taken back. Look with " +
				"\"masterhand requests --outcome skipped\" at what was asked for, and whether the masters lie in this environment's bucket.",
		},
		{
			id: "MoreSkips", title: "more requests are skipped than delivered", metric: m.moreSkips(),
			do: "Within 3 hours at least 20 requests ended, and more of them by a skip than by a delivery. A skip cannot be taken back. " +
				"Look with \"masterhand coverage\" at what was asked for and is missing, and with \"masterhand unplaced\" at files that no rule places.",
		},
		{
			id: "Failures", title: "uploads or callbacks refused for good", metric: m.line(names.MetricFailures, sum),
			do: "The platform's storage or callback refused a delivery, or its only master is archived. The ledger holds the code; " +
				"the platform's own settings or the master's storage class are what to change.",
		},
		{
			id: "Overdue", title: "requests nobody answered in time", metric: m.line(names.MetricOverdue, sum),
			do: "Requests lay open until they expired, and the platform got nothing. The ledger's items tell how far they came; " +
				"ask the platform to request these files again once the cause is gone.",
		},
		{
			id: "Sweep", title: "open requests are no longer looked for", metric: m.line(names.MetricOverdue, samples),
			limit: 1, below: true, silence: true, periods: 2,
			do: "For 10 minutes the sweep that settles overdue requests has not reported. See whether the rule that calls finish " +
				"each minute is enabled and whether finish fails.",
		},
		{
			id: "Looks", title: "libraries are no longer looked after", metric: m.line(names.MetricUnbuilt, samples),
			limit: 1, below: true, silence: true, periods: 2,
			do: "For 10 minutes index has not said whether the libraries are indexed. See whether the rule that calls index " +
				"each minute is enabled and whether index fails.",
		},
		{
			id: "Unbuilt", title: "a library is not indexed whole", metric: m.line(names.MetricUnbuilt, minimum), periods: 12,
			do: "For an hour a library has not been indexed by its present rules; until it is, nothing is skipped and requests without " +
				"a master wait. Run masterhand reindex: it shows how far a run is, goes on with one that broke off, or begins.",
		},
		{
			id: "Unreadable", title: "masters cannot be read", metric: m.line(names.MetricUnreadable, sum),
			do: "Objects could not be read for some minutes, or had no room in their index document, and no request of their creatives " +
				"is skipped. masterhand unplaced names them with the reason. Mend that, then run masterhand reindex.",
		},
		{
			id: "TimeLeft", title: "deliveries end close to expiry", metric: m.line(names.MetricTimeLeft, minimum), limit: 300, below: true,
			do: "A delivery ended within 5 minutes of its request's expiry. Compare throughput and the queues' age on the dashboard; " +
				"later ones may come too late.",
		},
		{
			id: "ETag", title: "an upload is not what was sent", metric: m.line(names.MetricETagDiffers, sum),
			do: "The platform's storage confirmed an upload with another checksum than that of the bytes sent. " +
				"Tell the platform the request's storage key, and do not trust that file.",
		},
		{
			id: "Hosts", title: "requests wait for a host that is not configured", metric: m.by(names.MetricHostNotConfigured, names.DimensionHost),
			do: "Signed requests lead to the host that this alarm names, which their destination does not allow. Nothing is sent there. If the host " +
				"is the platform's, add it to the destination's uploadHosts or callbackHosts within the request's hour, and the request is " +
				"delivered. masterhand requests shows destination and host.",
		},
		{
			id: "Malformed", title: "webhooks that cannot be used", metric: m.line(names.MetricMalformed, sum),
			do: "Signed webhooks could not be read, or hold URLs that no destination may allow. " +
				"The ledger's items bad#… say what is wrong: tell the platform.",
		},
	}
}

func platformAlarms(m emitted) []alarm {
	return []alarm{
		{
			id: "Rejected", title: "the platform rejected a master", metric: m.line(names.MetricResults, sum, names.DimensionReason, "rejected"),
			do: "The platform refused what was delivered, or took our skip as such. The ledger holds its reason; the same bytes are " +
				"not sent for this slot again, so put a corrected master in.",
		},
		{
			id: "TimedOut", title: "the platform stopped waiting", metric: m.line(names.MetricResults, sum, names.DimensionReason, "timeout"),
			do: "The platform gave a request up. Find it in the ledger: if it is open, see the queues; if it was delivered, " +
				"its callback did not count.",
		},
	}
}

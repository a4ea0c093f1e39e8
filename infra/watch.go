package main

import (
	"fmt"
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"

	"masterhand/shared/kit/names"
)

// watch creates the alarms, the dashboard and the operator's saved queries. A fault that ends
// without the help of an operator is shown in a graph on the dashboard, but has no alarm.
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

// failing returns the alarm for a function's errors. The alarm must look back over the function's
// whole time-out, because Lambda records an error at the time at which its invocation started.
func failing(f deployed) alarm {
	return alarm{
		id: f.title() + "Errors", title: f.name + " fails", metric: ofAlias(f, "Errors", sum, 60),
		periods: spanning(f, 60), once: true,
		do: fmt.Sprintf("The function %s ended with an error or reached its time-out of %.0f s. Read the last error in its log. "+
			"If a deployment caused the error, deploy the version before it.", f.name, f.timeout),
	}
}

// spanning returns how many periods an alarm must evaluate. Together they must cover the longest
// possible invocation from its start to its time-out, and five more minutes, because a metric can
// arrive five minutes late. The parameter seconds is the length of a period.
func spanning(f deployed, seconds float64) float64 { return math.Ceil((f.timeout + 300) / seconds) }

// waits returns the alarm for a library whose index does not follow the library's settings. The
// alarm is raised within five minutes after a deployment: the function index checks the library
// each minute, and a metric takes about two minutes to arrive.
func waits(m emitted, library string) alarm {
	return alarm{
		id: "Waits-" + library, title: "library " + library + " waits for masterhand reindex",
		metric:  m.line(names.MetricWaiting, maximum, names.DimensionLibrary, library).With(&awscloudwatch.MetricOptions{Period: seconds(60)}),
		periods: 5, once: true,
		do: fmt.Sprintf("The index of library %s does not follow the settings, and nothing is skipped. The settings name another bucket or prefix, "+
			"or a bucket that index cannot read, or rules by which most creatives lose their files; or the library is large and its rules have changed. "+
			"Run masterhand reindex --library %[1]s --status: it names the reason and the command to run.", library),
	}
}

func throttled(f deployed) alarm {
	return alarm{
		id: f.title() + "Throttles", title: f.name + " is throttled", metric: ofAlias(f, "Throttles", sum, period),
		do: fmt.Sprintf("Lambda refused to run %s, because the account's concurrency or the function's reservation is used up. Ask AWS for a "+
			"higher quota (masterhand smoke prints the command), or raise the settings concurrency (of fulfill) and intakeConcurrency, if they are set.", f.name),
	}
}

func queueAlarms(q queue) []alarm {
	rows := []alarm{
		{
			id: q.name + "DeadLetters", title: "dead letters of " + q.purpose, metric: length(q.dead, ""),
			do: fmt.Sprintf("The function %[2]s gave up messages of %[1]s. Its log names the reason. Repair the cause, then run masterhand redrive. "+
				"While object events have dead letters, nothing is skipped and requests without a master wait.", q.purpose, q.worker.name),
		},
		{
			id: q.name + "Age", title: q.purpose + " wait", metric: age(q), limit: 300, periods: 3,
			do: fmt.Sprintf("The oldest message of %[1]s has waited for over 5 minutes. The dashboard shows whether %[2]s is throttled or fails, "+
				"and the log of %[2]s shows why it waits.", q.purpose, q.worker.name),
		},
	}
	if q.name == reindexQueue.name || q.name == collectQueue.name {
		// These queues get no alarm for the age of their messages, because old messages are normal:
		// a reindex may take hours, and the function collect retries a dead link for days.
		return rows[:1]
	}
	return rows
}

func doorAlarms(m emitted, fulfill receiver) []alarm {
	return []alarm{
		{
			id: "ServerErrors", title: "webhooks end in 5xx", metric: ofAlias(fulfill.deployed, "Url5xxCount", sum, period), limit: 2,
			periods: spanning(fulfill.deployed, period), once: true,
			do: "fulfill answered webhooks with 5xx. The platform sends each of them again, at most six times within its hour. " +
				"The log of fulfill names the service that is down.",
		},
		{
			id: "Signatures", title: "webhooks with a wrong signature", metric: m.line(names.MetricSignatureFailures, sum), limit: 4,
			do: "fulfill refused webhooks with 401. If the platform's portal shows failed deliveries, its secret is missing here: add it with " +
				"masterhand secret. If the portal shows none, somebody else calls the URL, and you need to do nothing.",
		},
		{
			id: "Destinations", title: "destinations do not load", metric: m.line(names.MetricLoadFailures, sum),
			do: "The list of destinations in Secrets Manager cannot be read or is not valid. The last good list stays in use. " +
				"The log of fulfill names the fault: correct the secret.",
		},
	}
}

func requestAlarms(m emitted) []alarm {
	return []alarm{
		{
			id: "OnlySkips", title: "requests are skipped, and none is delivered", metric: m.onlySkips(),
			do: "Within an hour at least 5 requests were skipped and none was delivered. A skip cannot be taken back. Run " +
				"\"masterhand requests --outcome skipped\", and check that the masters of these creatives are in this environment's bucket.",
		},
		{
			id: "MoreSkips", title: "more requests are skipped than delivered", metric: m.moreSkips(),
			do: "Within 3 hours at least 20 requests ended, and more of them by a skip than by a delivery. A skip cannot be taken back. " +
				"\"masterhand coverage --gaps\" lists the masters that were asked for and are missing; \"masterhand unplaced\" lists the files that no rule places.",
		},
		{
			id: "Failures", title: "uploads or callbacks refused for good", metric: m.line(names.MetricFailures, sum),
			do: "The platform's storage or callback refused a delivery for good, or the only master is archived. \"masterhand requests --outcome failed\" " +
				"shows the reason of each. Restore an archived master; tell the platform of any other refusal.",
		},
		{
			id: "Overdue", title: "requests expired without an answer", metric: m.line(names.MetricOverdue, sum),
			do: "Requests stayed open until they expired, and the platform got no answer. \"masterhand requests --outcome expired\" lists them, and " +
				"\"masterhand trace\" shows how far each came. Repair the cause, then ask the platform to request these files again.",
		},
		{
			id: "Sweep", title: "the sweep for overdue requests has stopped", metric: m.line(names.MetricOverdue, samples),
			limit: 1, below: true, silence: true, periods: 2,
			do: "The sweep that settles overdue requests has not reported for 10 minutes. Check that the EventBridge rule that calls finish " +
				"each minute is enabled, and read the log of finish.",
		},
		{
			id: "Looks", title: "the check of the libraries has stopped", metric: m.line(names.MetricUnbuilt, samples),
			limit: 1, below: true, silence: true, periods: 2,
			do: "The check of each library's index has not reported for 10 minutes. Check that the EventBridge rule that calls index " +
				"each minute is enabled, and read the log of index.",
		},
		{
			id: "Unbuilt", title: "a library is not indexed whole", metric: m.line(names.MetricUnbuilt, minimum), periods: 12,
			do: "The index of a library has not been complete for an hour. Until it is, nothing is skipped and requests without " +
				"a master wait. Run masterhand reindex: it shows the progress, resumes a run that stopped, or starts one.",
		},
		{
			id: "Unreadable", title: "masters cannot be read", metric: m.line(names.MetricUnreadable, sum),
			do: "index could not read some objects, or their index document is full. No request for their creatives is skipped. " +
				"masterhand unplaced lists these objects with the reason. Repair the cause, then run masterhand reindex.",
		},
		{
			id: "TimeLeft", title: "deliveries end close to expiry", metric: m.line(names.MetricTimeLeft, minimum), limit: 300, below: true,
			do: "A delivery ended less than 5 minutes before its request expired. Later deliveries may come too late. Compare the throughput and " +
				"the age of the queues on the dashboard.",
		},
		{
			id: "ETag", title: "an upload is not what was sent", metric: m.line(names.MetricETagDiffers, sum),
			do: "The platform's storage confirmed an upload with a checksum that differs from the checksum of the bytes sent. " +
				"Do not trust that file, and tell the platform the storage key of the request.",
		},
		{
			id: "Hosts", title: "requests wait for a host that is not configured", metric: m.by(names.MetricHostNotConfigured, names.DimensionHost),
			do: "Signed requests name the host that this alarm shows, and their destination does not allow this host. Nothing is sent there. If the host " +
				"belongs to the platform, run masterhand secret DESTINATION with --upload-host or --callback-host within the request's hour: the request is then " +
				"delivered. masterhand requests shows destination and host.",
		},
		{
			id: "Malformed", title: "webhooks that cannot be used", metric: m.line(names.MetricMalformed, sum),
			do: "Signed webhooks could not be parsed, or contain URLs that no destination may use. " +
				"The items bad#… of the ledger name the fault: tell the platform.",
		},
	}
}

func platformAlarms(m emitted) []alarm {
	return []alarm{
		{
			id: "Rejected", title: "the platform rejected a master", metric: m.line(names.MetricResults, sum, names.DimensionReason, "rejected"),
			do: "The platform rejected a delivered master, or reported a skip as a rejection. masterhand requests shows its reason. masterhand does not " +
				"send the same bytes for this slot again: upload a corrected master.",
		},
		{
			id: "TimedOut", title: "the platform stopped waiting", metric: m.line(names.MetricResults, sum, names.DimensionReason, "timeout"),
			do: "The platform gave up a request. Run \"masterhand trace\" for it. If the request is open, check the age of the queues on the dashboard. " +
				"If it was delivered, the platform did not accept its callback: tell the platform.",
		},
	}
}

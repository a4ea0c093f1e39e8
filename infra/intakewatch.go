package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"

	"masterhand/shared/kit/names"
)

func intakeAlarms(m emitted, intake receiver) []alarm {
	return []alarm{
		{
			id: "IntakeServerErrors", title: "announcements end in 5xx", metric: ofAlias(intake.deployed, "Url5xxCount", sum, period),
			periods: spanning(intake.deployed, period), once: true,
			do: "intake could store webhooks neither in the bucket nor in the queue, or could not read the tokens. The log of intake names the service " +
				"that was down. Streampixel does not send an event again: ask it to announce the builds of that time once more.",
		},
		{
			id: "IntakeFailures", title: "announcements are stored only in part", metric: hourly(m.line(names.MetricIntakeFailures, sum)), limit: 2,
			do: "Within an hour the bucket or the queue refused several announcements. An announcement that one of them holds reaches the other by " +
				"itself. If both refuse, the announcement is lost. The log of intake names the one that refuses, and why.",
		},
		{
			id: "IntakeRefusals", title: "announcements with a wrong token", metric: m.line(names.MetricIntakeRefusals, sum), limit: 4,
			do: "intake refused webhooks of other platforms with 401. The dashboard shows the sender. If you use this sender, the URL " +
				"in its settings has an old token: replace it. Otherwise somebody else calls the URL, and you need to do nothing.",
		},
		{
			id: "Senders", title: "senders' tokens do not load", metric: m.line(names.MetricIntakeLoadFailures, sum),
			do: "The senders' tokens in Secrets Manager cannot be read or are not valid. The last good tokens stay in use. " +
				"The log of intake names the fault: correct the secret.",
		},
		{
			id: "IntakeCoordinates", title: "announcements with unusable coordinates", metric: m.line(names.MetricIntakeCoordinates, sum),
			do: "The webhook URL in a sender's settings has a code, variation, locale or aspect that is not valid. Its files are stored under unsorted/ and " +
				"answer no request. The log of intake names the fault. Correct the URL at the sender. Then tag the files under unsorted/, or have the sender " +
				"announce them again: collect then stores new copies as masters.",
		},
		{
			id: "IntakeUnknown", title: "announcements are not understood", metric: hourly(m.line(names.MetricIntakeUnknown, sum)),
			do: "A sender used an event, a task, a status or a member that masterhand does not know, or announced no file " +
				"where the event must bring one. Files may be missing. \"masterhand intake list --state unknown\" lists the affected files and " +
				"the log of intake names the event. Install a version that knows the word, then run \"masterhand intake replay\" before the stored events expire.",
		},
	}
}

func collectAlarms(m emitted, q queue) []alarm {
	return []alarm{
		{
			id: "CollectWaits", title: "announced files wait", metric: leastWaiting(q), periods: 3,
			do: "For 15 minutes announcements have waited in the queue of collect. The dashboard shows whether collect fails, is throttled, or is busy " +
				"with large files. The links of announced files expire after some days.",
		},
		{
			id: "CollectStuck", title: "announcements are stuck", metric: hourly(m.line(names.MetricCollectStuck, sum)), periods: 2,
			do: "For two hours collect has retried announcements without success. The ledger, a bucket or the topic refuses, an event cannot be read, " +
				"or the server of a file has refused it for over an hour. The log lines of collect with the word stuck name the reason.",
		},
		{
			id: "CollectSweep", title: "the sweep for lost announcements has stopped",
			metric: hourly(m.line(names.MetricCollectSwept, samples)), limit: 1, below: true, silence: true,
			do: "The sweep that finds stored announcements without a message has not completed for an hour. Check that the EventBridge rule that calls " +
				"collect each 15 minutes is enabled, and read the log of collect.",
		},
		{
			id: "CollectFailures", title: "an announced file is given up", metric: m.line(names.MetricCollectFailures, sum),
			do: "collect gave up a file that a sender announced: its link is missing, has expired or fails, its content is no such media file, " +
				"or its subject has too many files. \"masterhand intake list --state failed\" names the reason. Have the sender announce the file again. " +
				"Upload a file with the reason unlisted yourself.",
		},
	}
}

// leastWaiting returns a metric: the smallest number of messages that waited in a queue during a
// period. Messages that a function is processing are not counted.
func leastWaiting(q queue) awscloudwatch.Metric {
	return q.live.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
		Statistic: new(minimum), Period: seconds(period), Label: new(q.purpose),
	})
}

func intakeGraphs(m emitted, intake receiver) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Announcements by sender and outcome", m.each(names.MetricIntakeRequests, names.DimensionSender+","+names.DimensionOutcome)),
		graph("Rejected, malformed or incomplete announcements",
			m.each(names.MetricIntakeRefusals, names.DimensionSender),
			m.each(names.MetricIntakeUnknown, names.DimensionSender),
			m.each(names.MetricIntakeCoordinates, names.DimensionSender),
			m.each(names.MetricIntakeFailures, names.DimensionReason),
			m.line(names.MetricIntakeLoadFailures, sum), ofAlias(intake.deployed, "Url5xxCount", sum, period)),
		graph("Matches by token: drop an old token once its successor matches", m.each(names.MetricIntakeTokens, names.DimensionSender+","+names.DimensionSecret)),
	}
}

func collectGraphs(m emitted) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Announced files by sender and outcome", m.each(names.MetricCollectedFiles, names.DimensionSender+","+names.DimensionOutcome)),
		graph("Failed files and notices to makers, by reason",
			m.each(names.MetricCollectFailures, names.DimensionSender+","+names.DimensionReason),
			m.each(names.MetricCollectAlerts, names.DimensionSender+","+names.DimensionReason),
			m.each(names.MetricCollectRetries, names.DimensionSender),
			m.line(names.MetricCollectStuck, sum), m.line(names.MetricCollectSwept, sum)),
		graph("Fetched (bytes)", m.each(names.MetricCollectedBytes, names.DimensionSender)),
	}
}

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
			do: "Other platforms' webhooks could be kept neither in the bucket nor in the queue, or their tokens could not be read. " +
				"Streampixel does not send again: once the log of intake shows what was down, ask it for builds of that time.",
		},
		{
			id: "IntakeFailures", title: "announcements are kept by half", metric: hourly(m.line(names.MetricIntakeFailures, sum)), limit: 2,
			do: "Within an hour the bucket or the queue refused several announcements. What the one has reaches the other by itself, but " +
				"if both refuse, it is lost: the log of intake says which refuses, and why.",
		},
		{
			id: "IntakeRefusals", title: "announcements with a wrong token", metric: m.line(names.MetricIntakeRefusals, sum), limit: 4,
			do: "Webhooks of other platforms were refused with 401. See on the dashboard whose: if it is a platform of yours, the URL " +
				"in its settings has an old token. If not, somebody else calls the URL, and nothing is to be done.",
		},
		{
			id: "Senders", title: "senders' tokens do not load", metric: m.line(names.MetricIntakeLoadFailures, sum),
			do: "The secret with the senders' tokens could not be read or is no valid object; the last good one stays in use. " +
				"Correct the secret: the log of intake says what is wrong with it.",
		},
		{
			id: "IntakeCoordinates", title: "announcements with unusable coordinates", metric: m.line(names.MetricIntakeCoordinates, sum),
			do: "A platform's webhook URL has a code, variation, locale or aspect that is none. Its files are kept under unsorted/ and " +
				"answer no request: the log of intake says what is wrong. Correct the URL there, and tag those files or have them announced again " +
				"by it: they are then brought where they belong, and what lies under unsorted/ stays beside.",
		},
		{
			id: "IntakeUnknown", title: "announcements are not understood", metric: hourly(m.line(names.MetricIntakeUnknown, sum)),
			do: "A platform announced something in words that masterhand does not know: an event, a task, a status or a member, or no file " +
				"where there must be one. Files may be missing. The log of intake names the event, and \"masterhand intake list --state unknown\" lists " +
				"its subjects. Events stay in the bucket for a limited time: once masterhand knows the words, \"masterhand intake replay\" fetches the files.",
		},
	}
}

func collectAlarms(m emitted, q queue) []alarm {
	return []alarm{
		{
			id: "CollectWaits", title: "announced files wait", metric: leastWaiting(q), periods: 3,
			do: "For 15 minutes there were always announcements that nobody worked on. See on the dashboard whether collect fails or is " +
				"throttled, or whether large builds keep its executions; links of files live for days, not for ever.",
		},
		{
			id: "CollectStuck", title: "announcements get no further", metric: hourly(m.line(names.MetricCollectStuck, sum)), periods: 2,
			do: "For two hours announcements came again and again: the ledger, the buckets or the topic refuse, an event cannot be read, " +
				"or a file's server has refused it for over an hour. The log of collect says which, in the lines that are stuck.",
		},
		{
			id: "CollectSweep", title: "announcements that no message told of are no longer looked for",
			metric: hourly(m.line(names.MetricCollectSwept, samples)), limit: 1, below: true, silence: true,
			do: "For an hour no sweep that finds announcements outside the queue has come to its end. See whether the rule that calls " +
				"collect each 15 minutes is enabled, and in the log of collect what a sweep failed for.",
		},
		{
			id: "CollectFailures", title: "an announced file is given up", metric: m.line(names.MetricCollectFailures, sum),
			do: "A file that another platform announced will not be fetched: its link is missing, ended or leads nowhere, what it holds is no " +
				"such file, or the thing it is of has too many. The log of collect and the timeline say which; have the platform announce it again, " +
				"but for one whose code is unlisted: upload that one yourself.",
		},
	}
}

// leastWaiting is how many messages a queue always holds that nobody works on.
func leastWaiting(q queue) awscloudwatch.Metric {
	return q.live.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
		Statistic: new(minimum), Period: seconds(period), Label: new(q.purpose),
	})
}

func intakeGraphs(m emitted, intake receiver) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Announcements by sender and outcome", m.each(names.MetricIntakeRequests, names.DimensionSender+","+names.DimensionOutcome)),
		graph("Refused, odd or half kept announcements",
			m.each(names.MetricIntakeRefusals, names.DimensionSender),
			m.each(names.MetricIntakeUnknown, names.DimensionSender),
			m.each(names.MetricIntakeCoordinates, names.DimensionSender),
			m.each(names.MetricIntakeFailures, names.DimensionReason),
			m.line(names.MetricIntakeLoadFailures, sum), ofAlias(intake.deployed, "Url5xxCount", sum, period)),
		graph("Tokens that matched: drop an old one when a new one has", m.each(names.MetricIntakeTokens, names.DimensionSender+","+names.DimensionSecret)),
	}
}

func collectGraphs(m emitted) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Announced files by sender and outcome", m.each(names.MetricCollectedFiles, names.DimensionSender+","+names.DimensionOutcome)),
		graph("Files given up and what makers should hear, by reason",
			m.each(names.MetricCollectFailures, names.DimensionSender+","+names.DimensionReason),
			m.each(names.MetricCollectAlerts, names.DimensionSender+","+names.DimensionReason),
			m.each(names.MetricCollectRetries, names.DimensionSender),
			m.line(names.MetricCollectStuck, sum), m.line(names.MetricCollectSwept, sum)),
		graph("Fetched (bytes)", m.each(names.MetricCollectedBytes, names.DimensionSender)),
	}
}

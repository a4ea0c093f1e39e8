package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"

	"masterhand/shared/kit/names"
)

// The width and the height of a graph, in units of the dashboard's grid. The grid is 24 columns
// wide.
const (
	third  = 8.0
	height = 6.0
)

// section is a part of the dashboard: a heading with rows below it.
type section struct {
	heading string // the text of the heading in Markdown
	rows    [][]awscloudwatch.IWidget
}

// draw makes the dashboard. Its sections have the order of an operator's questions. The dashboard's name
// contains the region, because an account has one list of dashboards for all regions.
func draw(d deployment, s stores, m emitted, fulfill, intake receiver, widget deployed, all []deployed, raised []interfacesawscloudwatch.IAlarmRef) {
	var widgets []*[]awscloudwatch.IWidget
	happened := [][]awscloudwatch.IWidget{requestGraphs(m), doorGraphs(m, fulfill)}
	if len(s.doors.queues()) > 0 {
		happened = append(happened, receiveGraphs(m, s))
	}
	for _, part := range []section{
		{"## Is all well?", [][]awscloudwatch.IWidget{alarmStates(raised), page(widget)}},
		{"## What happened", happened},
		{"## What is slow", [][]awscloudwatch.IWidget{deliveryGraphs(m), functionGraphs(all), logTables(all)}},
		{"## What waits", [][]awscloudwatch.IWidget{queueGraphs(s)}},
		{"## Who sends", [][]awscloudwatch.IWidget{intakeGraphs(m, intake), collectGraphs(m)}},
		{costHeading, [][]awscloudwatch.IWidget{costGraphs(m, all)}},
	} {
		for _, row := range append([][]awscloudwatch.IWidget{{heading(part.heading)}}, part.rows...) {
			widgets = append(widgets, &row)
		}
	}
	awscloudwatch.NewDashboard(d.stack, new("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName: new(d.config.StackName() + "-" + *d.stack.Region()), Widgets: &widgets, Start: new("-P1D"),
	})
}

// heading returns a widget with a text in Markdown, as wide as the dashboard.
func heading(markdown string) awscloudwatch.IWidget {
	return awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
		Markdown: &markdown, Width: new(3 * third), Height: new(1.0), Background: awscloudwatch.TextWidgetBackground_TRANSPARENT,
	})
}

// graph returns a widget that shows metrics. It is as wide as a third of the dashboard.
func graph(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: &title, Width: new(third), Height: new(height), Left: &metrics,
		LeftYAxis: &awscloudwatch.YAxisProps{Min: new(0.0), ShowUnits: new(false)},
	})
}

// alarmStates returns a widget with the state of all alarms. CloudWatch shows about nine alarms
// in a row.
func alarmStates(raised []interfacesawscloudwatch.IAlarmRef) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
		Title: new("Alarms"), Alarms: &raised, Width: new(3 * third), Height: new(height),
		SortBy: awscloudwatch.AlarmStatusWidgetSortBy_STATE_UPDATED_TIMESTAMP,
	})}
}

func requestGraphs(m emitted) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Requests by outcome", m.each(names.MetricRequests, names.DimensionOutcome), m.line(names.MetricRequests, sum)),
		graph("Skips, failures and hand-offs by reason",
			m.each(names.MetricSkips, names.DimensionReason),
			m.each(names.MetricFailures, names.DimensionReason),
			m.each(names.MetricHandOffs, names.DimensionReason),
			m.line(names.MetricGaveWay, sum)),
		graph("Results that the platform reported", m.each(names.MetricResults, names.DimensionReason)),
	}
}

func deliveryGraphs(m emitted) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Time left after a delivery (s)", m.line(names.MetricTimeLeft, minimum), m.line(names.MetricTimeLeft, median)),
		graph("Throughput (bytes/s)", m.line(names.MetricThroughput, minimum), m.line(names.MetricThroughput, median)),
		graph("Delivered (bytes)", m.line(names.MetricDeliveredBytes, sum), m.line(names.MetricDeliveredBytes, maximum)),
	}
}

func doorGraphs(m emitted, fulfill receiver) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Rejected or unusual webhooks",
			m.line(names.MetricSignatureFailures, sum), m.line(names.MetricMalformed, sum), m.line(names.MetricConflicts, sum),
			m.line(names.MetricLoadFailures, sum), m.line(names.MetricHostNotConfigured, sum), ofAlias(fulfill.deployed, "Url5xxCount", sum, period)),
		graph("Matches by secret: drop an old secret once its successor matches", m.each(names.MetricSecretMatches, names.DimensionDestination+","+names.DimensionSecret)),
		graph("To investigate: leases, overdue requests, index, hosts, checksums",
			m.line(names.MetricLeaseLosses, sum), m.line(names.MetricOverdue, sum), m.line(names.MetricUnbuilt, maximum),
			m.line(names.MetricWaiting, maximum), m.line(names.MetricUnreadable, sum),
			m.line(names.MetricUnpinned, sum), m.line(names.MetricETagDiffers, sum)),
	}
}

func queueGraphs(s stores) []awscloudwatch.IWidget {
	of := func(part func(queue) awssqs.Queue) (lines []awscloudwatch.IMetric) {
		for _, q := range s.queues() {
			lines = append(lines, length(part(q), q.purpose))
		}
		return lines
	}
	return []awscloudwatch.IWidget{
		graph("Oldest message (s)", age(s.events), age(s.finish)),
		graph("Messages waiting", of(func(q queue) awssqs.Queue { return q.live })...),
		graph("Dead letters", of(func(q queue) awssqs.Queue { return q.dead })...),
	}
}

// The colours of the functions' lines in a graph: shades of red for errors and shades of blue for
// throttles. Each function has one shade of red and one shade of blue.
var (
	reds  = []string{"#7f0000", "#b22222", "#d62728", "#ef6548", "#fc9272", "#fdd0a2"}
	blues = []string{"#08306b", "#2171b5", "#1f77b4", "#6baed6", "#9ecae1", "#c6dbef"}
)

func functionGraphs(all []deployed) []awscloudwatch.IWidget {
	of := func(metric, statistic string) []awscloudwatch.IMetric {
		var lines []awscloudwatch.IMetric
		for _, f := range all {
			lines = append(lines, ofAlias(f, metric, statistic, period))
		}
		return lines
	}
	shaded := func(metric string, shades []string) []awscloudwatch.IMetric {
		var lines []awscloudwatch.IMetric
		for i, f := range all {
			lines = append(lines, ofAlias(f, metric, sum, period).With(&awscloudwatch.MetricOptions{
				Color: &shades[i%len(shades)], Label: new(f.name + " " + strings.ToLower(metric)),
			}))
		}
		return lines
	}
	return []awscloudwatch.IWidget{
		graph("Errors and throttles", append(shaded("Errors", reds), shaded("Throttles", blues)...)...),
		graph("Duration (ms)", append(of("Duration", median), of("Duration", slowest)...)...),
		graph("Concurrent executions", of("ConcurrentExecutions", maximum)...),
	}
}

// logTables returns tables of the cold starts, read from the logs: Lambda has no metric for cold
// starts.
func logTables(all []deployed) []awscloudwatch.IWidget {
	var widgets []awscloudwatch.IWidget
	for _, f := range all {
		widgets = append(widgets, awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
			Title: new(fmt.Sprintf("Cold starts of %s (ms)", f.name)), Width: new(third), Height: new(height),
			LogGroupNames: &[]*string{f.logs.LogGroupName()},
			View:          awscloudwatch.LogQueryVisualizationType_TABLE,
			QueryLines: pointers([]string{
				`filter type = "platform.report" and ispresent(record.metrics.initDurationMs)`,
				`stats count(*) as coldStarts, avg(record.metrics.initDurationMs) as average, max(record.metrics.initDurationMs) as slowest by bin(1h)`,
			}),
		}))
	}
	return widgets
}

package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"

	"masterhand/shared/kit/names"
)

var widgetProgram = program{name: "widget", purpose: "shows the page on the dashboard", timeout: 30, memory: 512}

// newWidget deploys the function that makes the HTML of the dashboard's widget. CloudWatch calls
// the function with the permissions of the person who looks at the dashboard. The function's role
// may only read.
func newWidget(d deployment, s stores) deployed {
	env := s.objects(d.config)
	env[names.LedgerTable] = s.ledger.table.TableName()
	env[names.MetricsNamespace] = new(names.NamespaceOf(d.config.Name))
	f := d.deploy(widgetProgram, env, 0)
	s.index.summariesReadableBy(f)
	s.ledger.searchableBy(f, byDay)
	s.ledger.namesReadableBy(f)
	return f
}

// page returns a widget that is as wide as the dashboard. It shows the HTML that the function f
// returns.
func page(f deployed) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{awscloudwatch.NewCustomWidget(&awscloudwatch.CustomWidgetProps{
		FunctionArn: f.alias.FunctionArn(), Title: new("Requests, what to make next, coverage, announcements"),
		Width: new(3 * third), Height: new(4 * height),
		UpdateOnRefresh: new(true), UpdateOnResize: new(true), UpdateOnTimeRangeChange: new(true),
	})}
}

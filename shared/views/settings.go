package views

import (
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library"
	"masterhand/shared/library/masters"
)

// WidgetSettings holds the settings of the function behind the dashboard's widget.
type WidgetSettings struct {
	LedgerTable      string            // the DynamoDB table of requests
	IndexBucket      string            // the bucket with the libraries' summaries
	MetricsNamespace string            // CloudWatch namespace, which names the deployment; default masterhand
	Libraries        []masters.Library // at least one library; their prefixes are disjoint
	Region           string            // the AWS region, such as eu-central-1
	Endpoints        variables.Endpoints
}

// LoadWidget reads WidgetSettings. The error joins a [*variables.Problem] for each invalid
// setting.
func LoadWidget(lookup variables.Lookup) (WidgetSettings, error) {
	return variables.Load(lookup, func(r *variables.Reader) WidgetSettings {
		return WidgetSettings{
			LedgerTable:      r.Required(names.LedgerTable, variables.Table),
			IndexBucket:      library.ReadIndexBucket(r),
			MetricsNamespace: r.MetricsNamespace(),
			Libraries:        library.ReadLibraries(r),
			Region:           r.Required(names.Region, variables.Region),
			Endpoints:        r.Endpoints(),
		}
	})
}

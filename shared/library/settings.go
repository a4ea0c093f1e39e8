package library

import (
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library/masters"
)

// IndexSettings are the settings of the function index, which keeps the index of masters.
type IndexSettings struct {
	MastersBucket    string            // name of the bucket with the masters
	IndexBucket      string            // name of the bucket with the index documents
	ReindexQueueURL  string            // URL of the queue with the batches of a reindex
	MetricsNamespace string            // CloudWatch namespace; the default is masterhand
	Libraries        []masters.Library // at least one library; no prefix begins with another library's prefix
	Region           string            // AWS region such as eu-central-1
	Endpoints        variables.Endpoints
}

// LoadIndex reads IndexSettings. The error joins one [*variables.Problem] per mistake.
func LoadIndex(lookup variables.Lookup) (IndexSettings, error) {
	return variables.Load(lookup, func(r *variables.Reader) IndexSettings {
		return IndexSettings{
			ReindexQueueURL:  r.Required(names.ReindexQueue, variables.QueueURL),
			MetricsNamespace: r.MetricsNamespace(),
			Libraries:        ReadLibraries(r),
			Region:           r.Required(names.Region, variables.Region),
			Endpoints:        r.Endpoints(),
			MastersBucket:    r.Required(names.MastersBucket, variables.Bucket),
			IndexBucket:      ReadIndexBucket(r),
		}
	})
}

// ReadIndexBucket reads the name of the bucket with the index documents.
func ReadIndexBucket(r *variables.Reader) string {
	return r.DistinctBucket(names.IndexBucket, names.MastersBucket, "index documents are taken for masters")
}

package emf_test

import (
	"os"
	"time"

	"masterhand/shared/kit/emf"
)

func Example() {
	w := &emf.Writer{W: os.Stdout, Namespace: "masterhand", Now: func() time.Time { return time.UnixMilli(1) }}
	_ = w.Write(emf.Line{
		Properties: map[string]string{"Outcome": "delivered"},
		Groups: []emf.Group{{
			Dimensions: [][]string{{"Outcome"}},
			Metrics:    []emf.Metric{{Name: "Requests", Unit: emf.Count, Values: []float64{1}}},
		}},
	})
	// Output: {"Outcome":"delivered","Requests":1,"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"masterhand","Dimensions":[["Outcome"]],"Metrics":[{"Name":"Requests","Unit":"Count"}]}]}}
}

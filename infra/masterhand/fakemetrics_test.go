package main

import (
	"net/http"

	"github.com/aws/smithy-go/encoding/cbor"

	"masterhand/shared/kit/names"
)

// metrics answers CloudWatch's GetMetricData, whose protocol uses CBOR. Each page of the answer has
// one series.
func (a *account) metrics(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	if a.metricsDown {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(cbor.Encode(cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#InternalServiceFault"), "message": cbor.String("down")}))
		return
	}
	decoded, err := cbor.Decode(body)
	if err != nil || r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		a.t.Errorf("GetMetricData: %v", err)
		return
	}
	in := decoded.(cbor.Map)
	queries := in["MetricDataQueries"].(cbor.List)
	page := 0
	if token, there := in["NextToken"].(cbor.String); there {
		page = int(token[0] - '0')
	}
	out := cbor.Map{"MetricDataResults": cbor.List{a.series(queries[page].(cbor.Map))}}
	if page+1 < len(queries) {
		out["NextToken"] = cbor.String(rune('0' + page + 1))
	}
	_, _ = w.Write(cbor.Encode(out))
}

func (a *account) series(query cbor.Map) cbor.Value {
	stat := query["MetricStat"].(cbor.Map)
	metric := stat["Metric"].(cbor.Map)
	if metric["Namespace"] != cbor.String(names.NamespaceOf("production")) || metric["MetricName"] != cbor.String("SecretMatches") && metric["MetricName"] != cbor.String("IntakeTokenMatches") || stat["Stat"] != cbor.String("Sum") {
		a.t.Errorf("GetMetricData of %v", metric)
	}
	is := map[cbor.String]string{}
	for _, d := range metric["Dimensions"].(cbor.List) {
		is[d.(cbor.Map)["Name"].(cbor.String)] = string(d.(cbor.Map)["Value"].(cbor.String))
	}
	var times, values cbor.List
	owner := is["Destination"]
	if metric["MetricName"] == cbor.String("IntakeTokenMatches") {
		owner = is["Sender"]
	}
	for _, p := range a.points[owned{owner, is["Secret"]}] {
		times = append(times, &cbor.Tag{ID: 1, Value: cbor.Float64(p.at.Unix())})
		values = append(values, cbor.Float64(p.count))
	}
	return cbor.Map{"Id": query["Id"], "Timestamps": times, "Values": values}
}

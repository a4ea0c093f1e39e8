package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// noon is the present time in tests.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// account is a fake of AWS with one deployment. Clients reach it through the protocols of the AWS
// services. A test may change its fields before the first call.
type account struct {
	*httptest.Server
	t *testing.T

	mu          sync.Mutex
	outputs     map[string]string    // outputs of the stack; nil means that the stack does not exist
	status      string               // CloudFormation status of the stack; "" means UPDATE_COMPLETE
	functions   map[string]string    // names of the functions, by logical id
	leftOver    map[string]string    // resources that a rolled-back deployment left in the account: their names, by type
	rules       map[string]bool      // whether an EventBridge rule is on, by the name of the rule
	template    string               // the stack's template as JSON
	secret      string               // content of the secret with the destinations
	writes      int                  // number of API calls that replaced one of the two secrets
	senders     string               // content of the secret with the senders
	protected   bool                 // whether the stack has termination protection
	asks        int                  // number of API calls that changed the termination protection
	environment map[string]string    // environment variables of every function
	points      map[owned][]point    // data points of the metric for matches, by the matching secret or token
	metricsDown bool                 // whether CloudWatch answers every query with 400
	logged      map[string][]event   // log events, by the name of the log group
	buckets     map[string]*bucket   // buckets by name
	reserved    int                  // number of concurrent executions that are reserved for functions of the account
	executions  int                  // the account's quota of concurrent executions; 0 means that it cannot be read
	state       string               // index document with the library's state; "" means that there is none
	lastRun     string               // index document of the library's last reindex; "" means that there is none
	items       map[string]string    // state of each request in the ledger, by the request's id
	code        string               // code of the requested creative; all requests in items have the same one
	users       map[string][]userKey // access keys, by the name of the IAM user
	webhook     http.HandlerFunc     // handler of the webhook's URL; answers like the function fulfill
	announced   http.HandlerFunc     // handler of the URL for announcements; answers like the function intake
	calls       map[string]int       // number of API calls, by the name of the AWS operation
	seenSince   map[string][]float64 // start times in the calls of FilterLogEvents, by log group
}

type point struct {
	at    time.Time
	count float64
}

type event struct {
	id, text string
	at       time.Time
}

// newAccount returns an account with one stack, "masterhand-production". Its list of destinations
// is empty.
func newAccount(t *testing.T) *account {
	a := &account{
		t: t,
		outputs: map[string]string{
			"MastersBucket": "films", "IndexBucket": "documents", "LedgerTable": "ledger",
			"DestinationsSecret": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:Destinations-AbCdEf",
			"FulfillLogs":        "/fulfill", "FinishLogs": "/finish", "IndexLogs": "/index",
		},
		functions:   map[string]string{"FulfillFunction8B7E2A10": "stack-Fulfill-1", "IndexFunctionA53D4F57": "stack-Index-1"},
		secret:      "[]",
		environment: map[string]string{"MASTERS_BUCKET": "films", "INDEX_BUCKET": "documents"},
		points:      map[owned][]point{},
		logged:      map[string][]event{},
		buckets:     map[string]*bucket{"films": {bridge: true}, "documents": {}},
		items:       map[string]string{}, calls: map[string]int{}, seenSince: map[string][]float64{},
	}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	a.outputs["Url"] = a.URL + "/webhook"
	return a
}

// serve passes a request to the fake of its service. It recognises the service by the same parts of
// a request as AWS does.
func (a *account) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.URL.Path == "/webhook" {
		a.webhook(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/announced/") {
		a.announced(w, r)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	service, operation, targeted := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch {
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKID/"):
		http.Error(w, "unsigned", http.StatusForbidden)
	case targeted:
		a.calls[operation]++
		a.json(w, service, operation, body)
	case strings.HasPrefix(r.URL.Path, "/service/GraniteServiceVersion20100801/operation/"):
		a.calls["GetMetricData"]++
		a.metrics(w, r, body)
	case strings.HasPrefix(r.URL.Path, "/20"):
		a.lambda(w, r)
	case r.Header.Get("Content-Type") == "application/x-www-form-urlencoded":
		a.formation(w, r)
	default:
		a.s3(w, r, body)
	}
}

// json answers for the AWS services whose requests have a JSON body and name the operation in a
// header.
func (a *account) json(w http.ResponseWriter, service, operation string, body []byte) {
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		a.t.Error(err)
	}
	var out any
	switch service + "." + operation {
	case "secretsmanager.GetSecretValue":
		out = map[string]any{"ARN": in["SecretId"], "SecretString": *a.named(in)}
	case "secretsmanager.PutSecretValue":
		if in["ClientRequestToken"] == "" {
			a.t.Error("PutSecretValue without a token")
		}
		*a.named(in) = in["SecretString"].(string)
		a.writes++
		out = map[string]any{"ARN": in["SecretId"]}
	case "Logs_20140328.FilterLogEvents":
		out = a.filter(in)
	case "AWSEvents.EnableRule", "AWSEvents.DisableRule":
		a.rules[in["Name"].(string)] = operation == "EnableRule"
		out = map[string]any{}
	case "DynamoDB_20120810.GetItem":
		out = a.getItem(in)
	default:
		a.t.Errorf("operation %s.%s", service, operation)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(out)
}

// named returns the content of the secret that a request names.
func (a *account) named(in map[string]any) *string {
	switch in["SecretId"] {
	case a.outputs["DestinationsSecret"]:
		return &a.secret
	case a.outputs["IntakeSecret"]:
		return &a.senders
	}
	a.t.Errorf("no secret %v", in["SecretId"])
	return new("")
}

// filter answers FilterLogEvents. A page has at most two events, and a token for the next page.
func (a *account) filter(in map[string]any) any {
	group, start := in["logGroupName"].(string), in["startTime"].(float64)
	a.seenSince[group] = append(a.seenSince[group], start)
	var found []map[string]any
	for _, e := range a.logged[group] {
		if float64(e.at.UnixMilli()) >= start {
			found = append(found, map[string]any{"eventId": e.id, "message": e.text, "timestamp": e.at.UnixMilli()})
		}
	}
	skip := 0
	if token, paged := in["nextToken"].(string); paged {
		_, _ = fmt.Sscan(token, &skip)
	}
	out := map[string]any{"events": found[skip:min(skip+2, len(found))]}
	if skip+2 < len(found) {
		out["nextToken"] = fmt.Sprint(skip + 2)
	}
	return out
}

func (a *account) getItem(in map[string]any) any {
	id := in["Key"].(map[string]any)["pk"].(map[string]any)["S"].(string)
	state, there := a.items[id]
	if !there || in["TableName"] != "ledger" {
		return map[string]any{}
	}
	return map[string]any{"Item": map[string]any{"pk": map[string]string{"S": id}, "state": map[string]string{"S": state}, "code": map[string]string{"S": a.code}}}
}

func (a *account) lambda(w http.ResponseWriter, r *http.Request) {
	var out any
	switch r.URL.Path {
	case "/2016-08-19/account-settings":
		if a.executions == 0 {
			w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
		}
		limit := map[string]int{"ConcurrentExecutions": a.executions, "UnreservedConcurrentExecutions": a.executions - a.reserved}
		_ = json.NewEncoder(w).Encode(map[string]any{"AccountLimit": limit})
		return
	case "/2015-03-31/functions/stack-Index-1/configuration":
		out = map[string]any{"Environment": map[string]any{"Variables": a.environment}}
	case "/2021-10-31/functions/stack-Fulfill-1/url":
		out = map[string]any{"FunctionUrl": "https://abc.lambda-url.eu-central-1.on.aws/", "AuthType": "NONE"}
	}
	if out == nil || r.URL.Query().Get("Qualifier") != "live" {
		a.t.Errorf("Lambda was asked for %s", r.URL)
	}
	_ = json.NewEncoder(w).Encode(out)
}

// formation answers requests in CloudFormation's query protocol.
func (a *account) formation(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if r.Form.Get("Version") == iamVersion {
		a.iam(w, r)
		return
	}
	if a.outputs == nil || r.Form.Get("StackName") != "masterhand-production" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id %s does not exist</Message></Error></ErrorResponse>`, r.Form.Get("StackName"))
		return
	}
	var out strings.Builder
	switch r.Form.Get("Action") {
	case "DescribeStacks":
		out.WriteString(`<Stacks><member><StackName>masterhand-production</StackName><CreationTime>2026-11-01T00:00:00Z</CreationTime>`)
		fmt.Fprintf(&out, "<StackStatus>%s</StackStatus>", cmp.Or(a.status, "UPDATE_COMPLETE"))
		fmt.Fprintf(&out, "<EnableTerminationProtection>%v</EnableTerminationProtection><Outputs>", a.protected)
		for k, v := range a.outputs {
			fmt.Fprintf(&out, "<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>", k, v)
		}
		out.WriteString("</Outputs></member></Stacks>")
	case "ListStackResources":
		out.WriteString("<StackResourceSummaries>")
		for k, v := range a.functions {
			fmt.Fprintf(&out, "<member><LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceType>AWS::Lambda::Function</ResourceType></member>", k, v)
		}
		for name := range a.rules {
			fmt.Fprintf(&out, "<member><LogicalResourceId>R</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceType>AWS::Events::Rule</ResourceType></member>", name)
		}
		for kind, name := range a.leftOver {
			fmt.Fprintf(&out, "<member><LogicalResourceId>X</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceType>%s</ResourceType><ResourceStatus>DELETE_SKIPPED</ResourceStatus></member>", name, kind)
		}
		out.WriteString("</StackResourceSummaries>")
	case "UpdateTerminationProtection":
		a.protected = r.Form.Get("EnableTerminationProtection") == "true"
		a.asks++
		out.WriteString("<StackId>1</StackId>")
	case "GetTemplate":
		out.WriteString("<TemplateBody>")
		_ = xml.EscapeText(&out, []byte(a.template))
		out.WriteString("</TemplateBody>")
	}
	action := r.Form.Get("Action")
	fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, out.String())
}

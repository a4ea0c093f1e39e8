// Package queries holds CloudWatch Logs Insights queries over the logs of all functions. Each query
// answers a question of the operator. The CDK app saves the queries in CloudWatch. The tests of the
// local system check that the functions write every field that the queries read.
//
// A log entry about a request has the member "request", and an entry about an announcement has the
// member "record". Only the last entry about a request or a file has the member "ended".
package queries

// Query is a question of the operator, together with the Logs Insights query that answers it.
type Query struct{ Name, Text string }

// All lists all queries that the CDK app saves.
var All = []Query{
	{"why skipped", `fields @timestamp, destination, slot, reason, skip, detail, waited_ms, request
| filter ended = "skipped"
| sort @timestamp desc
| limit 200`},

	{"what is slow", `fields @timestamp, message, coalesce(slot, subject) as what, ended, waited_ms, took_ms, transfer_ms, left_ms
| fields coalesce(bytes_out, size) as moved, coalesce(attempt, tries) as attempts, coalesce(request, record) as id
| filter ispresent(ended)
| sort waited_ms desc
| limit 50`},

	{"who is rejected", `fields coalesce(destination, sender) as who, coalesce(error, detail) as why
| filter (status >= 400 and status < 500 and outcome != "held") or outcome in ["malformed", "conflict"] or class = "rejected"
| stats count(*) as times, latest(@timestamp) as newest, latest(why) as reasons by message, outcome, class, who, source_ip
| sort times desc
| limit 200`},

	{"what waits", `fields coalesce(request, record) as id, coalesce(slot, subject) as what, coalesce(error, detail) as why
| filter ispresent(request) or message = "collect"
| stats count(ended) as ends, latest(outcome) as state, latest(what) as item, latest(code) as blocked_by, latest(why) as reasons, max(waited_ms) as waited, min(left_ms) as remaining by id
| filter ends = 0 and state in ["accepted", "retry", "held"]
| sort waited desc
| limit 200`},

	{"what failed", `fields @timestamp, message, ended, code, coalesce(error, detail) as why, coalesce(slot, subject, key) as what
| fields coalesce(request, record) as id, requestId, type, record.status
| filter ended in ["failed", "expired"] or level in ["WARN", "ERROR"] or (type = "platform.report" and record.status != "success")
| sort @timestamp desc
| limit 200`},
}

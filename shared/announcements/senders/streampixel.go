package senders

import (
	"strconv"
	"strings"
)

// streampixelTest is the event that Streampixel sends when somebody uses its function "Test Webhook".
const streampixelTest = "webhook.test"

// stage is a step in the processing of a build.
type stage struct {
	status string // the status in Streampixel's spelling, in lower case
	rank   int
}

// streampixelStages maps the documented events to their stages. Approved and rejected have the same
// rank, because after a new release an approved build may be rejected, or a rejected one approved.
var streampixelStages = map[string]stage{
	"build.uploaded":     {"pending", 1},
	"build.downloading":  {"downloading files", 2},
	"build.extracting":   {"extracting & scanning", 3},
	"build.saving":       {"saving to repository", 4},
	"build.distributing": {"distribute", 5},
	"build.approved":     {"approved", 6},
	"build.rejected":     {"reject", 6},
	streampixelTest:      {"test", 0},
}

// readStreampixel reads a body {event, projectId, uploadId, fileUrl, status, objection, timestamp}.
func readStreampixel(e *Event, o object, d Delivery) {
	o.only(e, "event", "projectId", "uploadId", "fileUrl", "status", "objection", "timestamp")
	name, status := o.text("event"), o.text("status")
	known, isKnown := streampixelStages[name]
	e.Type, e.Status, e.Rank = shown(name), shown(status), known.rank
	e.At = moment(d.Received, o.text("timestamp"))
	switch {
	case !isKnown:
		e.note(UnknownType)
	case strings.ToLower(status) != known.status:
		e.note(UnknownStatus)
	}
	e.Test = name == streampixelTest
	streampixelIdentity(e, o, d)
	if o.has("fileUrl") && !e.Test {
		f := File{Name: "build", Role: Build}
		f.fetch(o.text("fileUrl"))
		e.Files = []File{f}
	}
	if name == "build.rejected" {
		e.Alert = AlertBuildRejected
		e.Detail = shown(o.text("objection"))
	}
}

// streampixelIdentity sets the identity of an event from the event's upload and name. If the upload
// is null, the identity consists of name, project and time, and the event gets its own timeline, so
// that two builds never share one. Each test event that is received gets a new identity.
func streampixelIdentity(e *Event, o object, d Delivery) {
	name, upload := id(o.text("event")), id(o.text("uploadId"))
	project, at := id(o.text("projectId")), id(o.text("timestamp"))
	switch {
	case e.Test:
		e.Identity = strings.Join([]string{"test", digest(string(d.Body)), strconv.FormatInt(d.Received.UnixNano(), 10)}, "/")
		e.alone()
	case upload != "" && name != "":
		e.Identity, e.Subject = upload+"/"+name, "build/"+upload
	case name != "" && project != "" && at != "":
		e.Identity = strings.Join([]string{"null", name, project, at}, "/")
		e.alone()
	default:
		e.anonymous(d.Body)
	}
}

package senders

import (
	"cmp"
	"strings"
	"time"

	"masterhand/shared/library/creative"
)

// The tasks of Hoox. Payloads of older versions name no task.
const (
	hooxGenerate     = "video_generate"
	hooxExport       = "video_export"
	hooxAvatarCreate = "avatar_create"
	hooxAvatarEdit   = "avatar_edit"
	hooxAsset        = "asset_generation"
)

// hooxLife is the time for which the link to an export is valid.
const hooxLife = 7 * 24 * time.Hour

// hooxRanks maps each status to the rank of its event: completed outranks failed.
var hooxRanks = map[string]int{"failed": 2, "completed": 3}

// hooxFormats maps Hoox's formats to their aspect. The format "custom" has no fixed aspect.
var hooxFormats = map[string]creative.Aspect{
	"vertical": "9x16", "ads": "4x5", "square": "1x1", "horizontal": "16x9",
}

// HooxSent reports whether a request has one of the headers that Hoox sends. The headers prove
// nothing, because anybody who knows the URL can send them; they only keep stray requests out.
func HooxSent(header map[string]string) bool {
	return strings.Contains(strings.ToLower(header["user-agent"]), "hoox-api") ||
		strings.EqualFold(header["x-hoox-webhook"], "true")
}

// readHoox reads a body {task, job_id | avatar_id + look_id | asset_id, status, result, error}.
func readHoox(e *Event, o object, d Delivery) {
	o.only(e, "task", "job_id", "avatar_id", "look_id", "asset_id", "status", "result", "error")
	result := o.object("result")
	task := cmp.Or(o.text("task"), hooxTask(o, result))
	status := strings.ToLower(o.text("status"))
	e.Type, e.Status, e.Rank = shown(task), shown(o.text("status")), hooxRanks[status]
	e.At = moment(d.Received, result.text("created_at"))
	if e.Rank == 0 {
		e.note(UnknownStatus)
		e.Rank = 1
	}
	kind, name := hooxSubject(task, o, result)
	if !hooxKnown(task) || task == "" && status == "completed" && kind != "avatar" {
		e.note(UnknownType)
	}
	if name == "" {
		e.anonymous(d.Body)
	} else {
		e.Identity = strings.Join([]string{cmp.Or(id(task), "untold"), kind, name, cmp.Or(id(status), "untold")}, "/")
		e.Subject = kind + "/" + hooxTimeline(task, name)
	}
	switch {
	case status == "failed":
		e.Alert = AlertJobFailed
		why := o.object("error")
		e.Detail = shown(strings.TrimSpace(why.text("code") + " " + why.text("message")))
	case status == "completed" && task == hooxExport:
		f := File{Name: "export", Role: Master, Expires: d.Received.Add(hooxLife), Aspect: hooxAspect(o, result)}
		f.fetch(result.text("video_url"))
		e.Files = []File{f}
	case status == "completed" && task == hooxAsset:
		f := File{Name: "asset", Role: Master, Aspect: hooxAspect(o, result)}
		f.fetch(result.text("asset_url"))
		e.Files = []File{f}
	}
}

// hooxTask returns the task of an event in the older format, in which an event does not name its
// task. It recognizes the task by members of the result, such as video_url, or by the event's
// asset_id. It returns "" if these are missing: a failed task, for example, has no result.
func hooxTask(o, result object) string {
	switch {
	case result.has("video_url"):
		return hooxExport
	case result.text("video_id") != "":
		return hooxGenerate
	// The result has the member video_url, but it is null or "", and there is no video_id. So this
	// is an export without a link.
	case result["video_url"] != nil:
		return hooxExport
	case result.text("asset_url") != "" || o.text("asset_id") != "":
		return hooxAsset
	}
	return ""
}

// hooxKnown reports whether a task is documented. It returns true for "", because a documented event may
// name no task.
func hooxKnown(task string) bool {
	switch task {
	case "", hooxGenerate, hooxExport, hooxAvatarCreate, hooxAvatarEdit, hooxAsset:
		return true
	}
	return false
}

// hooxSubject returns the kind and the id of the event's subject, from the ids that the event has.
// It returns two empty strings if the event has no id.
func hooxSubject(task string, o, result object) (kind, called string) {
	name := func(field string) string { return id(cmp.Or(o.text(field), result.text(field))) }
	job, avatar, asset := name("job_id"), name("avatar_id"), name("asset_id")
	switch {
	case asset != "" && (task == hooxAsset || job == ""):
		return "asset", asset
	case avatar != "" && (job == "" || strings.HasPrefix(task, "avatar_")):
		return "avatar", id(avatar + ":" + name("look_id"))
	case job != "":
		return "job", job
	}
	return "", ""
}

// hooxTimeline returns the name of a task's timeline. The tasks of one job or avatar have different
// timelines, because one task may complete while another fails. For the task that makes the requested
// file, and for an event without a task, hooxTimeline returns name unchanged.
func hooxTimeline(task, name string) string {
	switch task {
	case "", hooxExport, hooxAvatarCreate, hooxAsset:
		return name
	}
	return id(name + ":" + task)
}

func hooxAspect(o, result object) creative.Aspect {
	format := strings.ToLower(cmp.Or(result.text("format"), o.text("format")))
	if known := hooxFormats[format]; known != "" {
		return known
	}
	aspect, _ := creative.ParseAspect(format) // the error is ignored: aspect is "" if format is not an aspect
	return aspect
}

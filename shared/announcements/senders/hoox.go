package senders

import (
	"cmp"
	"strings"
	"time"

	"masterhand/shared/library/creative"
)

// The tasks of Hoox. Older payloads have none.
const (
	hooxGenerate     = "video_generate"
	hooxExport       = "video_export"
	hooxAvatarCreate = "avatar_create"
	hooxAvatarEdit   = "avatar_edit"
	hooxAsset        = "asset_generation"
)

// hooxLife is how long the link to an export lives.
const hooxLife = 7 * 24 * time.Hour

// hooxRanks orders the statuses: completed beats failed.
var hooxRanks = map[string]int{"failed": 2, "completed": 3}

// hooxFormats are the formats that have one aspect; "custom" has none.
var hooxFormats = map[string]creative.Aspect{
	"vertical": "9x16", "ads": "4x5", "square": "1x1", "horizontal": "16x9",
}

// HooxSent reports whether one of the headers is there that Hoox sends. Whoever knows
// the URL can send them too: they keep strays out and prove nothing.
func HooxSent(header map[string]string) bool {
	return strings.Contains(strings.ToLower(header["user-agent"]), "hoox-api") ||
		strings.EqualFold(header["x-hoox-webhook"], "true")
}

// readHoox reads {task, job_id | avatar_id + look_id | asset_id, status, result, error}.
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

// hooxTask tells from an older payload's result what it is about: "" where it failed.
func hooxTask(o, result object) string {
	switch {
	case result.has("video_url"):
		return hooxExport
	case result.text("video_id") != "":
		return hooxGenerate
	case result["video_url"] != nil: // null, beside nothing that tells otherwise
		return hooxExport
	case result.text("asset_url") != "" || o.text("asset_id") != "":
		return hooxAsset
	}
	return ""
}

// hooxKnown says whether a task is documented, none included.
func hooxKnown(task string) bool {
	switch task {
	case "", hooxGenerate, hooxExport, hooxAvatarCreate, hooxAvatarEdit, hooxAsset:
		return true
	}
	return false
}

// hooxSubject returns what the event is about, by what is there of its names, or "" twice.
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

// hooxTimeline tells the tasks of one job or avatar apart: that one is completed says
// nothing of another. The task that makes what was asked for goes by the name alone, and
// so does what tells no task.
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
	aspect, _ := creative.ParseAspect(format) // "" where it is none
	return aspect
}

package senders

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// The topics of Ad Reform's events.
const (
	adReformApproved = "screenshot_set.approved"
	adReformUploaded = "ad.uploaded"
)

// The statuses of a screenshot that exists. An object of a set of screenshots has one of these
// statuses, too.
const (
	adReformHas    = "uploaded"
	adReformFailed = "upload_failed" // the upload to our bucket failed; the screenshot may still have a picture link
)

// adReformFailures lists the documented statuses of screenshots that do not exist.
var adReformFailures = map[string]bool{"ad_not_captured": true, "net_read_timeout": true}

// adReformKinds maps the first word of a topic to the kind of its subject.
var adReformKinds = map[string]string{"screenshot_set": "set", "ad": "ad"}

// readAdReform reads a body {id, type, created_at, topic, data: {object}}.
func readAdReform(e *Event, o object, d Delivery) {
	o.only(e, "id", "type", "created_at", "topic", "data")
	about := o.object("data").object("object")
	topic := o.text("topic")
	e.Type, e.Status = shown(topic), shown(about.text("status"))
	e.At = moment(d.Received, o.text("created_at"))
	switch topic {
	case adReformApproved:
		e.Rank = 2
		adReformScreenshots(e, about)
		if len(e.Files) == 0 {
			e.note(UnknownFile)
		}
		e.Detail = shown(about.text("review_notes"))
		if about.text("status") != "approved" {
			e.note(UnknownStatus)
		}
	case adReformUploaded:
		e.Rank = 1
	default:
		e.note(UnknownType)
	}
	e.anonymous(d.Body)
	if event := id(o.text("id")); event != "" {
		e.Identity = event
		e.alone()
	}
	of, _, _ := strings.Cut(topic, ".")
	if kind, subject := adReformKinds[of], id(about.text("id")); kind != "" && subject != "" {
		e.Subject = kind + "/" + subject
	}
}

// adReformScreenshots adds the files of a set of screenshots to the event. It checks the status of
// each screenshot, because an approved set may contain failed ones.
//
// If the set has one screenshot and one object, the object shows the screenshot. Otherwise the set
// does not say which object shows which screenshot. Then the screenshots and the objects are both
// added, so that no proof is lost if some objects are not in our bucket.
func adReformScreenshots(e *Event, set object) {
	shots, written := set.list("screenshots"), set.list("s3_objects")
	one := len(shots) == 1 && len(written) == 1
	var apart []Object
	if !one {
		apart = adReformStored(e, written)
	}
	usable := adReformUsable(shots)
	had := 0 // the number of screenshots with the status "uploaded" that have their own link or object
	taken := map[string]bool{}
	for i, raw := range shots {
		shot, isObject := parse(raw)
		if !isObject {
			e.note(UnknownField)
			continue
		}
		own := shot.list("s3_objects")
		if one && len(own) == 0 {
			own = written
		}
		f := adReformScreenshot(e, shot, adReformStored(e, own))
		switch {
		case f.Problem == "" && f.Status == adReformHas:
			had++
			if f.Stored == nil && len(apart) >= usable && len(apart) <= maxAmong {
				f.Among = apart
			}
		case f.Status == adReformHas && len(apart) >= usable:
			// No file is added for this screenshot: it is one of the set's objects, which are added
			// below.
			continue
		}
		f.Name = "screenshot/" + adReformName(shot, f, i, taken)
		e.add(f)
	}
	twice := had == usable && len(apart) <= had
	for _, stored := range apart {
		if twice && len(e.Files) == maxFiles {
			return
		}
		e.add(File{Name: "object/" + stored.name(), Stored: &stored, Role: Proof, Status: adReformHas, Twice: twice})
	}
}

// maxAmong is the largest number of objects that a file's field Among may list. If the set has more
// objects, Among stays nil.
const maxAmong = 20

// adReformUsable returns the number of screenshots with the status "uploaded".
func adReformUsable(shots []json.RawMessage) (n int) {
	for _, raw := range shots {
		if shot, _ := parse(raw); shot.text("status") == adReformHas {
			n++
		}
	}
	return n
}

// adReformScreenshot reads one screenshot. If the screenshot has an object, the link to its picture
// is used only if the object is not in our bucket.
func adReformScreenshot(e *Event, shot object, stored []Object) File {
	f := File{Role: Proof, Status: shown(shot.text("status"))}
	switch status := shot.text("status"); {
	case adReformFailures[status]:
		f.Problem = ProblemStatus
		e.Alert = AlertScreenshotFailed
	case status != adReformHas && status != adReformFailed:
		f.Problem = ProblemUnknown
		e.note(UnknownStatus)
	case len(stored) > 0:
		f.Stored = &stored[0]
		f.URL, _ = link(shot.text("image_url")) // an unusable link is no problem here: the object counts
	default:
		f.fetch(shot.text("image_url"))
	}
	return f
}

// adReformName returns a name for the screenshot: its id, or else a name made from its picture's
// link or object. These stay the same in every event of the set. If both are missing or already
// taken, the name is made from the position i, which may differ in the next event.
func adReformName(shot object, f File, i int, taken map[string]bool) string {
	var picture string
	if link := shot.text("image_url"); link != "" {
		picture = "~" + linkName(link)
	} else if f.Stored != nil {
		picture = "~" + f.Stored.name()
	}
	for _, name := range []string{id(shot.text("id")), picture} {
		if name != "" && !taken[name] {
			taken[name] = true
			return name
		}
	}
	return "~" + strconv.Itoa(i+1)
}

// adReformStored returns the objects that the sender says it has written, without duplicates.
func adReformStored(e *Event, list []json.RawMessage) []Object {
	const maxKey = 1024 // the longest key that S3 allows, in bytes
	var stored []Object
	for _, raw := range list {
		o, _ := parse(raw)
		if status := o.text("status"); status != adReformHas && status != adReformFailed {
			e.note(UnknownStatus)
		}
		at := Object{Bucket: o.text("bucket"), Key: o.text("key")}
		if o.text("status") == adReformHas && idGrammar().MatchString(at.Bucket) && at.Key != "" && len(at.Key) <= maxKey &&
			!slices.Contains(stored, at) {
			stored = append(stored, at)
		}
	}
	return stored
}

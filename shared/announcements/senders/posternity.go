package senders

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// PosternityConfig holds JSON pointers (RFC 6901) to the values in the bodies of Posternity's
// events. Posternity does not document the members of these bodies. If a pointer is "" or leads to
// no value, the default in the field's comment applies.
type PosternityConfig struct {
	Identity string `json:"identity"` // the event's id; by default the body's hash identifies the event
	Type     string `json:"type"`     // the member with the event's name; by default "event", "type", "event_type" or "topic"
	Status   string `json:"status"`   // the event's status; by default in the member "status"
	// Subject points to the id of the campaign, template or batch. By default the id is in one of
	// the usual members, such as "batch_id".
	Subject string `json:"subject"`
	// Files are pointers to the URLs of files. In a pointer, the part "*" stands for every element
	// of an array. Without pointers no file is fetched.
	Files []string `json:"files"`
}

// ErrPointer says that a text is not a JSON pointer, or is too long.
var ErrPointer = errors.New("not a JSON pointer of at most 256 bytes (expected a pointer like /data/id)")

const (
	maxPointer      = 256
	maxPointerFiles = 16 // the largest number of pointers to files
)

// Check returns an error for an invalid pointer, or for too many pointers to files.
func (c PosternityConfig) Check() error {
	for _, p := range append([]string{c.Identity, c.Type, c.Status, c.Subject}, c.Files...) {
		if p != "" && (p[0] != '/' || len(p) > maxPointer) {
			return ErrPointer
		}
	}
	if len(c.Files) > maxPointerFiles {
		return errors.New("more than 16 pointers to files")
	}
	return nil
}

// The documented events whose name says whether they must bring files.
const (
	// The links of files may still be missing in the event posternityProgress, so an empty link in
	// it is no failure.
	posternityProgress  = "studio.batch.progress"
	posternityCompleted = "studio.campaign.completed" // an event with this name must bring files
)

// posternityRanks holds the documented events with their ranks.
var posternityRanks = map[string]int{
	posternityProgress:         1,
	posternityCompleted:        2,
	"studio.template.approved": 2,
}

func readPosternity(e *Event, o object, d Delivery, c PosternityConfig) {
	name := cmp.Or(text(at(d.Body, c.Type)), o.text("event"), o.text("type"), o.text("event_type"), o.text("topic"))
	rank, known := posternityRanks[name]
	e.Type, e.Rank = shown(name), rank
	e.Status = shown(cmp.Or(text(at(d.Body, c.Status)), o.text("status")))
	e.At = moment(d.Received, o.text("timestamp"), o.text("created_at"))
	e.Test = name == "test" || strings.HasSuffix(name, ".test")
	if !known && !e.Test {
		e.note(UnknownType)
	}
	e.anonymous(d.Body)
	if told := id(text(at(d.Body, c.Identity))); told != "" {
		e.Identity = "id/" + told
		e.alone()
	}
	if subject := posternitySubject(name, o, d.Body, c); subject != "" && !e.Test {
		e.Subject = subject
	}
	if !e.Test {
		posternityFiles(e, d.Body, c.Files)
	}
	if name == posternityCompleted && len(c.Files) > 0 && len(e.Files) == 0 {
		e.note(UnknownFile)
	}
}

// posternitySubject returns the subject of an event, such as "campaign/<id>" for an event whose
// name begins with "studio.campaign.". The subject is a guess, because Posternity does not document
// it.
func posternitySubject(name string, o object, body []byte, c PosternityConfig) string {
	parts := strings.Split(name, ".")
	if len(parts) != 3 || parts[0] != "studio" {
		return ""
	}
	kind := parts[1]
	if kind != "campaign" && kind != "template" && kind != "batch" {
		return ""
	}
	data := o.object("data")
	found := text(at(body, c.Subject))
	for _, inside := range []object{data, o} {
		found = cmp.Or(found, inside.text(kind+"_id"), inside.text(kind+"Id"), inside.object(kind).text("id"))
	}
	if found = id(cmp.Or(found, data.text("id"))); found == "" {
		return ""
	}
	return kind + "/" + found
}

// posternityFiles adds the files that the pointers lead to. A file's name is made from its link,
// because the file's position may differ in the subject's next event. Links that differ only in
// their signatures name the same file, unless both are in the same event.
func posternityFiles(e *Event, body []byte, pointers []string) {
	told := map[string]string{} // maps each file's name to its link
	for _, pointer := range pointers {
		for _, raw := range each(body, parts(pointer)) {
			link := text(raw)
			if e.Type == posternityProgress && strings.TrimSpace(link) == "" {
				continue
			}
			f := File{Name: "file/" + linkName(link), Role: Master}
			if other, taken := told[f.Name]; taken && other != link {
				f.Name = "file/~" + short(link)
			}
			told[f.Name] = link
			f.fetch(link)
			e.add(f)
		}
	}
}

// The function at returns the first value in a body that a pointer leads to; nil if there is none.
func at(body []byte, pointer string) json.RawMessage {
	if found := each(body, parts(pointer)); len(found) > 0 {
		return found[0]
	}
	return nil
}

var pointerEscapes = strings.NewReplacer("~1", "/", "~0", "~")

// parts splits a pointer into its parts; it returns nil for "".
func parts(pointer string) []string {
	if pointer == "" {
		return nil
	}
	list := strings.Split(pointer[1:], "/")
	for i, part := range list {
		list[i] = pointerEscapes.Replace(part)
	}
	return list
}

// The function each returns all values in raw to which the path leads. The path is a JSON pointer
// that was split into its parts. The part "*" leads to every element of an array.
func each(raw json.RawMessage, path []string) []json.RawMessage {
	found := []json.RawMessage{raw}
	if len(path) == 0 {
		return nil
	}
	for _, part := range path {
		var next []json.RawMessage
		for _, value := range found {
			next = append(next, step(value, part)...)
		}
		found = next
	}
	return found
}

// step returns the values that one part of a pointer leads to.
func step(value json.RawMessage, part string) []json.RawMessage {
	if o, isObject := parse(value); isObject {
		if inner, there := o[part]; there {
			return []json.RawMessage{inner}
		}
		return nil
	}
	list := object{"": value}.list("")
	if part == "*" {
		return list
	}
	if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(list) {
		return list[i : i+1]
	}
	return nil
}

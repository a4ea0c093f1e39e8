package main

import (
	"fmt"
	"slices"
	"strings"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/advice"
)

// verdict returns a verdict's name in the output, for example "deliver".
func verdict(v masters.Verdict) string {
	switch v {
	case masters.Deliver:
		return "deliver"
	case masters.Absent:
		return "absent"
	case masters.Unusable:
		return "unusable"
	case masters.Archived:
		return "archived"
	}
	return "unclear"
}

func verdictPaint(verdict string) screen.Paint {
	switch verdict {
	case "deliver":
		return screen.Good
	case "absent", "unclear":
		return screen.Poor
	}
	return screen.Bad
}

// show prints the answer, its reasons, and a table of the candidates.
func (s *session) show(e explanation) error {
	s.printf("%s in library %s: %s\n", e.Slot, e.Library, s.answer(e.answer))
	for _, r := range e.Refused {
		s.printf("project %s, for which a file was refused, gets: %s\n", printable(r.Project), s.answer(r.answer))
	}
	if locales := e.locales(); locales != "" {
		s.printf("files of the creative exist in the locales: %s\n", printable(locales))
	}
	if !e.Built {
		s.warn("%s", unbuilt)
	}
	if e.Held != "" {
		s.printf("waits because: %s\n", printable(e.Held))
	}
	if e.Full {
		s.printf("the index has no room for another file of %s, so its requests are never skipped;\ndelete its object in the index bucket and reindex the library\n", e.slot.Creative)
	}
	todo := advice.For(e.asRequest(), e.library)
	if e.ignored {
		todo = todo.Undo()
	}
	todo.Commands = slices.DeleteFunc(todo.Commands, func(c advice.Command) bool { return c.Name == "explain" })
	if next := s.next(todo); next != "" {
		s.printf("%s\n", next)
	}
	if len(e.Candidates) == 0 {
		s.printf("the index lists no file of %s\n", e.slot.Creative)
		return nil
	}
	s.printf("\n")
	t := screen.NewTable("KEY", "KIND", "LOCALE", "ASPECT", "PIXELS", "TYPE", "MB", "PLACED BY", "RULE")
	for _, c := range e.Candidates {
		row := screen.Texts(printable(c.Key), string(c.Kind), string(dash(c.Locale)), aspectWords(c.Master), pixels(c.Master),
			typeOf(c.Master), fmt.Sprintf("%.1f", float64(c.Size)/1e6), dash(c.Rule), rule(e, c))
		if row[0].Paint = screen.Faint; c.Key == e.Key {
			row[0].Paint, row[8].Paint = screen.Good, screen.Good
		} else if c.Dropped == "" {
			row[0].Paint = screen.Plain
		}
		t.Add(row...)
	}
	return s.Print(t)
}

// asRequest converts the explanation to a ledger item with the same answer, because package advice
// takes ledger items.
func (e explanation) asRequest() ledger.Item {
	i := ledger.Item{State: ledger.Queued, Code: e.Reason, Blocker: e.Blocker, Slot: e.slot.Key(), Target: e.slot.Placement()}
	switch e.Verdict {
	case verdict(masters.Deliver):
		i.State = ledger.Delivered
	case verdict(masters.Absent), verdict(masters.Unusable):
		i.State, i.Decision = ledger.Skipped, &ledger.Decision{Skip: e.Reason}
	case verdict(masters.Archived):
		i.State, i.Code = ledger.Failed, fulfillment.CodeArchived
	}
	return i
}

// locales returns a list of the locales that the creative's files have, if no file has the
// requested locale. Otherwise it returns "".
func (e explanation) locales() string {
	if e.Reason != "no_match:locale" {
		return ""
	}
	var others []string
	for _, c := range e.Candidates {
		if c.Dropped == masters.OtherLocale {
			others = append(others, string(c.Locale))
		}
	}
	slices.Sort(others)
	return strings.Join(slices.Compact(others), ", ")
}

func (s *session) answer(a answer) string {
	return s.Painted(verdictPaint(a.Verdict), a.Verdict+" "+printable(a.Key+a.Reason))
}

// aspectWords returns the master's aspect. If the file's name states another aspect than the
// pixels, aspectWords adds the name's aspect.
func aspectWords(m masters.Master) string {
	if m.Conflict() {
		return fmt.Sprintf("%s (named %s)", m.Aspect, m.NamedAspect)
	}
	return string(dash(m.Aspect))
}

// rule returns a text that says why the candidate was chosen, dropped or not preferred. The text
// also names the projects for which the platform refused the candidate.
func rule(e explanation, c weighed) string {
	if len(c.RefusedFor) > 0 {
		return printable(place(e, c) + "; refused for project " + strings.Join(c.RefusedFor, ", "))
	}
	return place(e, c)
}

func place(e explanation, c weighed) string {
	switch {
	case c.Dropped == masters.Unreadable && c.Problem != "":
		return fmt.Sprintf("dropped: %s (%s)", c.Dropped, c.Problem)
	case c.Dropped == masters.Unseen && c.Unread != "":
		return fmt.Sprintf("dropped: %s (cannot be read: %s)", c.Dropped, c.Unread)
	case c.Dropped != "":
		return "dropped: " + string(c.Dropped)
	case c.Key == e.Key:
		return "chosen"
	}
	return "not preferred: " + orders[c.Behind]
}

// orders holds the text that says why a file is not preferred, for each rule of preference.
var orders = map[masters.Order]string{
	masters.ByLocale: "its locale is less preferred", masters.ByAspect: "its aspect is less preferred", masters.ByConflict: "its name says another aspect",
	masters.ByCopy: "a copy", masters.ByPixels: "fewer pixels", masters.ByAge: "older", masters.ByKey: "equal, but its key sorts later",
}

// typeOf returns the extension under which a master is delivered. It adds a mark if the key has
// another extension.
func typeOf(m masters.Master) string {
	if m.Misnamed {
		return dash(m.Extension) + " (misnamed)"
	}
	return dash(m.Extension)
}

func pixels(m masters.Master) string {
	if !m.Probed {
		return "unprobed"
	}
	return fmt.Sprintf("%dx%d", m.Width, m.Height)
}

func dash[T ~string](text T) T {
	if text == "" {
		return "-"
	}
	return text
}

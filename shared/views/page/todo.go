package page

import (
	"cmp"
	"slices"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/views/advice"
	"masterhand/shared/views/coverage"
)

// Todo is a missing master that people should make, or make deliverable, next.
type Todo struct {
	Count    int
	Kind     creative.Kind
	Creative string
	Locale   string
	Aspects  string // the requested aspects, such as "4x5 or 1x1"
	Shapes   []Shape
	Says     string // a sentence that names the similar files, or tells the reader what to do
	Affected string
	Ago      string
	Put      string // the key to upload the new file to; "" if the file exists
	File     string // the key of the existing file; "" if there is none
	Commands []string
}

// The largest number of to-do entries that the page shows unfolded, and the largest number that it
// contains.
const (
	firstTodos = 8
	maxTodos   = 60
)

func (b *builder) todo() (first, folded []Todo) {
	var all []coverage.Gap
	for _, c := range b.charts {
		all = append(all, c.Gaps...)
	}
	slices.SortStableFunc(all, func(a, b coverage.Gap) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(b.Affected.Ads.Count, a.Affected.Ads.Count), b.LastAsked.Compare(a.LastAsked))
	})
	for n, g := range all[:min(len(all), maxTodos)] {
		if t := b.todoOf(g); n < firstTodos {
			first = append(first, t)
		} else {
			folded = append(folded, t)
		}
	}
	return first, folded
}

func (b *builder) todoOf(g coverage.Gap) Todo {
	t := Todo{
		Count: g.Requests, Kind: g.Kind, Creative: text(g.Creative.String()), Locale: string(g.Locale), Says: instead(g),
		Affected: waitingFor(g.Affected), Ago: ago(b.At.Sub(g.LastAsked)),
	}
	var aspects []string
	for _, a := range g.Aspects {
		aspects = append(aspects, string(a))
		t.Shapes = append(t.Shapes, shapeOf(a, g.Kind))
	}
	t.Aspects = strings.Join(aspects, " or ")
	if g.Step.Do == coverage.Put {
		t.Put = text(g.Step.Key)
	} else {
		t.File = text(g.Step.Key)
	}
	if g.Step.Place != nil {
		t.Commands = append(t.Commands, b.command("place", g.Step.Place...))
	}
	if g.Step.Do == coverage.Tag && g.Step.May {
		t.Commands = append(t.Commands, b.command("ignore", g.Step.Key))
	}
	switch {
	case g.Step.Do == coverage.Reread && g.State == coverage.Missing:
		t.Commands = append(t.Commands, b.command("reindex --status"))
	case g.Step.Do == coverage.Reread:
		t.Commands = append(t.Commands, b.command("reindex"))
	}
	return t
}

// instead returns a sentence that says what to do with the existing file, or which similar files exist.
func instead(g coverage.Gap) string {
	switch g.Step.Do {
	case coverage.Tag:
		if g.Step.May {
			return "This file may be the requested master. Place it, or exclude it."
		}
		return "The file exists, but its name has no locale. Place it."
	case coverage.Replace:
		return "The file exists, but cannot be delivered: " + text(strings.ReplaceAll(g.Reason, "_", " ")) + "."
	case coverage.Restore:
		return "The file exists, but is in archive storage. Restore it."
	case coverage.Tell:
		return text(advice.NoTag(g.Locale))
	case coverage.Reread:
		if g.State == coverage.Missing {
			return "The file exists, but is not indexed as it is now. The request continues by itself once it is."
		}
		return "The file exists, but could not be read. Make it readable, then index it again."
	}
	has := func(l string, list []creative.Aspect) string {
		var names []string
		for _, a := range list {
			names = append(names, string(a))
		}
		return l + " " + strings.Join(names, ", ")
	}
	var parts []string
	if len(g.Has) > 0 {
		parts = append(parts, has(string(g.Locale), g.Has))
	}
	for _, l := range g.In {
		parts = append(parts, has(string(l), g.Aspects[:1]))
	}
	var lead string
	if len(g.Aspects) > 1 {
		lead = "One file in any of these aspects is enough. "
	}
	if len(parts) == 0 {
		return lead + "The library has no similar file."
	}
	return lead + "The library has " + strings.Join(parts[:min(len(parts), 4)], ", and ") + "."
}

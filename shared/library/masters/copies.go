package masters

import (
	"regexp"

	"masterhand/shared/kit/lazy"
)

// What file managers, drives and browsers write around the name of a copy.
var copyMarks = []func() *regexp.Regexp{
	lazy.Regexp(`^(?i)(?:copy(?: \([0-9]+\))? of|kopie von|copie de|copia de)[ _]+`),
	lazy.Regexp(`(?i)[ _]*\([0-9]{1,3}\)$`),
	lazy.Regexp(`(?i)(?: -|[ _-])[ ]?(?:copy|kopie|copie|copia)(?: [0-9]{1,3})?$`),
}

// maxMarks is how many marks are taken off each end: a copy of a copy of a copy.
const maxMarks = 4

// original takes a copy's marks off a name, all of them, and reports whether there were
// any.
func original(stem string) (name string, copied bool) {
	again := true
	for round := 0; again && round < maxMarks; round++ {
		again = false
		for _, mark := range copyMarks {
			if bare := mark().ReplaceAllString(stem, ""); bare != stem && bare != "" {
				stem, copied, again = bare, true, true
			}
		}
	}
	return stem, copied
}

package masters

import (
	"fmt"
	"slices"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// keyForms lists the usual formats of a key, the preferred one first. The arguments are code,
// variation, locale, aspect and extension.
var keyForms = [...]string{"%s/v%d/%s/%s.%s", "%s-%d_%s_%s.%s"}

// KeyFor returns an example key that people can copy. The key alone, without tags, places a file at
// the slot, in the slot's locale and its preferred aspect. KeyFor returns "" if the library's rules
// place no key of the usual formats there. A file for such a slot needs tags.
func (l Library) KeyFor(s creative.Slot) string {
	accepted := s.Accepts()
	better := l.Preference(s)
	wanted := slices.IndexFunc(better, func(a creative.Aspect) bool { return slices.Contains(accepted, a) })
	if wanted < 0 {
		return ""
	}
	aspect := better[wanted]
	extension := "mp4"
	if s.Kind == creative.Image {
		extension = "jpg"
	}
	for _, form := range keyForms {
		key := l.Prefix + fmt.Sprintf(form, s.Creative.Code, s.Creative.Variation, s.Locale, aspect, extension)
		p := l.Place(key, placement.UnknownSize)
		if p.Unplaced == "" && p.Creative.Same(s.Creative) && p.Locale == s.Locale && p.Aspect == aspect && p.LocaleUnclear == "" {
			return key
		}
	}
	return ""
}

package masters

import (
	"fmt"
	"slices"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// keyForms are the usual forms of a key, the best first.
var keyForms = [...]string{"%s/v%d/%s/%s.%s", "%s-%d_%s_%s.%s"}

// KeyFor returns a key at which a new file answers the slot by its name alone, for people to
// copy: of the slot's own aspect, or of the one that its family prefers. It returns "" where
// the library's rules place none of the usual forms there; such a file is placed by tags.
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

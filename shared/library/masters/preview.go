package masters

import (
	"path"
	"strings"

	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/creative"
)

// Words for a file that stands for another one.
var (
	thumbnail = lazy.Regexp(`(?i)(?:^|[-_. ])thumb(?:nail)?s?(?:[-_. (]|$)`)
	preview   = lazy.Regexp(`(?i)(?:^|[-_. ])(?:preview|poster)s?(?:[-_. (]|$)`)
	previewed = lazy.Regexp(`(?i)(?:^|[-_. ])(?:preview|poster)s?[-_. ()0-9]*\.[^.]*$`) // at the end
)

// maxPreview is the largest picture, in bytes, that is a preview because it is called one:
// few masters are smaller, and few previews larger.
const maxPreview = 256 << 10

// pictures are the extensions of pictures.
var pictures = set(".jpg .jpeg .png .webp .avif .gif .heic .heif")

// standsForAnother says what a file is called that its name says stands for another one,
// and whether that is sure: "preview" and "poster" are in titles too, and no film is a
// thumbnail.
func standsForAnother(file string, size int64) (called string, never bool) {
	picture := pictures()[strings.ToLower(path.Ext(file))]
	switch {
	case thumbnail().MatchString(file) && picture:
		return "a thumbnail", true
	case thumbnail().MatchString(file):
		return "called a thumbnail, but no picture by its extension", false
	case picture && size <= maxPreview && previewed().MatchString(file):
		return "a preview or poster", true
	case preview().MatchString(file):
		return "called a preview or poster, which may be its title", false
	}
	return "", false
}

// Folders that hold no masters, or may hold none.
var (
	hidden = lazy.Regexp(`^(?:\.|(?i:@eadir|#recycle|\$recycle\.bin|__macosx|lost\+found)$)`)
	stands = lazy.Regexp(`(?i)(?:^|[-_. ])(?:previews?|prox(?:y|ies))(?:[-_. (]|$)`)
)

// foldersStandForOthers says which of a file's folders is one that holds no masters, and
// whether that is sure. A library's own pattern may place what only may be none.
func foldersStandForOthers(folders, file string) (why string, never bool) {
	for folder := range strings.SplitSeq(strings.TrimSuffix(folders, "/"), "/") {
		switch {
		case hidden().MatchString(folder):
			return "in a hidden folder, or one of the operating system", true
		case thumbnail().MatchString(folder) && pictures()[strings.ToLower(path.Ext(file))]:
			return "in a folder of thumbnails", true
		case thumbnail().MatchString(folder), stands().MatchString(folder):
			why = "in a folder called one of thumbnails, previews or proxies"
		}
	}
	return why, false
}

// unplacedBecause returns a placement without its place, for the reason given.
func (p Placement) unplacedBecause(why string) Placement {
	if p.Unplaced == "" {
		p.ClosestRule, p.Ambiguous = p.Rule, []creative.Creative{p.Coordinates.Creative}
	}
	return Placement{Unplaced: why, ClosestRule: p.ClosestRule, Ambiguous: p.Ambiguous}
}

package collect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"masterhand/shared/creative"
	"masterhand/shared/intake"
	"masterhand/shared/masters"
	"masterhand/shared/media"
	"masterhand/shared/senders"
	"masterhand/shared/timeline"
)

// Where in a library files lie that are no masters, or not yet: masters places nothing
// below these.
const (
	unsorted = "unsorted/"
	proofs   = "proofs/"
	builds   = "builds/"
)

// Why a file with coordinates lies among those without.
const (
	ProblemCoordinates = "coordinates" // those of the URL cannot be used
	ProblemAspect      = "aspect"      // the sender says another aspect than the URL
	ProblemSeveral     = "several"     // other files of the event would be masters of the same
	ProblemTag         = "tag"         // they have characters that no tag of S3 may have
)

// S3's grammar for tags.
var tagGrammar = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// place says where a file goes and what is written beside it. The problem is why a
// master's coordinates do not count, "" where they do or there are none.
func place(lib masters.Library, e senders.Event, f senders.File, c intake.Coordinates, info media.Info) (o Object, problem string) {
	name := f.Name + "-" + identity(e, f) + "." + extension(f, info)
	of := e.Sender + "/" + e.Subject + "/" + name
	o = Object{
		ContentType: cmp.Or(info.ContentType, "application/octet-stream"),
		Metadata:    map[string]string{"intake-sender": e.Sender, "intake-subject": e.Subject, "intake-file": f.Name},
	}
	switch f.Role {
	case senders.Proof:
		o.Key = lib.Prefix + proofs + of
		return o, ""
	case senders.Build:
		o.Key = lib.Prefix + builds + of
		return o, ""
	}
	at, tags, problem := sorted(e, f, c)
	if tags == nil {
		o.Key = lib.Prefix + unsorted + of
		return o, problem
	}
	file := cmp.Or(string(at.Aspect), path.Base(f.Name)) + "-" + identity(e, f) + "." + extension(f, info)
	folder := at.Creative.Code + "/v" + strconv.Itoa(at.Creative.Variation)
	o.Key, o.Tags = lib.Prefix+path.Join(folder, string(at.Locale), file), tags
	return o, ""
}

// sorted returns the coordinates that a master lies by, with the tags that say them; no
// tags where it has none, or where they do not count because of the problem.
func sorted(e senders.Event, f senders.File, c intake.Coordinates) (at masters.Coordinates, tags map[string]string, problem string) {
	at = c.Coordinates
	switch {
	case c.Problem != "":
		return at, nil, ProblemCoordinates
	case !c.Given:
		return at, nil, ""
	case at.Aspect != "" && f.Aspect != "" && at.Aspect != f.Aspect:
		return at, nil, ProblemAspect
	}
	at.Aspect = cmp.Or(at.Aspect, f.Aspect)
	if rivals(e, at.Aspect) > 1 {
		return at, nil, ProblemSeveral
	}
	tags = labels(at)
	for _, value := range tags {
		if !tagGrammar.MatchString(value) || utf8.RuneCountInString(value) > 256 {
			return at, nil, ProblemTag
		}
	}
	return at, tags, ""
}

// misplaced reports whether a file lies among the unsorted that by the word of this record
// belongs elsewhere: a record at least as new as the one that announced it last. What lies
// in its place is never moved.
func (s *Service) misplaced(f timeline.File, j *job) bool {
	if f.State != timeline.Stored || !strings.HasPrefix(f.Key, s.Library.Prefix+unsorted) ||
		j.file.Role != senders.Master || j.file.URL.IsZero() || j.record.Key() < f.Record {
		return false
	}
	_, tags, _ := sorted(j.event, j.file, j.record.Coordinates)
	return tags != nil
}

// rivals counts the files of the event that would be the master of an aspect. Were there
// several, chance would say which is delivered.
func rivals(e senders.Event, aspect creative.Aspect) (n int) {
	for _, f := range e.Files {
		if f.Role == senders.Master && f.Problem == "" && (f.Aspect == "" || aspect == "" || f.Aspect == aspect) {
			n++
		}
	}
	return n
}

// labels are the tags by which masters places an object.
func labels(c masters.Coordinates) map[string]string {
	tags := map[string]string{
		masters.LabelCode: c.Creative.Code, masters.LabelVariation: strconv.Itoa(c.Creative.Variation),
	}
	if c.Locale != "" {
		tags[masters.LabelLocale] = string(c.Locale)
	}
	if c.Aspect != "" {
		tags[masters.LabelAspect] = string(c.Aspect)
	}
	return tags
}

// identity tells a file from all others: letters only, so that no rule for names takes
// its digits for a variation.
func identity(e senders.Event, f senders.File) string {
	sum := sha256.Sum256([]byte(e.Sender + "\n" + e.Subject + "\n" + f.Name))
	return strings.Map(func(r rune) rune {
		if r <= '9' {
			return r - '0' + 'g'
		}
		return r
	}, hex.EncodeToString(sum[:8]))
}

// extension is what a file's name ends in, by its content.
func extension(f senders.File, info media.Info) string {
	switch {
	case f.Role == senders.Build && info.ContentType == "application/zip":
		return "zip"
	case info.Kind == "":
		return "bin"
	}
	return cmp.Or(info.Extension, info.Container, "bin")
}

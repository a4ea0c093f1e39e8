package collect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/media"
)

// Where in a library files lie that are no masters, or not yet: nothing is placed below these
// by its name.
const (
	unsorted = "unsorted/"
	proofs   = "proofs/"
	builds   = "builds/"
)

// Why a file with coordinates lies among those without.
const (
	ProblemCoordinates = "coordinates" // those of the URL cannot be used
	ProblemCode        = "code"        // the token of the sender may not announce that of the URL
	ProblemAspect      = "aspect"      // the sender says another aspect than the URL
	ProblemSeveral     = "several"     // other files of its subject would be masters of the same
	ProblemTag         = "tag"         // they have characters that no tag of S3 may have
)

// S3's grammar for tags.
var tagGrammar = lazy.Regexp(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// object says where a file goes and what is written beside it. The problem is why a
// master's coordinates do not count, "" where they do or there are none.
func (j *job) object(lib masters.Library, info media.Info) (o Object, problem string) {
	e, f := j.event, j.file
	name := f.Name + "-" + identity(e, f) + "." + extension(f, info)
	of := e.Sender + "/" + e.Subject + "/" + name
	o = Object{
		ContentType: cmp.Or(info.ContentType, "application/octet-stream"),
		Metadata:    map[string]string{masters.MetadataSender: e.Sender, "intake-subject": e.Subject, "intake-file": f.Name},
	}
	switch f.Role {
	case senders.Proof:
		o.Key = lib.Prefix + proofs + of
		return o, ""
	case senders.Build:
		o.Key = lib.Prefix + builds + of
		return o, ""
	}
	at, tags, problem := j.sorted()
	if tags == nil {
		o.Key = lib.Prefix + unsorted + of
		return o, problem
	}
	file := cmp.Or(string(at.Aspect), path.Base(f.Name)) + "-" + identity(e, f) + "." + extension(f, info)
	o.Key, o.Tags = lib.Prefix+path.Join(folder(at), file), tags
	return o, ""
}

// folder is where the masters of a creative's locale lie.
func folder(at masters.Coordinates) string {
	return path.Join(at.Creative.Code, "v"+strconv.Itoa(at.Creative.Variation), string(at.Locale))
}

// place is what the key and the tags are made of, beside the file itself.
func (j *job) place() string {
	if j.file.Role != senders.Master {
		return ""
	}
	at, tags, problem := j.sorted()
	if tags == nil {
		return unsorted + " " + problem
	}
	return slot(at)
}

// sorted returns the coordinates that a master lies by, with the tags that say them; no
// tags where it has none, or where they do not count because of the problem.
func (j *job) sorted() (at masters.Coordinates, tags map[string]string, problem string) {
	at, counts, problem := counting(j.file, j.coordinates)
	switch {
	case !counts:
		return at, nil, problem
	case j.rivals(at):
		return at, nil, ProblemSeveral
	}
	tags = labels(at)
	for _, value := range tags {
		if !tagGrammar().MatchString(value) || utf8.RuneCountInString(value) > 256 {
			return at, nil, ProblemTag
		}
	}
	return at, tags, ""
}

// counting returns the coordinates of a file by those of a URL. It reports false where
// there are none, or where they do not count because of the problem.
func counting(f senders.File, c intake.Coordinates) (at masters.Coordinates, counts bool, problem string) {
	at = c.Coordinates
	switch {
	case c.Problem == intake.ProblemForeignCode:
		return at, false, ProblemCode
	case c.Problem != "":
		return at, false, ProblemCoordinates
	case !c.Given:
		return at, false, ""
	case at.Aspect != "" && f.Aspect != "" && at.Aspect != f.Aspect:
		return at, false, ProblemAspect
	}
	at.Aspect = cmp.Or(at.Aspect, f.Aspect)
	return at, true, ""
}

// misplaced reports whether a file lies among the unsorted that by the word of this record
// belongs elsewhere: a record at least as new as the one that announced it last. What lies
// in its place is never moved.
func (s *Service) misplaced(f timeline.File, j *job) bool {
	if f.State != timeline.Stored || !s.isUnsorted(f.Key) ||
		j.file.Role != senders.Master || j.file.URL.IsZero() || j.record.Key() < max(f.Newest, f.Record) {
		return false
	}
	_, tags, _ := j.sorted()
	return tags != nil
}

// isUnsorted reports whether an object lies isUnsorted the unsorted.
func (s *Service) isUnsorted(key string) bool {
	return strings.HasPrefix(key, s.Library.Prefix+unsorted)
}

// rivals reports whether other files would be the master of the same: of the event, or of
// its subject by what other events said or by where they lie. Were there several, chance
// would say which is delivered.
func (j *job) rivals(at masters.Coordinates) bool {
	for _, f := range j.event.Files {
		if f.Name != j.file.Name && f.Role == senders.Master && f.Problem == "" && (f.Aspect == "" || at.Aspect == "" || f.Aspect == at.Aspect) {
			return true
		}
	}
	return slices.ContainsFunc(j.subject, func(f timeline.File) bool {
		return f.Name != j.file.Name && (f.State == timeline.Announced || f.State == timeline.Stored) && (meet(f.Slot, slot(at)) || meet(f.Place, slot(at)))
	})
}

// slot writes coordinates down, for a timeline.
func slot(at masters.Coordinates) string { return folder(at) + "/" + string(at.Aspect) }

// slotted is the slot of a master by a URL's coordinates; "" where it has none.
func slotted(f senders.File, c intake.Coordinates) string {
	at, counts, _ := counting(f, c)
	if f.Role != senders.Master || !counts {
		return ""
	}
	return slot(at)
}

// meet reports whether two slots may be one: an aspect that is not told may be any.
func meet(a, b string) bool {
	inA, aspectA := path.Split(a)
	inB, aspectB := path.Split(b)
	return inA == inB && (aspectA == "" || aspectB == "" || aspectA == aspectB)
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

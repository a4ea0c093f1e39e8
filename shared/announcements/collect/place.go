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

// The folders of a library for files that are not masters: unsorted files, proofs and builds. A
// file in one of these folders never answers a request.
const (
	unsorted = "unsorted/"
	proofs   = "proofs/"
	builds   = "builds/"
)

// The reasons why a file is stored in the folder for unsorted files although the sender's URL has
// coordinates.
const (
	ProblemCoordinates = "coordinates" // the URL's coordinates cannot be used
	ProblemCode        = "code"        // the sender's token does not allow the creative's code in the URL
	ProblemAspect      = "aspect"      // the sender states another aspect than the URL
	ProblemSeveral     = "several"     // another file of the event or its subject may have the same coordinates
	ProblemTag         = "tag"         // the coordinates have characters that an S3 tag must not have
)

// tagGrammar matches the values that S3 allows for an object's tag.
var tagGrammar = lazy.Regexp(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// object returns the key, the tags and the metadata for a file. problem says why a master's
// coordinates are not used; it is "" if the coordinates are used, or if there are none.
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

// folder returns the folder for the masters of a creative in a locale, such as "HRT-1212/v2/en".
func folder(at masters.Coordinates) string {
	return path.Join(at.Creative.Code, "v"+strconv.Itoa(at.Creative.Variation), string(at.Locale))
}

// The method place returns a master's place as text: its slot, or else "unsorted/" followed by the
// problem. For any other file it returns "". As long as the place stays the same, the file's key
// and tags stay the same, too.
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

// sorted returns the coordinates and tags to file a master under. tags is nil if the master has no
// coordinates, or if problem says why they cannot be used.
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

// counting returns the URL's coordinates, with the sender's aspect for the file if the URL states
// none. counts reports whether the coordinates can be used. problem says why they cannot be used;
// it is "" if they can be used, or if the URL has none.
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

// misplaced reports whether a file is in the folder for unsorted files although the job's record
// has usable coordinates for it. It returns false if a newer record has announced the file, because
// then the newer record's coordinates count.
func (s *Service) misplaced(f timeline.File, j *job) bool {
	if f.State != timeline.Stored || !s.isUnsorted(f.Key) ||
		j.file.Role != senders.Master || j.file.URL.IsZero() || j.record.Key() < max(f.Newest, f.Record) {
		return false
	}
	_, tags, _ := j.sorted()
	return tags != nil
}

// isUnsorted reports whether a key is in the folder for unsorted files.
func (s *Service) isUnsorted(key string) bool {
	return strings.HasPrefix(key, s.Library.Prefix+unsorted)
}

// rivals reports whether another file of the event or of the subject may have the same coordinates.
// If so, the job's file must go to the folder for unsorted files, because nothing says which of the
// files is the master.
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

// slot returns coordinates as text for a timeline, such as "HRT-1212/v2/en/9x16".
func slot(at masters.Coordinates) string { return folder(at) + "/" + string(at.Aspect) }

// slotted returns the slot of a file for a URL's coordinates. It returns "" if the file is not a master
// or if the coordinates cannot be used.
func slotted(f senders.File, c intake.Coordinates) string {
	at, counts, _ := counting(f, c)
	if f.Role != senders.Master || !counts {
		return ""
	}
	return slot(at)
}

// meet reports whether two slots may be the same. It treats an unknown aspect as equal to every aspect.
func meet(a, b string) bool {
	inA, aspectA := path.Split(a)
	inB, aspectB := path.Split(b)
	return inA == inB && (aspectA == "" || aspectB == "" || aspectA == aspectB)
}

// labels returns the S3 tags from which package masters reads an object's coordinates.
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

// identity returns a hash of sender, subject and file name. It consists of letters only, so that
// no rule for file names can read a digit of the hash as a variation.
func identity(e senders.Event, f senders.File) string {
	sum := sha256.Sum256([]byte(e.Sender + "\n" + e.Subject + "\n" + f.Name))
	return strings.Map(func(r rune) rune {
		if r <= '9' {
			return r - '0' + 'g'
		}
		return r
	}, hex.EncodeToString(sum[:8]))
}

// extension returns the file name's extension for the content, without a dot.
func extension(f senders.File, info media.Info) string {
	switch {
	case f.Role == senders.Build && info.ContentType == "application/zip":
		return "zip"
	case info.Kind == "":
		return "bin"
	}
	return cmp.Or(info.Extension, info.Container, "bin")
}

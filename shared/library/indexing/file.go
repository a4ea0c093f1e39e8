package indexing

import (
	"context"
	"slices"
	"strings"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/media"
)

// MaxReceives is the number of times that the queue delivers an event. If the object cannot be
// read even at the last delivery, the indexer records the object as unread. So only an event that
// cannot be parsed becomes a dead letter. While such a dead letter exists, no request is skipped.
const MaxReceives = 10

// maxReason is the size limit, in bytes, of the stored reason why an object cannot be read.
const maxReason = 400

// file records an object that cannot be read, so that no request that the object may answer is
// skipped. The recorded master has unknown content, unless a document already describes the content
// of the same bytes. If even the look-up of the object failed, the record names no version. The
// proof of absence treats such an object as not indexed.
func (x *Indexer) file(ctx context.Context, s *subject, why error) error {
	if s.object == nil {
		s.object = &masters.Object{Key: s.key}
		s.object.Labels.Tags, _ = x.Bucket.Tags(ctx, s.key) // ignore the error: without tags, the key alone places the object
		s.place = masters.Place(s.library, s.key, masters.MaxUpload, s.object.Labels)
	}
	reason := capability.Redact(why.Error())
	s.unread, s.media = strings.ToValidUTF8(reason[:min(len(reason), maxReason)], ""), true
	s.master = listed(*s.object, s.place, media.Info{})
	s.master.Unread = s.unread
	return x.recall(ctx, s)
}

// unseen reports whether the object is filed because nobody can look it up. The ETag of such an
// object is unknown.
func (s *subject) unseen() bool { return s.object != nil && s.object.ETag == "" }

// fill marks a document as full. The subjects are the keys being indexed: if a key no longer
// belongs in the document, fill removes the key's master. fill records the other keys as unread,
// with the reason that the document is full.
func (x *Indexer) fill(ctx context.Context, c creative.Creative, doc masters.Document, revision string, subjects []*subject) error {
	full := doc.Full
	var left []*subject
	for _, s := range subjects {
		if slices.Contains(s.targets(), c) {
			left = append(left, s)
		} else {
			doc, full = s.editOn(doc, c), false
		}
	}
	if !full {
		if err := x.Documents.SaveFull(ctx, subjects[0].library, doc, revision); err != nil {
			return err
		}
	}
	for _, s := range left {
		if s.err == nil {
			s.unread = "the index document of " + c.String() + " is full"
		}
	}
	return nil
}

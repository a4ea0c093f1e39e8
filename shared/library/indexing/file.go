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

// MaxReceives is how often the queue brings an event. What still cannot be read at the last
// time is filed, so that only an event that cannot be parsed becomes a dead letter, which
// holds back every skip.
const MaxReceives = 10

// maxReason bounds what is filed of the reason, in bytes.
const maxReason = 400

// file fills in what is known of an object that cannot be read. Its master has no content that
// anybody has seen, which holds its creative; of one that cannot even be looked at, the proof
// of absence finds that its version is not indexed.
func (x *Indexer) file(ctx context.Context, s *subject, why error) error {
	if s.object == nil {
		s.object = &masters.Object{Key: s.key}
		s.object.Labels.Tags, _ = x.Bucket.Tags(ctx, s.key) // else the key alone says where it belongs
		s.place = masters.Place(s.library, s.key, masters.MaxUpload, s.object.Labels)
	}
	reason := capability.Redact(why.Error())
	s.unread, s.media = strings.ToValidUTF8(reason[:min(len(reason), maxReason)], ""), true
	s.master = listed(*s.object, s.place, media.Info{})
	s.master.Unread = s.unread
	return x.recall(ctx, s)
}

// unseen reports whether the object is filed because it cannot be looked at, so that its ETag
// is unknown.
func (s *subject) unseen() bool { return s.object != nil && s.object.ETag == "" }

// fill writes into a document that it is full, and takes out of it the subjects that must
// leave it. The others are filed as not listed.
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

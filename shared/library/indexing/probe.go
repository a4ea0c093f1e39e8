package indexing

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/media"
	"masterhand/shared/library/placement"
)

// probe returns the master that the object's content describes. If the file is damaged, or is
// neither video nor image, the master's Problem says so. If a read fails, probe returns an error
// instead of a master. An archived object cannot be read: its master has only the fields that its
// name and labels state.
func (x *Indexer) probe(ctx context.Context, o masters.Object, place placement.Placement) (masters.Master, error) {
	var info media.Info
	var err error
	if !o.Archived() {
		info, err = media.Probe(ctx, version{x.Bucket, o}, o.Size)
	}
	problem, known := problemOf(err)
	if errors.Is(err, masters.ErrChanged) {
		return masters.Master{}, errAgain
	}
	if !known {
		return masters.Master{}, err
	}
	m := listed(o, place, info)
	m.Problem = problem
	return m, nil
}

// listed returns the master with which a document lists the object. It combines the object, its
// placement and the facts about its content that the parameter info holds.
func listed(o masters.Object, place placement.Placement, info media.Info) masters.Master {
	m := masters.Master{
		Key: o.Key, VersionID: o.VersionID, ETag: o.ETag, Size: o.Size, Storage: o.Storage, Modified: o.Modified,
		Kind: creative.Kind(info.Kind), Locale: place.Locale, LocaleUnclear: place.LocaleUnclear, Aspect: place.Aspect,
		NamedAspect: place.Aspect, AspectLabelled: o.Labels.HasAspect(), Rule: place.Rule, Copy: place.Copy,
		Probed: info.Probed, Width: info.Width, Height: info.Height, Rotation: info.Rotation, Duration: info.Duration,
		Container: info.Container, Codec: info.Codec, Extension: info.Extension, MediaType: info.ContentType,
		Misnamed: info.Misnamed(extensionOf(o.Key)),
	}
	if m.Kind == "" {
		m.Kind = creative.Kind(media.KindOfExtension(extensionOf(o.Key)))
	}
	if a := creative.AspectOf(info.Width, info.Height); a != "" {
		m.Aspect = a
	}
	return m
}

// recall handles an object whose content cannot be read now. If the bytes have not changed, it
// copies the content fields from the documents that list the key. It reads several documents,
// because a key that moves from one document to another may be in both.
func (x *Indexer) recall(ctx context.Context, s *subject) error {
	if s.master.Seen() {
		return nil
	}
	for _, c := range s.placed.Documents {
		doc, _, err := x.Documents.Document(ctx, s.library, c)
		if err != nil {
			return err
		}
		if old := doc.Find(s.key); old != nil {
			s.master = s.master.WithContentOf(*old)
		}
	}
	return nil
}

// sniff sets the subject's field media to true if an unplaced object may be a master: if its
// extension or its first bytes are those of a video or image, or if it is archived.
func (x *Indexer) sniff(ctx context.Context, s *subject) error {
	if s.media = media.KindOfExtension(extensionOf(s.key)) != "" || s.object.Archived(); s.media {
		return nil
	}
	head, err := x.Bucket.ReadRange(ctx, *s.object, 0, min(s.object.Size, media.SniffedBytes))
	if errors.Is(err, masters.ErrChanged) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("reading the first bytes: %w", err)
	}
	s.media = media.Sniff(head).Kind != ""
	return nil
}

// version reads ranges of one version of an object.
type version struct {
	bucket Bucket
	object masters.Object
}

// ReadRange implements [media.Source].
func (v version) ReadRange(ctx context.Context, off, n int64) ([]byte, error) {
	return v.bucket.ReadRange(ctx, v.object, off, n)
}

// problemOf returns the problem that a document must state for an error of probing a file. It
// returns false if the error is a fault of the read and not a problem of the file.
func problemOf(err error) (masters.Problem, bool) {
	for _, known := range []struct {
		err     error
		problem masters.Problem
	}{
		{media.ErrTruncated, masters.Truncated},
		{media.ErrCorrupt, masters.Corrupt},
		{media.ErrNoPicture, masters.NoPicture},
		{media.ErrForeign, masters.NoMedia},
		{media.ErrTooComplex, masters.TooComplex},
	} {
		if errors.Is(err, known.err) {
			return known.problem, true
		}
	}
	return "", err == nil
}

// extensionOf returns a key's extension without its dot.
func extensionOf(key string) string { return strings.TrimPrefix(path.Ext(key), ".") }

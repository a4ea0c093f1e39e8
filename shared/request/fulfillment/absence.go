package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

// prove shows that the index knows every object that its document for this creative
// should list. Order matters: an event that is no longer in the queue may have been
// worked since doc was read, so doc must still be the same once the queue is empty; and
// the bucket is asked last, so that it shows what has come since.
func (r *run) prove(ctx context.Context, doc masters.Document, revision string) error {
	state, _, err := r.Index.State(ctx, r.job.Library)
	if err != nil {
		return err
	}
	if !state.Current(r.job.Library) {
		return unproven("the library is not indexed whole by these rules")
	}
	waiting, err := r.Backlog.Waiting(ctx)
	if err != nil {
		return fmt.Errorf("asking the index queue: %w", err)
	}
	if waiting > 0 {
		return unproven(fmt.Sprintf("%d events wait to be indexed", waiting))
	}
	switch _, now, err := r.Index.Document(ctx, r.job.Library, r.job.Request.Slot.Creative); {
	case err != nil:
		return err
	case now != revision:
		return unproven("the index has just learnt of a file")
	}
	a := &absence{run: r, doc: doc, wanted: r.job.Request.Slot.Creative}
	return a.prove(ctx, state.Keys)
}

const (
	// maxListed is the largest library, in keys, that a proof lists whole: 20 pages of S3's
	// listing. A proof by prefix reads as many keys at most.
	maxListed = 20_000
	// maxRecords is how many of the indexer's records a proof reads at most.
	maxRecords = 1_000
)

var errTooMany = errors.New("too many keys to list")

// absence proves that a library holds no master of a creative beyond those in its document.
type absence struct {
	*run
	doc     masters.Document
	wanted  creative.Creative
	records int // read so far
}

// prove lists the library whole where it has at most maxListed keys: a key may name the
// creative anywhere in its text. In a larger library it lists the keys that begin with the
// code; the document's ambiguities stand in for keys in folders. keys is the size of the
// library when it was last indexed whole, 0 where that is not known.
//
// A key that held a proof of this run up is asked about first: the library is listed again
// only if the key does not hold the proof up any more.
func (a *absence) prove(ctx context.Context, keys int) error {
	if a.blocker != "" {
		if err := a.under(ctx, a.blocker); err != nil {
			return err
		}
	}
	err := errTooMany
	if keys <= maxListed {
		err = a.under(ctx, a.job.Library.Prefix)
	}
	if !errors.Is(err, errTooMany) {
		return err
	}
	for _, code := range slices.Compact([]string{a.wanted.Code, a.wanted.Canonical().Code}) {
		err := a.under(ctx, a.job.Library.Prefix+code)
		if errors.Is(err, errTooMany) {
			return unproven("too many keys begin with this code")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// under proves the absence among the keys that begin with a prefix.
func (a *absence) under(ctx context.Context, prefix string) error {
	listed := 0
	for entry, err := range a.Bucket.List(ctx, prefix) {
		if err != nil {
			return err
		}
		if listed++; listed > maxListed {
			return errTooMany
		}
		if err := a.entry(ctx, entry); err != nil {
			a.blocker = entry.Key
			return err
		}
	}
	return nil
}

// entry proves that a key is no master of the creative that its document lacks.
func (a *absence) entry(ctx context.Context, entry masters.Entry) error {
	lib := a.job.Library
	place := masters.Place(lib, entry.Key, entry.Size, masters.Labels{})
	if place.Unplaced == "" && place.Coordinates.Creative.Same(a.wanted) {
		if m := a.doc.Find(entry.Key); m != nil && m.ETag == entry.ETag {
			return nil
		}
		return a.elsewhere(ctx, entry, "is not indexed as it is")
	}
	relative := strings.TrimPrefix(entry.Key, lib.Prefix)
	if !slices.ContainsFunc(place.Ambiguous, a.wanted.Same) && !placement.Names(relative, a.wanted) {
		return nil
	}
	if place.Never && (placement.Rules{}).Place(relative, entry.Size).Never != "" {
		return nil
	}
	why := "may be a master of it"
	if place.Unplaced != "" {
		why += ": " + place.Unplaced
	}
	return a.elsewhere(ctx, entry, why)
}

// elsewhere shows, by the indexer's record of this version of a key, that the key is no
// master of the creative: its labels or its name place it at another creative, or the file
// is neither video nor image. A name that places it at a code which has the wanted code in
// it shows nothing: CLIENT-HRT-1212 may be HRT-1212.
func (a *absence) elsewhere(ctx context.Context, entry masters.Entry, why string) error {
	if a.records++; a.records > maxRecords {
		return unproven(fmt.Sprintf("over %d keys name the creative", maxRecords))
	}
	placed, _, err := a.Index.Placed(ctx, a.job.Library, entry.Key)
	if err != nil {
		return err
	}
	if placed.ETag == entry.ETag && placed.Rules == a.job.Library.Rules() && (placed.NoMedia || a.isOther(placed)) {
		return nil
	}
	return unproven(entry.Key + " " + why)
}

// isOther reports whether a record shows that its key belongs to other creatives.
func (a *absence) isOther(placed masters.Placed) bool {
	if placed.Unplaced != "" || len(placed.Documents) == 0 {
		return false
	}
	return !slices.ContainsFunc(placed.Documents, func(c creative.Creative) bool {
		return c.Same(a.wanted) || placed.Rule != masters.RuleLabels && !placement.Elsewhere(c, a.wanted)
	})
}

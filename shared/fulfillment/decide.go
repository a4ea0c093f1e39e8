package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/creative"
	"masterhand/shared/ledger"
	"masterhand/shared/masters"
)

// errUnproven says why absence cannot be told from not knowing.
var errUnproven = errors.New("absence not proved")

func unproven(why string) error { return fmt.Errorf("%w: %s", errUnproven, why) }

// decide chooses a master, or a skip whose reason is proved, and writes it to the
// ledger by record. Without a decision the outcome says what comes instead.
func (r *run) decide(ctx context.Context, record func(context.Context, ledger.Decision) error) (*ledger.Decision, Outcome) {
	choice, err := r.choose(ctx)
	if err != nil {
		return nil, retry("index", err)
	}
	var decision ledger.Decision
	switch choice.Verdict {
	case masters.Deliver:
		decision = delivery(choice.Master)
		if plan := r.plan(choice.Master.Size); plan == GiveUp {
			return nil, Outcome{
				Word: Expired, Code: "too_late",
				Detail: fmt.Sprintf("%d bytes cannot be moved in the time that is left", choice.Master.Size),
			}
		}
	case masters.Absent, masters.Unusable:
		decision = ledger.Decision{Skip: choice.Reason}
	case masters.Archived:
		return nil, Outcome{
			Word: Failed, Code: "archived",
			Detail: "the only master is in archive storage: restore it, then have the platform ask again",
		}
	case masters.Unclear:
		return nil, Outcome{
			Word: Retry, Code: choice.Reason,
			Detail: "a file may be the master, but its aspect is not known: tag it with " + masters.LabelAspect,
		}
	}
	if err := record(ctx, decision); err != nil {
		return nil, retry("ledger", err)
	}
	return &decision, Outcome{}
}

func (r *run) plan(size int64) Plan {
	return Budget(size, r.rates.measured(), r.Now(), r.job.Deadline, r.job.Request.ExpiresAt)
}

func delivery(m masters.Master) ledger.Decision {
	return ledger.Decision{
		Key: m.Key, VersionID: m.VersionID, ETag: m.ETag, Size: m.Size,
		Aspect: string(m.Aspect), Extension: m.Extension, MediaType: m.MediaType,
	}
}

// choose asks the index. A master there answers at once. "Nothing" is believed when it
// stays so for the time that an upload may take to be indexed, and is then proved.
func (r *run) choose(ctx context.Context) (masters.Choice, error) {
	began := r.Now()
	settled := began.Add(r.Settle)
	patience := settled.Add(r.Patience)
	for {
		doc, _, err := r.Index.Document(ctx, r.job.Library, r.job.Request.Slot.Creative)
		if err != nil {
			return masters.Choice{}, err
		}
		choice := masters.Choose(doc, r.job.Request.Slot, r.job.Library)
		if choice.Verdict == masters.Deliver || choice.Verdict == masters.Archived {
			return choice, nil
		}
		err = unproven("the index may still learn of an upload")
		if !r.Now().Before(settled) {
			err = r.prove(ctx, doc)
			if err == nil || !errors.Is(err, errUnproven) {
				return choice, err
			}
		}
		if !r.Now().Before(patience) || r.outOfTime(settled) || !wait(ctx, pause(r.Now().Sub(began))) {
			return masters.Choice{}, err
		}
	}
}

// outOfTime reports that this run ends before the index has settled.
func (r *run) outOfTime(settled time.Time) bool {
	return !r.job.Deadline.IsZero() && settled.Add(Margin).After(r.job.Deadline)
}

// prove shows that the index knows every object that its document for this creative
// should list. Order matters: doc was read before the queue and the bucket are asked,
// so what has come since is seen there.
func (r *run) prove(ctx context.Context, doc masters.Document) error {
	state, _, err := r.Index.State(ctx, r.job.Library)
	if err != nil {
		return err
	}
	if !state.Current() {
		return unproven("the library is not indexed whole by these rules")
	}
	waiting, err := r.Backlog.Waiting(ctx)
	if err != nil {
		return fmt.Errorf("asking the index queue: %w", err)
	}
	if waiting > 0 {
		return unproven(fmt.Sprintf("%d events wait to be indexed", waiting))
	}
	wanted := r.job.Request.Slot.Creative
	prefixes := []string{wanted.Code}
	if canonical := wanted.Canonical().Code; canonical != wanted.Code {
		prefixes = append(prefixes, canonical)
	}
	for _, prefix := range prefixes {
		if err := r.proveListing(ctx, doc, wanted, r.job.Library.Prefix+prefix); err != nil {
			return err
		}
	}
	return nil
}

// maxListed bounds the keys that a proof reads; a code that begins more of them is not
// proved absent by listing.
const maxListed = 20_000

// proveListing shows that no key under prefix belongs to the creative without being in
// its document as it is.
func (r *run) proveListing(ctx context.Context, doc masters.Document, wanted creative.Creative, prefix string) error {
	listed := 0
	for entry, err := range r.Bucket.List(ctx, prefix) {
		if err != nil {
			return err
		}
		if listed++; listed > maxListed {
			return unproven("too many keys begin with this code")
		}
		place := masters.Place(r.job.Library, entry.Key, entry.Size, masters.Labels{})
		for _, near := range place.Near {
			if near.Same(wanted) {
				return unproven(fmt.Sprintf("a file may be a master of it: %s", place.Unplaced))
			}
		}
		if place.Unplaced != "" || !place.Coordinates.Creative.Same(wanted) {
			continue
		}
		if m := doc.Find(entry.Key); m != nil && m.ETag == entry.ETag {
			continue
		}
		if err := r.provePlacedElsewhere(ctx, entry, wanted); err != nil {
			return err
		}
	}
	return nil
}

// provePlacedElsewhere shows that a key whose name says this creative has labels that
// say otherwise, as the indexer saw it in this version.
func (r *run) provePlacedElsewhere(ctx context.Context, entry masters.Entry, wanted creative.Creative) error {
	placed, _, err := r.Index.Placed(ctx, r.job.Library, entry.Key)
	if err != nil {
		return err
	}
	if placed.ETag != entry.ETag || len(placed.Documents) == 0 {
		return unproven("a file of it is not indexed as it is")
	}
	for _, c := range placed.Documents {
		if c.Same(wanted) {
			return unproven("a file of it is being indexed")
		}
	}
	return nil
}

package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

// errUnproven says why absence cannot be told from not knowing.
var errUnproven = errors.New("absence not proved")

func unproven(why string) error { return fmt.Errorf("%w: %s", errUnproven, why) }

// decide chooses a master, or a skip whose reason is proved, and writes it to the
// ledger by record. Without a decision the outcome says what comes instead.
func (r *run) decide(ctx context.Context, record func(context.Context, ledger.Decision) error) (*ledger.Decision, Outcome) {
	choice, err := r.choose(ctx)
	if err != nil {
		return nil, retry(CodeIndex, err)
	}
	var decision ledger.Decision
	switch choice.Verdict {
	case masters.Deliver:
		decision = delivery(choice.Master)
	case masters.Absent, masters.Unusable:
		decision = ledger.Decision{Skip: choice.Reason}
	case masters.Archived:
		return nil, Outcome{
			Status: Failed, Code: "archived",
			Detail: "the only master is in archive storage: restore it, then have the platform ask again",
		}
	case masters.Unclear:
		return nil, Outcome{Status: Retry, Code: choice.Reason, Detail: unclear(choice)}
	}
	if err := record(ctx, decision); err != nil {
		return nil, retry(codeLedger, err)
	}
	return &decision, Outcome{}
}

// unclear says what a human can do where a file may be the master.
func unclear(choice masters.Choice) string {
	switch choice.Reason {
	case masters.Unplaced:
		return fmt.Sprintf("a file that no rule places may be the master: tag it with %s and %s", masters.LabelCode, masters.LabelVariation)
	case string(masters.Unseen):
		return "a file may be the master, but nobody has read its content yet"
	}
	return "a file may be the master, but its aspect is not known: tag it with " + masters.LabelAspect
}

func delivery(m masters.Master) ledger.Decision {
	return ledger.Decision{
		Key: m.Key, VersionID: m.VersionID, ETag: m.ETag, Size: m.Size,
		Aspect: string(m.Aspect), Extension: m.Extension, MediaType: m.MediaType,
	}
}

// indexTimeout is how long a run that can hand off waits for the index itself.
const indexTimeout = 5 * time.Second

// choose asks the index. A master there answers at once, if the object is still what the
// index says. "Nothing" is believed when it is still so once an upload from before the
// request must have been indexed, and is then proved.
func (r *run) choose(ctx context.Context) (masters.Choice, error) {
	began := r.Now()
	settled := r.hold.Item().ReceivedAt.Add(r.IndexLag)
	for {
		doc, revision, err := r.Index.Document(ctx, r.job.Library, r.job.Request.Slot.Creative)
		if err != nil {
			return masters.Choice{}, err
		}
		choice := masters.Choose(doc, r.job.Request.Slot, r.job.Library)
		err = unproven("the index may still learn of an upload")
		switch {
		case choice.Verdict == masters.Deliver:
			err = r.current(ctx, choice.Master)
		case r.Now().Before(settled): // a master that can be read may still come
		case choice.Verdict == masters.Archived:
			err = r.stillArchived(ctx, choice.Candidates)
		default:
			err = r.prove(ctx, doc, revision)
		}
		if err == nil || !errors.Is(err, errUnproven) {
			return choice, err
		}
		if r.outOfTime(began, settled) || !backoff.Sleep(ctx, pollDelay(r.Now().Sub(began))) {
			return masters.Choice{}, err
		}
	}
}

// outOfTime reports whether this run must leave the wait for the index to another run.
func (r *run) outOfTime(began, settled time.Time) bool {
	if r.Queue != nil || r.job.FromQueue {
		return settled.Sub(began) > indexTimeout || !r.Now().Before(latest(began, settled).Add(indexTimeout))
	}
	late := !r.job.Deadline.IsZero() && settled.Add(Margin).After(r.job.Deadline)
	return late || !r.Now().Before(latest(began, settled).Add(r.HoldTimeout))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

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
	wanted := r.job.Request.Slot.Creative
	switch _, now, err := r.Index.Document(ctx, r.job.Library, wanted); {
	case err != nil:
		return err
	case now != revision:
		return unproven("the index has just learnt of a file")
	}
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
		var why string
		switch {
		case place.Unplaced == "" && place.Coordinates.Creative.Same(wanted):
			if m := doc.Find(entry.Key); m != nil && m.ETag == entry.ETag {
				continue
			}
			why = "a file of it is not indexed as it is"
		case place.Unplaced != "" && slices.ContainsFunc(place.Ambiguous, wanted.Same),
			place.Unplaced != "" && !place.Never && mentions(strings.TrimPrefix(entry.Key, prefix), wanted.Variation):
			why = fmt.Sprintf("a file may be a master of it: %s", place.Unplaced)
		default:
			continue
		}
		if err := r.proveElsewhere(ctx, entry, wanted, why); err != nil {
			return err
		}
	}
	return nil
}

// mentions reports whether the rest of a key, behind a code, has the variation as a number:
// somebody may have meant it for one. It takes more for a variation than masters.Place does,
// sizes and dates too: keys that begin with the code are few, and read anyway.
func mentions(rest string, variation int) bool {
	if rest == "" || rest[0] >= '0' && rest[0] <= '9' { // of a longer code
		return false
	}
	for run := range strings.FieldsFuncSeq(rest, func(c rune) bool { return c < '0' || c > '9' }) {
		if n, err := strconv.Atoi(run); err == nil && n == variation {
			return true
		}
	}
	return false
}

// proveElsewhere shows of a key that is, or may be, a master of this creative by its name
// that it is not: it has labels that say another one, or is neither video nor image, as the
// indexer saw it in this version and by the rules that count.
func (r *run) proveElsewhere(ctx context.Context, entry masters.Entry, wanted creative.Creative, why string) error {
	placed, _, err := r.Index.Placed(ctx, r.job.Library, entry.Key)
	if err != nil {
		return err
	}
	elsewhere := placed.Unplaced == "" && len(placed.Documents) > 0 && !slices.ContainsFunc(placed.Documents, wanted.Same)
	if placed.ETag == entry.ETag && placed.Rules == r.job.Library.Rules() && (elsewhere || placed.NoMedia) {
		return nil
	}
	return unproven(why)
}

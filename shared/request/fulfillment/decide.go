package fulfillment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

// decide chooses a master, or a skip whose reason is proved, and saves the decision by calling the
// function record. If it returns no decision, the outcome says how the run must end.
func (r *run) decide(ctx context.Context, record func(context.Context, ledger.Decision) error) (*ledger.Decision, Outcome) {
	choice, err := r.choose(ctx)
	passed := err == nil && choice.Verdict.Ends()
	if passed {
		err = r.mayEnd(ctx, choice.Verdict)
	}
	u, open := errors.AsType[*Unproven](err)
	other := errors.Is(err, errOtherLibrary)
	undecided := err != nil || choice.Verdict == masters.Unclear
	if other || undecided && r.isShared() {
		if err := r.hold.GiveWay(ctx, passed && other); err != nil {
			return nil, retry(codeLedger, err)
		}
	}
	switch {
	case other:
		return nil, retry(CodeOtherLibrary, err)
	case open:
		r.hold.Block(u.Key)
		return nil, retry(u.Code, err)
	case err != nil:
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
			Status: Failed, Code: CodeArchived,
			Detail: "the only master is in archive storage: restore it, then have the platform ask again",
		}
	case masters.Unclear:
		r.hold.Block(Blocker(choice))
		return nil, Outcome{Status: Retry, Code: choice.Reason, Detail: unclear(choice)}
	}
	if err := record(ctx, decision); err != nil {
		return nil, retry(codeLedger, err)
	}
	return &decision, Outcome{}
}

// ambiguous returns the file that makes the choice unclear. This is the first candidate that was
// dropped for the reason choice.Reason. If there is none, ambiguous returns the zero value.
func ambiguous(choice masters.Choice) masters.Master {
	for _, c := range choice.Candidates {
		if string(c.Drop) == choice.Reason {
			return c.Master
		}
	}
	return masters.Master{}
}

// Blocker returns the key of the file that may or may not be the wanted master, if tags on the
// file can make this clear. Otherwise Blocker returns "".
func Blocker(choice masters.Choice) string {
	switch choice.Reason {
	case string(masters.UnclearLocale), string(masters.UnknownAspect):
		return ambiguous(choice).Key
	}
	return ""
}

// unclear returns a text that says what a person can do about a file that may be the master.
func unclear(choice masters.Choice) string {
	m := ambiguous(choice)
	switch choice.Reason {
	case string(masters.UnclearLocale):
		if m.LocaleUnclear == "" {
			return m.Key + " may be the master, but the request's locale is no language tag: tell the platform, or tag a master with that locale"
		}
		return fmt.Sprintf("%s may be the master, but %s: tag it with %s, or declare locales", m.Key, m.LocaleUnclear, masters.LabelLocale)
	case masters.Full:
		return "the creative's index document had no room for a file: have fewer files of the creative, then run masterhand reindex --restart"
	case string(masters.Unseen):
		if m.Unread != "" {
			return m.Key + " may be the master, but it cannot be read: " + m.Unread
		}
		return m.Key + " may be the master, but nobody has read its content yet"
	}
	return fmt.Sprintf("%s may be the master, but its aspect is not known: tag it with %s", m.Key, masters.LabelAspect)
}

func delivery(m masters.Master) ledger.Decision {
	return ledger.Decision{
		Key: m.Key, VersionID: m.VersionID, ETag: m.ETag, Size: m.Size,
		Aspect: string(m.Aspect), Extension: m.Extension, MediaType: m.MediaType,
	}
}

// indexTimeout is how long a run waits for the index if it can hand off.
const indexTimeout = 5 * time.Second

// choose asks the index for a master. It returns a master at once if the object is still as
// indexed. It accepts that there is no master only after the index lag, counted from the request's
// arrival, and then proves the absence.
func (r *run) choose(ctx context.Context) (masters.Choice, error) {
	began := r.Now()
	settled := r.hold.Item().ReceivedAt.Add(r.IndexLag)
	absence := r.absence(r.job.Library)
	absence.Blocker = r.hold.Item().Blocker
	var foreseen error
	for {
		doc, revision, err := r.Index.Document(ctx, r.job.Library, r.job.Request.Slot.Creative)
		if err != nil {
			return masters.Choice{}, err
		}
		r.chosen = &document{doc, revision}
		choice := masters.Choose(doc, r.job.Request.Slot, r.job.Library)
		switch {
		case choice.Verdict == masters.Deliver:
			choice.Master, err = r.current(ctx, choice.Master)
		case r.deliverableElsewhere(ctx):
			return choice, errOtherLibrary
		case r.Now().Before(settled): // the run must wait: a usable master may exist that is not indexed yet
			if foreseen == nil {
				foreseen = r.foresee(ctx, absence, doc, choice)
			}
			err = foreseen
		case choice.Verdict == masters.Archived:
			if err = r.stillArchived(ctx, choice.Candidates); err == nil {
				err = absence.Prove(ctx, doc, revision)
			}
		default:
			err = absence.Prove(ctx, doc, revision)
		}
		u, open := errors.AsType[*Unproven](err)
		if !open {
			return choice, err
		}
		absence.Blocker = cmp.Or(u.Key, absence.Blocker)
		if r.outOfTime(began, settled) || !backoff.Sleep(ctx, pollDelay(r.Now().Sub(began))) {
			return masters.Choice{}, err
		}
	}
}

// absence returns the proof that a library does not have the requested creative.
func (r *run) absence(lib masters.Library) *Absence {
	return &Absence{
		Index: r.Index, Lines: r.Lines, Bucket: r.Bucket, Backlog: r.Backlog,
		Library: lib, Wanted: r.job.Request.Slot.Creative,
	}
}

// foresee returns an error that says why the run cannot decide before the index lag is over. If
// there is a reason that will remain after the lag, such as a key that blocks the request, the
// error states that reason.
//
// foresee does not list the library if an earlier run has listed the library and found no blocking
// key. The proof of absence after the lag lists the library again.
func (r *run) foresee(ctx context.Context, absence *Absence, doc masters.Document, choice masters.Choice) error {
	var err error
	switch item := r.hold.Item(); {
	case choice.Verdict == masters.Unclear:
		return &Unproven{Code: choice.Reason, Why: unclear(choice), Key: Blocker(choice)}
	case choice.Verdict != masters.Absent && choice.Verdict != masters.Unusable:
	case item.Attempts > 1 && item.Code == CodeIndex:
		_, err = absence.whole(ctx)
	default:
		err = absence.Foresee(ctx, doc)
	}
	if isUnproven(err) {
		return err
	}
	return unproven("the index may still learn of an upload")
}

// outOfTime reports whether this run must stop waiting for the index, so that a later run waits on.
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

package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// The statuses of an outcome that is about a result of the platform.
const (
	Recorded Status = "recorded" // the result is stored with the request that it matches
	Unknown  Status = "unknown"  // the result matches no request, or more than one
)

// Two codes of outcomes of Resolve. Any other outcome has the name of the result's class as its
// code, such as "rejected", or codeLedger or CodeIndex if a store failed.
const (
	CodeSkipEcho  = "skip_echo" // the platform rejected the request only because we skipped it; nobody has to act
	CodeUnmatched = "unmatched" // the result is stored and no request is changed
)

// Report is a result event of the platform, with the destination through which it arrived and that
// destination's library.
type Report struct {
	Class       platform.Class
	Result      platform.Result
	Destination string
	Library     masters.Library
}

// Resolve applies the platform's result to the request that certainly matches it. If there is no
// such request, or more than one, Resolve only stores the result. If the platform rejected bytes
// that we delivered, Resolve writes this to the index, so that these bytes are never delivered to
// that slot again. It writes nothing to the index if the platform rejected the request only because
// we skipped it.
func (s *Service) Resolve(ctx context.Context, r Report) Outcome {
	item, ends, err := s.Ledger.Resolve(ctx, r.Result.Slot.Key(), r.verdict())
	switch {
	case errors.Is(err, ledger.ErrUnmatched):
		return Outcome{Status: Unknown, Code: CodeUnmatched, Detail: r.Class.String() + ": " + err.Error()}
	case errors.Is(err, ledger.ErrKept):
		return Outcome{Status: Unknown, Code: CodeUnmatched, Detail: item.Detail, Repeated: true}
	case err != nil:
		return retry(codeLedger, err)
	}
	o := Outcome{
		Status: Recorded, Code: r.Class.String(), Detail: r.Result.Reason, SHA256: item.SHA256,
		Request: item.ID, Slot: r.Result.Slot.String(), Attempt: item.Attempts, Waited: s.Now().Sub(item.ReceivedAt),
	}
	if ends {
		o.Ended = Status(item.State)
	}
	switch {
	case r.Class != platform.Rejected:
	case r.Result.NotAvailable():
		o.Code = CodeSkipEcho
	case item.SHA256 != "": // we uploaded bytes, so item.Decision is set
		if err := s.refuse(ctx, r.Library, r.Result, item); err != nil {
			return retry(CodeIndex, err)
		}
	}
	return o
}

// verdict returns the report in the form in which the ledger compares results.
func (r Report) verdict() ledger.Verdict {
	return ledger.Verdict{
		Class: ledger.Class(r.Class.String()), Destination: r.Destination, Library: r.Library.Name,
		StorageKey: capability.Redact(r.Result.StorageKey),
		SHA256:     strings.ToLower(strings.TrimPrefix(r.Result.ContentHash, "sha256:")),
		Aspect:     string(r.Result.Slot.Aspect), Family: string(r.Result.Family), ReasonFamily: string(r.Result.ReasonFamily()),
		RequestedAt: r.Result.RequestedAt, ExpiredAt: r.Result.ExpiredAt,
		NotAvailable: r.Result.NotAvailable(), Raw: r.Result.Raw,
	}
}

// maxSwaps is the largest number of tries to write an index document. A try fails if another writer
// changed the document after it was read.
const maxSwaps = 100

// refuse marks the delivered bytes in the creative's document as refused for the requested slot. It
// takes the slot from the item, because a result may name the chosen aspect where the request named
// a family.
func (s *Service) refuse(ctx context.Context, lib masters.Library, result platform.Result, item ledger.Item) error {
	refusal := masters.Refusal{
		Slot: item.Slot + "#" + item.Target, Key: item.Decision.Key, ETag: item.Decision.ETag, Size: item.Decision.Size,
		SHA256: item.SHA256, Reason: result.Reason, At: s.Now().UTC(),
	}
	for range maxSwaps {
		doc, revision, err := s.Index.Document(ctx, lib, result.Slot.Creative)
		if err != nil {
			return err
		}
		known := slices.ContainsFunc(doc.Refusals, func(r masters.Refusal) bool {
			return r.Slot == refusal.Slot && r.SHA256 == refusal.SHA256
		})
		if known {
			return nil
		}
		doc.Refusals = append(doc.Refusals, refusal)
		if err := s.Index.SaveDocument(ctx, lib, doc, revision); !errors.Is(err, masters.ErrStale) {
			return err
		}
	}
	return fmt.Errorf("%w: overtaken %d times", masters.ErrStale, maxSwaps)
}

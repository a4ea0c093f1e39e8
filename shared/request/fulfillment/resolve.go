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

// The statuses of a report of the platform.
const (
	Recorded Status = "recorded" // kept beside the request that is meant
	Unknown  Status = "unknown"  // no request of ours is meant
)

// CodeSkipEcho is a rejection that is our own skip coming back: nothing for a human.
const CodeSkipEcho = "skip_echo"

// Resolve takes in the platform's report of what became of a request. A refusal of
// bytes that we delivered is written into the index, so that they are never delivered
// to that slot again; our own skip, coming back as a rejection, poisons nothing.
func (s *Service) Resolve(ctx context.Context, class platform.Class, result platform.Result, lib masters.Library) Outcome {
	verdict := ledger.Verdict{
		SHA256: strings.TrimPrefix(result.ContentHash, "sha256:"), Reason: result.Reason,
		StorageKey: capability.Redact(result.StorageKey), Raw: result.Raw,
	}
	switch class {
	case platform.Fulfilled:
		verdict.State = ledger.FulfilledElsewhere
	case platform.Rejected:
		verdict.State, verdict.Refused = ledger.Failed, result.Reason != platform.ReasonNotAvailable
	default:
		verdict.State = ledger.Expired
	}
	item, err := s.Ledger.Resolve(ctx, result.Slot.Key(), verdict)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return Outcome{Status: Unknown, Code: class.String(), Detail: "no request of this slot is open or unanswered"}
	case err != nil:
		return retry(codeLedger, err)
	}
	if verdict.Refused && item.State == ledger.Delivered {
		if err := s.refuse(ctx, lib, result, item); err != nil {
			return retry(CodeIndex, err)
		}
	}
	code := class.String()
	if result.Reason == platform.ReasonNotAvailable {
		code = CodeSkipEcho
	}
	return Outcome{Status: Recorded, Code: code, Detail: result.Reason, SHA256: item.SHA256}
}

// maxSwaps bounds the repeats of a write that others keep overtaking.
const maxSwaps = 100

// refuse marks the delivered bytes as refused, in the creative's document, for the slot
// that was asked for: a result may name the aspect chosen where a family was asked for.
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

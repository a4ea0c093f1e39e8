package tour

import (
	"context"
	"fmt"
	"time"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/signature"
)

// newRequest makes a request of the platform. Each request has its own key in the platform's
// storage, so that no other request changes the object there.
func (t *tour) newRequest(slot creative.Slot, expires time.Time) (adplatform.Request, error) {
	asked := adplatform.Slot{
		Code: slot.Creative.Code, Variation: slot.Creative.Variation, Locale: string(slot.Locale), Kind: string(slot.Kind),
		Aspect: string(slot.Aspect), Family: string(slot.Family),
	}
	for _, a := range slot.Accepted {
		asked.Accepted = append(asked.Accepted, string(a))
	}
	return t.platform.NewRequest(asked, adplatform.Options{
		ExpiresAt: expires, StorageKey: fmt.Sprintf("fb-external/tour/%d/%s.%s", t.asked, slot.Placement(), slot.Kind),
	})
}

// keys returns the signature scheme of a step and the keys with which the step's event is signed.
func (t *tour) keys(s step) (signature.Scheme, []signature.Key, error) {
	scheme := s.scheme
	if scheme == "" {
		scheme = signature.Outpost
	}
	known := t.Secrets.Keys[scheme]
	if s.signing == current {
		return scheme, []signature.Key{known}, nil
	}
	fresh, err := t.Secrets.Unknown()
	if s.signing == rotating {
		return scheme, []signature.Key{fresh, known}, err
	}
	return scheme, []signature.Key{fresh}, err
}

// send sends the event in as many copies as the step says and returns all results.
func (t *tour) send(ctx context.Context, s step, event gateway.Event) ([]gateway.Result, error) {
	scheme, keys, err := t.keys(s)
	if err != nil {
		return nil, err
	}
	return t.gateway.Signing(scheme, keys...).SendCopies(ctx, event, max(s.copies, 1)), nil
}

package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/secret"
	"masterhand/shared/library/placement"
)

// What [Keyring.Admit] fails with.
var (
	// ErrUnauthentic is a request without a sender's token, or without what else the
	// sender's requests must have.
	ErrUnauthentic = errors.New("request not authentic")
	// ErrUnavailable means that no tokens were ever loaded: whether the request is
	// authentic is not known.
	ErrUnavailable = errors.New("senders unavailable")
)

// Why a request is not authentic.
var (
	errToken     = errors.New("no token of the sender")
	errStray     = errors.New("none of the headers that the sender sends")
	errClosed    = errors.New("no verifier configured: the sender is closed until there is one")
	errSignature = errors.New("signature that matches no secret")
	errTimestamp = errors.New("timestamp absent, repeated or too far from now")
	errID        = errors.New("signed id absent, repeated or too long")
)

// Keyring says who sends, by the tokens of a secret that it keeps fresh. It is safe for
// concurrent use.
type Keyring struct {
	cache *secret.Cache[Senders]
	now   func() time.Time
}

// NewKeyring makes a keyring of the source's JSON object, see [Parse], that has not
// loaded anything yet.
func NewKeyring(source secret.Source, cfg secret.Config) *Keyring {
	return &Keyring{cache: secret.NewCache(source, Parse, cfg), now: cfg.Now}
}

// Admission is what is known of a request that was let in.
type Admission struct {
	Token   string           // which of the sender's tokens, by the start of its hash
	signing []string         // headers that hold the sender's signature, and what is signed beside the body
	codes   []placement.Code // shapes of the codes that the token may announce; nil: any code
}

// Admit checks a request of a sender against its tokens, and against its verifier where
// it has one. Errors: ErrUnauthentic, ErrUnavailable.
func (k *Keyring) Admit(ctx context.Context, sender, token string, header map[string]string, body []byte) (Admission, error) {
	read, err := k.cache.Read(ctx)
	if err != nil {
		return Admission{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	a, err := read.Value.admit(sender, token, header, body, k.now())
	if err == nil || errors.Is(err, errStray) || !tokenGrammar().MatchString(token) {
		return a, err // no other secret could help
	}
	again, newer := k.cache.Again(ctx, read)
	if !newer {
		return a, err
	}
	return again.Value.admit(sender, token, header, body, k.now())
}

// admit goes by one state of the secret.
func (s Senders) admit(sender, token string, header map[string]string, body []byte, now time.Time) (Admission, error) {
	refuse := func(why error) (Admission, error) { return Admission{}, fmt.Errorf("%w: %w", ErrUnauthentic, why) }
	known := s.bySender[sender]
	matched, ok := known.match(token)
	switch {
	case !ok:
		return refuse(errToken)
	case sender == senders.Hoox && !senders.HooxSent(header):
		return refuse(errStray)
	case sender == senders.Posternity && known.verifier == nil:
		return refuse(errClosed)
	}
	a := Admission{Token: matched.hint(), codes: matched.codes}
	if v := known.verifier; v != nil {
		if err := v.verify(header, body, now); err != nil {
			return refuse(err)
		}
		a.signing = []string{v.header, v.timestamp, v.id}
	}
	return a, nil
}

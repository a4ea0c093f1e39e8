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

// The errors of [Keyring.Admit].
var (
	// ErrUnauthentic says that a request has no token of the sender, or lacks the signature or
	// headers that the sender's requests must have.
	ErrUnauthentic = errors.New("request not authentic")
	// ErrUnavailable says that the keyring could never load the tokens, so that it cannot check any
	// request.
	ErrUnavailable = errors.New("senders unavailable")
)

// The reasons why a request is not authentic.
var (
	errToken     = errors.New("token is not one of the sender's")
	errStray     = errors.New("headers that the sender always sends are missing")
	errClosed    = errors.New("no verifier configured: all requests of this sender are refused until one is")
	errSignature = errors.New("signature matches no secret")
	errTimestamp = errors.New("timestamp is absent, repeated or too far from now")
	errID        = errors.New("signed id is absent, repeated or too long")
)

// Keyring checks senders' requests against the tokens in a secret. It reloads the secret when the
// loaded one is too old. It is safe for concurrent use.
type Keyring struct {
	cache *secret.Cache[Senders]
	now   func() time.Time
}

// NewKeyring returns a keyring for the source's JSON object (see [Parse]). It loads the secret at
// the first request.
func NewKeyring(source secret.Source, cfg secret.Config) *Keyring {
	return &Keyring{cache: secret.NewCache(source, Parse, cfg), now: cfg.Now}
}

// Admission holds the facts about an accepted request.
type Admission struct {
	Token   string           // the hint that logs show for the token: the first 8 hex digits of the token's hash
	signing []string         // the headers with the sender's signature, timestamp and id
	codes   []placement.Code // shapes of the codes the token may announce, such as HRT-####; nil means every code
}

// Admit checks a request against the sender's tokens, and against the sender's verifier, if there
// is one. Errors: ErrUnauthentic, ErrUnavailable.
func (k *Keyring) Admit(ctx context.Context, sender, token string, header map[string]string, body []byte) (Admission, error) {
	read, err := k.cache.Read(ctx)
	if err != nil {
		return Admission{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	a, err := read.Value.admit(sender, token, header, body, k.now())
	if err == nil || errors.Is(err, errStray) || !tokenGrammar().MatchString(token) {
		return a, err // no reload: the request is accepted, or no newer secret could make it valid
	}
	again, newer := k.cache.Again(ctx, read)
	if !newer {
		return a, err
	}
	return again.Value.admit(sender, token, header, body, k.now())
}

// admit checks a request against one version of the secret.
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

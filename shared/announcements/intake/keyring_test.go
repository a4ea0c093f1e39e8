package intake_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/secret"
)

const (
	oldToken = "old0-token_0123456789abcdef"
	newToken = "new0-token_0123456789abcdef"
	signing  = "0123456789abcdef-signing"
)

// source is a secret whose value a test can change.
type source struct {
	value string
	err   error
	loads int
}

func (s *source) Load(context.Context) ([]byte, error) {
	s.loads++
	return []byte(s.value), s.err
}

// vault is the senders' secret in most tests.
const vault = `{"hoox":{"tokens":["` + oldToken + `","` + newToken + `"]},"streampixel":{"tokens":["` + newToken + `"]},
	"posternity":{"tokens":["` + newToken + `"],"verifier":{"header":"X-Posternity-Signature","prefix":"sha256=","secrets":["` + signing + `"]}}}`

// keyringFixture is a keyring with a source and a clock that a test can change.
type keyringFixture struct {
	*intake.Keyring
	source *source
	now    time.Time
}

func newKeyring(value string) *keyringFixture {
	r := &keyringFixture{source: &source{value: value}, now: received}
	r.Keyring = intake.NewKeyring(r.source, secret.Config{
		MaxAge: time.Minute, Recheck: 30 * time.Second, Now: func() time.Time { return r.now },
	})
	return r
}

func (r *keyringFixture) admit(t *testing.T, sender, token string, header map[string]string) error {
	t.Helper()
	a, err := r.Admit(t.Context(), sender, token, header, []byte("{}"))
	if (err == nil) != (len(a.Token) == 8) || strings.Contains(token, a.Token) && a.Token != "" {
		t.Errorf("%s: admitted by token %q, %v", sender, a.Token, err)
	}
	return err
}

var hooxHeader = map[string]string{"user-agent": "Hoox-API/1.0", "x-hoox-webhook": "true"}

func TestAdmit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sender, token string
		header        map[string]string
		want          error
	}{
		{senders.Hoox, oldToken, hooxHeader, nil},
		{senders.Hoox, newToken, hooxHeader, nil},
		{senders.Streampixel, newToken, nil, nil},
		{senders.Streampixel, oldToken, nil, intake.ErrNoToken}, // refused: this is the token of another sender
		{senders.AdReform, newToken, nil, intake.ErrNoToken},    // refused: the secret has no entry for this sender
		{"acme", newToken, nil, intake.ErrNoToken},
		{"", "", nil, intake.ErrNoToken},
		{"Hoox", newToken, hooxHeader, intake.ErrNoToken},
		{senders.Hoox, newToken[:26], hooxHeader, intake.ErrNoToken},
		{senders.Hoox, newToken + "x", hooxHeader, intake.ErrNoToken},
		{senders.Hoox, strings.ToUpper(newToken), hooxHeader, intake.ErrNoToken},
		{senders.Hoox, "", hooxHeader, intake.ErrNoToken},
		{senders.Hoox, newToken, map[string]string{"user-agent": "curl/8"}, intake.ErrStray},
		{senders.Hoox, "forged", hooxHeader, intake.ErrNoToken}, // refused: Hoox's headers do not replace a token
		{senders.Posternity, newToken, nil, intake.ErrSignature},
	} {
		err := newKeyring(vault).admit(t, test.sender, test.token, test.header)
		if !errors.Is(err, test.want) || test.want != nil && !errors.Is(err, intake.ErrUnauthentic) {
			t.Errorf("%s with %s: %v, want %v", test.sender, test.token, err, test.want)
		}
	}
	if err := newKeyring(`{}`).admit(t, senders.Hoox, newToken, hooxHeader); !errors.Is(err, intake.ErrNoToken) {
		t.Errorf("nobody may send: %v", err)
	}
	closed := newKeyring(`{"posternity":{"tokens":["` + newToken + `"]}}`)
	if err := closed.admit(t, senders.Posternity, newToken, map[string]string{"x-signature": "x"}); !errors.Is(err, intake.ErrClosed) {
		t.Errorf("without a verifier: %v", err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	only := func(tokens ...string) string {
		return `{"hoox":{"tokens":["` + strings.Join(tokens, `","`) + `"]}}`
	}
	r := newKeyring(only(oldToken))
	if err := r.admit(t, senders.Hoox, oldToken, hooxHeader); err != nil {
		t.Fatal(err)
	}
	r.source.value = only(oldToken, newToken)
	if err := r.admit(t, senders.Hoox, newToken, hooxHeader); err != nil || r.source.loads != 2 {
		t.Errorf("a new token is not taken at once: %v after %d loads", err, r.source.loads)
	}
	r.source.value = only(newToken)
	r.now = r.now.Add(time.Minute)
	if err := r.admit(t, senders.Hoox, oldToken, hooxHeader); !errors.Is(err, intake.ErrNoToken) {
		t.Errorf("an old token is still taken: %v", err)
	}
	loads := r.source.loads
	for range 1000 { // sends wrong tokens for a hundred seconds of the test's clock
		_ = r.admit(t, senders.Hoox, "guess-0123456789-0123456789", hooxHeader)
		_ = r.admit(t, senders.Hoox, "short", hooxHeader)
		r.now = r.now.Add(100 * time.Millisecond)
	}
	if r.source.loads-loads > 6 {
		t.Errorf("guesses caused %d loads", r.source.loads-loads)
	}
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	r := newKeyring(vault)
	broken := errors.New("broken")
	r.source.err = broken
	err := r.admit(t, senders.Hoox, newToken, hooxHeader)
	if !errors.Is(err, intake.ErrUnavailable) || !errors.Is(err, broken) || errors.Is(err, intake.ErrUnauthentic) {
		t.Errorf("never loaded: %v", err)
	}
	r.source.err, r.now = nil, r.now.Add(time.Second)
	if err := r.admit(t, senders.Hoox, newToken, hooxHeader); err != nil {
		t.Error(err)
	}
	r.source.value, r.now = "garbled", r.now.Add(time.Hour)
	if err := r.admit(t, senders.Hoox, newToken, hooxHeader); err != nil {
		t.Errorf("the last good one does not stay: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	verifier := func(fields string) string {
		return `{"posternity":{"tokens":["` + newToken + `"],"verifier":{` + fields + `}}}`
	}
	const whole = `"header":"X-S","secrets":["` + signing + `"]`
	many := strings.TrimSuffix(strings.Repeat(`"`+newToken+`",`, 17), ",")
	for value, want := range map[string]error{
		"":                         intake.ErrNoObject,
		"null":                     intake.ErrNoObject,
		"[]":                       intake.ErrNoObject,
		strings.Repeat(" ", 65537): intake.ErrTooLarge,
		`{"` + newToken + `":{"tokens":["` + newToken + `"]}}`:                                   intake.ErrUnknownName,
		`{"hoox":["` + newToken + `"]}`:                                                          intake.ErrNoSender,
		`{"hoox":{"token":["` + newToken + `"]}}`:                                                intake.ErrNoSender,
		`{"hoox":{"tokens":"` + newToken + `"}}`:                                                 intake.ErrNoSender,
		`{"hoox":null}`:                                                                          intake.ErrTokens,
		`{"hoox":{"tokens":[]}}`:                                                                 intake.ErrTokens,
		`{"hoox":{"tokens":[` + many + `]}}`:                                                     intake.ErrTokens,
		`{"hoox":{"tokens":["short"]}}`:                                                          intake.ErrToken,
		`{"hoox":{"tokens":["` + newToken + `/x"]}}`:                                             intake.ErrToken,
		`{"hoox":{"tokens":[{"token":"short","anyCode":true}]}}`:                                 intake.ErrToken,
		`{"hoox":{"tokens":[{"token":"` + newToken + `"}]}}`:                                     intake.ErrScope,
		`{"hoox":{"tokens":[{"token":"` + newToken + `","codes":[]}]}}`:                          intake.ErrScope,
		`{"hoox":{"tokens":[{"token":"` + newToken + `","codes":["HRT-####"],"anyCode":true}]}}`: intake.ErrScope,
		`{"hoox":{"tokens":[{"token":"` + newToken + `","codes":["` + newToken + `{"]}]}}`:       intake.ErrCode,
		`{"hoox":{"tokens":[{"token":"` + newToken + `","codes":["X"],"code":["Y"]}]}}`:          intake.ErrNoSender,
		`{"hoox":{"tokens":[{"token":"` + newToken + `","codes":"X"}]}}`:                         intake.ErrNoSender,
		`{"hoox":{"tokens":[null]}}`:                                                             intake.ErrToken,
		verifier(`"secrets":["` + signing + `"]`):                                                intake.ErrVerifierHeader,
		verifier(`"header":"X S","secrets":["` + signing + `"]`):                                 intake.ErrVerifierHeader,
		verifier(whole + `,"timestampHeader":"X:T"`):                                             intake.ErrVerifierHeader,
		verifier(whole + `,"prefix":"a,b"`):                                                      intake.ErrVerifierPrefix,
		verifier(whole + `,"algorithm":"md5"`):                                                   intake.ErrVerifierAlgorithm,
		verifier(whole + `,"encoding":"base32"`):                                                 intake.ErrVerifierEncoding,
		verifier(`"header":"X-S"`):                                                               intake.ErrVerifierSecrets,
		verifier(`"header":"X-S","secrets":["short"]`):                                           intake.ErrVerifierSecrets,
		verifier(whole + `,"skew":"soon"`):                                                       intake.ErrVerifierSkew,
		verifier(whole + `,"skew":"2h"`):                                                         intake.ErrVerifierSkew,
		verifier(whole + `,"signed":"{timestamp}.{body}"`):                                       intake.ErrVerifierSigned,
		verifier(whole + `,"signed":"x"`):                                                        intake.ErrVerifierSigned,
		verifier(whole + `,"signed":"{body}{body}"`):                                             intake.ErrVerifierSigned,
		verifier(whole + `,"timestampHeader":"X-T","signed":"{body}"`):                           intake.ErrVerifierSigned,
		verifier(whole + `,"timestamp_header":"X-T"`):                                            intake.ErrVerifierMembers,
	} {
		s, err := intake.Parse([]byte(value))
		var all *intake.ParseError
		if !errors.As(err, &all) || !errors.Is(err, want) || !s.Empty() {
			t.Errorf("%.80s: %v, want %v", value, err, want)
		}
		if shown := fmt.Sprintf("%v %+v %#v", err, s, s); strings.Contains(shown, newToken) || strings.Contains(shown, signing) {
			t.Errorf("%.80s: shown in %s", value, shown)
		}
	}
	_, err := intake.Parse([]byte(`{"acme":{},"hoox":{"tokens":["short"]},"posternity":{"verifier":{"header":"X-S"}}}`))
	if all := (*intake.ParseError)(nil); !errors.As(err, &all) || len(all.Problems) != 4 {
		t.Errorf("not all problems at once: %v", err)
	}
	s, err := intake.Parse([]byte(vault))
	if err != nil || s.Empty() {
		t.Errorf("%v", err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(shown, newToken) || strings.Contains(shown, signing) {
		t.Error("the senders show their tokens")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(vault))
	f.Add([]byte(`{"hoox":{"tokens":["x"],"verifier":{"signed":"{timestamp}{body}","timestampHeader":"x"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := intake.Parse(data)
		if err != nil && !s.Empty() {
			t.Error("senders beside an error")
		}
	})
}

// hint returns the first digits of newToken's hash.
var hint = func() string {
	sum := sha256.Sum256([]byte(newToken))
	return hex.EncodeToString(sum[:4])
}()

// signature returns the body's signature for the verifiers of these tests.
func signature(body []byte) string { return hex.EncodeToString(mac(sha256.New, signing, string(body))) }

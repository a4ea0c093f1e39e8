package signature_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"masterhand/shared/request/signature"
)

func TestNewKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		scheme signature.Scheme
		secret string
		err    error
	}{
		{signature.Outpost, "whsec_0123456789", nil},
		{signature.OutpostTimestamped, "no prefix, though", signature.ErrSecretSpaced},
		{signature.Outpost, "no-prefix-is-fine", nil},
		{signature.Outpost, "whsec_012345678", signature.ErrSecretShort},
		{signature.Outpost, "", signature.ErrSecretShort},
		{signature.Outpost, secret + "\n", signature.ErrSecretSpaced},
		{signature.Standard, secret, nil},
		{signature.Standard, strings.TrimPrefix(secret, "whsec_"), nil},
		{signature.Standard, "whsec_not+base64!!", signature.ErrSecretBase64},
		{signature.Standard, strings.TrimRight(secret, "="), signature.ErrSecretBase64},
	}
	for _, test := range tests {
		if _, err := signature.NewKey(test.scheme, test.secret); !errors.Is(err, test.err) {
			t.Errorf("%s %q: %v, want %v", test.scheme, test.secret, err, test.err)
		}
	}
}

func TestStandardDecodesItsSecret(t *testing.T) {
	t.Parallel()
	with := signature.Sign(signature.Standard, []signature.Key{key(t, signature.Standard, secret)}, "evt_1", now, body)
	without := signature.Sign(signature.Standard, []signature.Key{key(t, signature.Outpost, secret)}, "evt_1", now, body)
	if with["webhook-signature"] == without["webhook-signature"] {
		t.Error("the standard scheme's key is the secret as it stands")
	}
}

func TestKeyHidesItself(t *testing.T) {
	t.Parallel()
	k := key(t, signature.Standard, secret)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("key", "key", k, "keys", []signature.Key{k})
	encoded, err := json.Marshal(struct{ Key signature.Key }{k})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %x %q %d", k, k, k, k, k, k, k) + fmt.Sprint([]signature.Key{k}, &k) + log.String() + string(encoded)
	// fmt calls no methods of an unexported field; the secret must not show there either
	unexported := struct{ key signature.Key }{k}
	shown += fmt.Sprintf("%v %+v %#v %v", unexported, unexported, unexported, &unexported)
	for _, part := range []string{secret, secret[6:14], string(raw[:8]), hex.EncodeToString(raw[:4]), fmt.Sprint(raw[:4])[1:12]} {
		if strings.Contains(shown, part) {
			t.Errorf("%q shows in %s", part, shown)
		}
	}
	if !strings.Contains(shown, "[redacted key]") || k.Hint() != secret[len(secret)-4:] {
		t.Errorf("hint %q in %s", k.Hint(), shown)
	}
}

// TestTheZeroKeySignsAndMatchesNothing checks that the zero Key is no usable key. If it signed like
// an empty secret, anybody could forge its signatures.
func TestTheZeroKeySignsAndMatchesNothing(t *testing.T) {
	t.Parallel()
	empty := hmac.New(sha256.New, nil)
	empty.Write(body)
	for _, digest := range []string{"v0=" + hex.EncodeToString(empty.Sum(nil)), signature.Sign(signature.Outpost, make([]signature.Key, 1), "", now, body)["x-outpost-signature"]} {
		signed := headers(map[string]string{"x-outpost-signature": digest})
		if which, err := signature.Verify(signature.Outpost, signed, body, make([]signature.Key, 1), now); err == nil {
			t.Errorf("%s: key %d matches", digest, which)
		}
	}
	if hint := (signature.Key{}).Hint(); hint != "" {
		t.Errorf("hint %q", hint)
	}
}

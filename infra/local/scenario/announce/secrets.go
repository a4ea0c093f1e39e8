package announce

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

// Secrets is the content of the senders' secret in Secrets Manager: the credentials of each sender,
// by the sender's name.
type Secrets map[string]Secret

// Secret holds the credentials of one sender. The function intake checks them in each announcement.
type Secret struct {
	Tokens   []string  `json:"tokens"`
	Verifier *Verifier `json:"verifier,omitempty"`
}

// Verifier describes the signature of a sender. The value of the header is the prefix, followed by
// the HMAC-SHA256 of the body in hexadecimal.
type Verifier struct {
	Header  string   `json:"header"`
	Prefix  string   `json:"prefix"`
	Secrets []string `json:"secrets"`
}

// NewSecrets makes a new token for each sender, and a signing key for Posternity, the only sender
// that signs.
func NewSecrets() Secrets {
	secrets := Secrets{}
	for _, name := range senders.Names() {
		secrets[name] = Secret{Tokens: []string{rand.Text()}}
	}
	secrets[senders.Posternity] = Secret{
		Tokens:   []string{rand.Text()},
		Verifier: &Verifier{Header: "X-Signature", Prefix: "sha256=", Secrets: []string{rand.Text()}},
	}
	return secrets
}

// Encode returns the secrets as the content of the senders' file.
func (s Secrets) Encode() ([]byte, error) {
	content, err := json.MarshalIndent(s, "", "  ")
	return append(content, '\n'), err
}

// LoadSecrets reads a senders' file. It rejects every content that intake rejects.
func LoadSecrets(path string) (Secrets, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := intake.Parse(content); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var stored map[string]struct {
		Tokens   []intake.TokenEntry `json:"tokens"`
		Verifier *Verifier           `json:"verifier"`
	}
	if err := json.Unmarshal(content, &stored); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	secrets := Secrets{}
	for name, of := range stored {
		known := Secret{Verifier: of.Verifier}
		for _, entry := range of.Tokens {
			known.Tokens = append(known.Tokens, entry.Token)
		}
		secrets[name] = known
	}
	return secrets, nil
}

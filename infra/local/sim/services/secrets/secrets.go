// Package secrets answers Secrets Manager's GetSecretValue with the content of a file.
//
// The job: functions on one machine read their secret by the same call as in AWS,
// while a person edits it with a text editor.
//
// Invariants: the file is read at each call, so that a change of it holds at once; its
// content goes into the answer and nowhere else; whatever is asked besides
// GetSecretValue of these secrets is refused as Secrets Manager refuses it.
//
//	server := http.Server{Handler: secrets.Handlers{{Name: "masterhand/destinations", File: "destinations.json"}}}
package secrets

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Handlers serve several secrets at one address. They check that calls are signed, not
// by whom.
type Handlers []Handler

// Handler serves one secret as [Handlers] do.
type Handler struct {
	// Name is the secret's name, by which it is asked for; its ARN does as well.
	Name string
	// File holds the value. While it is missing the secret is missing too.
	File string
	// Read reads the file where not all that it may hold is to be served. Nil: all is.
	Read func() ([]byte, error)
	// Region and Account make the ARN.
	Region, Account string
}

// maxCall is the largest request that is read, in bytes: an id has 2,048 characters at
// most.
const maxCall = 64 << 10

// call is what is asked of GetSecretValue.
type call struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`    // "": whichever is current
	VersionStage string `json:"VersionStage"` // "": AWSCURRENT
}

// secretValue is GetSecretValue's answer: the value as text where it is text.
type secretValue struct {
	ARN           string
	Name          string
	VersionID     string  `json:"VersionId"`
	CreatedDate   float64 // Unix seconds
	SecretString  *string `json:",omitempty"`
	SecretBinary  []byte  `json:",omitempty"`
	VersionStages []string
}

// current is the stage of the only version there is.
const current = "AWSCURRENT"

// ServeHTTP implements [http.Handler].
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { Handlers{h}.ServeHTTP(w, r) }

// ServeHTTP implements [http.Handler] for Secrets Manager's protocol: JSON 1.1 by POST,
// the operation in a header.
func (all Handlers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked call
	switch {
	case r.Method != http.MethodPost || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue":
		refuse(w, http.StatusBadRequest, "UnknownOperationException", "Only GetSecretValue is served here.")
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "):
		refuse(w, http.StatusBadRequest, "MissingAuthenticationTokenException", "Missing Authentication Token")
	case json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCall)).Decode(&asked) != nil:
		refuse(w, http.StatusBadRequest, "SerializationException", "The request is no JSON object.")
	case asked.SecretID == "":
		refuse(w, http.StatusBadRequest, "InvalidParameterException", "SecretId is missing.")
	default:
		all.answer(w, asked)
	}
}

func (all Handlers) answer(w http.ResponseWriter, asked call) {
	for _, h := range all {
		if asked.SecretID == h.Name || asked.SecretID == h.ARN() {
			h.answer(w, asked)
			return
		}
	}
	refuse(w, http.StatusBadRequest, notFound, "Secrets Manager can't find the specified secret.")
}

func (h Handler) answer(w http.ResponseWriter, asked call) {
	found, err := h.read()
	switch {
	case errors.Is(err, os.ErrNotExist):
		refuse(w, http.StatusBadRequest, notFound, "Secrets Manager can't find the specified secret.")
	case err != nil:
		refuse(w, http.StatusInternalServerError, "InternalServiceError", "The secret's file cannot be read.")
	case asked.VersionID != "" && asked.VersionID != found.VersionID,
		asked.VersionStage != "" && asked.VersionStage != current:
		refuse(w, http.StatusBadRequest, notFound, "Secrets Manager can't find the specified secret value.")
	default:
		write(w, http.StatusOK, found)
	}
}

const notFound = "ResourceNotFoundException"

// ARN returns the secret's ARN, which ends in six characters as in AWS.
func (h Handler) ARN() string {
	return fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-local0", h.Region, h.Account, h.Name)
}

// read makes an answer of the file; another content is another version.
func (h Handler) read() (secretValue, error) {
	read := h.Read
	if read == nil {
		read = func() ([]byte, error) { return os.ReadFile(h.File) }
	}
	content, err := read()
	if err != nil {
		return secretValue{}, err
	}
	changed := time.Now()
	if info, err := os.Stat(h.File); err == nil {
		changed = info.ModTime()
	}
	sum := sha256.Sum256(content)
	v := secretValue{
		ARN: h.ARN(), Name: h.Name, VersionStages: []string{current},
		VersionID:   fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]),
		CreatedDate: float64(changed.UnixMilli()) / float64(time.Second/time.Millisecond),
	}
	if utf8.Valid(content) {
		v.SecretString = new(string(content))
	} else {
		v.SecretBinary = content
	}
	return v, nil
}

// refuse answers as the service does: the SDKs take the error's type from the body.
func refuse(w http.ResponseWriter, status int, code, message string) {
	write(w, status, map[string]string{"__type": code, "Message": message})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone: nobody to tell
}

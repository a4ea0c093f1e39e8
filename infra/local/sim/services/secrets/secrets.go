// Package secrets answers Secrets Manager's GetSecretValue with the content of a file. Local
// functions thus read their secret by the same call as in AWS, and a person can change the secret
// with a text editor.
//
// Invariants: each call reads the file, so that a change takes effect at once; the file's content
// appears only in the answer; and every call other than GetSecretValue of these secrets is
// rejected with Secrets Manager's own error.
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

// Handlers serve several secrets at one address. They check that a call is signed, but do not
// verify the signature.
type Handlers []Handler

// Handler serves one secret. Like [Handlers], it checks that a call is signed, but does not verify
// the signature.
type Handler struct {
	// Name is the secret's name. Callers ask for the secret by this name or by its ARN.
	Name string
	// File is the path of the file that holds the secret's value. If the file is missing, the
	// secret does not exist.
	File string
	// Read returns the value of the secret. If Read is nil, the value is the present content of
	// File. [LastUsable] makes a Read that returns the last usable content.
	Read func() ([]byte, error)
	// Region and Account are parts of the ARN.
	Region, Account string
}

// maxCall is the maximum size of a request in bytes: an id has at most 2,048 characters.
const maxCall = 64 << 10

// call is a request for GetSecretValue.
type call struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`    // id of the wanted version; "" means the current version
	VersionStage string `json:"VersionStage"` // wanted stage of the version; "" means AWSCURRENT
}

// secretValue is the answer to GetSecretValue. The value is SecretString if it is valid text,
// otherwise SecretBinary.
type secretValue struct {
	ARN           string
	Name          string
	VersionID     string  `json:"VersionId"`
	CreatedDate   float64 // time of the last change of the file, in Unix seconds
	SecretString  *string `json:",omitempty"`
	SecretBinary  []byte  `json:",omitempty"`
	VersionStages []string
}

// current is the stage of the only version of a secret.
const current = "AWSCURRENT"

// ServeHTTP implements [http.Handler].
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { Handlers{h}.ServeHTTP(w, r) }

// ServeHTTP implements [http.Handler] for Secrets Manager's protocol: JSON 1.1 by POST, with the
// operation in a header.
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

// ARN returns the secret's ARN. As in AWS, it ends in six additional characters.
func (h Handler) ARN() string {
	return fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-local0", h.Region, h.Account, h.Name)
}

// read returns the answer with the current content of the file. Each content has its own version
// id.
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

// refuse answers with an error of Secrets Manager. The SDKs read the type of the error from the
// body.
func refuse(w http.ResponseWriter, status int, code, message string) {
	write(w, status, map[string]string{"__type": code, "Message": message})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the error is ignored, because the client has gone
}

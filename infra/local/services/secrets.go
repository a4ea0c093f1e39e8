package services

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"time"
)

// secretServer serves one file as a secret of Secrets Manager. The file is read at each
// call, so that a change of it holds at once.
type secretServer struct {
	file   string
	server *http.Server
}

func (s *Services) startSecrets(c Config) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.secrets = &secretServer{file: c.Destinations}
	s.secrets.server = &http.Server{Handler: s.secrets, ReadHeaderTimeout: 10 * time.Second}
	s.SecretsManager = "http://" + listener.Addr().String()
	go func() { _ = s.secrets.server.Serve(listener) }()
	return nil
}

func (s *secretServer) close() error { return s.server.Close() }

// maxCall is the largest request read, in bytes.
const maxCall = 64 << 10

// ServeHTTP answers GetSecretValue as Secrets Manager's JSON 1.1 protocol does.
func (s *secretServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
		refuse(w, "UnknownOperationException", "only GetSecretValue is served here")
		return
	}
	var in struct{ SecretId string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCall)).Decode(&in); err != nil {
		refuse(w, "SerializationException", "no JSON")
		return
	}
	value, err := os.ReadFile(s.file)
	switch {
	case in.SecretId != Secret, errors.Is(err, os.ErrNotExist):
		refuse(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		return
	case err != nil:
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"ARN":  "arn:aws:secretsmanager:" + Region + ":" + Account + ":secret:" + Secret + "-local0",
		"Name": Secret, "VersionId": "00000000-0000-0000-0000-000000000000",
		"SecretString": string(value), "VersionStages": []string{"AWSCURRENT"}, "CreatedDate": float64(time.Now().Unix()),
	})
}

func refuse(w http.ResponseWriter, code, message string) {
	answer(w, http.StatusBadRequest, map[string]any{"__type": code, "Message": message})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

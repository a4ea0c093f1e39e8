package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/sim/lambda"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/services/secrets"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/intake/s3records"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry/telemetrytest"
)

const (
	token   = "tok3n-0123456789abcdefghij"
	signing = "s1gning-0123456789abcdef"
	tokens  = `{"hoox":{"tokens":["` + token + `"]},"streampixel":{"tokens":["` + token + `"]},"adreform":{"tokens":["` + token + `"]},
		"posternity":{"tokens":["` + token + `"],"verifier":{"header":"X-Signature","prefix":"sha256=","secrets":["` + signing + `"]}}}`
	secretName = "masterhand/senders"
)

// shared starts the services that all tests use. Each test has its own bucket and queue there.
var shared servicestest.Shared

// fixture is the function intake as it is deployed, together with its bucket, its queue and its
// secret.
type fixture struct {
	url        string
	records    s3records.Records
	queue      string
	sqs        *sqs.Client
	secretFile string
	printed    *telemetrytest.Output
}

// newFixture starts the function intake. The parameter changes holds environment variables that
// replace the usual ones. If the npm packages of the local services are not installed, newFixture
// skips the test; in CI the test fails instead.
func newFixture(t *testing.T, changes map[string]string) *fixture {
	t.Helper()
	running := shared.Open(t)
	s := &fixture{sqs: running.Clients().SQS(), secretFile: filepath.Join(t.TempDir(), "senders.json"), printed: &telemetrytest.Output{}}
	name := "intake-" + strings.ToLower(rand.Text())
	s.records = s3records.Records{Client: running.Clients().S3(), Bucket: name}
	_, err := s.records.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	made, errQueue := s.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err := errors.Join(err, errQueue, os.WriteFile(s.secretFile, []byte(tokens), 0o600)); err != nil {
		t.Fatal(err)
	}
	s.queue = *made.QueueUrl
	manager := httptest.NewServer(secrets.Handler{Name: secretName, File: s.secretFile, Region: services.Region, Account: services.Account})
	t.Cleanup(manager.Close)
	environment := running.Environment()
	maps.Copy(environment, map[string]string{
		names.IntakeBucket: name, names.CollectQueue: s.queue, names.IntakeSecret: secretName,
		names.EndpointSecretsManager: manager.URL, names.IntakeSecretRecheck: "0s",
	})
	maps.Copy(environment, changes)
	s.start(t, running.Programs.Intake, environment)
	return s
}

func (s *fixture) start(t *testing.T, bootstrap string, environment map[string]string) {
	t.Helper()
	f, err := lambda.New(lambda.Config{
		Name: "intake", Bootstrap: bootstrap, Environment: environment, Region: services.Region,
		MemoryMB: 512, Timeout: 10 * time.Second, Concurrency: 100, Output: s.printed,
	})
	if err != nil {
		t.Fatal(err)
	}
	url, err := lambda.OpenURL(lambda.URLConfig{Name: "intake", Function: f})
	if err != nil {
		t.Fatal(err)
	}
	s.url = strings.TrimSuffix(url.Address(), "/")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(url.Close(ctx), f.Close(ctx)); err != nil {
			t.Error(err)
		}
		for _, credential := range []string{token, signing, hex.EncodeToString([]byte(token)), "s3cr3t"} {
			if strings.Contains(s.printed.String(), credential) {
				t.Error("a credential was printed")
			}
		}
		if t.Failed() {
			t.Logf("printed:\n%s", s.printed)
		}
	})
}

// post sends a webhook and returns the status and the body of the answer.
func (s *fixture) post(t *testing.T, path string, header map[string]string, body []byte) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	said, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(said)
}

// message receives one message from the queue and deletes it.
func (s *fixture) message(t *testing.T) intake.Message {
	t.Helper()
	out, err := s.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.queue, WaitTimeSeconds: 5})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("%d messages, %v", len(out.Messages), err)
	}
	_, err = s.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &s.queue, ReceiptHandle: out.Messages[0].ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
	m, err := intake.DecodeMessage([]byte(*out.Messages[0].Body))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// kept receives all messages of the queue. It returns the number of a sender's events that are stored in
// the bucket or inside a message. An event is inside a message if the bucket was slower than intake's
// time limit.
func (s *fixture) kept(t *testing.T, sender string) int {
	t.Helper()
	keys := map[string]bool{}
	for _, key := range s.listed(t, sender, "") {
		keys[key] = true
	}
	for {
		out, err := s.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.queue, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return len(keys)
		}
		for _, taken := range out.Messages {
			m, err := intake.DecodeMessage([]byte(*taken.Body))
			if err != nil {
				t.Fatal(err)
			}
			if m.Record != nil {
				keys[m.Record.Key()] = true
			}
		}
	}
}

// listed returns the keys of the records that today's webhooks of a sender caused. The argument
// after is a key: listed leaves out this key and all keys before it.
func (s *fixture) listed(t *testing.T, sender, after string) (keys []string) {
	t.Helper()
	for key, err := range s.records.List(t.Context(), intake.DayPrefix(sender, time.Now()), after) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

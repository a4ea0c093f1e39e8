package secretsource_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"masterhand/shared/kit/secret/secretsource"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

const (
	id     = "masterhand/destinations"
	secret = "whsec_s3cr3t-s3cr3t"
	value  = `[{"name":"acme","secrets":["` + secret + `"]}]`
)

// manager returns a Source that calls a fake Secrets Manager in the real wire format: JSON 1.1 by
// POST, with the operation in a header.
func manager(t *testing.T, status int, answer string) secretsource.Source {
	t.Helper()
	return versions(t, status, map[string]string{"": answer})
}

// versions returns a Source of a fake service with one answer for each version stage. The stage
// "" means a call without a stage.
func versions(t *testing.T, status int, answers map[string]string) secretsource.Source {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var asked map[string]string
		if err := json.Unmarshal(body, &asked); err != nil || asked["SecretId"] != id {
			t.Errorf("asked for %s", body)
		}
		stage, staged := asked["VersionStage"]
		answer, known := answers[stage]
		if !known || staged != (len(asked) == 2) {
			t.Errorf("asked for %s", body)
		}
		if r.Method != http.MethodPost || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || r.Header.Get("Authorization") == "" {
			t.Errorf("asked by %s with %v", r.Method, r.Header)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	client := secretsmanager.New(secretsmanager.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "example"}, nil
		}),
	})
	return secretsource.Source{Client: client, SecretID: id}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal([]byte(value))
	if err != nil {
		t.Fatal(err)
	}
	head := `{"ARN":"arn:aws:secretsmanager:eu-central-1:123456789012:secret:masterhand/destinations-AbCdEf","CreatedDate":1.7e9,"Name":"` + id + `","VersionStages":["AWSCURRENT"],`
	for name, answer := range map[string]string{
		"text":       head + `"SecretString":` + quoted(t) + `}`,
		"bytes":      head + `"SecretBinary":` + string(encoded) + `}`,
		"empty text": head + `"SecretString":""}`,
	} {
		want := value
		if name == "empty text" {
			want = ""
		}
		got, err := manager(t, http.StatusOK, answer).Load(t.Context())
		if err != nil || string(got) != want {
			t.Errorf("%s: Load = %q, %v", name, got, err)
		}
	}
}

// LoadPrevious must return the secret's previous version. So a function that starts while the
// current version does not parse accepts the same signatures as before.
func TestLoadPreviousReturnsThePreviousVersion(t *testing.T) {
	t.Parallel()
	source := versions(t, 200, map[string]string{
		"": `{"SecretString":"[{\"name\""}`, "AWSPREVIOUS": `{"SecretString":` + quoted(t) + `}`,
	})
	if got, err := source.LoadPrevious(t.Context()); err != nil || string(got) != value {
		t.Errorf("LoadPrevious = %q, %v", got, err)
	}
	wantAcme(t, source)
	absent := versions(t, 400, map[string]string{"AWSPREVIOUS": `{"__type":"ResourceNotFoundException","Message":"no such"}`})
	if got, err := absent.LoadPrevious(t.Context()); got != nil || !strings.Contains(err.Error(), "ResourceNotFound") {
		t.Errorf("LoadPrevious of a secret written once = %q, %v", got, err)
	}
}

func TestLoadFails(t *testing.T) {
	t.Parallel()
	var absent *types.ResourceNotFoundException
	for name, test := range map[string]struct {
		status int
		answer string
		is     func(error) bool
	}{
		"no value":  {200, `{"Name":"` + id + `"}`, func(err error) bool { return errors.Is(err, secretsource.ErrEmpty) }},
		"no secret": {400, `{"__type":"ResourceNotFoundException","Message":"no such"}`, func(err error) bool { return errors.As(err, &absent) }},
		"no access": {400, `{"__type":"AccessDeniedException","Message":"not you"}`, func(err error) bool { return strings.Contains(err.Error(), "AccessDenied") }},
		"cut short": {200, `{"SecretString":"` + secret, func(error) bool { return true }},
		"no JSON":   {200, secret, func(error) bool { return true }},
		"odd type":  {200, `{"SecretString":["` + secret + `"]}`, func(error) bool { return true }},
	} {
		got, err := manager(t, test.status, test.answer).Load(t.Context())
		if got != nil || err == nil || !test.is(err) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: Load = %q, %v", name, got, err)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := manager(t, 200, "").Load(over); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that is over: %v", err)
	}
}

func TestKeyringOverTheWire(t *testing.T) {
	t.Parallel()
	wantAcme(t, manager(t, 200, `{"SecretString":`+quoted(t)+`}`))
}

// quoted returns the secret's value as a JSON string.
func quoted(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wantAcme fails the test unless a keyring from the source accepts signatures made with the
// secret in value.
func wantAcme(t *testing.T, source secretsource.Source) {
	t.Helper()
	keys := destination.NewKeyring(source, destination.Config{MaxAge: time.Minute, Now: time.Now})
	key, err := signature.NewKey(signature.Outpost, secret)
	if err != nil {
		t.Fatal(err)
	}
	headers := signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Now(), []byte("{}"))
	match, err := keys.Verify(t.Context(), func(name string) string { return headers[name] }, []byte("{}"))
	if err != nil || match.Destination.Name != "acme" {
		t.Errorf("Verify = %+v, %v", match, err)
	}
}

package secrets_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"masterhand/infra/local/sim/services/secrets"
)

const name = "masterhand/destinations"

// serve starts a server with a handler on a file with this content. If no content is given, the
// file is missing.
func serve(t *testing.T, content ...string) (secrets.Handler, *secretsmanager.Client) {
	t.Helper()
	h := secrets.Handler{Name: name, File: filepath.Join(t.TempDir(), "secret"), Region: "us-east-1", Account: "000000000000"}
	for _, text := range content {
		write(t, h, text)
	}
	return h, clientOf(t, h)
}

func clientOf(t *testing.T, h http.Handler) *secretsmanager.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return secretsmanager.New(secretsmanager.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

func write(t *testing.T, h secrets.Handler, content string) {
	t.Helper()
	if err := os.WriteFile(h.File, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, client *secretsmanager.Client, in secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	t.Helper()
	return client.GetSecretValue(t.Context(), &in)
}

func TestChangesTakeEffectAtOnce(t *testing.T) {
	t.Parallel()
	h, client := serve(t, "[]")
	before, err := get(t, client, secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	if *before.SecretString != "[]" || *before.Name != name || *before.ARN != h.ARN() ||
		before.CreatedDate.IsZero() || len(*before.VersionId) != 36 || before.VersionStages[0] != "AWSCURRENT" {
		t.Errorf("answer %+v", before)
	}
	write(t, h, `[{"name":"ü"}]`)
	after, err := get(t, client, secretsmanager.GetSecretValueInput{SecretId: aws.String(h.ARN())})
	if err != nil {
		t.Fatal(err)
	}
	if *after.SecretString != `[{"name":"ü"}]` || *after.VersionId == *before.VersionId {
		t.Errorf("after a change: %q, version %s", *after.SecretString, *after.VersionId)
	}
	for _, in := range []secretsmanager.GetSecretValueInput{{VersionId: after.VersionId}, {VersionStage: aws.String("AWSCURRENT")}} {
		in.SecretId = aws.String(name)
		if _, err := get(t, client, in); err != nil {
			t.Errorf("asked for the current version: %v", err)
		}
	}
}

func TestBinary(t *testing.T) {
	t.Parallel()
	_, client := serve(t, "\xff\x00")
	out, err := get(t, client, secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	if err != nil || out.SecretString != nil || string(out.SecretBinary) != "\xff\x00" {
		t.Errorf("answer %+v, %v", out, err)
	}
}

func TestSeveralAtOneAddress(t *testing.T) {
	t.Parallel()
	var all secrets.Handlers
	for _, name := range []string{"first", "second"} {
		h := secrets.Handler{Name: name, File: filepath.Join(t.TempDir(), "secret"), Region: "us-east-1", Account: "000000000000"}
		write(t, h, "of "+name)
		all = append(all, h)
	}
	client := clientOf(t, all)
	for _, h := range all {
		for _, id := range []string{h.Name, h.ARN()} {
			if out, err := get(t, client, secretsmanager.GetSecretValueInput{SecretId: &id}); err != nil || *out.SecretString != "of "+h.Name {
				t.Errorf("%s: %+v, %v", id, out, err)
			}
		}
	}
	_, err := get(t, client, secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("a third one: %v", err)
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content []string
		in      secretsmanager.GetSecretValueInput
	}{
		"another secret":   {[]string{"[]"}, secretsmanager.GetSecretValueInput{SecretId: aws.String("other")}},
		"no file":          {nil, secretsmanager.GetSecretValueInput{SecretId: aws.String(name)}},
		"another version":  {[]string{"[]"}, secretsmanager.GetSecretValueInput{SecretId: aws.String(name), VersionId: aws.String(strings.Repeat("0", 36))}},
		"previous version": {[]string{"[]"}, secretsmanager.GetSecretValueInput{SecretId: aws.String(name), VersionStage: aws.String("AWSPREVIOUS")}},
	}
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			_, client := serve(t, test.content...)
			_, err := get(t, client, test.in)
			if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
				t.Errorf("GetSecretValue: %v", err)
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	h, client := serve(t)
	if err := os.Mkdir(h.File, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := get(t, client, secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	if _, ok := errors.AsType[*types.InternalServiceError](err); !ok || strings.Contains(err.Error(), h.File) {
		t.Errorf("GetSecretValue: %v", err)
	}
}

func TestOtherOperations(t *testing.T) {
	t.Parallel()
	_, client := serve(t, "[]")
	_, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(name), SecretString: aws.String("x")})
	if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "UnknownOperationException" {
		t.Errorf("PutSecretValue: %v", err)
	}
}

func TestRefusedCalls(t *testing.T) {
	t.Parallel()
	const target, signed = "secretsmanager.GetSecretValue", "AWS4-HMAC-SHA256 Credential=…"
	tests := map[string]struct{ target, authorization, body, want string }{
		"unsigned":     {target, "", `{"SecretId":"` + name + `"}`, "MissingAuthenticationTokenException"},
		"no JSON":      {target, signed, `SecretId=x`, "SerializationException"},
		"odd type":     {target, signed, `{"SecretId":7}`, "SerializationException"},
		"no id":        {target, signed, `{}`, "InvalidParameterException"},
		"no operation": {"", signed, `{}`, "UnknownOperationException"},
		"too long":     {target, signed, `{"SecretId":"` + strings.Repeat("x", 1<<20) + `"}`, "SerializationException"},
	}
	h, _ := serve(t, "s3cr3t")
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
			r.Header.Set("X-Amz-Target", test.target)
			r.Header.Set("Authorization", test.authorization)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"__type":"`+test.want+`"`) || strings.Contains(w.Body.String(), "s3cr3t") {
				t.Errorf("answer %d %s, want %s", w.Code, w.Body, test.want)
			}
		})
	}
}

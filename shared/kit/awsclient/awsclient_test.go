package awsclient_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/dynamoclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/secretsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/variables"
)

// server answers every request with an empty success and records the request.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []*http.Request
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r)
		if r.Header.Get("X-Amz-Target") != "" {
			_, _ = io.WriteString(w, "{}")
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// last returns the last request that the server received.
func (s *server) last(t *testing.T) *http.Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 {
		t.Fatal("nothing was asked")
	}
	return s.asked[len(s.asked)-1]
}

// environment is a process's environment, which may change.
type environment map[string]string

func (e environment) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

func role() environment {
	return environment{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "the-secret", "AWS_SESSION_TOKEN": "the-token"}
}

// calls returns one function for each service, by the service's name. The function makes a call
// with that service's client.
func calls(t *testing.T, f awsclient.Factory) map[string]func() error {
	ctx := t.Context()
	return map[string]func() error{
		"s3": func() error {
			_, err := s3client.New(f).HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("masters"), Key: aws.String("a b/ä+.mp4")})
			return err
		},
		"dynamodb": func() error {
			_, err := dynamoclient.New(f).ListTables(ctx, &dynamodb.ListTablesInput{})
			return err
		},
		"sqs": func() error {
			_, err := sqsclient.New(f).ListQueues(ctx, &sqs.ListQueuesInput{})
			return err
		},
		"secretsmanager": func() error {
			_, err := secretsclient.New(f).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("x")})
			return err
		},
	}
}

// Each client must call its own endpoint. It must sign for the region, with the credentials that
// the environment contains at that moment.
func TestEachClientCallsItsOwnEndpoint(t *testing.T) {
	t.Parallel()
	servers := map[string]*server{"s3": newServer(t), "dynamodb": newServer(t), "sqs": newServer(t), "secretsmanager": newServer(t)}
	env := role()
	f := awsclient.New("eu-central-1", variables.Endpoints{
		S3: servers["s3"].URL, DynamoDB: servers["dynamodb"].URL, SQS: servers["sqs"].URL, SecretsManager: servers["secretsmanager"].URL,
	}, env.lookup)
	for service, call := range calls(t, f) {
		if err := call(); err != nil {
			t.Errorf("%s: %v", service, err)
			continue
		}
		r := servers[service].last(t)
		if scope := "Credential=AKIDEXAMPLE/"; !strings.Contains(r.Header.Get("Authorization"), scope) ||
			!strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/"+service+"/aws4_request") {
			t.Errorf("%s: signed as %s", service, r.Header.Get("Authorization"))
		}
		if r.Header.Get("X-Amz-Security-Token") != "the-token" {
			t.Errorf("%s: without the session's token", service)
		}
	}
	if path := servers["s3"].last(t).URL.EscapedPath(); path != "/masters/a%20b/%C3%A4%2B.mp4" {
		t.Errorf("S3 was asked for %s", path)
	}

	env["AWS_ACCESS_KEY_ID"] = "AKIDROTATED"
	delete(env, "AWS_SESSION_TOKEN")
	for service, call := range calls(t, f) {
		if err := call(); err != nil {
			t.Errorf("%s: %v", service, err)
		}
		r := servers[service].last(t)
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=AKIDROTATED/") || r.Header.Get("X-Amz-Security-Token") != "" {
			t.Errorf("%s: signed by an earlier role", service)
		}
	}
}

// Without credentials, a client must send nothing. Its error must name the missing variables and
// must not show the values of other variables.
func TestWithoutCredentials(t *testing.T) {
	t.Parallel()
	for name, missing := range map[string][]string{
		"none": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}, "no key": {"AWS_ACCESS_KEY_ID"}, "no secret": {"AWS_SECRET_ACCESS_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, env := newServer(t), role()
			for _, key := range missing {
				delete(env, key)
			}
			f := awsclient.New("eu-central-1", variables.Endpoints{S3: s.URL, DynamoDB: s.URL, SQS: s.URL, SecretsManager: s.URL}, env.lookup)
			for service, call := range calls(t, f) {
				err := call()
				if err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") || strings.Contains(err.Error(), "the-secret") {
					t.Errorf("%s: %v", service, err)
				}
			}
			if len(s.asked) > 0 {
				t.Errorf("%d requests were sent", len(s.asked))
			}
		})
	}
}

// Without endpoints, the clients must call AWS itself, where the S3 bucket's name is part of the
// host.
func TestClientsCallAWSWithoutEndpoints(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	var hosts []string
	f := awsclient.New("eu-central-1", variables.Endpoints{}, role().lookup)
	stop := roundTrip(func(r *http.Request) (*http.Response, error) {
		hosts = append(hosts, r.URL.Scheme+"://"+r.URL.Host)
		return nil, stopped
	})
	_, err := s3client.New(f).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("masters"), Key: aws.String("k")},
		func(o *s3.Options) { o.HTTPClient, o.Retryer = stop, aws.NopRetryer{} })
	_, other := dynamoclient.New(f).ListTables(t.Context(), &dynamodb.ListTablesInput{},
		func(o *dynamodb.Options) { o.HTTPClient, o.Retryer = stop, aws.NopRetryer{} })
	if !errors.Is(err, stopped) || !errors.Is(other, stopped) || len(hosts) != 2 ||
		hosts[0] != "https://masters.s3.eu-central-1.amazonaws.com" || hosts[1] != "https://dynamodb.eu-central-1.amazonaws.com" {
		t.Errorf("asked %v: %v, %v", hosts, err, other)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

// Do implements [aws.HTTPClient].
func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }

// All clients of a factory must share their connections.
func TestClientsShareConnections(t *testing.T) {
	t.Parallel()
	f := awsclient.New("eu-central-1", variables.Endpoints{}, role().lookup)
	client := awsclient.Shared(s3client.New(f).Options().HTTPClient)
	for _, other := range []aws.HTTPClient{dynamoclient.New(f).Options().HTTPClient, sqsclient.New(f).Options().HTTPClient, secretsclient.New(f).Options().HTTPClient} {
		if awsclient.Shared(other) != client {
			t.Error("clients have HTTP clients of their own")
		}
	}
}

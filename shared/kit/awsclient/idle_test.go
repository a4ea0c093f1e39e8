package awsclient_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/kit/awsclient"
)

// reading is a body; each read of the body calls the function.
type reading func(p []byte) (int, error)

func (f reading) Read(p []byte) (int, error) { return f(p) }
func (f reading) Close() error               { return nil }

// silent returns a body that returns no byte until the exchange is cancelled.
func silent(r *http.Request) reading {
	return func([]byte) (int, error) {
		<-r.Context().Done()
		return 0, r.Context().Err()
	}
}

// slowly returns a body of n bytes. It waits 9 seconds before each byte.
func slowly(n int) reading {
	return func(p []byte) (int, error) {
		if n == 0 {
			return 0, io.EOF
		}
		<-time.After(9 * time.Second)
		n--
		return copy(p, " "), nil
	}
}

func answer(body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, Header: http.Header{}, Body: body}
}

func text(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }

// A request to a service that falls silent must be retried, wherever the exchange stopped.
func TestASilentServiceIsAskedAgain(t *testing.T) {
	t.Parallel()
	const tags = `<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>`
	for name, first := range map[string]roundTrip{
		"before an answer": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"in the middle of it": func(r *http.Request) (*http.Response, error) {
			return answer(io.NopCloser(io.MultiReader(strings.NewReader(tags[:20]), silent(r)))), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				client := s3.New(s3.Options{
					Region: "eu-central-1", Credentials: aws.AnonymousCredentials{},
					HTTPClient: awsclient.WithIdleTimeout(roundTrip(func(r *http.Request) (*http.Response, error) {
						if asked++; asked == 1 {
							return first(r)
						}
						return answer(text(tags)), nil
					})),
				})
				began := time.Now()
				out, err := client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: aws.String("b"), Key: aws.String("k")})
				if err != nil || len(out.TagSet) != 1 || asked != 2 {
					t.Errorf("%v, %v, asked %d times", out, err, asked)
				}
				if took := time.Since(began); took < 10*time.Second || took > 15*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// An exchange may take any time. It must not be cancelled while bytes arrive, nor while nobody
// reads the answer.
func TestASlowServiceIsNotCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := awsclient.WithIdleTimeout(roundTrip(func(r *http.Request) (*http.Response, error) {
			for piece := make([]byte, 1); ; {
				if _, err := r.Body.Read(piece); err != nil {
					break
				}
				<-time.After(9 * time.Second)
			}
			return answer(slowly(5)), r.Context().Err()
		}))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://h/", bytes.NewReader(make([]byte, 5)))
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		if got, err := io.ReadAll(response.Body); err != nil || len(got) != 5 {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Errors other than silence must be returned unchanged.
func TestOtherErrorsAreReturnedUnchanged(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped")
	client := awsclient.WithIdleTimeout(roundTrip(func(*http.Request) (*http.Response, error) { return nil, stopped }))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://h/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(request); !errors.Is(err, stopped) {
		t.Error(err)
	}
}

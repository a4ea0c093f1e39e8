package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/events"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/doors"
)

// service is a fake SQS or S3 that records the requests that it gets.
type service struct {
	mu   sync.Mutex
	got  []*http.Request
	body [][]byte
}

// ServeHTTP implements [http.Handler].
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got, s.body = append(s.got, r), append(s.body, body)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = io.WriteString(w, "{}")
}

func queueAt(url string) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), DisableMessageChecksumValidation: true,
	})
}

func bucketAt(url string) *s3.Client {
	return s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &url, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
}

// captured returns the event that a real gateway sent when the capture c was recorded.
func captured(c events.DoorCapture, metadata map[string]string) gateway.Event {
	event := gateway.Event{ID: metadata["event-id"], Topic: metadata["topic"], Body: c.Body, Verbatim: true, Metadata: metadata}
	return event
}

func TestAQueueGetsWhatARealGatewaySends(t *testing.T) {
	t.Parallel()
	captures, err := events.DoorCaptures()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		if c.Message == nil {
			continue
		}
		s := &service{}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		attribute := c.Message.Attributes[doors.MetadataAttribute]
		var metadata map[string]string
		if err := json.Unmarshal([]byte(attribute.Value), &metadata); err != nil {
			t.Fatal(err)
		}
		result := gateway.Queue{Client: queueAt(server.URL), URL: server.URL + "/q"}.Send(t.Context(), captured(c, metadata))
		if !result.Delivered || result.Attempts != 1 || len(s.body) != 1 {
			t.Fatalf("%s: %+v, %d calls", c.Name, result, len(s.body))
		}
		var sent struct {
			MessageBody       string
			MessageAttributes map[string]struct{ DataType, StringValue string }
		}
		if err := json.Unmarshal(s.body[0], &sent); err != nil {
			t.Fatal(err)
		}
		got := sent.MessageAttributes[doors.MetadataAttribute]
		if sent.MessageBody != c.Message.Body || len(sent.MessageAttributes) != 1 || got.StringValue != attribute.Value || got.DataType != attribute.Type {
			t.Errorf("%s: sent %+v", c.Name, sent)
		}
	}
}

// ofSDK lists the headers that depend on the version of the SDK or on the time of the call. The
// tests do not compare these headers.
var ofSDK = []string{"Host", "User-Agent", "Accept-Encoding", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "Content-Length", "X-Amz-Trailer", "X-Amz-Decoded-Content-Length"}

func TestABucketGetsWhatARealGatewayPuts(t *testing.T) {
	t.Parallel()
	captures, err := events.DoorCaptures()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		// This capture is skipped, because net/http reads its metadata header in another encoding.
		if c.Message != nil || c.Name == "s3_metadata_unicode" {
			continue
		}
		s := &service{}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		bucket := gateway.Bucket{Client: bucketAt(server.URL), Name: "doors", Key: func(gateway.Event, int, time.Time) string { return c.Key }}
		if result := bucket.Send(t.Context(), captured(c, c.ObjectMetadata())); !result.Delivered || len(s.got) != 1 {
			t.Fatalf("%s: %+v", c.Name, result)
		}
		if s.got[0].URL.Path != "/doors/"+c.Key || string(s.body[0]) != string(c.Body) {
			t.Errorf("%s: put %s, %q", c.Name, s.got[0].URL.Path, s.body[0])
		}
		for _, header := range c.PutHeaders {
			if !slices.Contains(ofSDK, header[0]) && s.got[0].Header.Get(header[0]) != header[1] {
				t.Errorf("%s: header %s is %q, want %q", c.Name, header[0], s.got[0].Header.Get(header[0]), header[1])
			}
		}
		for name := range s.got[0].Header {
			if !slices.Contains(ofSDK, name) && !slices.ContainsFunc(c.PutHeaders, func(h [2]string) bool { return strings.EqualFold(h[0], name) }) {
				t.Errorf("%s: header %s is sent, and a real gateway does not send it", c.Name, name)
			}
		}
	}
}

// If the answer is cut after the event was stored, the SDK must send the event again.
func TestACutAnswerMakesTheSDKSendCopies(t *testing.T) {
	t.Parallel()
	s, schedule := &service{}, &fault.Schedule{}
	server, err := fault.Listen(fault.Handler(schedule, func(*http.Request) string { return "" }, s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	event := gateway.Event{ID: "evt_1", Topic: "t", Body: []byte("{}")}
	for door, send := range map[string]func() gateway.Result{
		"queue": func() gateway.Result {
			return gateway.Queue{Client: queueAt(server.URL()), URL: server.URL() + "/q"}.Send(t.Context(), event)
		},
		"bucket": func() gateway.Result {
			return gateway.Bucket{Client: bucketAt(server.URL()), Name: "doors"}.Send(t.Context(), event)
		},
	} {
		s.got = nil
		schedule.Add(fault.Rule{Times: 2, Fault: fault.ResetAt(0).After(fault.Done)})
		if result := send(); !result.Delivered || result.Attempts != 1 || len(s.got) != 3 {
			t.Errorf("%s: %+v with %d copies, want 3 within one attempt", door, result, len(s.got))
		}
	}
}

// If an event is sent again, the new attempt must have a new timestamp. In a bucket it must also be
// stored under a new key.
func TestARepeatedAttemptHasANewTimestamp(t *testing.T) {
	t.Parallel()
	s, schedule := &service{}, &fault.Schedule{}
	server, err := fault.Listen(fault.Handler(schedule, func(*http.Request) string { return "" }, s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL()), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), RetryMaxAttempts: 1,
	})
	schedule.Add(fault.Rule{Times: 1, Fault: fault.ResetAt(0).After(fault.Done)})
	bucket := gateway.Bucket{Client: client, Name: "doors", Retries: 2, Scale: 1e-6}
	result := bucket.Send(t.Context(), gateway.Event{ID: "evt_1", Topic: "t", Body: []byte("{}")})
	if !result.Delivered || result.Attempts != 2 || len(s.got) != 2 {
		t.Fatalf("%+v with %d copies", result, len(s.got))
	}
	if first, second := s.got[0].URL.Path, s.got[1].URL.Path; first == second || !strings.HasSuffix(second, "_evt_1.json") {
		t.Errorf("keys %q and %q, want two of one event", first, second)
	}
	bad := gateway.Bucket{Client: client, Name: "doors"}.Send(t.Context(), gateway.Event{Body: []byte("{")})
	if bad.Err == nil || bad.Attempts != 0 {
		t.Errorf("no JSON: %+v", bad)
	}
}

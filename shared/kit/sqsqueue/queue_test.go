package sqsqueue_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/kit/sqsqueue"
)

// entry is a message in a call to SQS.
type entry struct {
	MessageBody  string
	DelaySeconds int
}

// service answers SQS calls and records them.
type service struct {
	*sqs.Client
	calls  []string
	sent   []entry
	answer func(operation string) (status int, body string)
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{answer: func(string) (int, string) { return http.StatusOK, "{}" }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		var in struct {
			entry
			Entries []entry
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		switch s.calls = append(s.calls, operation); operation {
		case "SendMessage":
			s.sent = append(s.sent, in.entry)
		case "SendMessageBatch":
			s.sent = append(s.sent, in.Entries...)
		}
		status, body := s.answer(operation)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	s.Client = sqs.New(sqs.Options{
		Region: "eu-central-1", BaseEndpoint: &server.URL, Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1,
		DisableMessageChecksumValidation: true,
	})
	return s
}

func (s *service) queue() sqsqueue.Queue {
	return sqsqueue.Queue{Client: s.Client, URL: "http://sqs.test/q"}
}

func TestABatchIsSplitByNumberAndBytes(t *testing.T) {
	t.Parallel()
	large := []byte(strings.Repeat("x", 100<<10))
	for name, test := range map[string]struct {
		bodies [][]byte
		calls  int
	}{
		"nothing":            {nil, 0},
		"ten":                {make([][]byte, 10), 1},
		"eleven":             {make([][]byte, 11), 2},
		"two that fit":       {[][]byte{large, large}, 1},
		"three that do not":  {[][]byte{large, large, large}, 2},
		"a small one behind": {[][]byte{large, large, []byte("x")}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			if err := s.queue().SendBatch(t.Context(), 3*time.Second, test.bodies...); err != nil {
				t.Fatal(err)
			}
			if len(s.calls) != test.calls || len(s.sent) != len(test.bodies) {
				t.Errorf("%d calls with %d messages, want %d with %d", len(s.calls), len(s.sent), test.calls, len(test.bodies))
			}
			for i, m := range s.sent {
				if m.MessageBody != string(test.bodies[i]) || m.DelaySeconds != 3 {
					t.Errorf("message %d: %d bytes, delay %d s", i, len(m.MessageBody), m.DelaySeconds)
				}
			}
		})
	}
}

func TestAFailedSendShowsOnlyTheErrorCode(t *testing.T) {
	t.Parallel()
	const failed = `{"Failed":[{"Id":"0","Code":"s3cr3t","SenderFault":true}]}`
	for name, test := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"refused":       {400, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"s3cr3t"}`, "QueueDoesNotExist"},
		"of a batch":    {200, failed, "1 of 1"},
		"no SQS at all": {502, `s3cr3t`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.answer = func(string) (int, string) { return test.status, test.body }
			err := s.queue().SendBatch(t.Context(), 0, []byte("s3cr3t"))
			if !errors.Is(err, sqsqueue.ErrSend) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("SendBatch: %v", err)
			}
			if test.status == http.StatusOK {
				return
			}
			err = s.queue().Send(t.Context(), []byte("s3cr3t"))
			if !errors.Is(err, sqsqueue.ErrSend) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("Send: %v", err)
			}
			if err := s.queue().Delay(t.Context(), "receipt", time.Minute); err == nil {
				t.Error("a refused delay is no error")
			}
		})
	}
}

func TestABacklogCountsVisibleInFlightAndDelayedMessages(t *testing.T) {
	t.Parallel()
	const three = `"ApproximateNumberOfMessages":"1","ApproximateNumberOfMessagesNotVisible":"2","ApproximateNumberOfMessagesDelayed":"4"`
	for name, test := range map[string]struct {
		status int
		body   string
		want   int
		fine   bool
	}{
		"counted":      {200, `{"Attributes":{` + three + `}}`, 14, true},
		"no numbers":   {200, `{"Attributes":{}}`, 0, false},
		"not answered": {403, `{"__type":"AccessDenied"}`, 0, false},
	} {
		s := newService(t)
		s.answer = func(string) (int, string) { return test.status, test.body }
		n, err := sqsqueue.Backlog{Client: s.Client, Queues: []string{"http://sqs.test/q", "http://sqs.test/dead"}}.Waiting(t.Context())
		if n != test.want || (err == nil) != test.fine {
			t.Errorf("%s: %d messages, %v", name, n, err)
		}
	}
}

package objectevents_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/sim/objectevents"
)

// queue is a fake queue. The test's function answer decides whether the queue accepts a message.
type queue struct {
	// answer is called for each attempt to send a message. An error rejects the message. If answer
	// is nil, the queue accepts every message.
	answer func(try int, key string) error

	mu    sync.Mutex
	tries int
	keys  []string
}

func (q *queue) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	var e struct {
		Detail struct{ Object struct{ Key string } }
	}
	if err := json.Unmarshal([]byte(*in.MessageBody), &e); err != nil {
		return nil, err
	}
	key := e.Detail.Object.Key
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tries++
	if q.answer != nil {
		if err := q.answer(q.tries, key); err != nil {
			return nil, err
		}
	}
	q.keys = append(q.keys, key)
	return &sqs.SendMessageOutput{}, ctx.Err()
}

func (q *queue) taken() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.keys)
}

// open opens a Receiver for the bucket masters. The Receiver is closed at the end of the test.
func open(t *testing.T, q objectevents.Queue) *objectevents.Receiver {
	t.Helper()
	r, err := objectevents.Open(objectevents.Config{Queues: map[string]string{"masters": "http://queue.test/index"}, Client: q, Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		r.Close(over)
	})
	return r
}

// post posts a body to the Receiver and returns the status of the answer.
func post(t *testing.T, r *objectevents.Receiver, body string) int {
	t.Helper()
	resp, err := http.Post(r.Address(), "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func put(bucket, key string) string {
	return noticeOf(fmt.Sprintf(`"operation":"PutObject","bucket":%q,"key":%q`, bucket, key))
}

func mustDrain(t *testing.T, r *objectevents.Receiver) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := r.Drained(ctx); err != nil {
		t.Fatal(err)
	}
}

// urls is a fake queue that records to which URL the message of each key was sent.
type urls struct {
	mu sync.Mutex
	of map[string]string
}

// SendMessage implements [objectevents.Queue].
func (u *urls) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	var e struct {
		Detail struct{ Object struct{ Key string } }
	}
	if err := json.Unmarshal([]byte(*in.MessageBody), &e); err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.of[e.Detail.Object.Key] = *in.QueueUrl
	return &sqs.SendMessageOutput{}, nil
}

func TestEachBucketHasItsQueue(t *testing.T) {
	t.Parallel()
	sent := &urls{of: map[string]string{}}
	queues := map[string]string{"masters": "http://queue.test/index", "doors": "http://queue.test/stored"}
	r, err := objectevents.Open(objectevents.Config{Queues: queues, Client: sent})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	for _, bucket := range []string{"doors", "masters", "others"} {
		if status := post(t, r, put(bucket, "of "+bucket)); status != http.StatusNoContent {
			t.Errorf("%s: answered %d", bucket, status)
		}
	}
	mustDrain(t, r)
	if want := map[string]string{"of masters": queues["masters"], "of doors": queues["doors"]}; !maps.Equal(sent.of, want) {
		t.Errorf("sent %v, want %v", sent.of, want)
	}
}

// TestAllEventsArriveInOrderAlthoughTheQueueFails uses a queue that accepts only every third
// attempt. All messages must arrive, in the order of their notices.
func TestAllEventsArriveInOrderAlthoughTheQueueFails(t *testing.T) {
	t.Parallel()
	q := &queue{answer: func(try int, _ string) error {
		if try%3 != 0 {
			return errors.New("throttled")
		}
		return nil
	}}
	r := open(t, q)
	want := []string{"a", "b", "c", "d"}
	for _, key := range want {
		if status := post(t, r, put("masters", key)); status != http.StatusNoContent {
			t.Errorf("status %d", status)
		}
	}
	mustDrain(t, r)
	if got := q.taken(); !slices.Equal(got, want) || r.Pending() != 0 {
		t.Errorf("taken %v, %d pending", got, r.Pending())
	}
}

// TestQueueHangs checks that notices are answered at once while the queue does not answer.
func TestQueueHangs(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	defer release()
	q := &queue{answer: func(int, string) error { <-released; return nil }}
	r := open(t, q)
	const many = 300
	for i := range many {
		if status := post(t, r, put("masters", fmt.Sprint(i))); status != http.StatusNoContent {
			t.Fatalf("status %d", status)
		}
	}
	if r.Pending() != many { // the queue hangs, so all events must still be pending
		t.Errorf("%d pending, want %d", r.Pending(), many)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Drained(over); !errors.Is(err, context.Canceled) {
		t.Errorf("drained: %v", err)
	}
	release()
	mustDrain(t, r)
	if got := len(q.taken()); got != many {
		t.Errorf("%d taken", got)
	}
}

func TestOtherBuckets(t *testing.T) {
	t.Parallel()
	q := &queue{}
	r := open(t, q)
	for _, bucket := range []string{"index", "masters2", "Masters"} {
		if status := post(t, r, put(bucket, "a")); status != http.StatusNoContent {
			t.Errorf("%s: status %d", bucket, status)
		}
	}
	post(t, r, put("masters", "b"))
	mustDrain(t, r)
	if got := q.taken(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("taken %v", got)
	}
}

func TestNotNotices(t *testing.T) {
	t.Parallel()
	q := &queue{}
	r := open(t, q)
	for name, body := range notNotices {
		if status := post(t, r, body); status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, status)
		}
	}
	if status := post(t, r, put("masters", strings.Repeat("k", 100_000))); status != http.StatusBadRequest {
		t.Errorf("too large: status %d", status)
	}
	resp, err := http.Get(r.Address())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: status %d", resp.StatusCode)
	}
	if r.Pending()+len(q.taken()) != 0 {
		t.Errorf("%d pending, %d sent", r.Pending(), len(q.taken()))
	}
}

// TestClose checks that Close sends pending events and reports events that it could not send.
func TestClose(t *testing.T) {
	t.Parallel()
	t.Run("sends the rest", func(t *testing.T) {
		t.Parallel()
		q := &queue{answer: func(try int, _ string) error {
			if try < 5 {
				return errors.New("throttled")
			}
			return nil
		}}
		r := open(t, q)
		post(t, r, put("masters", "a"))
		post(t, r, put("masters", "b"))
		if err := r.Close(t.Context()); err != nil || len(q.taken()) != 2 {
			t.Errorf("%v, taken %v", err, q.taken())
		}
		if _, err := http.Post(r.Address(), "application/json", strings.NewReader(put("masters", "c"))); err == nil {
			t.Error("a closed Receiver takes notices")
		}
	})
	t.Run("counts the rest", func(t *testing.T) {
		t.Parallel()
		r := open(t, &queue{answer: func(int, string) error { return errors.New("throttled") }})
		post(t, r, put("masters", "a"))
		post(t, r, put("masters", "b"))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := r.Close(ctx); err == nil || !strings.Contains(err.Error(), "2 were not sent") {
			t.Errorf("error %v", err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]objectevents.Config{
		"no bucket": {Client: &queue{}},
		"no client": {Queues: map[string]string{"masters": "http://queue.test/"}},
	} {
		if r, err := objectevents.Open(cfg); err == nil {
			t.Errorf("%s: opened", name)
			r.Close(t.Context())
		}
	}
}

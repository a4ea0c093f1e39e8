// Package objectevents turns what the local S3 says about its objects into the events
// that EventBridge sends for a bucket, and puts them on a queue.
//
// The job: in AWS a bucket's events reach a queue through EventBridge. On one machine
// the S3 server (the program versitygw beside this package) posts a notice of each
// change to a [Receiver], which writes EventBridge's event and sends it to SQS.
//
// Invariants:
//   - A notice is answered at once; no event is dropped. An event that the queue does
//     not take is tried again until it does or the Receiver is closed, which then says
//     how many are left.
//   - Only notices of the configured buckets become events.
//   - Events go to the queue in the order in which the notices came, at least once. A
//     notice comes once its change can be read and before the client of S3 has its
//     answer: whoever has changed an object and then finds [Receiver.Pending] at 0
//     finds the event on the queue. Of two changes of one key at the same time, the
//     event with the greater sequencer need not be the change that stands: an event is
//     a hint to look, as in AWS.
//
// Example:
//
//	r, err := objectevents.Open(objectevents.Config{Queues: map[string]string{"masters": url}, Client: client})
//	// versitygw … -events r.Address()
//	err = r.Drained(ctx) // what was changed so far is on the queue
//	err = r.Close(ctx)
package objectevents

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/kit/backoff"
)

const (
	// sendTimeout bounds one try to send a message.
	sendTimeout = 10 * time.Second
	// defaultPause is Config.Pause's zero value.
	defaultPause = 250 * time.Millisecond
)

// Queue is the part of an SQS client that is needed. A message counts as sent when
// there is no error. [sqs.Client] implements it.
type Queue interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Config says which events go where.
type Config struct {
	Queues  map[string]string // URL of the queue that the events of each bucket go to; changes in other buckets are no events
	Client  Queue             // its own retries are turned off
	Region  string            // as events name it; empty: us-east-1
	Account string            // as events name it, 12 digits; empty: 000000000000
	Log     *slog.Logger      // nil: nowhere
	Pause   time.Duration     // between two tries to send a message; 0: 250 ms
}

// Receiver takes notices until it is closed.
type Receiver struct {
	cfg    Config
	url    string
	server *http.Server
	buffer *buffer
	cancel context.CancelFunc
	ended  chan struct{} // closed when nothing is sent any more
}

// Open listens on a free port of 127.0.0.1.
func Open(cfg Config) (*Receiver, error) {
	if len(cfg.Queues) == 0 || cfg.Client == nil {
		return nil, errors.New("object events: a client and a bucket with its queue are needed")
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Account == "" {
		cfg.Account = "000000000000"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Pause == 0 {
		cfg.Pause = defaultPause
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("object events: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Receiver{
		cfg: cfg, url: "http://" + listener.Addr().String() + "/",
		buffer: newBuffer(), cancel: cancel, ended: make(chan struct{}),
	}
	r.server = &http.Server{
		Handler: http.HandlerFunc(r.take), ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
	}
	go r.server.Serve(listener)
	go r.forward(ctx)
	return r, nil
}

// Address is the URL that notices are posted to.
func (r *Receiver) Address() string { return r.url }

// Pending is the number of events that were taken and are not on the queue yet.
func (r *Receiver) Pending() int { return r.buffer.len() }

// Drained waits until no event is pending. Errors: ctx's.
func (r *Receiver) Drained(ctx context.Context) error {
	select {
	case <-r.buffer.drained():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("object events: waiting for %d: %w", r.Pending(), ctx.Err())
	}
}

// Close takes no more notices, sends what is pending until ctx ends, and says in its
// error how many events are left unsent.
func (r *Receiver) Close(ctx context.Context) error {
	err := r.server.Shutdown(ctx)
	if err != nil {
		r.server.Close()
	}
	_ = r.Drained(ctx)
	r.cancel()
	<-r.ended
	if n := r.Pending(); n > 0 {
		return fmt.Errorf("object events: %d were not sent", n)
	}
	return err
}

// take answers a notice: 204 when it is in the buffer or of another bucket, 400 when
// it is none.
func (r *Receiver) take(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "notices are posted", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxNotice))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n, err := parseNotice(body)
	if err != nil {
		r.cfg.Log.Error("not a notice of a changed object", "error", err.Error())
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.cfg.Queues[n.Bucket] != "" {
		r.buffer.add(n.event(r.cfg.Region, r.cfg.Account))
	}
	w.WriteHeader(http.StatusNoContent)
}

// forward sends what is in the buffer, one event after the other.
func (r *Receiver) forward(ctx context.Context) {
	defer close(r.ended)
	for {
		e, err := r.buffer.first(ctx)
		if err != nil {
			return
		}
		for try := 1; ; try++ {
			if err = r.send(ctx, e); err == nil {
				break
			}
			if ctx.Err() != nil {
				return
			}
			r.cfg.Log.Warn("the queue did not take an object event, which is sent again",
				"key", e.Detail.Object.Key, "try", try, "pending", r.Pending(), "error", err.Error())
			if !backoff.Sleep(ctx, r.cfg.Pause) {
				return
			}
		}
		r.buffer.remove()
	}
}

func (r *Receiver) send(ctx context.Context, e event) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	body, err := e.json()
	if err != nil {
		return err
	}
	url := r.cfg.Queues[e.Detail.Bucket.Name]
	_, err = r.cfg.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body},
		func(o *sqs.Options) { o.Retryer = aws.NopRetryer{} })
	return err
}

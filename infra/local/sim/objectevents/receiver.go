// Package objectevents converts the local S3's notices about objects to EventBridge's events of a
// bucket and sends them to a queue.
//
// In AWS, a bucket's events reach a queue through EventBridge. Locally, the S3 server (the
// program versitygw beside this package) posts a notice of each change to a [Receiver], which
// sends EventBridge's event to SQS.
//
// Invariants:
//   - A notice is answered at once, and no event is dropped. The Receiver sends an event again
//     until the queue accepts it. When the Receiver is closed, it reports how many events were not
//     sent.
//   - Only notices of the configured buckets become events.
//   - Events reach the queue at least once and in the order of their notices. A notice arrives
//     after its change is readable and before the S3 client gets its answer. So if
//     [Receiver.Pending] is 0 after a change, the event is on the queue.
//
// If a key changes twice at the same time, the event with the greater sequencer may describe the
// change that the other change has overwritten. As in AWS, the receiver of the event must therefore
// read the object.
//
// Example:
//
//	r, err := objectevents.Open(objectevents.Config{Queues: map[string]string{"masters": url}, Client: client})
//	// versitygw … -events r.Address()
//	err = r.Drained(ctx) // all earlier changes are on the queue
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
	// sendTimeout limits one attempt to send a message to the queue.
	sendTimeout = 10 * time.Second
	// defaultPause is the time between two attempts to send a message, if Config.Pause is 0.
	defaultPause = 250 * time.Millisecond
)

// Queue is the part of an SQS client that a Receiver needs. If SendMessage returns no error, the
// message counts as sent. [sqs.Client] implements Queue.
type Queue interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Config says to which queue the events of each bucket are sent, and how.
type Config struct {
	Queues  map[string]string // queue URL by bucket; the events of other buckets are not sent
	Client  Queue             // SQS client; the Receiver turns off the client's retries and retries itself
	Region  string            // region in the events; "" means us-east-1
	Account string            // account in the events, 12 digits; "" means 000000000000
	Log     *slog.Logger      // receives the log lines; nil discards them
	Pause   time.Duration     // time between two attempts to send a message; 0 means 250 ms
}

// Receiver accepts notices and sends their events until it is closed.
type Receiver struct {
	cfg    Config
	url    string
	server *http.Server
	buffer *buffer
	cancel context.CancelFunc
	ended  chan struct{} // closed when no more events are sent
}

// Open starts a Receiver, which listens on a free port of 127.0.0.1.
func Open(cfg Config) (*Receiver, error) {
	if len(cfg.Queues) == 0 || cfg.Client == nil {
		return nil, errors.New("object events: the configuration needs a client, and a bucket with its queue")
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

// Address returns the URL to which notices must be posted.
func (r *Receiver) Address() string { return r.url }

// Pending returns the number of events that were accepted and are not yet on the queue.
func (r *Receiver) Pending() int { return r.buffer.len() }

// Drained waits until no event is pending. It fails if ctx ends.
func (r *Receiver) Drained(ctx context.Context) error {
	select {
	case <-r.buffer.drained():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("object events: %d not sent yet: %w", r.Pending(), ctx.Err())
	}
}

// Close rejects new notices, and sends pending events until ctx ends. If events could not be sent,
// the error says how many.
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

// take answers a notice: 204 if its event is in the buffer or its bucket has no queue, 400 if the
// notice is invalid.
func (r *Receiver) take(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "notices must be sent by POST", http.StatusMethodNotAllowed)
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

// forward sends the events in the buffer one after the other.
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
			r.cfg.Log.Warn("the queue did not accept an object event; it is sent again",
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

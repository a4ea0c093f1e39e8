package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	// patience is how long the answer to an S3 client is delayed until the receiver has accepted
	// the notice of the client's change.
	patience = 2 * time.Second
	// pause is the time between two attempts to send a notice.
	pause = 100 * time.Millisecond
	// farewell is how long the program continues to send notices when it ends.
	farewell = 2 * time.Second
)

// errRefused means that a receiver has answered a notice with 400: it will never accept this
// notice, so the notice is not sent again.
var errRefused = errors.New("the receiver rejected it")

// outbox posts notices one after the other, in the order of their sequencers. It posts each notice
// again until the receiver accepts it or rejects it for good.
type outbox struct {
	url    string
	client *http.Client

	mu      sync.Mutex
	last    int64 // sequencer of the latest notice, as a number
	waiting []delivery
	closing bool

	wake chan struct{} // holds a token if the list of waiting notices may have changed since it was last read
	done chan struct{} // closed after every notice is sent or given up
	stop chan struct{} // closed when the outbox must stop sending
}

type delivery struct {
	body  []byte
	taken chan struct{}
}

func newOutbox(url string) *outbox {
	o := &outbox{
		url:    url,
		client: &http.Client{Timeout: 10 * time.Second},
		wake:   make(chan struct{}, 1), done: make(chan struct{}), stop: make(chan struct{}),
	}
	go o.work()
	return o
}

// send adds the notice n to the queue and waits until the receiver has accepted it, at most for
// patience. It encodes the notice before it returns, because the gateway then reuses the memory
// that holds the strings.
func (o *outbox) send(n notice) {
	if !utf8.ValidString(n.Key) { // no notice is sent: S3 would reject such a key, and JSON cannot hold it
		fmt.Fprintf(os.Stderr, "versitygw: no notice of the key %q, which is not UTF-8\n", n.Key)
		return
	}
	l := delivery{taken: make(chan struct{})}
	if err := o.queue(n, l); err != nil {
		fmt.Fprintln(os.Stderr, "versitygw: notice lost:", err)
		return
	}
	select {
	case <-l.taken:
	case <-o.done:
	case <-time.After(patience):
		fmt.Fprintln(os.Stderr, "versitygw: the receiver of notices does not answer; a notice waits")
	}
}

func (o *outbox) queue(n notice, l delivery) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now().UTC()
	o.last = max(o.last+1, now.UnixNano())
	n.Time, n.Sequencer = now, fmt.Sprintf("%016x", o.last)
	var err error
	if l.body, err = json.Marshal(n); err != nil {
		return err
	}
	o.waiting = append(o.waiting, l)
	o.signal()
	return nil
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) work() {
	defer close(o.done)
	for {
		l, ok := o.next()
		if !ok {
			return
		}
		if !o.deliver(l) {
			return
		}
		close(l.taken)
	}
}

// deliver posts a delivery until the receiver accepts it or rejects it for good. It returns false
// if the outbox must stop before that.
func (o *outbox) deliver(l delivery) bool {
	for {
		err := o.post(l.body)
		if err == nil {
			return true
		}
		if errors.Is(err, errRefused) {
			fmt.Fprintf(os.Stderr, "versitygw: notice lost: %v: %s\n", err, l.body)
			return true
		}
		select {
		case <-time.After(pause):
		case <-o.stop:
			return false
		}
	}
}

// next waits for the next delivery. It returns false if the outbox is closed and no delivery is
// left.
func (o *outbox) next() (delivery, bool) {
	for {
		o.mu.Lock()
		if len(o.waiting) > 0 {
			l := o.waiting[0]
			o.waiting = o.waiting[1:]
			o.mu.Unlock()
			return l, true
		}
		closing := o.closing
		o.mu.Unlock()
		if closing {
			return delivery{}, false
		}
		<-o.wake
	}
}

func (o *outbox) post(body []byte) error {
	r, err := o.client.Post(o.url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	io.Copy(io.Discard, io.LimitReader(r.Body, 1<<16)) // reads the rest of the answer, so that the connection can be used again
	switch {
	case r.StatusCode < 300:
		return nil
	case r.StatusCode == http.StatusBadRequest:
		return errRefused
	default:
		return fmt.Errorf("the receiver answered %s", r.Status)
	}
}

// close sends the remaining notices, for at most the duration farewell.
func (o *outbox) close() {
	o.mu.Lock()
	o.closing = true
	o.signal()
	o.mu.Unlock()
	select {
	case <-o.done:
	case <-time.After(farewell):
		close(o.stop)
		fmt.Fprintln(os.Stderr, "versitygw: stopped before every notice was sent")
	}
}

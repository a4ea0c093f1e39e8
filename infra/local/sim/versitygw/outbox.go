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
	// patience limits how long a change in a bucket waits for the receiver to accept its notice.
	// After that time, the S3 client gets its answer anyway.
	patience = 2 * time.Second
	// pause is the time between two attempts to send a notice.
	pause = 100 * time.Millisecond
	// farewell is the maximum time that the program, when it ends, spends on sending the notices
	// that are still waiting.
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

// send adds the notice n to the queue. It waits until the receiver has accepted the notice, but no
// longer than the duration patience. It encodes the notice before it returns, because Versity's
// code then reuses the memory of the notice's strings.
func (o *outbox) send(n notice) {
	// No notice is sent for a key that is not UTF-8: S3 would reject it, and JSON cannot hold it.
	if !utf8.ValidString(n.Key) {
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

// deliver posts a notice until the receiver accepts it or rejects it for good. It returns false if
// the outbox is stopped before that.
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

// next waits for the next notice. It returns false if the outbox is closing and no notice is left.
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
	// Reads the rest of the answer, so that the connection can be used again.
	io.Copy(io.Discard, io.LimitReader(r.Body, 1<<16))
	switch {
	case r.StatusCode < 300:
		return nil
	case r.StatusCode == http.StatusBadRequest:
		return errRefused
	default:
		return fmt.Errorf("the receiver answered %s", r.Status)
	}
}

// close sends the remaining notices, but for no longer than the duration farewell.
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

package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/kit/backoff"
	"masterhand/shared/request/ledger"
)

// sent is an event that was sent, with its results.
type sent struct {
	event
	request adplatform.Request
	record  string // id of a malformed event's record in the ledger; "" for other events
	at      time.Time
	Answers []answer
	err     error       // error that prevented the sending or the check; nil if there was none
	Item    ledger.Item // last state of the ledger item; the zero value if there is no item
}

// answer is the last answer to a copy of an event.
type answer struct {
	gateway.Result
	Whole time.Duration // time from the first attempt to the last answer to this copy
	Cut   bool          // whether the load run ended before this copy was accepted
}

// cut reports whether the load run ended before every copy had a final answer.
func (s *sent) cut() bool {
	return slices.ContainsFunc(s.Answers, func(a answer) bool { return a.Cut })
}

// open reports whether the system has accepted a request that has not ended yet. A request is
// accepted if the ledger has an item of it, or if the gateway got an answer with a status 2xx.
func (s *sent) open() bool {
	taken := slices.ContainsFunc(s.Answers, func(a answer) bool { return a.Delivered })
	return s.Class.asks() && s.err == nil && !s.Item.State.Ended() && (taken || s.Item.State != "")
}

// deliver sends an event with all its copies, like the gateway: it sends each copy again until
// that copy is accepted.
func (r *run) deliver(ctx context.Context, s *sent) {
	event, err := r.prepare(s)
	if err != nil {
		s.err = err
		return
	}
	r.stub(s)
	send := r.gateway.Send
	if s.Class == forged {
		send = r.knock
	}
	s.at = time.Now()
	s.Answers = make([]answer, s.Copies)
	var all sync.WaitGroup
	for i := range s.Answers {
		all.Go(func() {
			result := send(ctx, event)
			s.Answers[i] = answer{result, time.Since(s.at), !result.Delivered && ctx.Err() != nil}
			r.tally.add(result)
		})
	}
	all.Wait()
}

// prepare makes the webhook of an event. Each event has its own key in the platform's storage, so
// that no other event changes the object there.
func (r *run) prepare(s *sent) (e gateway.Event, err error) {
	key := fmt.Sprintf("fb-external/load/%d.%s", s.Number, s.Ask.Slot.Kind)
	if s.request, err = r.platform.NewRequest(s.Ask.Slot, adplatform.Options{StorageKey: key}); err != nil {
		return e, err
	}
	e = s.request.Event()
	switch s.Class {
	case forged:
		return forge(e, s.Variant, r.Key, r.Unknown)
	case malformed:
		e, s.record, err = spoil(e, s.Variant)
	}
	return e, err
}

// knock sends a forged event once, because a forger does not repeat a rejected event. It
// sends the event again only after the status 429.
func (r *run) knock(ctx context.Context, e gateway.Event) gateway.Result {
	for n := 1; ; n++ {
		result := r.gateway.SendCopies(ctx, e, 1)[0]
		result.Attempts = n
		if result.Status != http.StatusTooManyRequests || n > retries || !backoff.Sleep(ctx, time.Duration(float64(gateway.Pause(n))*r.Pauses)) {
			return result
		}
	}
}

// tally holds the counters of a load run.
type tally struct {
	begun, ended, answers, again atomic.Int64
}

func (t *tally) begin() { t.begun.Add(1) }
func (t *tally) end()   { t.ended.Add(1) }

// add counts the last answer to a copy and the attempts before that answer.
func (t *tally) add(r gateway.Result) {
	t.answers.Add(1)
	t.again.Add(int64(r.Attempts - 1))
}

// settleOften is the pause between two reads of an open request's ledger item.
const settleOften = 250 * time.Millisecond

// parting limits the time for which an interrupted load run still waits until its open requests
// have ended. If it did not wait, the system would have to abort these requests.
const parting = 5 * time.Second

// settle waits until all requests have ended, but at most 3 minutes (the constant patience). If ctx
// ends, it returns only the events whose result is final; otherwise it returns all events.
func (r *run) settle(ctx context.Context, all []*sent) []*sent {
	reading := context.WithoutCancel(ctx)
	waiting, cancel := context.WithTimeout(reading, patience)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(parting, cancel) })()
	var whole []*sent
	for _, s := range all {
		for open := true; open; {
			id := scenario.LedgerID(s.request)
			if s.record != "" {
				id = s.record
			}
			item, err := r.store.Load(reading, id)
			if err != nil && !errors.Is(err, ledger.ErrNotFound) {
				s.err = errors.Join(s.err, err)
			}
			s.Item = item
			open = s.open() && backoff.Sleep(waiting, settleOften)
		}
		if ctx.Err() == nil || !s.cut() && (s.Item.State.Ended() || !s.Class.asks()) {
			whole = append(whole, s)
		}
	}
	return whole
}

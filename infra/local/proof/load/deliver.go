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
	record  string // id in the ledger of a malformed event
	at      time.Time
	Answers []answer
	err     error       // why the event could not be sent at all
	Item    ledger.Item // last state in the ledger; the zero value if there is none
}

// answer is the last answer to a copy of an event.
type answer struct {
	gateway.Result
	Whole time.Duration // time from the first attempt to this answer
	Cut   bool          // the run ended before the event was sent again
}

// cut reports whether the run ended before all copies had their final answers.
func (s *sent) cut() bool {
	return slices.ContainsFunc(s.Answers, func(a answer) bool { return a.Cut })
}

// open reports whether a request has not ended although the system has accepted it: the ledger
// has it, or the gateway was told so.
func (s *sent) open() bool {
	taken := slices.ContainsFunc(s.Answers, func(a answer) bool { return a.Delivered })
	return s.Class.asks() && s.err == nil && !s.Item.State.Ended() && (taken || s.Item.State != "")
}

// deliver sends an event with all its copies, like the gateway: it repeats each until it is
// accepted.
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
// that no other event affects the object there.
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

// knock sends once, and repeats only the answer 429: a forger would not keep on sending.
func (r *run) knock(ctx context.Context, e gateway.Event) gateway.Result {
	for n := 1; ; n++ {
		result := r.gateway.SendCopies(ctx, e, 1)[0]
		result.Attempts = n
		if result.Status != http.StatusTooManyRequests || n > retries || !backoff.Sleep(ctx, time.Duration(float64(gateway.Pause(n))*r.Pauses)) {
			return result
		}
	}
}

// tally holds the counters of a run.
type tally struct {
	begun, ended, answers, again atomic.Int64
}

func (t *tally) begin() { t.begun.Add(1) }
func (t *tally) end()   { t.ended.Add(1) }

// add counts a copy's last answer, and the attempts before it.
func (t *tally) add(r gateway.Result) {
	t.answers.Add(1)
	t.again.Add(int64(r.Attempts - 1))
}

// settleOften is the interval in which the ledger is read for open requests.
const settleOften = 250 * time.Millisecond

// parting is how long an interrupted run waits for running requests, which the system would
// otherwise have to abort.
const parting = 5 * time.Second

// settle waits, within the run's patience, until all requests have ended. It returns the events
// that can be checked: all, unless ctx ends.
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

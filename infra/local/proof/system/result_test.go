package system_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/shared/request/ledger"
)

// conclude tells the platform's outcome of a request to the system.
func (s *env) conclude(t *testing.T, request adplatform.Request, outcome adplatform.Outcome) {
	t.Helper()
	for range 2 { // copies come as with any event
		wantAnswer(t, s.send(t, request.Result(outcome)), 200, "recorded")
	}
}

// A master that the platform refuses for a slot is not sent to that slot again.
func TestRejectedMaster(t *testing.T) {
	t.Parallel()
	s := running(t)
	code := newCode()
	s.Master(t, code, 0)
	request := s.ask(t, story(code), "delivered")
	s.conclude(t, request, adplatform.Outcome{State: adplatform.Rejected, Problems: []string{adplatform.ReasonType}})
	if item := s.Item(t, request); item.State != ledger.Delivered || len(item.Result) == 0 {
		t.Errorf("the ledger says %s, result %s", item.State, item.Result)
	}
	s.wantSkipped(t, s.ask(t, story(code), "skipped"), "previously_rejected")

	better := s.Master(t, code, 0)
	s.wantDelivered(t, s.ask(t, story(code), "delivered"), better)
}

// Our own skip comes back as a rejection, which says nothing of any master.
func TestSkipComesBack(t *testing.T) {
	t.Parallel()
	s := running(t)
	code := newCode()
	request := s.ask(t, story(code), "skipped")
	outcome, err := s.Platform.Check(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	s.conclude(t, request, outcome)
	data := s.Master(t, code, 0)
	s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
}

// What the platform has taken from elsewhere or waited for in vain is noted and changes
// no delivery.
func TestOtherResults(t *testing.T) {
	t.Parallel()
	s := running(t)
	for name, outcome := range map[string]func(sum string) adplatform.Outcome{
		"fulfilled": func(sum string) adplatform.Outcome {
			return adplatform.Outcome{State: adplatform.Delivered, Completion: adplatform.Completion{ContentHash: "sha256:" + sum}}
		},
		"timed out": func(string) adplatform.Outcome { return adplatform.Outcome{State: adplatform.TimedOut} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := newCode()
			data := s.Master(t, code, 0)
			request := s.ask(t, story(code), "delivered")
			s.conclude(t, request, outcome(fmt.Sprintf("%x", sha256.Sum256(data))))
			if item := s.Item(t, request); item.State != ledger.Delivered || len(item.Result) == 0 {
				t.Errorf("the ledger says %s, result %s", item.State, item.Result)
			}
			s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
		})
	}
	t.Run("of a request nobody knows", func(t *testing.T) {
		t.Parallel()
		request := s.request(t, story(newCode()), adplatform.Options{})
		event := request.Result(adplatform.Outcome{State: adplatform.TimedOut})
		wantAnswer(t, s.send(t, event), 200, "unknown")
		s.wantUnknown(t, request)
	})
}

// A forged result marks nothing.
func TestForgedResult(t *testing.T) {
	t.Parallel()
	s := running(t)
	code := newCode()
	data := s.Master(t, code, 0)
	request := s.ask(t, story(code), "delivered")
	event := request.Result(adplatform.Outcome{State: adplatform.Rejected, Problems: []string{adplatform.ReasonHash}})
	event.Header = map[string][]string{"X-Outpost-Signature": {"v0=" + fmt.Sprintf("%064d", 0)}}
	wantAnswer(t, s.send(t, event), 401, "unauthentic")
	if item := s.Item(t, request); len(item.Result) != 0 {
		t.Errorf("the ledger has a result: %s", item.Result)
	}
	s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
}

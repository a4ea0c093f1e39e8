package system_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/shared/request/ledger"
)

// conclude sends the event with which the platform reports the outcome of a request. The event
// lacks the omitted fields. conclude checks that the event gets the given answer.
func (s *env) conclude(t *testing.T, request adplatform.Request, outcome adplatform.Outcome, omitted adplatform.Omitted, answer string) {
	t.Helper()
	event := request.ResultWithout(outcome, omitted)
	for range 2 { // a repeated event must get the same answer
		wantAnswer(t, s.send(t, event), 200, answer)
	}
}

// bare omits all optional fields of a result event, so that only the creative, the locale and the
// kind identify the request.
var bare = adplatform.Omitted{StorageKey: true, Aspect: true, Family: true, Hash: true}

// A master that the platform has rejected for a slot must not be sent to that slot again.
func TestRejectedMaster(t *testing.T) { byEachDoor(t, testRejectedMaster) }

func testRejectedMaster(t *testing.T, s *env) {
	for name, omitted := range map[string]adplatform.Omitted{"all stated": {}, "nothing stated": bare} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := newCode()
			s.Master(t, code, 0)
			request := s.ask(t, story(code), "delivered")
			s.conclude(t, request, adplatform.Outcome{State: adplatform.Rejected, Problems: []string{adplatform.ReasonType}}, omitted, "recorded")
			if item := s.Item(t, request); item.State != ledger.Delivered || len(item.Result) == 0 || item.ResultClass != ledger.ClassRejected {
				t.Errorf("the ledger says %s, %s result %s", item.State, item.ResultClass, item.Result)
			}
			s.wantSkipped(t, s.ask(t, story(code), "skipped"), "previously_rejected")

			better := s.Master(t, code, 0)
			s.wantDelivered(t, s.ask(t, story(code), "delivered"), better)
		})
	}
}

// If the platform reports a rejection that matches several requests, no master may be marked as
// rejected.
func TestAmbiguousResult(t *testing.T) { byEachDoor(t, testAmbiguousResult) }

func testAmbiguousResult(t *testing.T, s *env) {
	code := newCode()
	data := s.Master(t, code, 0)
	first, second := s.ask(t, story(code), "delivered"), s.ask(t, story(code), "delivered")
	s.conclude(t, first, adplatform.Outcome{State: adplatform.Rejected, Problems: []string{adplatform.ReasonType}}, bare, "unknown")
	for _, request := range []adplatform.Request{first, second} {
		if item := s.Item(t, request); len(item.Result) != 0 {
			t.Errorf("the ledger has a result: %s", item.Result)
		}
	}
	s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
}

// If masterhand skips a request, the platform reports this as a rejection. Such a report must not
// mark a master as rejected.
func TestOurOwnSkipRejectsNoMaster(t *testing.T) { byEachDoor(t, testOurOwnSkipRejectsNoMaster) }

func testOurOwnSkipRejectsNoMaster(t *testing.T, s *env) {
	code := newCode()
	request := s.ask(t, story(code), "skipped")
	outcome, err := s.Platform.Check(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	s.conclude(t, request, outcome, bare, "recorded")
	data := s.Master(t, code, 0)
	s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
}

// A result event that reports a fulfilment or a time-out must not change a delivered request. The
// event must be recorded if it matches the request; otherwise the answer must be "unknown".
func TestAResultNeverChangesADelivery(t *testing.T) { byEachDoor(t, testOtherResults) }

func testOtherResults(t *testing.T, s *env) {
	for name, c := range map[string]struct {
		outcome func(sum string) adplatform.Outcome
		omitted adplatform.Omitted
		answer  string
	}{
		"fulfilled":                   {fulfilledWith, adplatform.Omitted{}, "recorded"},
		"fulfilled, without a key":    {fulfilledWith, adplatform.Omitted{StorageKey: true}, "recorded"},
		"fulfilled, with a hash":      {fulfilledWith, adplatform.Omitted{StorageKey: true, Aspect: true, Family: true}, "recorded"},
		"fulfilled elsewhere":         {func(string) adplatform.Outcome { return fulfilledWith("00") }, adplatform.Omitted{StorageKey: true}, "unknown"},
		"timed out with time left":    {timedOut, adplatform.Omitted{}, "unknown"},
		"timed out, nothing but when": {timedOut, bare, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := newCode()
			data := s.Master(t, code, 0)
			request := s.ask(t, story(code), "delivered")
			s.conclude(t, request, c.outcome(fmt.Sprintf("%x", sha256.Sum256(data))), c.omitted, c.answer)
			if item := s.Item(t, request); item.State != ledger.Delivered || (len(item.Result) != 0) != (c.answer == "recorded") {
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

func fulfilledWith(sum string) adplatform.Outcome {
	return adplatform.Outcome{State: adplatform.Delivered, Completion: adplatform.Completion{ContentHash: "sha256:" + sum}}
}

func timedOut(string) adplatform.Outcome { return adplatform.Outcome{State: adplatform.TimedOut} }

// The topic of an event is not signed. If an event that reports a fulfilment arrives with the topic
// of a rejection, no master may be marked as rejected.
func TestResultUnderAnotherTopic(t *testing.T) { byEachDoor(t, testResultUnderAnotherTopic) }

func testResultUnderAnotherTopic(t *testing.T, s *env) {
	code := newCode()
	data := s.Master(t, code, 0)
	request := s.ask(t, story(code), "delivered")
	event := request.Result(fulfilledWith(fmt.Sprintf("%x", sha256.Sum256(data))))
	wantAnswer(t, s.send(t, event), 200, "recorded")
	event.Topic = "video.source_rejected"
	wantAnswer(t, s.send(t, event), 200, "ignored")
	s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
}

// A result event with an invalid signature must have no effect.
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

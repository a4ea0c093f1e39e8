package system_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/shared/request/ledger"
)

// conclude sends the event with which the platform reports the result of a request, without the
// omitted fields. It checks the answer.
func (s *env) conclude(t *testing.T, request adplatform.Request, outcome adplatform.Outcome, omitted adplatform.Omitted, answer string) {
	t.Helper()
	event := request.ResultWithout(outcome, omitted)
	for range 2 { // sent twice, because copies of any event can arrive
		wantAnswer(t, s.send(t, event), 200, answer)
	}
}

// bare leaves out all optional fields of a result, so that only the coordinates identify the
// request.
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

// A reported rejection that matches several requests must not mark any master as rejected.
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

// The platform reports a request that we skipped as a rejection. Such a report must not mark a
// master as rejected.
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

// A result about a file from another source, or about a time-out, must be recorded. It must not
// change a delivery.
func TestOtherResults(t *testing.T) { byEachDoor(t, testOtherResults) }

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

// The topic of an event is not signed. If the event of a fulfilment is sent again under the topic
// of a rejection, it must not mark a master as rejected.
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

// A forged result must have no effect.
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

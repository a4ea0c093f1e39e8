package system_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/request/ledger"
)

// If an upload to a URL cannot succeed, the request must end before a byte is sent. The ledger must
// state the reason and, where there is one, the remedy.
func TestUploadURLTraps(t *testing.T) { byEachDoor(t, testUploadURLTraps) }

func testUploadURLTraps(t *testing.T, s *env) {
	code := newCode()
	s.Master(t, code, 0)
	tests := map[string]struct {
		url    r2.URLOptions
		state  ledger.State
		code   string
		detail string
	}{
		"checksum of nothing": {r2.URLOptions{Checksum: true}, ledger.Failed, "upload_url", "requestChecksumCalculation: WHEN_REQUIRED"},
		"one more signed header": {
			r2.URLOptions{Headers: http.Header{"X-Amz-Acl": {"private"}}}, ledger.Failed, "upload_url", "x-amz-acl",
		},
		"expired before the request": {
			r2.URLOptions{Signed: time.Now().Add(-2 * time.Hour), Lifetime: time.Hour}, ledger.Expired, "upload_url_expired", "expired",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := s.request(t, story(code), adplatform.Options{ExpiresAt: time.Now().Add(time.Hour), URL: test.url})
			for range 2 {
				wantAnswer(t, s.send(t, request.Event()), 200, string(test.state))
			}
			s.wantNothingSent(t, request)
			if item := s.Item(t, request); item.State != test.state || item.Code != test.code || !strings.Contains(item.Detail, test.detail) {
				t.Errorf("the ledger says %s, %s: %s", item.State, item.Code, item.Detail)
			}
		})
	}
}

// If the platform's storage rejects an upload, the error code must decide what happens next: after
// some codes the request fails, after others the master is uploaded again from the first byte.
func TestUploadRefused(t *testing.T) { byEachDoor(t, testUploadRefused) }

func testUploadRefused(t *testing.T, s *env) {
	code := newCode()
	data := s.Master(t, code, 1<<20)
	type refused struct {
		times int
		fault fault.Fault
		code  string // error code that the ledger item must contain; "" if the request must be delivered
	}
	tests := map[string]refused{
		"a page from the load balancer": {1, fault.Status(503), ""},
		"an early no":                   {1, r2.Refusal("ServiceUnavailable").After(64 << 10), ""},
		"cut off":                       {1, fault.ResetAt(512 << 10), ""},
		"cut off before the answer":     {1, fault.Fault{Kind: fault.Reset, At: fault.Done}, ""},
	}
	for _, code := range []string{"AccessDenied", "SignatureDoesNotMatch", "ExpiredRequest", "EntityTooLarge", "BadDigest", "NoSuchBucket"} {
		tests[code] = refused{9, r2.Refusal(code), code}
	}
	for _, code := range []string{"BadDigest", "IncompleteBody", "TooManyRequests", "InternalError", "ServiceUnavailable"} {
		tests[code+" once"] = refused{1, r2.Refusal(code), ""}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := s.request(t, story(code), adplatform.Options{})
			s.Platform.Storage.Faults.Next(test.times, request.StorageKey, test.fault)
			result := s.send(t, request.Event())
			if test.code == "" {
				// The second upload may come from a later run, so wantEnd waits for the end of the
				// request.
				s.wantEnd(t, request, result, "delivered")
			}
			writes := s.Platform.Storage.Writes(request.StorageKey)
			if test.code == "" {
				s.wantThere(t, request, data)
				if writes.Puts != 2 {
					t.Errorf("uploads %v, want two", writes.Statuses)
				}
				return
			}
			wantAnswer(t, result, 200, "failed")
			item := s.Item(t, request)
			if item.State != ledger.Failed || item.Code != "upload_refused" || !strings.Contains(item.Detail, test.code) {
				t.Errorf("the ledger says %s, %s: %s", item.State, item.Code, item.Detail)
			}
			if seen := s.look(t, request); seen.Writes.Landed != 0 || len(seen.Callbacks) != 0 {
				t.Errorf("%d uploads landed, callbacks %s; want none", seen.Writes.Landed, seen.Callbacks)
			}
			wantAnswer(t, s.send(t, request.Event()), 200, "failed")
			if again := s.Platform.Storage.Writes(request.StorageKey); again.Puts != writes.Puts {
				t.Errorf("what had failed for good was tried again: %v", again.Statuses)
			}
		})
	}
}

// A callback must be sent again with the same bytes until its answer is final. After a final
// rejection, such as 403, it must not be sent again.
func TestACallbackIsRepeatedUntilItsAnswerIsFinal(t *testing.T) { byEachDoor(t, testCallbacks) }

func testCallbacks(t *testing.T, s *env) {
	code := newCode()
	data := s.Master(t, code, 0)
	// A 404 is final only if it repeats after a minute. Two immediate answers 404 therefore do not
	// end the request.
	tests := map[string]struct {
		slot    adplatform.Slot
		times   int
		fault   fault.Fault
		outcome string
		bodies  int // number of callbacks that the platform received completely and accepted
	}{
		"500 twice":                   {story(code), 2, fault.Status(500), "delivered", 1},
		"429 once":                    {story(code), 1, fault.Status(429), "delivered", 1},
		"cut off":                     {story(code), 1, fault.ResetAt(0), "delivered", 1},
		"taken, but the answer lost":  {story(code), 2, fault.Fault{Kind: fault.Reset, At: fault.Done}, "delivered", 3},
		"404 once":                    {story(code), 1, fault.Status(404), "delivered", 1},
		"404 twice":                   {story(code), 2, fault.Status(404), "delivered", 1},
		"403":                         {story(code), 1, fault.Status(403), "failed", 0},
		"a redirect":                  {story(code), 1, fault.Status(302), "failed", 0},
		"a skip, but the answer lost": {story(newCode()), 1, fault.Fault{Kind: fault.Reset, At: fault.Done}, "skipped", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := s.request(t, test.slot, adplatform.Options{})
			s.Platform.Waitpoints.Faults.Next(test.times, request.Token, test.fault)
			s.wantEnd(t, request, s.send(t, request.Event()), test.outcome)
			bodies := s.look(t, request).Callbacks
			if len(bodies) != test.bodies {
				t.Errorf("callbacks %s, want %d", bodies, test.bodies)
			}
			for _, body := range bodies {
				if !bytes.Equal(body, bodies[0]) {
					t.Errorf("callback %s differs from %s", body, bodies[0])
				}
			}
			item := s.Item(t, request)
			switch test.outcome {
			case "delivered":
				s.wantThere(t, request, data)
			case "failed":
				if item.State != ledger.Failed || item.Code != "callback_refused" {
					t.Errorf("the ledger says %s, %s: %s", item.State, item.Code, item.Detail)
				}
			}
			if w := s.Platform.Storage.Writes(request.StorageKey); test.outcome != "skipped" && w.Puts != 1 {
				t.Errorf("%d uploads, want one", w.Puts)
			}
		})
	}
}

// The platform's documentation says that a callback to a completed waitpoint gets the answer 409.
// masterhand must treat this answer as final.
func TestPromisedCallbackAnswers(t *testing.T) { byEachDoor(t, testPromisedCallbackAnswers) }

func testPromisedCallbackAnswers(t *testing.T, s *env) {
	promising := s.NewPlatform(t, adplatform.Config{Waitpoints: waitpoints.Config{Promised: true}})
	code := newCode()
	s.Master(t, code, 0)

	completed := s.requestOf(t, promising, story(code), adplatform.Options{})
	response, err := http.Post(completed.CallbackURL.Reveal(), "application/json", strings.NewReader(`{"by":"somebody else"}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	for range 2 {
		wantAnswer(t, s.send(t, completed.Event()), 200, "superseded")
	}
	if item := s.Item(t, completed); item.State != ledger.Superseded {
		t.Errorf("the ledger says %s", item.State)
	}

	// The first callback of masterhand completes the waitpoint, but the answer is lost. The second
	// callback gets the answer 409. The request must still end as delivered.
	unclear := s.requestOf(t, promising, story(code), adplatform.Options{})
	promising.Waitpoints.Faults.Next(1, unclear.Token, fault.Fault{Kind: fault.Reset, At: fault.Done})
	wantAnswer(t, s.send(t, unclear.Event()), 200, "delivered")
	if item := s.Item(t, unclear); item.State != ledger.Delivered || !item.Unconfirmed {
		t.Errorf("the ledger says %s, unconfirmed %v", item.State, item.Unconfirmed)
	}
}

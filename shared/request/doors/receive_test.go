package doors_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// each runs a test once for each door, in a synctest bubble with fake time. The function by returns
// the message for an event that came through the door.
func each(t *testing.T, test func(t *testing.T, f *fixture, by func(topic, body string) doors.Message)) {
	t.Helper()
	t.Parallel()
	for _, door := range []doors.Door{doors.Queue, doors.Bucket} {
		t.Run(string(door), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				stored := 0
				test(t, f, func(topic, body string) doors.Message {
					if door == doors.Queue {
						return message(topic, body)
					}
					stored++
					return f.stored(topic, "events/"+strings.Repeat("x", stored)+" a:b.json", "v1", body)
				})
			})
		})
	}
}

func TestEveryTopicHasTheOutcomeOfTheFunctionURL(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"requested-exact": "delivered", "requested-story-reel": "delivered", "requested-feed": "skipped", "requested-image": "skipped",
		"fulfilled": "unknown", "rejected": "unknown", "timeout": "unknown",
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
				topic, body := sample(t, name, r2, trigger, time.Now().Add(time.Hour))
				f.wants(t, name, by(topic, body), want, false)
			})
		})
	}
}

// Events arrive in any order. If a result arrives before its request, no request is changed, and
// the request is still delivered when it arrives.
func TestAResultMayComeFirst(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		topic, body := sample(t, "fulfilled", r2, trigger, time.Now().Add(time.Hour))
		f.wants(t, "a result", by(topic, body), "unknown", false)
		f.wants(t, "its request", by(platform.TopicRequested, request(t)), "delivered", false)
	})
}

// Even if a gateway sends one event three times within a second, the request is delivered once.
func TestCopiesAreDeliveredOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		for range 3 {
			f.wants(t, "a copy", by(platform.TopicRequested, request(t)), "delivered", false)
		}
		if len(f.far) != 2 || len(f.items(t)) != 1 {
			t.Errorf("%d requests to the far side, %d ledger items, want one upload, one callback and one item", len(f.far), len(f.items(t)))
		}
	})
}

func TestOneRequestThroughBothDoorsIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.wants(t, "queue", message(platform.TopicRequested, request(t)), "delivered", false)
		for _, key := range []string{"a.json", "b.json"} {
			if got := f.wants(t, key, f.stored("", key, "v1", request(t)), "delivered", false); !got.Outcome.Repeated {
				t.Errorf("%s: delivered again", key)
			}
		}
		if len(f.far) != 2 {
			t.Errorf("requests to the far side: %q", f.far)
		}
	})
}

// The gateway's operator or the event itself may replace the topic. So a topic that does not begin
// with "video." counts as absent, and the body alone decides what the event is.
func TestAForeignTopicIsIgnored(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		f.wants(t, "another event of the platform", by("video.source_cancelled", request(t)), "ignored", false)
		f.wants(t, "a result's topic", by(platform.TopicRejected, request(t)), "ignored", false)
		f.wants(t, "no event of the platform", by("user.created", `{"id":1}`), "ignored", false)
		if len(f.items(t)) != 0 || len(f.far) != 0 {
			t.Errorf("an event that is not ours left %d items and %d requests", len(f.items(t)), len(f.far))
		}
		for _, topic := range []string{"from-delivery-metadata", "*", ""} {
			f.wants(t, topic, by(topic, request(t)), "delivered", false)
		}
	})
}

func TestAMalformedBodyIsRecorded(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		oversized := `{"a":"` + strings.Repeat("x", platform.MaxBody) + `"}`
		for i, body := range []string{`{{`, ``, `[]`, `{"creative":{}}`, oversized} {
			for range 2 {
				f.wants(t, body[:min(len(body), 20)], by(platform.TopicRequested, body), doors.Malformed, false)
			}
			list := f.items(t)
			if len(list) != i+1 {
				t.Fatalf("%d items after %d bodies", len(list), i+1)
			}
			for _, item := range list {
				if item.State != ledger.Malformed || item.Destination != "ads" || !strings.HasPrefix(item.ID, "bad#") {
					t.Errorf("recorded %+v", item)
				}
			}
		}
		if len(f.far) != 0 {
			t.Errorf("requests to the far side: %q", f.far)
		}
	})
}

// If an unusable body could not be recorded in the ledger, its message must come again.
func TestAMalformedBodyWaitsForTheLedger(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		f.Pipeline.Service.Ledger.Store = down{f.store}
		got := f.wants(t, "malformed", by(platform.TopicRequested, `{{`), doors.Unavailable, true)
		if !errors.Is(got.Err, errDown) || !errors.Is(got.Err, platform.ErrMalformed) {
			t.Errorf("reported %v", got.Err)
		}
		f.wants(t, "a request", by(platform.TopicRequested, request(t)), "retry", true)
		topic, body := sample(t, "fulfilled", r2, trigger, time.Now())
		f.wants(t, "a result", by(topic, body), "retry", true)
	})
}

func TestAnExpiredRequestIsSettled(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		_, body := sample(t, "requested-exact", r2, trigger, time.Now().Add(-time.Second))
		for range 2 {
			f.wants(t, "expired", by(platform.TopicRequested, body), "expired", false)
		}
		if list := f.items(t); len(list) != 1 || list[0].State != ledger.Expired || len(f.far) != 0 {
			t.Errorf("ledger %+v, requests %q", list, f.far)
		}
	})
}

// A message stays in the queue until its request has ended. The message comes again at the latest
// when the request expires.
func TestAMessageStaysWhileItsRequestIsOpen(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		f.status = 503
		_, body := sample(t, "requested-exact", r2, trigger, time.Now().Add(20*time.Minute))
		m := by(platform.TopicRequested, body)
		m.Deadline = time.Now().Add(time.Minute)
		for n := 1; ; n++ {
			m.Receives = n
			got := f.Receive(t.Context(), m)
			if got.Delay == 0 {
				if got.Word != "expired" || n < 3 {
					t.Errorf("ended as %q after %d receives", got.Word, n)
				}
				break
			}
			left := time.Until(got.Request.ExpiresAt)
			if got.Word != "retry" || got.Delay > left+time.Second {
				t.Fatalf("receive %d: %q, again in %v, %v left", n, got.Word, got.Delay, left)
			}
			<-time.After(got.Delay)
			m.Deadline = time.Now().Add(time.Minute)
		}
		if list := f.items(t); len(list) != 1 || list[0].State != ledger.Expired {
			t.Errorf("ledger %+v", list)
		}
	})
}

// If the list of destinations lacks a door's destination, the door's messages wait in the queue
// until a person adds the destination to the list.
func TestMessagesWaitForTheDestinationsEntry(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		f.list = `[{"name":"others","secrets":["0123456789abcdef"]}]`
		_, body := sample(t, "requested-exact", r2, trigger, time.Now().Add(time.Hour))
		m := by(platform.TopicRequested, body)
		for m.Receives = 1; m.Receives < 20; m.Receives++ {
			got := f.wants(t, "no entry", m, doors.Unavailable, true)
			if got.Delay > 2*time.Minute {
				t.Errorf("again in %v", got.Delay)
			}
			<-time.After(got.Delay)
		}
		if len(f.items(t)) != 0 || len(f.far) != 0 {
			t.Errorf("%d items, requests %q", len(f.items(t)), f.far)
		}
		f.list = ads
		<-time.After(2 * time.Second)
		f.wants(t, "with its entry", m, "delivered", false)
	})
}

func TestMessagesWaitForTheListAndTheLibrary(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		m := by(platform.TopicRequested, request(t))
		f.list = `no list`
		f.wants(t, "no list", m, doors.Unavailable, true)
		f.list = `[{"name":"ads","library":"films"}]`
		<-time.After(2 * time.Second)
		f.wants(t, "no library", m, doors.Unavailable, true)
		if len(f.items(t)) != 0 || len(f.far) != 0 {
			t.Errorf("%d items, requests %q", len(f.items(t)), f.far)
		}
	})
}

// A door allows only the hosts of its own destination, not those of another destination.
func TestADoorHasTheHostsOfItsDestination(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		f.list = `[{"name":"ads","uploadHosts":["mine.example"]},{"name":"others","uploadHosts":["` + r2 + `"]}]`
		if got := f.Receive(t.Context(), by(platform.TopicRequested, request(t))); got.Word == "delivered" || len(f.far) != 0 {
			t.Errorf("%q, requests %q", got.Word, f.far)
		}
	})
}

func TestAnObjectThatCannotBeReadComesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		m := f.stored(platform.TopicRequested, "a.json", "v1", request(t))
		f.readErr = errDown
		f.wants(t, "unreadable", m, doors.Unavailable, true)
		f.readErr = nil
		f.wants(t, "readable", m, "delivered", false)
		gone := doors.Message{Door: doors.Bucket, Body: objectEvent(bucketName, "gone.json", ""), Receives: 1}
		f.wants(t, "gone", gone, doors.Gone, false)
		foreign := doors.Message{Door: doors.Bucket, Body: objectEvent("another", "a.json", "v1"), Receives: 1}
		f.wants(t, "another bucket's", foreign, doors.Foreign, false)
		f.wants(t, "no event", doors.Message{Door: doors.Bucket, Body: "{}", Receives: 1}, doors.Unavailable, true)
	})
}

// A gateway's template may store all events under one key, so each version of an object is an event
// of its own.
func TestEachVersionOfAnObjectIsAnEventOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		first := f.stored(platform.TopicRequested, "latest.json", "v1", request(t))
		second := f.stored(platform.TopicRequested, "latest.json", "v2", `{{`)
		f.wants(t, "the first version", first, "delivered", false)
		f.wants(t, "the second version", second, doors.Malformed, false)
	})
}

// The names of the ads that wait for a request are stored, through whichever door the request came.
func TestTheNamesOfTheAdsAreKept(t *testing.T) {
	each(t, func(t *testing.T, f *fixture, by func(topic, body string) doors.Message) {
		body := request(t)
		f.wants(t, "a request", by(platform.TopicRequested, body), "delivered", false)
		parsed, err := platform.Parse(platform.TopicRequested, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		id := parsed.Request.ID()
		kept, err := f.store.Affected(t.Context(), []string{id})
		if err != nil || kept[id].IsZero() || !reflect.DeepEqual(kept[id], parsed.Request.Affected) {
			t.Errorf("kept %v (%v), want %v", kept[id], err, parsed.Request.Affected)
		}
	})
}

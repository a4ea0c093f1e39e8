package system_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
)

// mixed is the number of events that TestEventsOfAllSortsThroughAllDoorsEndOnce sends.
var mixed = flag.Int("mixed", 90, "events of all sorts that come through all doors at once")

// cutting opens a proxy in front of a service and returns the proxy's URL. The schedule defines
// which exchanges fail and how.
func cutting(t *testing.T, endpoint string, schedule *fault.Schedule) string {
	t.Helper()
	proxy := fault.NewProxy()
	if err := proxy.To(endpoint); err != nil {
		t.Fatal(err)
	}
	server, err := fault.Listen(fault.Handler(schedule, func(*http.Request) string { return "" }, proxy))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server.URL()
}

// If the answer of SQS or S3 is lost after the event was stored, the AWS SDK of the gateway sends
// the event again. Three copies of one event then arrive, and the master must be uploaded once.
func TestEventsWhoseAnswersAreCutAreDeliveredOnce(t *testing.T) {
	t.Parallel()
	s := running(t)
	login := awscredentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, "")
	for _, door := range []doors.Door{doors.Queue, doors.Bucket} {
		t.Run(string(door), func(t *testing.T) {
			t.Parallel()
			schedule := &fault.Schedule{}
			code := newCode()
			data := s.Master(t, code, 1<<20)
			request := s.request(t, story(code), adplatform.Options{})
			schedule.Add(fault.Rule{Times: 2, Fault: fault.ResetAt(0).After(fault.Done)})
			var result gateway.Result
			if door == doors.Queue {
				at := cutting(t, s.SQS, schedule)
				client := sqs.New(sqs.Options{Region: services.Region, BaseEndpoint: &at, Credentials: login})
				result = gateway.Queue{Client: client, URL: s.DoorQueueURL}.Send(t.Context(), request.Event())
			} else {
				at := cutting(t, s.S3, schedule)
				client := s3.New(s3.Options{Region: services.Region, BaseEndpoint: &at, UsePathStyle: true, Credentials: login})
				result = gateway.Bucket{Client: client, Name: services.DoorBucket}.Send(t.Context(), request.Event())
			}
			if !result.Delivered || result.Attempts != 1 {
				t.Fatalf("the gateway got %+v, want success within one attempt", result)
			}
			s.Ended(t, request)
			s.LeftQueue(t, request, 3)
			s.wantDelivered(t, request, data)
		})
	}
}

// The platform may send the same request to several destinations of one system. If the request then
// arrives through all doors at once, the master must be uploaded only once.
func TestOneRequestThroughAllDoorsAtOnceIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	s := running(t)
	code := newCode()
	data := s.Master(t, code, 4<<20)
	request := s.request(t, story(code), adplatform.Options{})
	event := request.Event()
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { s.Gateway.Send(t.Context(), event) })
		all.Go(func() { s.Queue.Send(t.Context(), event) })
		all.Go(func() { s.Bucket.Send(t.Context(), event) })
	}
	all.Wait()
	s.Ended(t, request)
	s.LeftQueue(t, request, 6)
	s.wantDelivered(t, request, data)
}

// While the destinations' file has no entry for the destination of a queue or a bucket, the events
// from there must stay in the queue. They must be processed as soon as the entry exists.
func TestEventsWaitForTheirDestinationsEntry(t *testing.T) {
	t.Parallel()
	s := alone(t, system.Config{})
	code := newCode()
	data := s.Master(t, code, 0)
	s.replaceDestinations(t, strings.Replace(scenario.Destinations, `"plain"`, `"other"`, 1))
	queue := s.through(doors.Queue)
	eventually(t, "the function has read the list again", func(context.Context) bool {
		return queue.send(t, gateway.Event{Body: []byte(`{"hello":"world"}`)}).Status == 202
	})
	for _, door := range []doors.Door{doors.Queue, doors.Bucket} {
		e := s.through(door)
		request := e.request(t, story(code), adplatform.Options{})
		if door == doors.Queue {
			wantAnswer(t, e.send(t, request.Event()), 202, "accepted")
		} else if stored := e.Bucket.Send(t.Context(), request.Event()); stored.Err != nil {
			t.Fatal(stored.Err)
		}
		e.wantUnknown(t, request)
		// This check runs at the end of the test. By then the destinations' file has an entry for
		// the door's destination, so the event must be processed.
		defer func() {
			e.Ended(t, request)
			e.wantDelivered(t, request, data)
		}()
	}
	s.replaceDestinations(t, strings.Replace(scenario.Destinations, `"secrets":["`+scenario.Secret+`"]`, `"secrets":[]`, 1))
}

// sortOfEvent is a kind of event, with the state in which the ledger item must end.
type sortOfEvent struct {
	name  string
	slot  func(code string) adplatform.Slot
	life  time.Duration
	state ledger.State
}

// Events of all kinds are sent through all doors at once, each one to three times and in any
// order. Each request must end exactly once.
func TestEventsOfAllSortsThroughAllDoorsEndOnce(t *testing.T) {
	t.Parallel()
	s := running(t)
	code := newCode()
	data := s.Master(t, code, 0)
	absent := newCode()
	sorts := []sortOfEvent{
		{"delivered", story, time.Hour, ledger.Delivered},
		{"skipped", func(string) adplatform.Slot { return story(absent) }, time.Hour, ledger.Skipped},
		{"expired", story, -time.Second, ledger.Expired},
		{"malformed", nil, time.Hour, ledger.Malformed},
	}
	through := []func(context.Context, gateway.Event) gateway.Result{s.Gateway.Send, s.Queue.Send, s.Bucket.Send}
	busy := make(chan struct{}, 64)
	var all sync.WaitGroup
	for i := range *mixed {
		kind := sorts[i%len(sorts)]
		var event gateway.Event
		var check func(t *testing.T)
		if kind.slot == nil {
			event = gateway.Event{Topic: "video.source_requested", Body: fmt.Appendf(nil, `{"creative":{"code":"%s-%d"},"fulfillment":{}}`, code, i)}
			check = func(t *testing.T) { s.wantRecorded(t, event.Body) }
		} else {
			request := s.request(t, kind.slot(code), adplatform.Options{ExpiresAt: time.Now().Add(kind.life)})
			event = request.Event()
			check = func(t *testing.T) { s.wantEndedOnce(t, request, kind.state, data) }
		}
		all.Go(func() {
			busy <- struct{}{}
			defer func() { <-busy }()
			for range 1 + rand.IntN(3) {
				for n := 0; ; n++ { // repeats the event until it is accepted, for example after a 409
					result := through[rand.IntN(len(through))](t.Context(), event)
					if result.Delivered {
						break
					}
					if result.Err != nil || n > 100 {
						t.Errorf("%s %d: %+v", kind.name, i, result)
						return
					}
				}
			}
			check(t)
		})
	}
	all.Wait()
}

// wantRecorded waits until the ledger contains the record of an event with this malformed body.
func (e *env) wantRecorded(t *testing.T, body []byte) {
	compact, err := gateway.Compact(body)
	if err != nil {
		t.Error(err)
		return
	}
	sum := sha256.Sum256(compact)
	err = scenario.Await(t.Context(), "a body is recorded", func(ctx context.Context) (bool, error) {
		item, err := e.Ledger.Load(ctx, "bad#"+hex.EncodeToString(sum[:]))
		return err == nil && item.State == ledger.Malformed, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// wantEndedOnce waits until a request has ended. It checks the state, the code and the delivered
// data, and that there were no more uploads and callbacks than necessary.
func (e *env) wantEndedOnce(t *testing.T, request adplatform.Request, state ledger.State, data []byte) {
	if _, err := scenario.Ended(t.Context(), e.Ledger, request); err != nil {
		t.Error(err)
		return
	}
	seen, err := scenario.Look(t.Context(), e.Platform, e.Ledger, request)
	if err != nil {
		t.Error(err)
		return
	}
	problems := seen.Once()
	switch state {
	case ledger.Delivered:
		problems = append(problems, seen.Delivered(scenario.Is(sha256.Sum256(data)))...)
	case ledger.Skipped:
		problems = append(problems, seen.Skipped("no_match:creative")...)
	default:
		problems = append(problems, seen.Untouched()...)
		problems.Want(seen.Item.State == state, "the ledger says %s, should be %s", seen.Item.State, state)
	}
	scenariotest.Report(t, problems)
}

package system_test

import (
	"context"
	"strings"
	"testing"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/capability"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// If a request's callback host is not configured, the system must not contact that host. If an
// operator adds the host before the request's deadline, the request must be delivered without being
// sent again. This holds for requests through every door.
func TestAHostThatIsRepairedInTimeDelivers(t *testing.T) {
	t.Parallel()
	s := alone(t, system.Config{})
	code := newCode()
	data := s.Master(t, code, 0)
	var requests []adplatform.Request
	for _, door := range scenariotest.Doors {
		request := s.request(t, story(code), adplatform.Options{})
		elsewhere, err := capability.Parse(strings.Replace(request.CallbackURL.Reveal(), "127.0.0.1", "callbacks.localhost", 1))
		if err != nil {
			t.Fatal(err)
		}
		request.CallbackURL = elsewhere
		wantAnswer(t, s.through(door).send(t, request.Event()), 202, "accepted")
		requests = append(requests, request)
	}
	for _, request := range requests {
		eventually(t, "the request is held, and has been tried again", func(context.Context) bool {
			item := s.Item(t, request)
			return item.Code == fulfillment.CodeHost && item.State == ledger.Queued && item.Attempts > 1
		})
		if item := s.Item(t, request); !strings.Contains(item.Detail, `"callbacks.localhost"`) {
			t.Errorf("the ledger does not name the host: %s", item.Detail)
		}
		token, err := s.Platform.Waitpoints.Token(request.Token)
		if item := s.Item(t, request); err != nil || !token.Completed.IsZero() || item.Decision != nil {
			t.Errorf("before the host is allowed: %+v, %v; %+v", token, err, item)
		}
	}
	s.replaceDestinations(t, strings.Replace(scenario.Destinations, `"scheme":"outpost",`, `"scheme":"outpost","callbackHosts":["callbacks.localhost"],`, 1))
	for _, request := range requests {
		s.Ended(t, request)
		s.wantDelivered(t, request, data)
	}
}

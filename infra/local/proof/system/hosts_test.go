package system_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/capability"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// A host that the configuration lacks is repaired within the request's hour: until then nothing is
// contacted, and thereafter the request is delivered without being sent again.
func TestAHostThatIsRepairedInTimeDelivers(t *testing.T) {
	t.Parallel()
	s := alone(t, system.Config{})
	code := newCode()
	data := s.Master(t, code, 0)
	request := s.request(t, story(code), adplatform.Options{})
	elsewhere, err := capability.Parse(strings.Replace(request.CallbackURL.Reveal(), "127.0.0.1", "callbacks.localhost", 1))
	if err != nil {
		t.Fatal(err)
	}
	request.CallbackURL = elsewhere
	wantAnswer(t, s.send(t, request.Event()), 202, "accepted")
	eventually(t, "the request is held", func(context.Context) bool {
		return s.Item(t, request).Code == fulfillment.CodeHost
	})
	if item := s.Item(t, request); !strings.Contains(item.Detail, `"callbacks.localhost"`) {
		t.Errorf("the ledger does not name the host: %s", item.Detail)
	}
	eventually(t, "finish has tried", func(context.Context) bool {
		log, err := os.ReadFile(s.Log.Name())
		return err == nil && strings.Count(string(log), `"code":"`+fulfillment.CodeHost+`"`) > 1
	})
	token, err := s.Platform.Waitpoints.Token(request.Token)
	if item := s.Item(t, request); err != nil || !token.Completed.IsZero() || item.Decision != nil || item.State != ledger.Queued {
		t.Errorf("before the host is allowed: %+v, %v; %+v", token, err, item)
	}
	s.replaceDestinations(t, strings.Replace(scenario.Destinations, `"scheme":"outpost",`, `"scheme":"outpost","callbackHosts":["callbacks.localhost"],`, 1))
	s.Ended(t, request)
	s.wantDelivered(t, request, data)
}

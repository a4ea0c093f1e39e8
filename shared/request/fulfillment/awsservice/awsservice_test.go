package awsservice_test

import (
	"testing"
	"time"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/variables"
	"masterhand/shared/request"
	"masterhand/shared/request/fulfillment/awsservice"
)

// If another run holds a request, a webhook's run waits at most 20 s for that run. The
// gateway waits 300 s for the answer, so enough time is left.
func TestAWebhookWaitsTwentySecondsForAnotherRun(t *testing.T) {
	t.Parallel()
	none := func(string) (string, bool) { return "", false }
	s := awsservice.New(request.Settings{}, awsclient.New("eu-central-1", variables.Endpoints{}, none), nil)
	if s.HoldTimeout != 20*time.Second {
		t.Errorf("waits for %v", s.HoldTimeout)
	}
}

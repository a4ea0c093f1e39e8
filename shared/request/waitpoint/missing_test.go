package waitpoint_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/events"
	"masterhand/shared/request/transfer/pipenet"
	"masterhand/shared/request/waitpoint"
)

func TestATokenThatALaggingReplicaLacksIsTriedAgain(t *testing.T) {
	t.Parallel()
	data, err := events.Wire("11-callback-404-lag.json")
	var wire struct {
		Callback []reply
		Want     string
	}
	if err != nil || json.Unmarshal(data, &wire) != nil || wire.Want != "delivered" {
		t.Fatalf("%v: %s", err, data)
	}
	synctest.Test(t, func(t *testing.T) {
		checkComplete(t, wire.Callback, time.Minute, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 200, Attempts: len(wire.Callback)})
	})
}

// If the server answers 404 for a minute, the token does not exist, and the outcome is Refused.
func TestATokenThatStaysMissingIsRefused(t *testing.T) {
	t.Parallel()
	for range 5 { // five times, because the length of a pause is random
		synctest.Test(t, func(t *testing.T) {
			client := pipenet.Serve(t, &counterpart{script: []reply{404}})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			began := time.Now()
			got, err := waitpoint.Complete(ctx, client, mustParse(t, pipenet.URL+secretPath), []byte(body))
			if took := time.Since(began); got.Outcome != waitpoint.Refused || got.Status != 404 || took < time.Minute || took > 80*time.Second {
				t.Errorf("%+v, %v after %v", got, err, took)
			}
		})
	}
}

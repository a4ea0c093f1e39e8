//go:build linux

package crash_test

import (
	"errors"
	"flag"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/kit/names"
)

const (
	// lease is short, because tests wait until a lease expires. It is long enough for a run on a
	// busy machine to renew it in time.
	lease = 7 * time.Second
	// indexLag is the time that the index may need to learn of an upload. For this time after its
	// arrival, a request for a missing master is handed off, because a skip is not permitted yet.
	indexLag = time.Minute
	// redelivered is the number of seconds after which a queue delivers a message again, if the
	// process that received the message was killed.
	redelivered = "3" // seconds
	// atOnce is the number of tests that run in parallel. It is high, because tests mostly wait
	// for leases to expire.
	atOnce = "24"
)

// env is a running system. In front of DynamoDB and of the ad platforms stands a gate: a proxy that
// can hold a call while the test kills the function. All tests share the system, and each test uses
// its own creative.
type env struct {
	*scenariotest.Env
	items *Gate // the gate in front of DynamoDB
	// two platforms, which answer a repeated callback differently
	real, promising *platform
}

// platform is an ad platform. Functions upload files to it and call it back through gates.
type platform struct {
	*adplatform.Platform
	uploads, callbacks *Gate
}

var (
	shared scenariotest.Shared
	here   env
	gates  sync.Once
)

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	here.items, err = Open()
	if err = errors.Join(err, flag.Set("test.parallel", atOnce)); err != nil {
		panic(err)
	}
	shared.Config = system.Config{Concurrency: 128, Environment: map[string]string{
		names.EndpointDynamoDB: here.items.URL(), names.Lease: lease.String(), names.IndexLag: indexLag.String(),
		// The time-out is long, so that the SDK does not repeat a write that a gate holds.
		names.IdleTimeout: "10m",
	}}
	shared.Ending = func(*scenariotest.Env) (err error) {
		for _, p := range []*platform{here.real, here.promising} {
			err = errors.Join(err, p.uploads.Close(), p.callbacks.Close())
			p.Close()
		}
		return err
	}
	code := shared.Run(m)
	_ = here.items.Close()
	os.Exit(code)
}

// running returns the shared system and starts it on first use.
func running(t *testing.T) *env {
	t.Helper()
	e := shared.Open(t)
	gates.Do(func() {
		here.Env = e
		for _, queue := range []string{e.FinishQueueURL, e.DoorQueueURL, e.DoorEventsQueueURL} {
			_, err := e.Clients().SQS().SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
				QueueUrl: &queue, Attributes: map[string]string{"VisibilityTimeout": redelivered},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := here.items.Aim(e.DynamoDB); err != nil {
			t.Fatal(err)
		}
		here.real = behindGates(t, e, waitpoints.Config{})
		here.promising = behindGates(t, e, waitpoints.Config{Promised: true})
	})
	return &here
}

func behindGates(t *testing.T, e *scenariotest.Env, w waitpoints.Config) *platform {
	t.Helper()
	opened, err := scenario.OpenPlatform(t.Context(), e.Services, adplatform.Config{Waitpoints: w})
	if err != nil {
		t.Fatal(err)
	}
	return &platform{opened, before(t, opened.Storage.URL()), before(t, opened.Waitpoints.URL())}
}

// before opens a gate that forwards to a server.
func before(t *testing.T, server string) *Gate {
	t.Helper()
	gate, err := Open()
	if err == nil {
		err = gate.Aim(server)
	}
	if err != nil {
		t.Fatal(err)
	}
	return gate
}

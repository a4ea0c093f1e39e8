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
	// A lease that a test can wait for, and that a busy machine does not let lapse.
	lease = 7 * time.Second
	// Until then after a request came, a master that is absent may still be on its way
	// to the index, so that the request is left to the queue.
	indexLag = time.Minute
	// redelivered is when a queue gives out again what a worker has died with.
	redelivered = "3" // seconds
	// atOnce is how many tests run at once: they wait for leases to lapse, not for a
	// processor.
	atOnce = "24"
)

// env is a running system behind gates, which all tests share, each with a creative of
// its own.
type env struct {
	*scenariotest.Env
	items *Gate // before DynamoDB
	// platforms by how they answer a callback that was completed before.
	real, promising *platform
}

// platform is an ad platform behind gates.
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
		names.IdleTimeout: "10m", // a write that is held at the gate is not to be sent again
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

// running returns the shared system, started when it is first asked for.
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

// before opens a gate before a server.
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

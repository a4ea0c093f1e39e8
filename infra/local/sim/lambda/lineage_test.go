package lambda_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"masterhand/infra/local/sim/lambda"
)

// One event may invoke a function 16 times through the function's own queue. The next message
// must become a dead letter, unless the function may run in a loop.
func TestAChainOfInvocationsEnds(t *testing.T) {
	t.Parallel()
	client := sqsService(t)
	for _, test := range []struct {
		name                     string
		recursive                bool
		invocations, deadLetters int
	}{
		{"stopped", false, 16, 1},
		{"allowed", true, 31, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q, dead := newQueue(t, client, test.name, nil), newQueue(t, client, test.name+"-dead", nil)
			f := newFunction(t, func(c *lambda.Config) {
				c.Environment = map[string]string{"QUEUE": q.url, "SQS": aws.ToString(client.Options().BaseEndpoint)}
			})
			invoker, seen := watched(t, f)
			mapped(t, q, invoker, func(c *lambda.QueueConfig) {
				c.FunctionName, c.Recursive, c.DeadLettersURL = f.Name(), test.recursive, dead.url
			})
			q.send(t, "again 30")
			for range test.invocations {
				if h := <-seen; h.err != nil {
					t.Fatal(h.err)
				}
			}
			awaitEmpty(t, q)
			if got := dead.left(t); got != test.deadLetters {
				t.Errorf("%d dead letters, want %d", got, test.deadLetters)
			}
			select {
			case h := <-seen:
				t.Errorf("invoked once more, with %q", h.bodies())
			default:
			}
		})
	}
}

// awaitEmpty waits until a queue holds no messages.
func awaitEmpty(t *testing.T, q queue) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		if q.left(t) == 0 {
			return
		}
		<-tick.C
	}
	t.Fatal("the queue is not empty")
}

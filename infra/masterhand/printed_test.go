package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/webhook"
)

// asFunction is the name of an environment variable. If it is set, the test binary prints the log
// lines of a function and exits. The lines need a process of their own, because AWS's logger reads
// its settings at the start of a process and prints to standard output.
const asFunction = "MASTERHAND_TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		printAsFunction()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// printAsFunction prints the log line and the metrics of one webhook, with the code of the function
// fulfill.
func printAsFunction() {
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	served := webhook.Served{
		Status: http.StatusOK, Answer: "delivered", Class: platform.Requested, EventID: "evt \u202e1", From: "192.0.2.1", Err: errors.New(`no "master"`),
		Match: destination.Match{Destination: &destination.Destination{Name: "ads"}, KeyHint: "1a2b"}, Duration: 2 * time.Second,
		Outcome: fulfillment.Outcome{Status: fulfillment.Delivered, Ended: fulfillment.Delivered, SHA256: "ab", Bytes: 7, Attempt: 1},
	}
	served.Report(ctx, telemetry.New(lambdacontext.NewLogger(), os.Stdout, "masterhand"))
}

// printed returns one log line and one line of metrics, exactly as a function prints them.
var printed = sync.OnceValue(func() [2]string {
	function := exec.Command(os.Args[0])
	function.Env = append(os.Environ(), asFunction+"=1", "AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_LOG_LEVEL=INFO")
	out, err := function.Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	// The process prints three lines: the version, which this test ignores, then the log line, then
	// the metrics.
	if err != nil || len(lines) != 3 {
		panic("a function printed " + string(out))
	}
	return [2]string{lines[1], lines[2]}
})

func webhookLine() string { return printed()[0] }
func metricLine() string  { return printed()[1] }

var timestamp = regexp.MustCompile(`"timestamp":"[^"]*"`)

// printedAt returns the log line with another timestamp.
func printedAt(line string, at time.Time) string {
	return timestamp.ReplaceAllString(line, `"timestamp":"`+at.Format(time.RFC3339Nano)+`"`)
}

// compactWebhook is the expected compact form of the webhook's log line, without the time and the
// function.
const compactWebhook = `INFO  webhook attempt=1 bytes_in=0 bytes_out=7 class=requested code="" destination=ads detail="" ended=delivered ` +
	`error="no \"master\"" event="evt \\u202e1" left_ms=0 master="" outcome=delivered reason="" repeated=false requestId=r-1 ` +
	`secret=1a2b sha256=ab skip="" source_ip=192.0.2.1 status=200 took_ms=2000 topic="" transfer_ms=0 unconfirmed=false waited_ms=0`

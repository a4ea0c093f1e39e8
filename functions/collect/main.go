// Command collect is the function that processes the queue of announcements. For each message it updates
// the timeline of the announced files and fetches the files, within Lambda's limit of 15 minutes. On a
// schedule it searches for stored events whose message was lost.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/shared/announcements"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/bootstrap"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/kit/telemetry"
)

func main() {
	c, err := announcements.LoadCollect(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	aws := awsclient.New(c.Region, c.Endpoints, os.LookupEnv)
	h := handler{
		service: service(c, aws),
		queue:   sqsqueue.Queue{Client: sqsclient.New(aws), URL: c.CollectQueueURL},
		report:  telemetry.New(lambdacontext.NewLogger(), os.Stdout, c.MetricsNamespace),
		jitter:  rand.Float64,
	}
	bootstrap.Start(h.handle)
}

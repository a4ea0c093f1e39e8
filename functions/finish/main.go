// Command finish is the function that settles the requests in the queue of handed-off requests.
// Each request may take up to 15 minutes, Lambda's limit. On a schedule, the function also settles
// requests that are still open after their deadline.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/bootstrap"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request"
	"masterhand/shared/request/fulfillment/awsservice"
)

func main() {
	c, err := request.Load(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	aws := awsclient.New(c.Region, c.Endpoints, os.LookupEnv)
	reporter := telemetry.New(lambdacontext.NewLogger(), os.Stdout, c.MetricsNamespace)
	h := handler{
		service:   awsservice.New(c, aws, awsservice.NewKeyring(c, aws, reporter)),
		queue:     sqsqueue.Queue{Client: sqsclient.New(aws), URL: c.FinishQueueURL},
		libraries: c.Libraries,
		report:    reporter,
		now:       time.Now,
		jitter:    rand.Float64,
	}
	bootstrap.Start(h.handle)
}

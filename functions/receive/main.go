// Command receive is the function that processes events of the platform without signatures. The events
// come from a queue and from a bucket. The function has Lambda's limit of 15 minutes for each event.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/bootstrap"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/doors/s3objects"
	"masterhand/shared/request/fulfillment/awsservice"
)

func main() {
	c, err := request.LoadReceive(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bootstrap.Start(newHandler(c).handle)
}

func newHandler(c request.ReceiveSettings) handler {
	reporter := telemetry.New(lambdacontext.NewLogger(), os.Stdout, c.MetricsNamespace)
	aws := awsclient.New(c.Region, c.Endpoints, os.LookupEnv)
	keyring := awsservice.NewKeyring(c.Settings, aws, reporter)
	h := handler{report: reporter, receiver: &doors.Receiver{
		Pipeline:     doors.Pipeline{Service: awsservice.New(c.Settings, aws, keyring), Libraries: c.Libraries, Loopback: c.AllowLoopback},
		Destinations: keyring, Settings: c.Doors, Bucket: c.DoorBucket, Objects: s3objects.Objects{Client: s3client.New(aws), Bucket: c.DoorBucket},
		Now: time.Now, Jitter: rand.Float64,
	}}
	for door, url := range map[doors.Door]string{doors.Queue: c.DoorQueueURL, doors.Bucket: c.DoorEventsQueueURL} {
		if url != "" {
			h.sources = append(h.sources, source{door, path.Base(url), sqsqueue.Queue{Client: sqsclient.New(aws), URL: url}})
		}
	}
	return h
}

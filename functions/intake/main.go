// Command intake is the function at the URL to which other platforms send a webhook when a file is ready.
// It stores each announcement and answers at once.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/shared/announcements"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/intake/s3records"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/bootstrap"
	"masterhand/shared/kit/functionurl"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/kit/telemetry"
)

func main() {
	c, err := announcements.LoadIntake(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bootstrap.Start(handler(c).Handle)
}

func handler(c announcements.IntakeSettings) functionurl.Handler {
	reporter := telemetry.New(lambdacontext.NewLogger(), os.Stdout, c.MetricsNamespace)
	aws := awsclient.New(c.Region, c.Endpoints, os.LookupEnv)
	return functionurl.Handler{Log: reporter.Log, Undecodable: intake.Unauthentic, Panicked: intake.InternalError, Serve: serve(&intake.Handler{
		Keyring:    keyring(c, aws, reporter),
		Store:      s3records.Records{Client: s3client.New(aws), Bucket: c.IntakeBucket},
		Queue:      sqsqueue.Queue{Client: sqsclient.New(aws), URL: c.CollectQueueURL},
		Posternity: c.Posternity,
		Now:        time.Now,
		NewEntropy: rand.Text,
		Report:     func(ctx context.Context, s intake.Served) { s.Report(ctx, reporter) },
	})}
}

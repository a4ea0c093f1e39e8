// Command fulfill is the function that answers the platform's webhooks at its function URL.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/bootstrap"
	"masterhand/shared/kit/functionurl"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request"
	"masterhand/shared/request/fulfillment/awsservice"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/webhook"
)

func main() {
	c, err := request.Load(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bootstrap.Start(handler(c).Handle)
}

func handler(c request.Settings) functionurl.Handler {
	reporter := telemetry.New(lambdacontext.NewLogger(), os.Stdout, c.MetricsNamespace)
	aws := awsclient.New(c.Region, c.Endpoints, os.LookupEnv)
	keyring := awsservice.NewKeyring(c, aws, reporter)
	service := awsservice.New(c, aws, keyring)
	service.Queue = handoff.Queue{Messages: sqsqueue.Queue{Client: sqsclient.New(aws), URL: c.FinishQueueURL}}
	webhooks := &webhook.Handler{
		Keyring: keyring, Service: service, Libraries: c.Libraries, Loopback: c.AllowLoopback,
		Now: time.Now, Report: func(ctx context.Context, s webhook.Served) { s.Report(ctx, reporter) },
	}
	return functionurl.Handler{Log: reporter.Log, Serve: webhooks.Serve, Undecodable: webhook.Unauthentic, Panicked: webhook.InternalError}
}

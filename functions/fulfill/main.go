// Command fulfill is the function behind the function URL: it answers the platform's
// webhooks.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"masterhand/shared/awsclient"
	"masterhand/shared/config"
	"masterhand/shared/destination"
	"masterhand/shared/destination/secretsource"
	"masterhand/shared/emf"
	"masterhand/shared/fulfillment"
	"masterhand/shared/functionurl"
	"masterhand/shared/indexing/sqsbacklog"
	"masterhand/shared/ledger"
	"masterhand/shared/ledger/dynamostore"
	"masterhand/shared/masters"
	"masterhand/shared/masters/s3store"
	"masterhand/shared/names"
	"masterhand/shared/safehttp"
	"masterhand/shared/transfer"
	"masterhand/shared/webhook"
)

func main() {
	c, err := config.LoadFulfill(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	lambda.StartWithOptions(handler(c, log).Handle, lambda.WithContext(ctx))
}

func handler(c config.Fulfill, log *slog.Logger) functionurl.Handler {
	report := reporter{log: log, metrics: &emf.Writer{W: os.Stdout, Namespace: names.MetricNamespace, Now: time.Now}}
	aws := awsclient.New(c.Region, c.Endpoints, os.LookupEnv)
	s3 := aws.S3()
	client := safehttp.NewClient(safehttp.Config{Loopback: c.AllowLoopback, WrapDial: transfer.Lingering})
	keyring := destination.NewKeyring(
		secretsource.Source{Client: aws.SecretsManager(), SecretID: c.DestinationsSecret},
		destination.Config{
			MaxAge: c.DestinationsMaxAge, Recheck: c.DestinationsRecheck, Now: time.Now,
			OnError: func(err error) { report.loadFailed(err) },
		},
	)
	service := &fulfillment.Service{
		Ledger:    &ledger.Ledger{Store: dynamostore.Store{Client: aws.DynamoDB(), Table: c.LedgerTable}, Now: time.Now, NewOwner: rand.Text},
		Index:     masters.Index{Blobs: s3store.Blobs{Client: s3, Bucket: c.IndexBucket}},
		Bucket:    s3store.Bucket{Client: s3, Name: c.MastersBucket},
		Backlog:   sqsbacklog.Backlog{Client: aws.SQS(), Queues: []string{c.IndexQueueURL, c.IndexDeadLettersURL}},
		Mover:     &transfer.Mover{Client: client},
		Callbacks: client,
		Now:       time.Now,
		Settle:    c.IndexSettle,
		Patience:  20 * time.Second,
	}
	return functionurl.Handler{Log: log, Webhook: &webhook.Handler{
		Keyring: keyring, Service: service, Libraries: c.Libraries, Loopback: c.AllowLoopback, Now: time.Now,
		Report: report.webhook,
	}}
}

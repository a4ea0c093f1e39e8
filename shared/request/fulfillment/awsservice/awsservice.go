// Package awsservice builds the fulfilment service on AWS. Two functions use it: fulfill, behind
// the function URL, and finish, behind the queue.
package awsservice

import (
	"context"
	"crypto/rand"
	"time"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/dynamoclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/secretsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/safehttp"
	"masterhand/shared/kit/secret/secretsource"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/transfer"
)

// holdTimeout is how long a webhook's run waits while another run holds the same request.
const holdTimeout = 20 * time.Second

// headerTimeout is the longest time that the HTTP client waits for the headers of an answer. It
// must be longer than the limits that the packages transfer and waitpoint set for their own
// requests.
const headerTimeout = 2 * time.Minute

// NewKeyring returns the keyring of the destinations. If the keyring cannot load the list of
// destinations, the reporter reports the error.
func NewKeyring(c request.Settings, aws awsclient.Factory, reporter telemetry.Reporter) *destination.Keyring {
	return destination.NewKeyring(
		secretsource.Source{Client: secretsclient.New(aws), SecretID: c.DestinationsSecret},
		destination.Config{
			MaxAge: c.DestinationsMaxAge, Recheck: c.DestinationsRecheck, Now: time.Now,
			OnError: func(ctx context.Context, err error) { destination.ReportLoadFailure(ctx, reporter, err) },
		},
	)
}

// New returns the fulfilment service on AWS, without a queue for hand-offs. The keyring decides
// which hosts a destination allows.
func New(c request.Settings, aws awsclient.Factory, keyring *destination.Keyring) *fulfillment.Service {
	s3 := s3client.New(aws)
	client := safehttp.NewClient(safehttp.Config{
		Loopback: c.AllowLoopback, WrapDial: transfer.ReadEarlyAnswers, HeaderTimeout: headerTimeout,
	})
	store := dynamostore.Store{Client: dynamoclient.New(aws), Table: c.LedgerTable, Spread: c.LedgerSpread}
	return &fulfillment.Service{
		Ledger:      &ledger.Ledger{Store: store, Now: time.Now, NewOwner: rand.Text, Lease: c.Lease},
		Affected:    store,
		Index:       masters.Index{Blobs: s3store.Blobs{Client: s3, Bucket: c.IndexBucket}},
		Lines:       s3store.Bucket{Client: s3, Name: c.IndexBucket},
		Bucket:      s3store.Bucket{Client: s3, Name: c.MastersBucket},
		Backlog:     sqsqueue.Backlog{Client: sqsclient.New(aws), Queues: []string{c.IndexQueueURL, c.IndexDeadLettersURL}},
		Mover:       &transfer.Mover{Client: client},
		Hosts:       destination.Hosts{Keyring: keyring, Loopback: c.AllowLoopback},
		Callbacks:   client,
		Now:         time.Now,
		IndexLag:    c.IndexLag,
		HoldTimeout: holdTimeout,
	}
}

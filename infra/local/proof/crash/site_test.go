//go:build linux

package crash_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/proof/crash"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/kit/names"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/signature"
)

const (
	secret       = "whsec_9d1c7be0d1aa4f0b8f2e5a6c7d8e9f00112233445566778899aabbccddeeff00"
	destinations = `[{"name":"plain","scheme":"outpost","secrets":["` + secret + `"]}]`

	// A lease that a test can wait for, and that a busy machine does not let lapse.
	lease = 5 * time.Second
	// Until then after a request came, a master that is absent may still be on its way
	// to the index, so that the request is left to the queue.
	settle = time.Minute
	// redelivered is when the queue gives out again what a worker has died with.
	redelivered = "3" // seconds
)

// site is a running system behind gates.
type site struct {
	*system.System
	items  *crash.Gate // before DynamoDB
	ledger dynamostore.Store
	sender *gateway.Gateway
	// Masters and index are reached over connections that can be closed: the S3 server's
	// end would wait for those that were dialled and never used.
	connections *http.Transport
	objects     *s3.Client
	index       masters.Index
	folder      string
	log         *os.File
	// platforms by how they answer a callback that was completed before.
	real, promising *platform
}

// platform is a far side behind gates.
type platform struct {
	*adplatform.Platform
	uploads, callbacks *crash.Gate
}

func open(ctx context.Context, root string) (_ *site, err error) {
	s := &site{}
	if s.folder, err = os.MkdirTemp("", "masterhand-crash-"); err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(s.folder, "log.jsonl")); err != nil {
		return nil, err
	}
	if s.items, err = crash.Open(); err != nil {
		return nil, err
	}
	if err := s.start(ctx, root); err != nil {
		return nil, err
	}
	if err := s.items.Aim(s.DynamoDB); err != nil {
		return nil, err
	}
	s.ledger = dynamostore.Store{Client: s.Clients().DynamoDB(), Table: services.Table}
	s.connect()
	key, err := signature.NewKey(signature.Outpost, secret)
	if err != nil {
		return nil, err
	}
	s.sender = gateway.New(gateway.Config{Endpoint: s.FulfillURL, Keys: []signature.Key{key}})
	if s.real, err = s.openPlatform(ctx, waitpoints.Config{}); err != nil {
		return nil, err
	}
	s.promising, err = s.openPlatform(ctx, waitpoints.Config{Promised: true})
	return s, err
}

func (s *site) start(ctx context.Context, root string) error {
	file := filepath.Join(s.folder, "destinations.json")
	if err := os.WriteFile(file, []byte(destinations), 0o600); err != nil {
		return err
	}
	programs, err := system.Build(ctx, root)
	if err != nil {
		return err
	}
	s.System, err = system.Start(ctx, system.Config{
		Root: root, Programs: programs, Data: filepath.Join(s.folder, "data"), Destinations: file, Log: s.log, Concurrency: 128,
		Environment: map[string]string{
			names.EndpointDynamoDB: s.items.URL(), names.Lease: lease.String(), names.IndexLag: settle.String(),
			names.IdleTimeout: "10m", // a write that is held at the gate is not to be sent again
		},
	})
	if err != nil {
		return err
	}
	_, err = s.Clients().SQS().SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: &s.FinishQueueURL, Attributes: map[string]string{"VisibilityTimeout": redelivered},
	})
	return err
}

func (s *site) connect() {
	s.connections = &http.Transport{MaxIdleConnsPerHost: 64}
	s.objects = s3.New(s3.Options{
		BaseEndpoint: &s.S3, UsePathStyle: true, Region: services.Region, HTTPClient: &http.Client{Transport: s.connections},
		Credentials: credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, ""),
	})
	s.index = masters.Index{Blobs: s3store.Blobs{Client: s.objects, Bucket: services.IndexBucket}}
}

// openPlatform opens a platform that keeps what it gets in the system's S3.
func (s *site) openPlatform(ctx context.Context, waitpoints waitpoints.Config) (*platform, error) {
	far, err := adplatform.Open(ctx, adplatform.Config{
		Storage: r2.Config{
			Endpoint: s.S3, Region: services.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey, Bucket: services.PlatformBucket,
		},
		Waitpoints: waitpoints,
	})
	if err != nil {
		return nil, err
	}
	p := &platform{Platform: far}
	if p.uploads, err = before(far.Storage.URL()); err != nil {
		return nil, err
	}
	p.callbacks, err = before(far.Waitpoints.URL())
	return p, err
}

func before(server string) (*crash.Gate, error) {
	gate, err := crash.Open()
	if err != nil {
		return nil, err
	}
	return gate, gate.Aim(server)
}

// close ends everything from the outside in.
func (s *site) close(ctx context.Context) error {
	s.sender.Close()
	s.connections.CloseIdleConnections()
	var errs []error
	for _, p := range []*platform{s.real, s.promising} {
		errs = append(errs, p.uploads.Close(), p.callbacks.Close())
		p.Close()
	}
	errs = append(errs, s.System.Close(ctx), s.items.Close(), s.log.Close())
	return errors.Join(errs...)
}

// eventually waits for something that comes by itself.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

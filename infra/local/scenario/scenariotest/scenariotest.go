// Package scenariotest runs the whole of masterhand for a test: the system, the ad
// platform that asks it, and what a test wants to know of both.
//
// Invariants: a site is the test's own and ends with it; creatives, storage keys and
// films are never the same twice, so that tests on one site do not meet.
//
//	s := scenariotest.Start(t, system.Config{})
//	code := scenariotest.NewCode()
//	s.Put(t, scenariotest.StoryKey(code), scenariotest.Film(t, 1<<20))
//	request := s.Request(t, s.Platform, scenariotest.Story(code))
//	answer := s.Send(t, request.Event())
package scenariotest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/signature"
)

const (
	secret       = "whsec_9d1c7be0d1aa4f0b8f2e5a6c7d8e9f00112233445566778899aabbccddeeff00"
	destinations = `[{"name":"plain","scheme":"outpost","secrets":["` + secret + `"]}]`
)

// closing bounds the end of a site.
const closing = 20 * time.Second

// Env is a running system, the platform that asks it, and the sender that signs for
// the platform.
type Env struct {
	*system.System
	Platform *adplatform.Platform
	Sender   *gateway.Gateway
	Ledger   dynamostore.Store
	Senders  announce.Client // who announce files

	requests atomic.Int64
}

// Start brings a site up for the test. Of the configuration, programs, folders and
// destinations are filled in. Without the npm packages the test is skipped, but in CI.
func Start(t *testing.T, c system.Config) *Env {
	t.Helper()
	s, log, err := open(t, servicestest.Root(t), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closing)
		defer cancel()
		s.Sender.Close()
		s.Platform.Close()
		select {
		case err := <-s.Failed():
			t.Error(err)
		default:
		}
		if err := errors.Join(s.System.Close(ctx), log.Close()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			printLog(t, log.Name())
		}
	})
	return s
}

func open(t *testing.T, root string, c system.Config) (*Env, *os.File, error) {
	folder := t.TempDir()
	var err error
	if c.Programs, err = built(); err != nil {
		return nil, nil, err
	}
	c.Root, c.Data = root, filepath.Join(folder, "data")
	c.Destinations, c.Senders = filepath.Join(folder, "destinations.json"), filepath.Join(folder, "senders.json")
	tokens := announce.NewSecrets()
	content, err := tokens.Encode()
	if err := errors.Join(err, os.WriteFile(c.Destinations, []byte(destinations), 0o600), os.WriteFile(c.Senders, content, 0o600)); err != nil {
		return nil, nil, err
	}
	log, err := os.Create(filepath.Join(folder, "log.jsonl"))
	if err != nil {
		return nil, nil, err
	}
	c.Log = log
	s := &Env{}
	if s.System, err = system.Start(t.Context(), c); err != nil {
		return nil, nil, errors.Join(err, log.Close())
	}
	key, err := signature.NewKey(signature.Outpost, secret)
	if err == nil {
		s.Platform, err = s.open(t.Context(), adplatform.Config{})
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.System.Close(t.Context()), log.Close())
	}
	s.Sender = gateway.New(gateway.Config{Endpoint: s.FulfillURL, Keys: []signature.Key{key}})
	s.Senders = announce.New(announce.Config{
		URL: s.IntakeURL, Secrets: tokens, Clients: s.Clients(), Bucket: services.IntakeBucket, Table: services.Table,
	})
	s.Ledger = dynamostore.Store{Client: s.Clients().DynamoDB(), Table: services.Table}
	return s, log, nil
}

// NewPlatform opens another platform on the site's S3, for faults of its own.
func (s *Env) NewPlatform(t *testing.T, waitpoints waitpoints.Config, now func() time.Time) *adplatform.Platform {
	t.Helper()
	p, err := s.open(t.Context(), adplatform.Config{Waitpoints: waitpoints, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func (s *Env) open(ctx context.Context, c adplatform.Config) (*adplatform.Platform, error) {
	c.Storage = r2.Config{
		Endpoint: s.S3, Region: services.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey,
		Bucket: services.PlatformBucket, Now: c.Now,
	}
	return adplatform.Open(ctx, c)
}

// maxLog is how much of the end of a log is printed, in bytes.
const maxLog = 16 << 10

func printLog(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	t.Logf("the end of the log:\n%s", text[max(0, len(text)-maxLog):])
}

// built are the programs, built once for all tests of a process.
var built = sync.OnceValues(func() (system.Programs, error) {
	root, err := system.Root()
	if err != nil {
		return system.Programs{}, err
	}
	return system.Build(context.Background(), root)
})

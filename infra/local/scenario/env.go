// Package scenario simulates the users of a running system and checks the results. It uploads
// masters and waits until they are indexed, sends requests as the platform does, and announces
// files as senders do. It reads from the ledger, the waitpoint and the platform's storage how a
// request ended. It does not use testing.T, because the demo and the load run use it, too.
//
// Invariants: checks read the stored data, never the system's answers; all films and all storage
// keys of an Env are different, so that requests do not affect each other; no error contains a
// URL.
//
// An example:
//
//	env, err := scenario.Start(ctx, folder, system.Config{Root: root, Programs: programs})
//	defer env.Close(ctx)
//	film, err := scenario.Film(1 << 20)
//	_, err = env.Masters.Put(ctx, "HRT-1212/v1/en/9x16.mp4", film, masters.Labels{})
//	_, err = env.Masters.Indexed(ctx, "HRT-1212/v1/en/9x16.mp4")
//	slot := adplatform.Slot{Code: "HRT-1212", Variation: 1, Locale: "en", Kind: "video", Aspect: "9x16"}
//	request, err := env.NewRequest(env.Platform, slot, adplatform.Options{})
//	answer := env.Gateway.Send(ctx, request.Event())
//	seen, err := scenario.Look(ctx, env.Platform, env.Ledger, request)
//	problems := append(seen.Delivered(scenario.Is(sha256.Sum256(film))), seen.Once()...)
package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/signature"
)

// The content of the default destinations' file, and its secrets: one destination for each
// signature scheme.
const (
	Secret         = "whsec_9d1c7be0d1aa4f0b8f2e5a6c7d8e9f00112233445566778899aabbccddeeff00"
	StampedSecret  = "whsec_1f2e3d4c5b6a79880f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778"
	StandardSecret = "whsec_c3RhbmRhcmQgd2ViaG9va3Mgc2VjcmV0IDAxMjM0NTY="
	Destinations   = `[{"name":"plain","scheme":"outpost","secrets":["` + Secret + `"]},
	{"name":"stamped","scheme":"outpost-timestamped","secrets":["` + StampedSecret + `"]},
	{"name":"standard","scheme":"standard","secrets":["` + StandardSecret + `"]}]`
)

// Env is a running system, the platform that sends it requests, and the senders that announce
// files to it.
type Env struct {
	*system.System
	Platform *adplatform.Platform
	Gateway  *gateway.Gateway // sends webhooks, signed with the secret of the destination "plain"
	Queue    gateway.Queue    // sends events to the queue of the destination "plain"
	Bucket   gateway.Bucket   // stores events in the bucket of the destination "plain"
	Ledger   dynamostore.Store
	Senders  announce.Client
	Tokens   announce.Secrets // the credentials of all senders
	Masters  Masters
	Log      *os.File

	Destinations string // path of the destinations' file
	requests     atomic.Int64
}

// Start starts a system whose data, secrets and log are in a folder. It sets the fields Data, Log
// and Senders of the configuration, and the field Destinations if that is "".
func Start(ctx context.Context, folder string, c system.Config) (_ *Env, err error) {
	e := &Env{Tokens: announce.NewSecrets()}
	tokens, err := e.Tokens.Encode()
	if err != nil {
		return nil, err
	}
	c.Data, c.Senders = filepath.Join(folder, "data"), filepath.Join(folder, "senders.json")
	if err := os.WriteFile(c.Senders, tokens, 0o600); err != nil {
		return nil, err
	}
	if c.Destinations == "" {
		c.Destinations = filepath.Join(folder, "destinations.json")
		if err := os.WriteFile(c.Destinations, []byte(Destinations), 0o600); err != nil {
			return nil, err
		}
	}
	if e.Log, err = os.Create(filepath.Join(folder, "log.jsonl")); err != nil {
		return nil, err
	}
	c.Log, e.Destinations = e.Log, c.Destinations
	if e.System, err = system.Start(ctx, c); err != nil {
		return nil, errors.Join(err, e.Log.Close())
	}
	key, err := signature.NewKey(signature.Outpost, Secret)
	if err == nil {
		e.Platform, err = OpenPlatform(ctx, e.Services, adplatform.Config{})
	}
	if err != nil {
		return nil, errors.Join(err, e.System.Close(ctx), e.Log.Close())
	}
	e.Gateway = gateway.New(gateway.Config{Endpoint: e.FulfillURL, Keys: []signature.Key{key}})
	e.Queue = gateway.Queue{Client: e.Clients().SQS(), URL: e.DoorQueueURL}
	e.Bucket = gateway.Bucket{Client: e.Clients().S3(), Name: services.DoorBucket}
	e.Ledger = LedgerOf(e.Services)
	e.Masters = MastersOf(e.System)
	e.Senders = announce.New(announce.Config{
		URL: e.IntakeURL, Secrets: e.Tokens, Clients: e.Clients(), Bucket: services.IntakeBucket, Table: services.Table,
	})
	return e, nil
}

// Close stops the platform, the functions and the services. It returns an error if a service had
// ended by itself, or if a part does not stop in time.
func (e *Env) Close(ctx context.Context) error {
	e.Gateway.Close()
	e.Platform.Close()
	var failed error
	select {
	case failed = <-e.Failed():
	default:
	}
	return errors.Join(failed, e.System.Close(ctx), e.Log.Close())
}

// OpenPlatform opens a simulated platform that stores uploads in the S3 of a system.
func OpenPlatform(ctx context.Context, s *services.Services, c adplatform.Config) (*adplatform.Platform, error) {
	c.Storage = r2.Config{
		Endpoint: s.S3, Region: services.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey, Bucket: services.PlatformBucket, Now: c.Now,
	}
	return adplatform.Open(ctx, c)
}

// LedgerOf returns the ledger in the DynamoDB of a system.
func LedgerOf(s *services.Services) dynamostore.Store {
	return dynamostore.Store{Client: s.Clients().DynamoDB(), Table: s.Name(services.Table)}
}

// MastersOf returns the masters bucket and the index of a system.
func MastersOf(s *system.System) Masters {
	return Masters{Client: s.Clients().S3(), Bucket: services.MastersBucket, Index: s.Index, Library: s.Library}
}

// NewRequest makes a request of a platform. The request has a new storage key, unless the options
// set one.
func (e *Env) NewRequest(p *adplatform.Platform, slot adplatform.Slot, o adplatform.Options) (adplatform.Request, error) {
	if o.StorageKey == "" {
		o.StorageKey = fmt.Sprintf("fb-external/test/%d", e.requests.Add(1))
	}
	return p.NewRequest(slot, o)
}

package system_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/cdn"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/signature"
)

// Secrets of the destinations, one for each scheme.
const (
	plainSecret    = "whsec_9d1c7be0d1aa4f0b8f2e5a6c7d8e9f00112233445566778899aabbccddeeff00"
	stampedSecret  = "whsec_1f2e3d4c5b6a79880f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778"
	standardSecret = "whsec_c3RhbmRhcmQgd2ViaG9va3Mgc2VjcmV0IDAxMjM0NTY="
	destinations   = `[{"name":"plain","scheme":"outpost","secrets":["` + plainSecret + `"]},
	{"name":"stamped","scheme":"outpost-timestamped","secrets":["` + stampedSecret + `"]},
	{"name":"standard","scheme":"standard","secrets":["` + standardSecret + `"]}]`
)

// site is a running system, the platform that asks it, and what they said.
type site struct {
	*system.System
	platform     *adplatform.Platform
	sender       *gateway.Gateway // signs as "plain"
	announcers   announce.Client  // who announce files
	host         *cdn.Host        // where their files are
	ledger       dynamostore.Store
	folder       string
	destinations string // path
	log          *os.File
	credentials  credentials
	requests     atomic.Int64
}

func open(ctx context.Context, folder string, c system.Config) (_ *site, err error) {
	s := &site{folder: folder, destinations: filepath.Join(folder, "destinations.json")}
	if err := os.WriteFile(s.destinations, []byte(destinations), 0o600); err != nil {
		return nil, err
	}
	tokens := announce.NewSecrets()
	content, err := tokens.Encode()
	if err != nil {
		return nil, err
	}
	c.Senders = filepath.Join(folder, "senders.json")
	if err := os.WriteFile(c.Senders, content, 0o600); err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(folder, "log.jsonl")); err != nil {
		return nil, err
	}
	if c.Programs, err = built(); err != nil {
		return nil, err
	}
	if c.Root, err = system.Root(); err != nil {
		return nil, err
	}
	c.Data, c.Destinations, c.Log = filepath.Join(folder, "data"), s.destinations, s.log
	if s.System, err = system.Start(ctx, c); err != nil {
		return nil, err
	}
	if s.platform, err = s.newPlatform(ctx, waitpoints.Config{}); err != nil {
		return nil, errors.Join(err, s.System.Close(ctx))
	}
	if s.host, err = cdn.Open(); err != nil {
		return nil, errors.Join(err, s.System.Close(ctx))
	}
	s.announcers = announce.New(announce.Config{
		URL: s.IntakeURL, Secrets: tokens, Clients: s.Clients(), Bucket: services.IntakeBucket, Table: services.Table,
	})
	for _, known := range tokens {
		s.credentials.add(known.Tokens...)
	}
	s.sender = gateway.New(gateway.Config{Endpoint: s.FulfillURL, Keys: []signature.Key{mustKey(signature.Outpost, plainSecret)}})
	s.ledger = dynamostore.Store{Client: s.Clients().DynamoDB(), Table: services.Table}
	s.credentials.add(plainSecret, stampedSecret, standardSecret, s.SecretKey)
	return s, nil
}

// newPlatform opens a platform that keeps what it gets in the system's S3.
func (s *site) newPlatform(ctx context.Context, waitpoints waitpoints.Config) (*adplatform.Platform, error) {
	return adplatform.Open(ctx, adplatform.Config{
		Storage: r2.Config{
			Endpoint: s.S3, Region: services.Region, AccessKey: s.AccessKey, SecretKey: s.SecretKey, Bucket: services.PlatformBucket,
		},
		Waitpoints: waitpoints,
	})
}

// close ends everything and returns what was wrong with that.
func (s *site) close(ctx context.Context) (problems []error) {
	s.sender.Close()
	s.platform.Close()
	s.host.Close()
	if err := errors.Join(s.System.Close(ctx), s.log.Close()); err != nil {
		problems = append(problems, err)
	}
	return problems
}

func mustKey(scheme signature.Scheme, secret string) signature.Key {
	key, err := signature.NewKey(scheme, secret)
	if err != nil {
		panic(err) // the tests' own
	}
	return key
}

// request makes a request with a storage key of its own.
func (s *site) request(t *testing.T, slot adplatform.Slot, options adplatform.Options) adplatform.Request {
	t.Helper()
	return s.requestOf(t, s.platform, slot, options)
}

func (s *site) requestOf(t *testing.T, p *adplatform.Platform, slot adplatform.Slot, options adplatform.Options) adplatform.Request {
	t.Helper()
	if options.StorageKey == "" {
		options.StorageKey = fmt.Sprintf("fb-external/test/%d", s.requests.Add(1))
	}
	request, err := p.NewRequest(slot, options)
	if err != nil {
		t.Fatal(err)
	}
	s.credentials.add(request.UploadURL.Query().Get("X-Amz-Signature"), request.Token)
	return request
}

// send sends an event as the destination "plain" and returns the answer.
func (s *site) send(t *testing.T, event gateway.Event) gateway.Result {
	t.Helper()
	return s.sendBy(t, s.sender, event)
}

func (s *site) sendBy(t *testing.T, sender *gateway.Gateway, event gateway.Event) gateway.Result {
	t.Helper()
	return s.heard(t, sender.Send(t.Context(), event))
}

// sending sends an event beside the test, which takes the answer from the channel.
func (s *site) sending(t *testing.T, event gateway.Event) <-chan gateway.Result {
	answer := make(chan gateway.Result, 1)
	go func() { answer <- s.sender.Send(t.Context(), event) }()
	return answer
}

// heard keeps an answer for the search for credentials, and wants it to be one.
func (s *site) heard(t *testing.T, result gateway.Result) gateway.Result {
	t.Helper()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	s.credentials.hear(result.Body)
	return result
}

// ask makes a request for a slot, sends it and wants this outcome.
func (s *site) ask(t *testing.T, slot adplatform.Slot, outcome string) adplatform.Request {
	t.Helper()
	request := s.request(t, slot, adplatform.Options{})
	s.wantEnd(t, request, s.send(t, request.Event()), outcome)
	return request
}

// wantEnd holds that a request ended so, at once or, where the answer was that a queue
// has it, later: whoever looks for a master while others are being put in may be left
// to the queue.
func (s *site) wantEnd(t *testing.T, request adplatform.Request, answer gateway.Result, outcome string) {
	t.Helper()
	if answer.Status != http.StatusAccepted {
		wantAnswer(t, answer, http.StatusOK, outcome)
		return
	}
	wantAnswer(t, answer, http.StatusAccepted, "accepted")
	eventually(t, "a request left to the queue ends", func(context.Context) bool { return s.item(t, request).State.Ended() })
	if item := s.item(t, request); string(item.State) != outcome {
		t.Errorf("the request ended as %s, %s: %s; want %s", item.State, item.Code, item.Detail, outcome)
	}
}

func wantAnswer(t *testing.T, got gateway.Result, status int, outcome string) {
	t.Helper()
	if want := `{"outcome":"` + outcome + `"}`; got.Status != status || string(got.Body) != want {
		t.Errorf("answer %d %s, want %d %s", got.Status, got.Body, status, want)
	}
}

// item returns what the ledger holds of a request.
func (s *site) item(t *testing.T, request adplatform.Request) ledger.Item {
	t.Helper()
	item, err := s.ledger.Load(t.Context(), ledgerID(request))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

var (
	ledgerID  = scenariotest.LedgerID
	callbacks = scenariotest.Callbacks // bodies
)

// wantDelivered holds that just these bytes were delivered, by one upload and one callback.
func (s *site) wantDelivered(t *testing.T, request adplatform.Request, data []byte) adplatform.Outcome {
	t.Helper()
	outcome := s.wantThere(t, request, data)
	if w := s.platform.Storage.Writes(request.StorageKey); w.Puts != 1 {
		t.Errorf("%d uploads (%v), want one", w.Puts, w.Statuses)
	}
	if n := len(callbacks(t, s.platform, request)); n != 1 {
		t.Errorf("%d callbacks, want one", n)
	}
	return outcome
}

// wantThere holds that just these bytes were delivered, however often that was tried.
func (s *site) wantThere(t *testing.T, request adplatform.Request, data []byte) adplatform.Outcome {
	t.Helper()
	outcome, err := s.platform.Check(t.Context(), request)
	if err != nil || outcome.State != adplatform.Delivered {
		t.Fatalf("the platform says %q %v (%v), want delivered", outcome.State, outcome.Problems, err)
	}
	sum := sha256.Sum256(data)
	if outcome.Object.SHA256 != sum {
		t.Errorf("%d other bytes than those of the master were delivered", outcome.Object.Size)
	}
	if item := s.item(t, request); item.State != ledger.Delivered || item.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the ledger says %s of %s", item.State, item.SHA256)
	}
	return outcome
}

// wantNothingSent holds that neither bytes nor a callback left the system.
func (s *site) wantNothingSent(t *testing.T, request adplatform.Request) {
	t.Helper()
	if w := s.platform.Storage.Writes(request.StorageKey); w.Puts != 0 {
		t.Errorf("%d uploads, want none", w.Puts)
	}
	if got := callbacks(t, s.platform, request); len(got) != 0 {
		t.Errorf("callbacks %s, want none", got)
	}
}

// wantUnknown holds that a request left no trace at all.
func (s *site) wantUnknown(t *testing.T, request adplatform.Request) {
	t.Helper()
	s.wantNothingSent(t, request)
	if item, err := s.ledger.Load(t.Context(), ledgerID(request)); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("the ledger knows the request: %+v, %v", item, err)
	}
}

// wantSkipped holds that a request was skipped for this reason, by one callback.
func (s *site) wantSkipped(t *testing.T, request adplatform.Request, reason string) {
	t.Helper()
	outcome, err := s.platform.Check(t.Context(), request)
	if err != nil || outcome.State != adplatform.Skipped || !strings.HasPrefix(outcome.Completion.Reason, reason) {
		t.Errorf("the platform says %q, reason %q (%v), want skipped, %s", outcome.State, outcome.Completion.Reason, err, reason)
	}
	if n := len(callbacks(t, s.platform, request)); n != 1 {
		t.Errorf("%d callbacks, want one", n)
	}
	if w := s.platform.Storage.Writes(request.StorageKey); w.Puts != 0 {
		t.Errorf("%d uploads, want none", w.Puts)
	}
	if item := s.item(t, request); item.State != ledger.Skipped {
		t.Errorf("the ledger says %s", item.State)
	}
}

var eventually = scenariotest.Eventually

package process_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/events"
	"masterhand/infra/local/running"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/signature"
)

// site is a running "up" system. The tests reach it only by the addresses that it printed.
type site struct {
	*process
	running.System
	s3     *s3.Client
	queues *sqs.Client
	ledger dynamostore.Store
	index  masters.Index
}

// up runs "up" in the project's folder and waits until the system is ready.
func up(t *testing.T, args ...string) *site {
	t.Helper()
	servicestest.Root(t)
	return reached(t, start(t, root(t), append([]string{"up", "--json"}, args...)...))
}

func reached(t *testing.T, p *process) *site {
	t.Helper()
	r := &site{process: p}
	if err := json.Unmarshal([]byte(p.line(t)), &r.System); err != nil {
		t.Fatal(err)
	}
	clients := r.Clients()
	r.s3, r.queues = clients.S3(), clients.SQS()
	r.ledger = dynamostore.Store{Client: clients.DynamoDB(), Table: r.DynamoDB.Table}
	r.index = masters.Index{Blobs: s3store.Blobs{Client: r.s3, Bucket: r.S3.IndexBucket}}
	return r
}

// sender returns a gateway that signs with the secret of the first destination, by Outpost's
// signature scheme.
func (r *site) sender(t *testing.T) *gateway.Gateway {
	t.Helper()
	content, err := os.ReadFile(r.Destinations)
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Scheme  signature.Scheme
		Secrets []string
	}
	if err := json.Unmarshal(content, &list); err != nil {
		t.Fatal(err)
	}
	key, err := signature.NewKey(list[0].Scheme, list[0].Secrets[0])
	if err != nil {
		t.Fatal(err)
	}
	sender := gateway.New(gateway.Config{Endpoint: r.FulfillURL, Scheme: list[0].Scheme, Keys: []signature.Key{key}})
	t.Cleanup(sender.Close)
	return sender
}

// platform opens an emulated ad platform. The platform stores its objects in the S3 of the running
// system, as the command "send" does.
func (r *site) platform(t *testing.T) *adplatform.Platform {
	t.Helper()
	return platformAt(t, r2.Config{
		Endpoint: r.S3.Endpoint, Region: r.S3.Region, AccessKey: r.S3.AccessKey, SecretKey: r.S3.SecretKey, Bucket: "platform",
	})
}

func platformAt(t *testing.T, storage r2.Config) *adplatform.Platform {
	t.Helper()
	p, err := adplatform.Open(t.Context(), adplatform.Config{Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// story is a slot for which there is a sample master.
var story = adplatform.Slot{Code: "HRT-1212", Variation: 2, Locale: "en", Kind: "video", Aspect: "9x16"}

// samples uploads the sample masters and waits until they are indexed.
func (r *site) samples(t *testing.T) {
	t.Helper()
	list, err := events.Masters()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		r.put(t, m.Key, m.Data)
	}
}

// put uploads a master and waits until it is indexed.
func (r *site) put(t *testing.T, key string, data []byte) {
	t.Helper()
	out, err := r.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &r.S3.MastersBucket, Key: &key, Body: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the index sees "+key, func(ctx context.Context) bool {
		placed, _, err := r.index.Placed(ctx, masters.Library{Name: "default"}, key)
		if err != nil {
			t.Fatal(err)
		}
		return placed.ETag == *out.ETag
	})
}

var requests atomic.Int64

// request returns a new request of the platform for the slot story.
func request(t *testing.T, p *adplatform.Platform, options adplatform.Options) adplatform.Request {
	t.Helper()
	options.StorageKey = fmt.Sprintf("fb-external/test/%d", requests.Add(1))
	made, err := p.NewRequest(story, options)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// wantAnswer sends an event. It fails the test unless the answer comes soon, with status 200 and
// this outcome.
func (r *site) wantAnswer(t *testing.T, event gateway.Event, outcome string) {
	t.Helper()
	result := r.sender(t).Send(t.Context(), event)
	if want := `{"outcome":"` + outcome + `"}`; result.Err != nil || result.Status != 200 || string(result.Body) != want {
		t.Errorf("answer %d %s (%v), want 200 %s", result.Status, result.Body, result.Err, want)
	}
}

func (r *site) item(t *testing.T, made adplatform.Request) ledger.Item {
	t.Helper()
	item, err := r.ledger.Load(t.Context(), scenario.LedgerID(made))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// wantDelivered fails the test unless the platform received the sample master for the request.
func wantDelivered(t *testing.T, p *adplatform.Platform, made adplatform.Request) {
	t.Helper()
	if outcome, err := p.Check(t.Context(), made); err != nil || outcome.State != adplatform.Delivered {
		t.Errorf("the platform says %s %v (%v), want delivered", outcome.State, outcome.Problems, err)
	}
}

// end ends the system with an interrupt, as Ctrl-C does. It fails the test unless the exit code is
// 0.
func (r *site) end(t *testing.T) {
	t.Helper()
	family := r.family(t)
	r.signal(t, interrupt)
	if code := r.wait(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	wantGone(t, family)
	r.wantNothingLeft(t)
}

// soon is the time limit for an answer: half a lease, which is long enough even for a busy machine.
// It is too short for a request that must wait until the lease of an earlier run has ended.
const soon = ledger.Lease / 2

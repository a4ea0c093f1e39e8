package requests

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/lambda"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/signature"
)

// latencies are the delays that the meter adds to each call, because the local services answer
// faster than AWS. They are shorter than AWS's latencies, because longer delays would hide a slow
// function. AWS states: for DynamoDB "single-digit millisecond performance" (DynamoDB Developer
// Guide, introduction), for S3 "roughly 100–200 milliseconds" for small objects (S3 User Guide,
// performance guidelines), and for SQS "tens or low hundreds of milliseconds" (SQS FAQ).
var latencies = struct{ dynamoDB, s3, sqs time.Duration }{5 * time.Millisecond, 15 * time.Millisecond, 10 * time.Millisecond}

// masterSize is the size of the delivered master in bytes.
const masterSize = 1 << 20

// upload is the name of the call that uploads the master. This call goes to the platform and not to
// AWS.
const upload = "platform PUT"

// kind is a kind of request that the benchmark measures: a skip or a delivery.
type kind struct {
	name   string
	aspect string // the aspect that the request asks for; the only master has the aspect 9x16
	skip   string // the reason with which the request must be skipped; "" if it must be delivered
}

var (
	skip     = kind{name: "skip", aspect: "16x9", skip: "no_match:aspect"}
	delivery = kind{name: "1 MB delivery", aspect: "9x16"}
)

// rig is a complete local system with one additional function, which the benchmark measures. The
// meter is a proxy through which this function calls all services.
type rig struct {
	env      *scenario.Env
	meter    *meter
	platform *adplatform.Platform // emulated platform, to which the function uploads through the meter
	function *lambda.Function
	url      *lambda.URL
	gateway  *gateway.Gateway
	folder   string
	master   [sha256.Size]byte
	took     atomic.Int64 // duration of the last invocation in nanoseconds
}

const code = "BENCH-1001"

func newRig(ctx context.Context, out io.Writer) (_ *rig, err error) {
	root, err := system.Root()
	if err != nil {
		return nil, err
	}
	programs, err := system.Build(ctx, root, out)
	if err != nil {
		return nil, err
	}
	r := &rig{meter: newMeter()}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close(ctx))
		}
	}()
	if r.folder, err = os.MkdirTemp("", "masterhand-bench-"); err != nil {
		return nil, err
	}
	config := system.Config{Root: root, Programs: programs, LookAfter: time.Hour}
	if r.env, err = scenario.Start(ctx, r.folder, config); err != nil {
		return nil, err
	}
	if err := r.openFunction(programs.Fulfill); err != nil {
		return nil, err
	}
	if err := r.openPlatform(ctx); err != nil {
		return nil, err
	}
	return r, r.putMaster(ctx)
}

// openFunction starts the function that the benchmark measures. The function's calls go through the
// meter.
func (r *rig) openFunction(bootstrap string) error {
	environment := r.env.Environment()
	// sets the index lag to 0 s, so that a skip does not wait
	maps.Copy(environment, map[string]string{names.AllowLoopback: "true", names.IndexLag: "0s"})
	for _, f := range []struct {
		service, endpoint string
		delay             time.Duration
	}{
		{"s3", names.EndpointS3, latencies.s3},
		{"dynamodb", names.EndpointDynamoDB, latencies.dynamoDB},
		{"sqs", names.EndpointSQS, latencies.sqs},
		// the meter adds no delay, because the function reads secrets at most once a minute
		{"secretsmanager", names.EndpointSecretsManager, 0},
	} {
		address, err := r.meter.front(f.service, environment[f.endpoint], f.delay, readsRange)
		if err != nil {
			return err
		}
		environment[f.endpoint] = address
	}
	var err error
	r.function, err = lambda.New(lambda.Config{
		Name: "fulfill", Bootstrap: bootstrap, Environment: environment, Region: services.Region,
		MemoryMB: 512, Timeout: system.Timeout("fulfill"), Output: r.env.Log,
	})
	if err != nil {
		return err
	}
	if r.url, err = lambda.OpenURL(lambda.URLConfig{Name: "fulfill", Function: r}); err != nil {
		return err
	}
	key, err := signature.NewKey(signature.Outpost, scenario.Secret)
	r.gateway = gateway.New(gateway.Config{Endpoint: r.url.Address(), Keys: []signature.Key{key}})
	return err
}

// readsRange reports whether a call reads a range of an object. Only such calls read a master's
// bytes.
func readsRange(r *http.Request) bool { return r.Header.Get("Range") != "" }

// Invoke implements [lambda.Invoker] and records the duration of the invocation.
func (r *rig) Invoke(in lambda.Invocation) ([]byte, error) {
	began := time.Now()
	defer func() { r.took.Store(int64(time.Since(began))) }()
	return r.function.Invoke(in)
}

// openPlatform opens an emulated platform, to which the function uploads through the meter.
func (r *rig) openPlatform(ctx context.Context) error {
	service, _, _ := strings.Cut(upload, " ")
	isPut := func(r *http.Request) bool { return r.Method == http.MethodPut }
	address, err := r.meter.front(service, r.env.S3, 0, isPut)
	if err != nil {
		return err
	}
	r.platform, err = adplatform.Open(ctx, adplatform.Config{Storage: r2.Config{
		Endpoint: address, Region: services.Region, AccessKey: r.env.AccessKey, SecretKey: r.env.SecretKey, Bucket: services.PlatformBucket,
	}})
	return err
}

// putMaster uploads the only master. It waits until the master is indexed and the queue is empty.
func (r *rig) putMaster(ctx context.Context) error {
	film, err := scenario.Film(masterSize)
	if err != nil {
		return err
	}
	r.master = sha256.Sum256(film)
	key := code + "/v1/en/9x16.mp4"
	if _, err := r.env.Masters.Put(ctx, key, film, masters.Labels{}); err != nil {
		return err
	}
	if _, err := r.env.Masters.Indexed(ctx, key); err != nil {
		return err
	}
	backlog := sqsqueue.Backlog{Client: r.env.Clients().SQS(), Queues: []string{r.env.IndexQueueURL}}
	return scenario.Await(ctx, "the index queue is empty", func(ctx context.Context) (bool, error) {
		waiting, err := backlog.Waiting(ctx)
		return waiting == 0, err
	})
}

// request sends a request of this kind and returns its measurement. If the request does not end at
// once in the expected way, it returns an error.
func (r *rig) request(ctx context.Context, k kind) (m measurement, err error) {
	slot := adplatform.Slot{Code: code, Variation: 1, Locale: "en", Kind: "video", Aspect: k.aspect}
	request, err := r.env.NewRequest(r.platform, slot, adplatform.Options{})
	if err != nil {
		return m, err
	}
	r.meter.take() // discards the calls that the check of the previous request made
	answer := r.gateway.Send(ctx, request.Event())
	m.took, m.calls = time.Duration(r.took.Load()), r.meter.take()
	if answer.Err != nil {
		return m, answer.Err
	}
	seen, err := scenario.Look(ctx, r.platform, r.env.Ledger, request)
	if err != nil {
		return m, err
	}
	problems := k.problems(seen, answer, r.master)
	problems.Want(len(m.calls) > 0, "the meter saw no call")
	if len(problems) > 0 {
		return m, fmt.Errorf("%s: %s", k.name, strings.Join(problems, "; "))
	}
	return m, nil
}

// problems compares the end of a request of this kind with the expected end, and returns the
// differences.
func (k kind) problems(seen scenario.Seen, answer gateway.Result, master [sha256.Size]byte) scenario.Problems {
	problems := seen.Once()
	problems.Want(answer.Status == http.StatusOK && answer.Attempts == 1, "answered %d after %d attempts, should be 200 after one", answer.Status, answer.Attempts)
	if k.skip != "" {
		return append(problems, seen.Skipped(k.skip)...)
	}
	return append(problems, seen.Delivered(scenario.Is(master))...)
}

// closing is the time limit for stopping the system.
const closing = 30 * time.Second

// close stops everything that the rig started, and deletes its data.
func (r *rig) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	var errs []error
	if r.gateway != nil {
		r.gateway.Close()
	}
	if r.url != nil {
		errs = append(errs, r.url.Close(ctx))
	}
	if r.function != nil {
		errs = append(errs, r.function.Close(ctx))
	}
	if r.platform != nil {
		r.platform.Close()
	}
	r.meter.close()
	if r.env != nil {
		errs = append(errs, r.env.Close(ctx))
	}
	return errors.Join(append(errs, os.RemoveAll(r.folder))...)
}

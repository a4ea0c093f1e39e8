package process_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/running"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/shared/announcements/senders"
)

const interrupt = syscall.SIGINT

// The JSON line that "up" prints to standard output has exactly the documented members, with correct
// values. "up" prints nothing else to standard output, and leaves no file after its end.
func TestUpPrintsItsAddressesAsJSON(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := up(t)
			line := r.line(t)
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatal(err)
			}
			want := []string{
				"destinations", "doors.bucket", "doors.queueUrl", "dynamodb.endpoint", "dynamodb.table", "fulfillUrl", "intakeUrl", "log", "pageUrl", "s3.accessKey", "s3.endpoint",
				"s3.indexBucket", "s3.intakeBucket", "s3.mastersBucket", "s3.region", "s3.secretKey", "senders", "sqs.endpoint",
			}
			if got := slices.Sorted(maps.Keys(flat("", fields))); !slices.Equal(got, want) {
				t.Errorf("fields %v, want %v", got, want)
			}
			r.wantTrue(t)
			family := r.family(t)
			if len(family) < 4 {
				t.Errorf("%d processes are too few", len(family))
			}

			r.signal(t, signal)
			if code := r.wait(t); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			if out := r.stdout.String(); out != line+"\n" {
				t.Errorf("standard output is %q, want the one line", out)
			}
			wantGone(t, family)
			r.wantNothingLeft(t)
		})
	}
}

// flat returns the values of nested objects, by their paths. It leaves out empty texts. If a value
// is not a text, flat adds " is no text" to its path, so that the test reports the value.
func flat(prefix string, fields map[string]any) map[string]any {
	all := map[string]any{}
	for name, value := range fields {
		switch value := value.(type) {
		case map[string]any:
			maps.Copy(all, flat(prefix+name+".", value))
		case string:
			if value != "" {
				all[prefix+name] = value
			}
		default:
			all[prefix+name+" is no text"] = value
		}
	}
	return all
}

// wantTrue fails the test unless the JSON line of "up" is true: the named buckets exist, the
// addresses answer, a request is delivered, and the named log tells of the delivery.
func (r *site) wantTrue(t *testing.T) {
	t.Helper()
	out, err := r.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var buckets []string
	for _, b := range out.Buckets {
		buckets = append(buckets, *b.Name)
	}
	if !slices.Contains(buckets, r.S3.MastersBucket) || !slices.Contains(buckets, r.S3.IndexBucket) || !slices.Contains(buckets, r.S3.IntakeBucket) {
		t.Errorf("buckets %v, want %s, %s and %s", buckets, r.S3.MastersBucket, r.S3.IndexBucket, r.S3.IntakeBucket)
	}
	queues, err := r.queues.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil || len(queues.QueueUrls) == 0 {
		t.Errorf("queues %v, %v", queues, err)
	}
	r.wantTakesAnnouncements(t)
	p := r.platform(t)
	made := request(t, p, adplatform.Options{})
	r.samples(t)
	r.wantAnswer(t, made.Event(), "delivered")
	wantDelivered(t, p, made)
	if item := r.item(t, made); item.State != "delivered" {
		t.Errorf("the ledger says %s", item.State)
	}
	if log, err := os.ReadFile(r.Log); err != nil || !strings.Contains(string(log), `"outcome":"delivered"`) {
		t.Errorf("the log at %s does not tell of the delivery (%v)", r.Log, err)
	}
}

// wantTakesAnnouncements checks that an announcement with a token from senders.json is accepted, and
// one with a wrong token is refused.
func (r *site) wantTakesAnnouncements(t *testing.T) {
	t.Helper()
	tokens, err := announce.LoadSecrets(r.Senders)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]int{tokens[senders.Streampixel].Tokens[0]: 200, strings.Repeat("x", 22): 401} {
		answer, err := http.Post(r.IntakeURL+senders.Streampixel+"/"+token, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("an announcement: %s, want %d", answer.Status, want)
		}
	}
}

// Without --json, "up" prints the same addresses, as text for people.
func TestUpPrintsItsAddressesForPeople(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	p := start(t, root(t), "up")
	p.line(t) // wait for the first line, which is empty: "up" prints the whole text in one write
	for _, want := range []string{"masterhand is running", "function URL   http://127.0.0.1:", "/{sender}/{token}", "senders' tokens", "AWS_SECRET_ACCESS_KEY=", " upload ", "events/masters --local ", " send requested-exact", "Ctrl-C"} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("%q is not said in %q", want, p.stdout)
		}
	}
	if strings.Contains(p.stdout.String(), "AWS_REGION") {
		t.Error("a shell with AWS_REGION set sends the operator's commands to AWS")
	}
	p.signal(t, interrupt)
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// Two systems on one machine do not share data.
func TestTwoSystemsRunAtOnce(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	systems := []*process{start(t, root(t), "up", "--json"), start(t, root(t), "up", "--json")}
	a, b := reached(t, systems[0]), reached(t, systems[1])
	for _, different := range [][2]string{
		{a.FulfillURL, b.FulfillURL}, {a.S3.Endpoint, b.S3.Endpoint}, {a.DynamoDB.Endpoint, b.DynamoDB.Endpoint},
		{a.SQS.Endpoint, b.SQS.Endpoint}, {a.Destinations, b.Destinations}, {a.Log, b.Log}, {a.S3.SecretKey, b.S3.SecretKey},
	} {
		if different[0] == different[1] {
			t.Errorf("both have %s", different[0])
		}
	}
	if found, _, err := running.Find(root(t)); err != nil || !slices.Contains(found, a.System) || !slices.Contains(found, b.System) {
		t.Errorf("found %v, %v; want both", found, err)
	}
	a.samples(t)
	here, there := a.platform(t), b.platform(t)
	made := request(t, here, adplatform.Options{})
	a.wantAnswer(t, made.Event(), "delivered")
	wantDelivered(t, here, made)
	a.end(t)
	b.samples(t)
	made = request(t, there, adplatform.Options{})
	b.wantAnswer(t, made.Event(), "delivered")
	wantDelivered(t, there, made)
	b.end(t)
}

// With --data, the next system has the masters, the index, the destinations and the request
// outcomes of the earlier system.
func TestDataIsKept(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	at := freePorts(t)
	r := up(t, "--data", data, "--empty", "--listen", at)
	r.samples(t)
	far := r.platform(t)
	made := request(t, far, adplatform.Options{})
	r.wantAnswer(t, made.Event(), "delivered")
	secrets, err := os.ReadFile(r.Destinations)
	if err != nil {
		t.Fatal(err)
	}
	r.end(t)

	refused := start(t, root(t), "up", "--data", data, "--empty")
	if code := refused.wait(t); code != 1 || !strings.Contains(refused.stderr.String(), "bucket must be empty") {
		t.Errorf("--empty on a folder with masters: exit code %d, said %q", code, refused.stderr)
	}
	again := up(t, "--data", data, "--listen", at)
	if again.FulfillURL != r.FulfillURL || again.FulfillURL != "http://"+at+"/" || again.IntakeURL != r.IntakeURL {
		t.Errorf("at %s and %s, before at %s and %s, want %s", again.FulfillURL, again.IntakeURL, r.FulfillURL, r.IntakeURL, at)
	}
	if now, err := os.ReadFile(again.Destinations); err != nil || string(now) != string(secrets) {
		t.Errorf("other destinations than before (%v)", err)
	}
	// The answer must come from the ledger, because the emulated platform of this request no
	// longer exists.
	again.wantAnswer(t, made.Event(), "delivered")
	if item := again.item(t, made); item.Attempts != 1 {
		t.Errorf("%d runs worked on it, want one", item.Attempts)
	}
	far = again.platform(t)
	made = request(t, far, adplatform.Options{})
	again.wantAnswer(t, made.Event(), "delivered")
	wantDelivered(t, far, made)
	again.end(t)
	if _, err := os.Stat(filepath.Join(data, "log.jsonl")); err != nil {
		t.Errorf("the folder is not kept: %v", err)
	}
}

// freePorts returns an address on this machine whose port and the next two ports are free. These
// three ports are below those that Linux gives to listeners on port 0 (ip(7), ip_local_port_range:
// from 32768). Therefore no other service of the started system can take them.
func freePorts(t *testing.T) string {
	t.Helper()
	for {
		port := 20_000 + rand.IntN(10_000)
		var taken error
		for more := range 3 {
			l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + more})
			if err == nil {
				err = l.Close()
			}
			taken = errors.Join(taken, err)
		}
		if taken == nil {
			return fmt.Sprintf("127.0.0.1:%d", port)
		}
	}
}

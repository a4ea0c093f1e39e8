package main_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/farside"
	"masterhand/infra/local/farside/fault"
	"masterhand/infra/local/farside/outpost"
	"masterhand/infra/local/farside/r2/gatewaytest"
)

const interrupt = syscall.SIGINT

// The line says just what is documented, all of it is true, and it is all there is on
// standard output until the end, which leaves nothing behind.
func TestUpSaysWhereItIs(t *testing.T) {
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
				"destinations", "dynamodb.endpoint", "dynamodb.table", "fulfillUrl", "log", "s3.accessKey", "s3.endpoint",
				"s3.indexBucket", "s3.mastersBucket", "s3.region", "s3.secretKey", "sqs.endpoint",
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

// flat names the fields of nested objects by their paths; no field may be empty.
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

// wantTrue uses everything that the line names.
func (r *running) wantTrue(t *testing.T) {
	t.Helper()
	out, err := r.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var buckets []string
	for _, b := range out.Buckets {
		buckets = append(buckets, *b.Name)
	}
	if !slices.Contains(buckets, r.S3.MastersBucket) || !slices.Contains(buckets, r.S3.IndexBucket) {
		t.Errorf("buckets %v, want %s and %s", buckets, r.S3.MastersBucket, r.S3.IndexBucket)
	}
	queues, err := r.queues.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil || len(queues.QueueUrls) == 0 {
		t.Errorf("queues %v, %v", queues, err)
	}
	p := r.platform(t)
	made := request(t, p, farside.Options{})
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

// People are told the same in words.
func TestUpInWords(t *testing.T) {
	t.Parallel()
	need(t)
	p := start(t, root(t), "up")
	p.line(t) // it is empty; the others come with it
	for _, want := range []string{"masterhand is running", "function URL   http://127.0.0.1:", "AWS_SECRET_ACCESS_KEY=", "make send", "Ctrl-C"} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("%q is not said in %q", want, p.stdout)
		}
	}
	p.signal(t, interrupt)
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// However the command ends, nothing that it has started outlives it.
func TestNothingOutlivesUp(t *testing.T) {
	t.Parallel()
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		r := up(t)
		family := r.family(t)
		r.signal(t, syscall.SIGKILL)
		r.wait(t)
		wantGone(t, family)
	})
	t.Run("its parent killed", func(t *testing.T) {
		t.Parallel()
		need(t)
		shell := exec.Command("/bin/sh", "-c", `"$0" up -json & wait`, program) // as "go run" is its parent
		r := reached(t, begin(t, shell, root(t)))
		family := r.family(t)
		if len(family) < 5 {
			t.Errorf("%d processes are too few", len(family))
		}
		r.signal(t, syscall.SIGKILL)
		wantGone(t, family)
		r.wantNothingLeft(t)
	})
	t.Run("a service killed", func(t *testing.T) {
		t.Parallel()
		r := up(t)
		family := r.family(t)
		for _, member := range family {
			if member.parent == r.cmd.Process.Pid {
				if err := syscall.Kill(member.pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		if code := r.wait(t); code != 1 || !strings.Contains(r.stderr.String(), "ended: signal: killed") {
			t.Errorf("exit code %d, said %q", code, r.stderr)
		}
		wantGone(t, family)
		r.wantNothingLeft(t)
	})
	t.Run("interrupted before it is up", func(t *testing.T) {
		t.Parallel()
		need(t)
		p := start(t, root(t), "up", "-json")
		<-p.stderr.grew // it has begun to build
		family := p.family(t)
		p.signal(t, interrupt)
		if code := p.wait(t); code != 1 || !strings.Contains(p.stderr.String(), "ended before it was up") {
			t.Errorf("exit code %d, said %q", code, p.stderr)
		}
		wantGone(t, family)
		p.wantNothingLeft(t)
	})
}

// Two systems do not know of each other.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	need(t)
	systems := []*process{start(t, root(t), "up", "-json"), start(t, root(t), "up", "-json")}
	a, b := reached(t, systems[0]), reached(t, systems[1])
	for _, different := range [][2]string{
		{a.FulfillURL, b.FulfillURL}, {a.S3.Endpoint, b.S3.Endpoint}, {a.DynamoDB.Endpoint, b.DynamoDB.Endpoint},
		{a.SQS.Endpoint, b.SQS.Endpoint}, {a.Destinations, b.Destinations}, {a.Log, b.Log}, {a.S3.SecretKey, b.S3.SecretKey},
	} {
		if different[0] == different[1] {
			t.Errorf("both have %s", different[0])
		}
	}
	a.samples(t)
	here, there := a.platform(t), b.platform(t)
	made := request(t, here, farside.Options{})
	a.wantAnswer(t, made.Event(), "delivered")
	wantDelivered(t, here, made)
	a.end(t)
	b.samples(t)
	made = request(t, there, farside.Options{})
	b.wantAnswer(t, made.Event(), "delivered")
	wantDelivered(t, there, made)
	b.end(t)
}

// With a folder of its own the system knows the next time what it knew: masters, index,
// destinations, and what became of each request.
func TestDataIsKept(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	r := up(t, "-data", data)
	r.samples(t)
	far := r.platform(t)
	made := request(t, far, farside.Options{})
	r.wantAnswer(t, made.Event(), "delivered")
	secrets, err := os.ReadFile(r.Destinations)
	if err != nil {
		t.Fatal(err)
	}
	r.end(t)

	again := up(t, "-data", data)
	if now, err := os.ReadFile(again.Destinations); err != nil || string(now) != string(secrets) {
		t.Errorf("other destinations than before (%v)", err)
	}
	again.wantAnswer(t, made.Event(), "delivered") // the far side of before is gone: only the ledger can know
	if item := again.item(t, made); item.Attempts != 1 {
		t.Errorf("%d runs worked on it, want one", item.Attempts)
	}
	far = again.platform(t)
	made = request(t, far, farside.Options{})
	again.wantAnswer(t, made.Event(), "delivered")
	wantDelivered(t, far, made)
	again.end(t)
	if _, err := os.Stat(filepath.Join(data, "log.jsonl")); err != nil {
		t.Errorf("the folder is not kept: %v", err)
	}
}

// What is on its way when the system ends is finished.
func TestFinishedAtTheEnd(t *testing.T) {
	t.Parallel()
	r := up(t)
	r.samples(t)
	far := r.platform(t)
	made := request(t, far, farside.Options{})
	far.Storage.Faults.Next(1, made.StorageKey, fault.Slow(64<<10)) // some seconds
	answered := r.sendInFlight(t, far, made)
	r.end(t)
	if result := <-answered; result.Status != 200 || string(result.Body) != `{"outcome":"delivered"}` {
		t.Errorf("answer %d %s (%v), want 200 delivered", result.Status, result.Body, result.Err)
	}
	if token, err := far.Waitpoints.Token(made.Token); err != nil || len(token.Received) != 1 {
		t.Errorf("%d callbacks (%v), want one", len(token.Received), err)
	}
}

// What cannot be finished in time is given back: the sender is told to ask again, and
// the next system takes it up at once instead of waiting for the lease of the last one.
func TestReleasedAtTheEnd(t *testing.T) {
	t.Parallel()
	need(t)
	data := filepath.Join(t.TempDir(), "data")
	far := platformAt(t, gatewaytest.Start(t)) // it stays when the system ends
	r := up(t, "-data", data)
	r.samples(t)
	made := request(t, far, farside.Options{})
	far.Storage.Faults.Next(1, made.StorageKey, fault.StallAt(32<<10))
	answered := r.sendInFlight(t, far, made)
	r.end(t)
	if result := <-answered; result.Err != nil || result.Status != 202 && result.Status != 503 {
		t.Errorf("answer %d %s (%v), want to be asked again, or the queue to have it", result.Status, result.Body, result.Err)
	}

	again := up(t, "-data", data)
	if item := again.item(t, made); item.State.Ended() || item.Owner != "" {
		t.Errorf("left as %s, held by %q", item.State, item.Owner)
	}
	began := time.Now()
	if result := again.sender(t).Send(t.Context(), made.Event()); result.Err != nil || result.Status >= 300 {
		t.Errorf("answer %d %s (%v), want it taken", result.Status, result.Body, result.Err)
	}
	outcome, err := far.Conclude(t.Context(), made)
	if took := time.Since(began); err != nil || outcome.State != farside.Delivered || took > soon {
		t.Errorf("%s %v after %v (%v), want delivered", outcome.State, outcome.Problems, took, err)
	}
	again.end(t)
}

// sendInFlight sends a request and returns once its upload is on its way.
func (r *running) sendInFlight(t *testing.T, far *farside.Platform, made farside.Request) <-chan outpost.Result {
	t.Helper()
	answered := make(chan outpost.Result, 1)
	sender := r.sender(t)
	var sending sync.WaitGroup
	sending.Go(func() { answered <- sender.Send(t.Context(), made.Event()) })
	t.Cleanup(sending.Wait)
	eventually(t, "the upload is on its way", func(context.Context) bool {
		return far.Storage.Writes(made.StorageKey).Bytes > 0
	})
	return answered
}

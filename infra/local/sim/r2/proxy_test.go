package r2_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/r2"
	"masterhand/shared/kit/capability"
	"masterhand/shared/library/masters"
)

// upstream is a fake S3 server for tests that must stop a request midway. It records the number of
// bytes and checks no signatures.
type upstream struct {
	*httptest.Server
	puts atomic.Int64
	gate chan struct{} // each PUT waits for a value from gate; after gate is closed, no PUT waits
}

func behind(t *testing.T, change func(*r2.Config)) (*r2.Storage, *upstream) {
	t.Helper()
	u := &upstream{gate: make(chan struct{})}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil || r.URL.Path == "/b" || r.URL.Path == "/b/" {
			return
		}
		select {
		case <-u.gate:
			u.puts.Add(1)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(u.Close)
	config := r2.Config{Endpoint: u.URL, Region: "auto", AccessKey: "a", SecretKey: "s", Bucket: "b"}
	if change != nil {
		change(&config)
	}
	storage, err := r2.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(storage.Close)
	return storage, u
}

func presign(t *testing.T, storage *r2.Storage, key string) capability.URL {
	t.Helper()
	upload, err := storage.Presign(key, r2.URLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return upload
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	want := map[string]int{
		"ExpiredRequest": 400, "SignatureDoesNotMatch": 403, "AccessDenied": 403, "EntityTooLarge": 400, "BadDigest": 400,
		"IncompleteBody": 400, "TooManyRequests": 429, "InternalError": 500, "ServiceUnavailable": 503, "MissingContentLength": 411,
		"SomethingNew": 400,
	}
	storage, u := behind(t, nil)
	close(u.gate)
	for code, status := range want {
		upload := presign(t, storage, code)
		storage.Faults.Next(1, code, r2.Refusal(code))
		if got, err := put(t.Context(), upload, []byte("body"), nil); err != nil || got.status != status || got.code != code {
			t.Errorf("%s: %+v, %v", code, got, err)
		}
		if got, err := put(t.Context(), upload, []byte("body"), nil); err != nil || got.status != 200 {
			t.Errorf("%s, the next: %+v, %v", code, got, err)
		}
		if w := storage.Writes(code); w.Puts != 2 || w.Landed != 1 || w.Bytes != 8 || !slices.Equal(w.Statuses, []int{status, 200}) {
			t.Errorf("%s: %+v", code, w)
		}
	}
	if int(u.puts.Load()) != len(want) {
		t.Errorf("%d PUTs reached the bucket", u.puts.Load())
	}
}

func TestFaultsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	storage, u := behind(t, nil)
	close(u.gate)
	body := bytes.Repeat([]byte("x"), 1<<20)
	for name, f := range map[string]fault.Fault{
		"page":  fault.Status(503),
		"early": r2.Refusal("AccessDenied").After(0),
		"cut":   fault.ResetAt(1000),
	} {
		storage.Faults.Next(1, name, f)
		got, err := put(t.Context(), presign(t, storage, name), body, nil)
		if (err != nil) != (f.Kind == fault.Reset) || got.status != f.Status {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if w := storage.Writes(name); w.Puts != 1 || w.Landed != 0 || w.Concurrent != 0 {
			t.Errorf("%s: %+v", name, w)
		}
	}
	if u.puts.Load() != 0 {
		t.Errorf("%d PUTs reached the bucket", u.puts.Load())
	}
	storage.Faults.Next(1, "late", fault.ResetAt(fault.Done))
	if _, err := put(t.Context(), presign(t, storage, "late"), body, nil); err == nil {
		t.Error("late: an answer")
	}
	waitFor(t, func() bool { return len(storage.Writes("late").Statuses) == 1 })
	if w := storage.Writes("late"); w.Landed != 1 || u.puts.Load() != 1 || w.Statuses[0] != 0 {
		t.Errorf("late: %+v, %d in the bucket", w, u.puts.Load())
	}
}

func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	storage, u := behind(t, nil)
	upload, other := presign(t, storage, "key"), presign(t, storage, "other")
	var all sync.WaitGroup
	for _, address := range []capability.URL{upload, upload, upload, other} {
		all.Go(func() {
			if got, err := put(t.Context(), address, []byte("body"), nil); err != nil || got.status != 200 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	for range 4 { // each value releases one of the waiting PUTs
		waitFor(t, func() bool { return storage.Writes("key").Concurrent == 3 })
		u.gate <- struct{}{}
	}
	all.Wait()
	close(u.gate)
	if got, err := put(t.Context(), upload, nil, nil); err != nil || got.status != 200 {
		t.Errorf("%+v, %v", got, err)
	}
	if w := storage.Writes("key"); w.Concurrent != 3 || w.Landed != 4 {
		t.Errorf("key: %+v", w)
	}
	if w := storage.Writes("other"); w.Concurrent != 1 || w.Landed != 1 {
		t.Errorf("other: %+v", w)
	}
}

// waitFor polls until a condition holds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	again, late := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-late:
			t.Fatal("it does not happen")
		}
	}
}

func TestOncePerSecond(t *testing.T) {
	t.Parallel()
	now := time.Now()
	storage, u := behind(t, func(c *r2.Config) {
		c.OncePerSecond = true
		c.Now = func() time.Time { return now }
	})
	close(u.gate)
	for i, test := range []struct {
		key    string
		after  time.Duration
		status int
	}{
		{"a", 0, 200}, {"a", 999 * time.Millisecond, 429}, {"b", 0, 200}, {"a", time.Millisecond, 200}, {"a", 0, 429},
	} {
		now = now.Add(test.after)
		if got, err := put(t.Context(), presign(t, storage, test.key), []byte("body"), nil); err != nil || got.status != test.status {
			t.Errorf("PUT %d: %+v, %v; want %d", i, got, err, test.status)
		}
	}
	if w := storage.Writes("a"); w.Puts != 4 || w.Landed != 2 {
		t.Errorf("%+v", w)
	}
}

func TestUpstreamAway(t *testing.T) {
	t.Parallel()
	storage, u := behind(t, nil)
	u.Close()
	if got, err := put(t.Context(), presign(t, storage, "key"), []byte("body"), nil); err != nil || got.status != 502 || got.code != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := storage.Object(t.Context(), "key"); err == nil || errors.Is(err, r2.ErrAbsent) {
		t.Errorf("reading back: %v", err)
	}
	if _, err := r2.Open(t.Context(), r2.Config{Endpoint: u.URL, Region: "auto", Bucket: "b"}); err == nil {
		t.Error("opened a bucket that cannot be reached")
	}
	if _, err := r2.Open(t.Context(), r2.Config{Endpoint: "127.0.0.1"}); err == nil {
		t.Error("opened an endpoint that is no URL")
	}
}

func TestClientLeaves(t *testing.T) {
	t.Parallel()
	storage, u := behind(t, nil)
	upload := presign(t, storage, "key")
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := put(ctx, upload, []byte("body"), nil)
		left <- err
	}()
	waitFor(t, func() bool { return storage.Writes("key").Concurrent == 1 })
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	waitFor(t, func() bool { return len(storage.Writes("key").Statuses) == 1 })
	close(u.gate)
	if w := storage.Writes("key"); w.Landed != 0 || w.Statuses[0] != 0 {
		t.Errorf("%+v", w)
	}
}

func TestPresignHidesItself(t *testing.T) {
	t.Parallel()
	storage, _ := behind(t, nil)
	upload := presign(t, storage, "key with space")
	if shown := upload.String(); strings.Contains(shown, "key") || strings.Contains(shown, "Amz") {
		t.Error(shown)
	}
	if !strings.HasPrefix(upload.Reveal(), storage.URL()+"/b/key%20with%20space?X-Amz-Algorithm=AWS4-HMAC-SHA256&") {
		t.Error(upload.Reveal())
	}
}

// If the simulator had a larger limit, tests would not notice that a master is too large for R2.
func TestTheLargestUploadIsTheLimitOfMasters(t *testing.T) {
	t.Parallel()
	if r2.MaxObject != masters.MaxUpload {
		t.Errorf("R2 takes %d bytes, masters have at most %d", int64(r2.MaxObject), int64(masters.MaxUpload))
	}
}

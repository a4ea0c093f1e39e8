// Package browser_test tests masterhand's web page in Chromium. The page belongs to a running
// system with 10,000 requests and 1,000 creatives.
package browser_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"masterhand/infra/local/running"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/library/summary"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
)

// The numbers of requests and creatives in the tested system. The page must load fast in spite of
// these numbers.
const (
	requests  = 10_000
	creatives = 1_000
)

// hostile is a file name that tries to inject HTML and JavaScript.
const hostile = `"'><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`

func TestMain(m *testing.M) {
	code := m.Run()
	if stop != nil {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, "after all tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// stop stops the system that the tests share. It is nil if no test has started that system.
var stop func() error

var start = sync.OnceValues(func() (running.System, error) {
	system, end, err := begin("--empty")
	if end != nil {
		stop = end
	}
	if err == nil {
		err = fill(context.Background(), system.System)
	}
	return system.System, err
})

// begun describes a system that runs in a process of its own. The field program is the path of the
// executable file. The field line is the path of a file that describes the system in JSON.
type begun struct {
	running.System
	program, line string
}

// begin builds masterhand and starts a system in a process of its own. The function end stops the
// system. If end is not nil, the caller must call end, even after an error.
func begin(flags ...string) (s begun, end func() error, err error) {
	folder, err := os.MkdirTemp("", "masterhand-browser-")
	if err != nil {
		return s, nil, err
	}
	s.program, s.line = filepath.Join(folder, "masterhand"), filepath.Join(folder, "up.json")
	build := exec.Command("go", "build", "-o", s.program, "masterhand/infra/masterhand")
	if out, err := build.CombinedOutput(); err != nil {
		return s, nil, fmt.Errorf("%w: %s", err, out)
	}
	up := exec.Command(s.program, append([]string{"up", "--json", "--data", filepath.Join(folder, "data")}, flags...)...)
	up.Stderr = os.Stderr
	out, err := up.StdoutPipe()
	if err != nil {
		return s, nil, err
	}
	if err := up.Start(); err != nil {
		return s, nil, err
	}
	end = func() error {
		return errors.Join(up.Process.Signal(syscall.SIGINT), up.Wait(), os.RemoveAll(folder))
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s.System)
	}
	return s, end, errors.Join(err, os.WriteFile(s.line, line, 0o600))
}

// system returns the system that all tests share.
func system(t *testing.T) running.System {
	t.Helper()
	servicestest.Root(t)
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ledgerOf(s running.System) dynamostore.Store {
	return dynamostore.Store{Client: s.Clients().DynamoDB(), Table: s.DynamoDB.Table}
}

// fill writes requests and creatives to the stores of a system, in the form in which the system's
// functions write them.
func fill(ctx context.Context, s running.System) error {
	bucket := s3store.Bucket{Client: s.Clients().S3(), Name: s.S3.IndexBucket}
	index := masters.Index{Blobs: s3store.Blobs{Client: bucket.Client, Bucket: bucket.Name}}
	lib := masters.Library{Name: "default"}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for n := range creatives {
		group.Go(func() error { return index.SaveDocument(inner, lib, document(n), "") })
	}
	store, now := ledgerOf(s), time.Now()
	for n := range requests {
		group.Go(func() error {
			i := request(n, now)
			return errors.Join(
				again(func() error { return store.Save(inner, i) }),
				again(func() error { return store.SaveAffected(inner, i.ID, names(n), now.Add(time.Hour)) }))
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return summary.Keeper{Index: index, Names: bucket}.Refresh(ctx, lib)
}

// again tries a write up to five times, because the services of a busy machine may not answer
// within the client's time-out.
func again(write func() error) (err error) {
	for range 5 {
		if err = write(); err == nil || errors.Is(err, ledger.ErrStale) {
			return nil
		}
	}
	return err
}

func creativeOf(n int) creative.Creative {
	return creative.Creative{Code: fmt.Sprintf("HRT-%04d", 1000+n), Variation: 1}
}

func document(n int) masters.Document {
	d := masters.NewDocument(creativeOf(n))
	for _, where := range []string{"en/9x16", "en/4x5", "de/9x16"} {
		locale, aspect, _ := strings.Cut(where, "/")
		m := masters.Master{
			Key: fmt.Sprintf("%s/v1/%s.mp4", d.Code, where), ETag: `"1"`, Size: 50_000_000, Locale: creative.Locale(locale), Kind: creative.Video,
			Aspect: creative.Aspect(aspect), Probed: true, Width: 1080, Height: 1920, Extension: "mp4", Rule: "folder", Modified: time.Unix(0, 0).UTC(),
		}
		if n == 0 {
			m.Key = hostile + m.Key
		}
		d = d.Put(m)
	}
	return d
}

func names(n int) affected.Names {
	list := func(name string) affected.List { return affected.List{Count: 1, Names: []string{name}} }
	if n%5 == 0 {
		return affected.Names{Ads: list(hostile), AdSets: list(hostile), Campaigns: list(hostile)}
	}
	return affected.Names{Ads: list("an ad"), AdSets: list("Broad - US"), Campaigns: list("HRT Prospecting - Sep")}
}

// request returns the ledger item of request number n, which arrived n × 9 seconds before now.
func request(n int, now time.Time) ledger.Item {
	at := now.Add(-time.Duration(n) * 9 * time.Second)
	c := creativeOf(n % 40)
	i := ledger.Item{
		ID: fmt.Sprintf("req#%012x%052x", n, 0), Version: 1, State: ledger.Delivered, Target: "9x16", Attempts: 1, Destination: "default", Library: "default",
		Slot:       creative.Slot{Project: "p", Creative: c, Locale: "en", Kind: creative.Video}.Key(),
		ReceivedAt: at, UpdatedAt: at, ExpiresAt: at.Add(time.Hour), ClaimedAt: at.Add(50 * time.Millisecond), DecidedAt: at.Add(200 * time.Millisecond), EndedAt: at.Add(2 * time.Second),
	}
	switch n % 4 {
	case 1:
		i.State, i.Target, i.Decision = ledger.Skipped, "feed", &ledger.Decision{Skip: "no_match:aspect"}
		i.Slot = creative.Slot{Project: "p", Creative: c, Locale: "de", Kind: creative.Video}.Key()
	case 2:
		i.State, i.EndedAt, i.Code, i.Blocker = ledger.Queued, time.Time{}, "unplaced", hostile
		i.Slot = creative.Slot{Project: "p", Creative: c, Locale: "fr", Kind: creative.Video}.Key()
		i.ExpiresAt = now.Add(time.Hour)
	default:
		i.Decision = &ledger.Decision{Key: document(n % 40).Masters[0].Key, Size: 50_000_000}
		i.UploadedAt, i.SHA256 = at.Add(1900*time.Millisecond), strings.Repeat("0f", 32)
	}
	return i
}

package fulfillment_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/transfer"
)

var library = masters.Library{Name: "default"}

// fixture is a service with a bucket, an index and a ledger in memory. The fixture itself is the
// transport that answers as the platform. Every test runs it in a synctest bubble with fake time.
type fixture struct {
	bucket  *masterstest.Bucket
	index   masters.Index
	store   ledger.Store
	service *fulfillment.Service
	waiting int

	mu        sync.Mutex
	uploads   [][]byte
	callbacks []string
	// put returns the answer to the nth upload, and callback the answer to the nth callback, with n
	// from 1. If the field is nil, the answer is the status 200.
	put      func(n int) (status int, body string)
	callback func(n int) (status int, err error)
	hosts    error // the error that Hosts returns for the destination
}

func newFixture(t testing.TB) *fixture {
	s := &fixture{bucket: &masterstest.Bucket{}, index: masters.Index{Blobs: &masterstest.Memory{}}, store: ledgertest.NewMemory()}
	owners := 0
	s.service = &fulfillment.Service{
		Ledger: &ledger.Ledger{Store: s.store, Now: time.Now, NewOwner: func() string {
			s.mu.Lock()
			defer s.mu.Unlock()
			owners++
			return fmt.Sprint("run ", owners)
		}},
		Index: s.index, Lines: s.index.Blobs.(masters.Lister), Bucket: s.bucket, Backlog: s,
		Mover: &transfer.Mover{Client: &http.Client{Transport: s}}, Callbacks: &http.Client{Transport: s}, Hosts: s,
		Now: time.Now, IndexLag: 2 * time.Second, HoldTimeout: 20 * time.Second,
	}
	built := masters.State{Format: masters.Format, Rules: library.RuleSet(), Built: true}
	if err := s.index.SaveState(t.Context(), library, built, ""); err != nil {
		t.Fatal(err)
	}
	return s
}

// Waiting implements [fulfillment.Backlog].
func (s *fixture) Waiting(context.Context) (int, error) { return s.waiting, nil }

// Allow implements [fulfillment.Hosts].
func (s *fixture) Allow(context.Context, string, capability.URL, capability.URL) error {
	return s.hosts
}

// RoundTrip answers as the platform: a PUT as its storage, a POST as its waitpoint server.
func (s *fixture) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, text := http.StatusOK, ""
	if req.Method == http.MethodPut {
		s.uploads = append(s.uploads, body)
		if s.put != nil {
			status, text = s.put(len(s.uploads))
		}
	} else {
		s.callbacks = append(s.callbacks, string(body))
		if s.callback != nil {
			if status, err = s.callback(len(s.callbacks)); err != nil {
				return nil, err
			}
		}
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(text)), Header: http.Header{}, Request: req}, nil
}

// add puts a master into the bucket. If indexed is true, it also lists the master in the creative's
// index document.
func (s *fixture) add(t testing.TB, key string, data []byte, indexed bool, edit func(*masters.Master)) {
	t.Helper()
	s.bucket.Put(key, data, nil)
	if !indexed {
		return
	}
	o, err := s.bucket.Look(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	m := storyFilm(o)
	if edit != nil {
		edit(&m)
	}
	s.list(t, m)
}

// storyFilm returns an index entry that describes the object as an English 9x16 film.
func storyFilm(o masters.Object) masters.Master {
	return masters.Master{
		Key: o.Key, ETag: o.ETag, Size: o.Size, Kind: creative.Video, Locale: "en", Aspect: "9x16",
		Probed: true, Width: 1080, Height: 1920, Extension: "mp4", MediaType: "video/mp4",
	}
}

// list puts a master into the wanted creative's document.
func (s *fixture) list(t testing.TB, m masters.Master) {
	t.Helper()
	doc, revision, err := s.index.Document(t.Context(), library, wanted().Slot.Creative)
	if err == nil {
		err = s.index.SaveDocument(t.Context(), library, doc.Put(m), revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

const key = "HRT-1212/v2/en/9x16.mp4"

// wanted returns the request that the tests send, for HRT-1212 variation 2.
func wanted() platform.Request {
	upload, _ := capability.Parse("https://account.r2.cloudflarestorage.com/b/k?X-Amz-Signature=secret")
	callback, _ := capability.Parse("https://api.trigger.dev/api/v1/waitpoints/tokens/waitpoint_abc/complete")
	return platform.Request{
		Slot: creative.Slot{
			Project: "p", Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en",
			Kind: creative.Video, Aspect: "9x16",
		},
		UploadURL: upload, CompleteURL: callback, StorageKey: "fb-external/p/HRT-1212/v2/en/9x16.video",
		ExpiresAt: time.Now().Add(time.Hour),
	}
}

func (s *fixture) fulfil(t testing.TB, r platform.Request) fulfillment.Outcome {
	t.Helper()
	return s.service.Fulfil(t.Context(), fulfillment.Job{
		Request: r, Destination: "d", Library: library, EventID: "evt", Deadline: time.Now().Add(280 * time.Second),
	})
}

// item returns the request's ledger item.
func (s *fixture) item(t *testing.T, r platform.Request) ledger.Item {
	t.Helper()
	i, err := s.store.Load(t.Context(), r.ID())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

var film = bytes.Repeat([]byte("film"), 5000)

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

package system_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
	"masterhand/shared/request/ledger"
)

// control returns a control for reindexes, as the operator's command "masterhand reindex" uses it.
func (s *env) control() reindex.Control {
	return reindex.Control{
		Index: s.Index, Queue: sqsqueue.Queue{Client: s.Clients().SQS(), URL: s.ReindexQueueURL}, Now: time.Now,
		NewID: newCode,
	}
}

// reindexed starts a reindex, waits until it has ended, and returns its final progress.
func (s *env) reindexed(t *testing.T, c reindex.Control) reindex.Progress {
	t.Helper()
	if _, err := c.Start(t.Context(), s.Library, true); err != nil {
		t.Fatal(err)
	}
	return s.reindexEnded(t, c)
}

func (s *env) reindexEnded(t *testing.T, c reindex.Control) (p reindex.Progress) {
	t.Helper()
	eventually(t, "the reindex ends", func(ctx context.Context) bool {
		var err error
		p, err = c.Progress(ctx, s.Library)
		return err == nil && p.Run.ID != "" && !p.Run.Active()
	})
	return p
}

// If masters are uploaded, replaced and deleted during a reindex, every request must still get the
// current master. No request for an existing master may be skipped.
func TestReindexWhileMastersChangeAndRequestsCome(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	s := alone(t, system.Config{Concurrency: 64})
	var known []string
	films := map[string][]byte{}
	for range 40 {
		code := newCode()
		films[code] = film(t, 0)
		s.Known(t, of(code), storyKey(code), s.Put(t, storyKey(code), films[code]))
		known = append(known, code)
	}
	c := s.control()
	if _, err := c.Start(t.Context(), s.Library, true); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i, code := range known {
		s := s.through(scenariotest.Doors[i/4%len(scenariotest.Doors)])
		all.Go(func() {
			switch i % 4 {
			case 0: // the master is requested and not changed
				s.wantDelivered(t, s.ask(t, story(code), "delivered"), films[code])
			case 1: // the master is overwritten and then requested
				data := film(t, 0)
				s.Put(t, storyKey(code), data)
				request := s.request(t, story(code), adplatform.Options{})
				s.wantEnd(t, request, s.heard(t, <-s.sending(t, request.Event())), "delivered")
				s.wantDelivered(t, request, data)
			case 2: // the master is uploaded during the reindex
				fresh := newCode()
				data := film(t, 0)
				request := s.request(t, story(fresh), adplatform.Options{})
				s.Put(t, storyKey(fresh), data)
				s.wantEnd(t, request, s.heard(t, <-s.sending(t, request.Event())), "delivered")
				s.wantDelivered(t, request, data)
			case 3: // the master is deleted
				if _, err := s.Clients().S3().DeleteObject(t.Context(), &s3.DeleteObjectInput{
					Bucket: new(services.MastersBucket), Key: new(storyKey(code)),
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	p := s.reindexEnded(t, c)
	if p.Run.Problem != "" || p.Counts.Failed > 0 || p.Counts.Keys != p.Run.Step.Listed || p.Counts.Keys < 30 {
		t.Errorf("%+v", p)
	}
	s.wantSkipped(t, s.ask(t, story(newCode()), "skipped"), "no_match:creative")
}

// A reindex must add masters that are missing from the index, and remove masters that are no longer
// in the bucket, although no event reported these changes.
func TestReindexFindsWhatEventsDidNotTell(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	s := alone(t, system.Config{Concurrency: 64})
	lost, gone := newCode(), newCode()
	data := film(t, 0)
	s.Known(t, of(lost), storyKey(lost), s.Put(t, storyKey(lost), data))
	s.forget(t, lost)
	ghost := masters.NewDocument(of(gone)).Put(masters.Master{Key: storyKey(gone), ETag: `"1"`, Kind: "video", Locale: "en", Aspect: "9x16", Extension: "mp4"})
	if err := s.Index.SaveDocument(t.Context(), s.Library, ghost, ""); err != nil {
		t.Fatal(err)
	}
	p := s.reindexed(t, s.control())
	if p.Run.Problem != "" || p.Counts.Placed < 1 {
		t.Errorf("%+v", p)
	}
	s.byEachDoor(t, func(t *testing.T, s *env) {
		s.wantDelivered(t, s.ask(t, story(lost), "delivered"), data)
	})
	if doc, _, err := s.Index.Document(t.Context(), s.Library, of(gone)); err != nil || len(doc.Masters) > 0 {
		t.Errorf("what is gone is listed: %+v, %v", doc, err)
	}
}

// forget empties the index document of a creative, so that the index differs from the bucket.
func (s *env) forget(t *testing.T, code string) {
	t.Helper()
	_, revision, err := s.Index.Document(t.Context(), s.Library, of(code))
	if err == nil {
		err = s.Index.SaveDocument(t.Context(), s.Library, masters.NewDocument(of(code)), revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// While the messages of a reindex are lost, existing masters must be delivered, but no request may
// be skipped. A second start must continue the same reindex.
func TestAnInterruptedReindexContinues(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	s := alone(t, system.Config{Concurrency: 64})
	code := newCode()
	data := s.Master(t, code, 0)
	c := s.control()
	c.Queue = nowhere{}
	first, err := c.Start(t.Context(), s.Library, true)
	if err != nil {
		t.Fatal(err)
	}
	var missing []adplatform.Request
	for _, door := range scenariotest.Doors {
		s := s.through(door)
		s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
		request := s.request(t, story(newCode()), adplatform.Options{})
		wantAnswer(t, s.send(t, request.Event()), 202, "accepted")
		missing = append(missing, request)
	}

	c.Queue = s.control().Queue
	if again, err := c.Start(t.Context(), s.Library, false); err != nil || again.ID != first.ID {
		t.Errorf("%+v, %v", again, err)
	}
	if p := s.reindexEnded(t, c); p.Run.Problem != "" {
		t.Errorf("%+v", p)
	}
	for _, request := range missing {
		if item := s.Ended(t, request); item.State != ledger.Skipped {
			t.Errorf("the request ended as %s", item.State)
		}
	}
}

// nowhere is a queue that accepts every message and loses it.
type nowhere struct{}

func (nowhere) SendBatch(context.Context, time.Duration, ...[]byte) error { return nil }

// An unreadable message in the reindex queue must not block the other messages of a reindex.
func TestAnUnreadableReindexMessageBlocksNoOther(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	s := alone(t, system.Config{Concurrency: 64})
	if _, err := s.Clients().SQS().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.ReindexQueueURL, MessageBody: new("poison")}); err != nil {
		t.Fatal(err)
	}
	if p := s.reindexed(t, s.control()); p.Run.Problem != "" {
		t.Errorf("%+v", p)
	}
}

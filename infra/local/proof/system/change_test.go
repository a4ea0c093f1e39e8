package system_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
)

// uploads is the number of masters that are each uploaded and requested at the same moment.
var uploads = flag.Int("uploads", 60, "masters to put in and ask for in the same moment")

// A request that arrives while its master is being uploaded must never be skipped. It does not
// matter whether the master's creative and locale come from its key or from its tags.
func TestUploadAndAskInTheSameMoment(t *testing.T) { byEachDoor(t, testUploadAndAskInTheSameMoment) }

func testUploadAndAskInTheSameMoment(t *testing.T, s *env) {
	for i := range *uploads {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			code := newCode()
			data, key := film(t, 0), storyKey(code)
			var tags map[string]string
			if i%3 == 2 {
				key = "unsorted/" + code + " final.mp4"
				tags = map[string]string{"creative-code": code, "creative-variation": "1", "creative-locale": "en"}
			}
			request := s.request(t, story(code), adplatform.Options{})
			var answer <-chan gateway.Result
			if i%2 == 0 {
				answer = s.sending(t, request.Event()) // the request arrives before the upload ends
			}
			s.PutLabelled(t, key, data, tagged(tags))
			if i%2 != 0 {
				answer = s.sending(t, request.Event()) // the request arrives immediately after the upload
			}
			s.wantEnd(t, request, s.heard(t, <-answer), "delivered")
			s.wantDelivered(t, request, data)
		})
	}
}

// After a master was replaced, deleted, copied or tagged, a request must get the result that fits
// the current state of the bucket.
func TestMastersThatChange(t *testing.T) { byEachDoor(t, testMastersThatChange) }

func testMastersThatChange(t *testing.T, s *env) {
	client, bucket := s.Clients().S3(), services.MastersBucket
	setup := func(t *testing.T) (code, key string, data []byte) {
		code = newCode()
		key, data = storyKey(code), film(t, 0)
		s.Known(t, of(code), key, s.Put(t, key, data))
		return code, key, data
	}
	t.Run("overwritten", func(t *testing.T) {
		t.Parallel()
		code, key, before := setup(t)
		request := s.ask(t, story(code), "delivered")
		after := film(t, 0)
		s.Known(t, of(code), key, s.Put(t, key, after))
		s.wantDelivered(t, s.ask(t, story(code), "delivered"), after)
		s.wantDelivered(t, request, before)
	})
	t.Run("overwritten by another shape", func(t *testing.T) {
		t.Parallel()
		code, key, _ := setup(t)
		s.Known(t, of(code), key, s.Put(t, key, sample(t, square)))
		s.wantSkipped(t, s.ask(t, story(code), "skipped"), "no_match:aspect")
	})
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		code, key, _ := setup(t)
		s.delete(t, key, nil)
		s.Known(t, of(code), key, "")
		s.wantSkipped(t, s.ask(t, story(code), "skipped"), "no_match:creative")
	})
	t.Run("deleted and put in again", func(t *testing.T) {
		t.Parallel()
		code, key, _ := setup(t)
		s.delete(t, key, nil)
		again := film(t, 0)
		s.Known(t, of(code), key, s.Put(t, key, again))
		s.wantDelivered(t, s.ask(t, story(code), "delivered"), again)
	})
	t.Run("emptied", func(t *testing.T) {
		t.Parallel()
		code, key, _ := setup(t)
		s.unplaced(t, key, s.Put(t, key, nil))
		s.wantSkipped(t, s.ask(t, story(code), "skipped"), "no_match:creative")
	})
	t.Run("retagged", func(t *testing.T) {
		t.Parallel()
		code, key, data := setup(t)
		other := newCode()
		tags := &types.Tagging{TagSet: []types.Tag{
			{Key: aws.String("creative-code"), Value: &other}, {Key: aws.String("creative-variation"), Value: aws.String("1")},
		}}
		if _, err := client.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: &bucket, Key: &key, Tagging: tags}); err != nil {
			t.Fatal(err)
		}
		s.Known(t, of(code), key, "")
		s.wantDelivered(t, s.ask(t, story(other), "delivered"), data)
		s.wantSkipped(t, s.ask(t, story(code), "skipped"), "no_match:creative")
	})
	t.Run("no longer tagged", func(t *testing.T) {
		t.Parallel()
		code, other := newCode(), newCode()
		key, data := storyKey(code), film(t, 0)
		s.Known(t, of(other), key, s.PutLabelled(t, key, data, tagged(map[string]string{"creative-code": other, "creative-variation": "1"})))
		if _, err := client.DeleteObjectTagging(t.Context(), &s3.DeleteObjectTaggingInput{Bucket: &bucket, Key: &key}); err != nil {
			t.Fatal(err)
		}
		s.Known(t, of(other), key, "")
		s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
	})
	t.Run("copied", func(t *testing.T) {
		t.Parallel()
		_, key, data := setup(t)
		code := newCode()
		out, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{
			Bucket: &bucket, Key: aws.String(storyKey(code)), CopySource: aws.String(bucket + "/" + key),
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Known(t, of(code), storyKey(code), *out.CopyObjectResult.ETag)
		s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
	})
	t.Run("put in by parts", func(t *testing.T) {
		t.Parallel()
		code := newCode()
		data := film(t, 11<<20)
		etag, err := s.Masters.PutParts(t.Context(), storyKey(code), bytes.NewReader(data), 5<<20, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.Known(t, of(code), storyKey(code), etag)
		s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
	})
}

// If a master is replaced during its delivery, the platform must get one complete version: the
// version in the ledger's decision if that version still exists, otherwise the new version.
func TestAReplacedMasterArrivesAsOneVersion(t *testing.T) {
	byEachDoor(t, testAReplacedMasterArrivesAsOneVersion)
}

func testAReplacedMasterArrivesAsOneVersion(t *testing.T, s *env) {
	const rate = 8 << 20 // speed of the upload in bytes per second
	for name, test := range map[string]struct {
		kept bool
		size int
	}{
		"the old version is kept": {true, 16 << 20},
		"the old version is gone": {false, 96 << 20}, // so large that a part is still unread when the version is deleted
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := newCode()
			key, before, after := storyKey(code), film(t, test.size), film(t, 0)
			s.Known(t, of(code), key, s.Put(t, key, before))
			version := s.version(t, key)

			request := s.request(t, story(code), adplatform.Options{})
			s.Platform.Storage.Faults.Next(1, request.StorageKey, fault.Slow(rate))
			answer := s.sending(t, request.Event())
			eventually(t, "the upload is on its way", func(context.Context) bool {
				return s.Platform.Storage.Writes(request.StorageKey).Bytes > 1<<20
			})
			s.Put(t, key, after)
			if !test.kept {
				s.delete(t, key, version)
			}
			s.wantEnd(t, request, s.heard(t, <-answer), "delivered")

			want := after
			if test.kept {
				want = before
			}
			if seen := s.wantThere(t, request, want); seen.Writes.Landed != 1 || len(seen.Callbacks) != 1 {
				t.Errorf("%d uploads landed and %d callbacks came, want one of each", seen.Writes.Landed, len(seen.Callbacks))
			}
		})
	}
}

// version returns the id of the current version of the object with this key.
func (s *env) version(t *testing.T, key string) *string {
	t.Helper()
	head, err := s.Clients().S3().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(services.MastersBucket), Key: &key})
	if err != nil || aws.ToString(head.VersionId) == "" {
		t.Fatalf("no version of %s: %v", key, err)
	}
	return head.VersionId
}

// An event that the function index cannot process may belong to any master. While such an event is
// in the queue, no request may be skipped, but existing masters must still be delivered.
func TestNoSkipWhileEventsWait(t *testing.T) {
	t.Parallel()
	s := alone(t, system.Config{})
	code := newCode()
	data := s.Master(t, code, 0)
	s.poison(t)
	eventually(t, "the event waits", func(ctx context.Context) bool { return s.waiting(t) > 0 })

	s.byEachDoor(t, func(t *testing.T, s *env) {
		absent := s.request(t, story(newCode()), adplatform.Options{})
		began := time.Now()
		if result := s.send(t, absent.Event()); result.Status == 200 {
			t.Errorf("answer %s", result.Body)
		}
		s.wantNothingSent(t, absent)
		if took := time.Since(began); took < 5*time.Second {
			t.Errorf("given up after %v", took)
		}
		s.wantDelivered(t, s.ask(t, story(code), "delivered"), data)
	})
}

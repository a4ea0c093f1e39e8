package system_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

// After concurrent changes of the same keys, with repeated and late events, the index documents
// must finally match the bucket. The test has a system of its own, because a system skips no
// request while such events wait in its queue.
func TestIndexConverges(t *testing.T) {
	t.Parallel()
	s := alone(t, system.Config{})
	codes := []string{newCode(), newCode(), newCode()}
	keys := []string{
		// No key contains an emoji, because the local SQS rejects emojis that are not escaped.
		storyKey(codes[0]), storyKey(codes[1]), codes[0] + "-1_en_9x16.mp4", codes[2] + " ä+%41 ß.mp4",
		codes[1] + "/v1/en/9x16_thumbnail.mp4",
	}
	const workers, changes = 4, 20
	t.Run("changes", func(t *testing.T) { // this subtest ends when all its workers have ended
		for worker := range workers {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(worker), 7))
				for range changes {
					s.change(t, random, keys[random.IntN(len(keys))], codes[random.IntN(len(codes))])
				}
			})
		}
	})
	for _, key := range keys {
		s.tell(t, key, 0)
	}
	eventually(t, "every document says what is there", func(ctx context.Context) bool {
		return s.wrong(t, keys, codes) == ""
	})
}

// change makes a random change to the object of a key: it writes, tags or deletes the object. It
// sends one event of the key in addition to the bucket's own event.
func (s *env) change(t *testing.T, random *rand.Rand, key, code string) {
	t.Helper()
	tags := map[string]string{"creative-code": code, "creative-variation": "1"}
	switch random.IntN(6) {
	case 0:
		s.delete(t, key, nil)
	case 1:
		s.Put(t, key, nil)
	case 2:
		s.PutLabelled(t, key, film(t, 0), tagged(tags))
	case 3:
		set := types.Tagging{TagSet: []types.Tag{
			{Key: new("creative-code"), Value: &code}, {Key: new("creative-variation"), Value: new("1")},
		}}
		_, err := s.Clients().S3().PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{
			Bucket: new(services.MastersBucket), Key: &key, Tagging: &set,
		})
		if err != nil && !gone(err) {
			t.Errorf("tagging %s: %v", key, err)
		}
	default:
		s.Put(t, key, film(t, 0))
	}
	s.tell(t, key, int32(random.IntN(3)))
}

// tell sends an event of a key to the index queue, which delivers it after delay seconds. The event
// always reports a deletion, because the function index ignores the type of an event.
func (s *env) tell(t *testing.T, key string, delay int32) {
	t.Helper()
	event := fmt.Sprintf(`{"source":"aws.s3","detail-type":"Object Deleted","detail":{"bucket":{"name":%q},"object":{"key":%q}}}`, services.MastersBucket, key)
	_, err := s.Clients().SQS().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.IndexQueueURL, MessageBody: &event, DelaySeconds: delay})
	if err != nil {
		t.Errorf("telling of %s: %v", key, err)
	}
}

// wrong describes how the index documents differ from the bucket. It returns "" if they match.
func (s *env) wrong(t *testing.T, keys, codes []string) string {
	t.Helper()
	bucket := s3store.Bucket{Client: s.Clients().S3(), Name: services.MastersBucket}
	for _, code := range codes {
		doc, _, err := s.Index.Document(t.Context(), s.Library, of(code))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range doc.Masters {
			if !slices.Contains(keys, m.Key) {
				return fmt.Sprintf("%s lists %q", code, m.Key)
			}
		}
		for _, key := range keys {
			object, err := bucket.Look(t.Context(), key)
			if err != nil && !errors.Is(err, masters.ErrAbsent) {
				t.Fatal(err)
			}
			place := masters.Place(s.Library, key, object.Size, object.Labels)
			should := err == nil && place.Unplaced == "" && place.Creative.Same(of(code))
			m := doc.Find(key)
			if should != (m != nil) || m != nil && m.ETag != object.ETag {
				return fmt.Sprintf("%s: %q listed as %+v, should be %v as %+v", code, key, m, should, object)
			}
		}
	}
	return ""
}

// gone reports whether an error of S3 means that the object does not exist.
func gone(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains([]string{"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"}, api.ErrorCode())
}

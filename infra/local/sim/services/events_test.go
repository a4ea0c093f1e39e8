package services_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/sim/services"
)

// event holds the fields of an S3 event of EventBridge that a receiver reads.
type event struct {
	Version    string   `json:"version"`
	ID         string   `json:"id"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Account    string   `json:"account"`
	Time       string   `json:"time"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     struct {
		Bucket struct{ Name string }
		Object struct {
			Key       string
			Size      *int64
			ETag      string `json:"etag"`
			VersionID string `json:"version-id"`
			Sequencer string
		}
		Reason       string
		DeletionType string `json:"deletion-type"`
	}
}

// receive waits until every event that was sent is on the index queue. It then receives n events,
// or all events if n is 0, and returns them in the order in which they were sent. It deletes none.
func receive(t *testing.T, s *services.Services, n int) []event {
	t.Helper()
	if err := s.Events.Drained(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all []event
	for {
		out, err := s.Clients().SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.IndexQueueURL, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Messages {
			var e event
			if err := json.Unmarshal([]byte(*m.Body), &e); err != nil {
				t.Errorf("%s: %v", *m.Body, err)
			}
			all = append(all, e)
		}
		if len(out.Messages) == 0 || n > 0 && len(all) >= n {
			break
		}
	}
	if n > 0 && len(all) != n {
		t.Fatalf("%d events, want %d: %+v", len(all), n, all)
	}
	return all
}

func put(t *testing.T, s *services.Services, key, body string) *s3.PutObjectOutput {
	t.Helper()
	out, err := s.Clients().S3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(services.MastersBucket), Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// must returns a function that fails the test if a call has failed, and ignores the result of the
// call.
func must[T any](t *testing.T) func(T, error) {
	return func(_ T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestKeysArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	need(t)
	s := start(t, config(t, t.TempDir()))
	defer closed(t, s)
	keys := []string{
		"plain.mp4", "HRT-1212/v2/en/9x16.mp4", "a space.mp4", "a+plus.mp4", "100%.mp4", "%41%2F.mp4", "Größe/Übung ß.mp4",
		"🎬/🇩🇪.mp4", `quote"back\slash.mp4`, "amp&<less>;?#.mp4", "e\u0301 decomposed.mp4", strings.Repeat("ü", 100) + ".mp4",
	}
	for _, key := range keys {
		put(t, s, key, key)
	}
	var got []string
	for _, e := range receive(t, s, len(keys)) {
		got = append(got, e.Detail.Object.Key)
	}
	if !slices.Equal(got, keys) {
		t.Errorf("events of\n%q, want\n%q", got, keys)
	}
}

func TestEventOfEachChange(t *testing.T) {
	t.Parallel()
	need(t)
	s := start(t, config(t, t.TempDir()))
	defer closed(t, s)
	client, bucket, key := s.Clients().S3(), aws.String(services.MastersBucket), aws.String("film.mp4")

	first := put(t, s, *key, "one")
	second := put(t, s, *key, "second")
	tags := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("creative-code"), Value: aws.String("HRT-1212")}}}
	must[*s3.PutObjectTaggingOutput](t)(client.PutObjectTagging(t.Context(), &s3.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: tags}))
	must[*s3.DeleteObjectTaggingOutput](t)(client.DeleteObjectTagging(t.Context(), &s3.DeleteObjectTaggingInput{Bucket: bucket, Key: key}))
	must[*s3.CopyObjectOutput](t)(client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("copy.mp4"), CopySource: aws.String("masters/film.mp4")}))
	multipart(t, client, "parts.mp4", "whole")
	must[*s3.DeleteObjectOutput](t)(client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key}))
	must[*s3.DeleteObjectOutput](t)(client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: first.VersionId}))
	must[*s3.DeleteObjectsOutput](t)(client.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("copy.mp4")}, {Key: aws.String("parts.mp4")}}}}))

	tests := []struct {
		kind, key, reason, deletion string
		size                        int64 // expected size in bytes; -1 means that the event has no size
		version                     *string
	}{
		{"Object Created", "film.mp4", "PutObject", "", 3, first.VersionId},
		{"Object Created", "film.mp4", "PutObject", "", 6, second.VersionId},
		{"Object Tags Added", "film.mp4", "", "", -1, nil},
		{"Object Tags Deleted", "film.mp4", "", "", -1, nil},
		{"Object Created", "copy.mp4", "CopyObject", "", 6, nil},
		{"Object Created", "parts.mp4", "CompleteMultipartUpload", "", 5, nil},
		{"Object Deleted", "film.mp4", "DeleteObject", "Delete Marker Created", -1, nil},
		{"Object Deleted", "film.mp4", "DeleteObject", "Permanently Deleted", -1, first.VersionId},
		{"Object Deleted", "copy.mp4", "DeleteObject", "Delete Marker Created", -1, nil},
		{"Object Deleted", "parts.mp4", "DeleteObject", "Delete Marker Created", -1, nil},
	}
	sequencer := ""
	for i, e := range receive(t, s, len(tests)) {
		want, o := tests[i], e.Detail.Object
		if e.DetailType != want.kind || o.Key != want.key || e.Detail.Reason != want.reason || e.Detail.DeletionType != want.deletion ||
			(o.Size == nil) != (want.size < 0) || o.Size != nil && *o.Size != want.size || want.version != nil && o.VersionID != *want.version {
			t.Errorf("event %d is %+v, want %+v", i, e, want)
		}
		if e.Version != "0" || len(e.ID) != 36 || e.Source != "aws.s3" || e.Account != services.Account || e.Region != services.Region ||
			len(e.Resources) != 1 || e.Resources[0] != "arn:aws:s3:::masters" || e.Detail.Bucket.Name != services.MastersBucket || strings.Contains(o.ETag, `"`) {
			t.Errorf("event %d is %+v", i, e)
		}
		if o.Sequencer != "" && o.Sequencer <= sequencer {
			t.Errorf("event %d has sequencer %s after %s", i, o.Sequencer, sequencer)
		}
		sequencer = max(sequencer, o.Sequencer)
	}
}

func multipart(t *testing.T, client *s3.Client, key, body string) {
	t.Helper()
	bucket := aws.String(services.MastersBucket)
	upload, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: bucket, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
	if err != nil {
		t.Fatal(err)
	}
	part, err := client.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: bucket, Key: &key, UploadId: upload.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
	if err != nil {
		t.Fatal(err)
	}
	must[*s3.CompleteMultipartUploadOutput](t)(client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: &key, UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: part.ETag, PartNumber: aws.Int32(1), ChecksumCRC32: part.ChecksumCRC32}}},
	}))
}

// An event must not be sent for a change in another bucket, for a rejected change or for a call
// that changes nothing.
func TestNoEvent(t *testing.T) {
	t.Parallel()
	need(t)
	s := start(t, config(t, t.TempDir()))
	defer closed(t, s)
	client := s.Clients().S3()
	for _, bucket := range []string{services.IndexBucket, services.PlatformBucket} {
		must[*s3.PutObjectOutput](t)(client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("x"), Body: strings.NewReader("x")}))
	}
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(services.MastersBucket), Key: aws.String("x"), Body: strings.NewReader("x"), IfMatch: aws.String(`"0"`),
	})
	if err == nil {
		t.Error("a write on a condition that does not hold was taken")
	}
	if got := receive(t, s, 0); len(got) > 0 {
		t.Errorf("events %+v", got)
	}
}

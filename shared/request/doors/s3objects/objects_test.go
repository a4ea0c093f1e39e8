package s3objects_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/infra/local/sim/s3test"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/doors/s3objects"
)

func TestObjectsAreReadAsTheyWereStored(t *testing.T) {
	t.Parallel()
	at := s3test.Start(t)
	client := s3.New(s3.Options{
		Region: at.Region, BaseEndpoint: &at.Endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(at.AccessKey, at.SecretKey, ""),
	})
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &at.Bucket}); err != nil {
		t.Fatal(err)
	}
	objects := s3objects.Objects{Client: client, Bucket: at.Bucket}
	captures, err := events.DoorCaptures()
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, c := range captures {
		if c.Message != nil {
			continue
		}
		read++
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &at.Bucket, Key: &c.Key, Body: bytes.NewReader(c.Body), Metadata: c.ObjectMetadata(),
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := objects.Read(t.Context(), c.Key, "", 1<<20)
		if err != nil || !bytes.Equal(got.Body, c.Body) || doors.ObjectMetadata(got.Metadata) != doors.ObjectMetadata(c.ObjectMetadata()) {
			t.Errorf("%s: %q, %v, %v", c.Name, got.Body, got.Metadata, err)
		}
		if short, err := objects.Read(t.Context(), c.Key, "", 10); err != nil || !bytes.Equal(short.Body, c.Body[:10]) {
			t.Errorf("%s, 10 bytes: %q, %v", c.Name, short.Body, err)
		}
	}
	if read < 6 {
		t.Errorf("%d captures of a bucket", read)
	}
	if _, err := objects.Read(t.Context(), "none.json", "", 10); !errors.Is(err, doors.ErrGone) {
		t.Errorf("an absent object: %v", err)
	}
	elsewhere := s3objects.Objects{Client: client, Bucket: "no-such-bucket"}
	if _, err := elsewhere.Read(t.Context(), "none.json", "", 10); err == nil || errors.Is(err, doors.ErrGone) {
		t.Errorf("an absent bucket: %v", err)
	}
}

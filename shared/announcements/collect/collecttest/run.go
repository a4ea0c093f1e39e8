package collecttest

import (
	"bytes"
	"errors"
	"testing"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/library/masters"
)

// Subject is a bucket under test, with a function that reads an object and its content.
type Subject struct {
	collect.Bucket
	Read func(t *testing.T, key string) Stored
}

// Run tests the contract of [collect.Bucket]. newBucket must return a new, empty bucket.
func Run(t *testing.T, newBucket func(t *testing.T) Subject) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, Subject)
	}{
		{"an object of parts", objectOfParts},
		{"an object is never overwritten", neverOverwritten},
		{"what is aborted is gone", aborted},
		{"missing parts", missingParts},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, newBucket(t))
		})
	}
}

// odd is a key with characters that need escaping.
const odd = "HRT 1212+ä&=%/v2/en/9x16-abc.mp4"

func object() collect.Object {
	return collect.Object{
		Key: odd, ContentType: "video/mp4",
		Tags:     map[string]string{masters.LabelCode: "HRT 1212+ä=:/@", masters.LabelVariation: "2"},
		Metadata: map[string]string{"intake-subject": "job/1~:@"},
	}
}

func begin(t *testing.T, b Subject) string {
	t.Helper()
	upload, err := b.Begin(t.Context(), object())
	if err != nil {
		t.Fatal(err)
	}
	return upload
}

func put(t *testing.T, b Subject, upload string, number int, data []byte) {
	t.Helper()
	if err := b.Part(t.Context(), odd, upload, number, data); err != nil {
		t.Fatal(err)
	}
}

func objectOfParts(t *testing.T, b Subject) {
	if _, err := b.Size(t.Context(), odd); !errors.Is(err, masters.ErrAbsent) {
		t.Errorf("before: %v", err)
	}
	first, last := bytes.Repeat([]byte("a"), collect.PartSize), []byte("the end")
	upload := begin(t, b)
	put(t, b, upload, 2, last)
	put(t, b, upload, 1, last)
	put(t, b, upload, 1, first)
	if err := b.Complete(t.Context(), odd, upload, 2); err != nil {
		t.Fatal(err)
	}
	got := b.Read(t, odd)
	if !bytes.Equal(got.Data, append(first, last...)) || got.ContentType != "video/mp4" {
		t.Errorf("%d bytes of %s", len(got.Data), got.ContentType)
	}
	for name, value := range object().Tags {
		if got.Tags[name] != value {
			t.Errorf("tag %s is %q", name, got.Tags[name])
		}
	}
	if len(got.Tags) != 2 || got.Metadata["intake-subject"] != "job/1~:@" {
		t.Errorf("tags %v, metadata %v", got.Tags, got.Metadata)
	}
	if size, err := b.Size(t.Context(), odd); err != nil || size != int64(len(first)+len(last)) {
		t.Errorf("size %d, %v", size, err)
	}
}

func neverOverwritten(t *testing.T, b Subject) {
	one, two := begin(t, b), begin(t, b)
	put(t, b, one, 1, []byte("first"))
	put(t, b, two, 1, []byte("second"))
	if err := b.Complete(t.Context(), odd, one, 1); err != nil {
		t.Fatal(err)
	}
	if err := b.Complete(t.Context(), odd, two, 1); !errors.Is(err, collect.ErrExists) {
		t.Errorf("completed over an object: %v", err)
	}
	if got := b.Read(t, odd); string(got.Data) != "first" {
		t.Errorf("now it is %q", got.Data)
	}
	if err := b.Abort(t.Context(), odd, two); err != nil {
		t.Error(err)
	}
}

func aborted(t *testing.T, b Subject) {
	upload := begin(t, b)
	put(t, b, upload, 1, []byte("x"))
	for range 2 {
		if err := b.Abort(t.Context(), odd, upload); err != nil {
			t.Errorf("aborting: %v", err)
		}
	}
	if err := b.Part(t.Context(), odd, upload, 1, []byte("x")); !errors.Is(err, collect.ErrNoUpload) {
		t.Errorf("a part: %v", err)
	}
	if err := b.Complete(t.Context(), odd, upload, 1); !errors.Is(err, collect.ErrNoUpload) {
		t.Errorf("completing: %v", err)
	}
	if _, err := b.Size(t.Context(), odd); !errors.Is(err, masters.ErrAbsent) {
		t.Errorf("an object: %v", err)
	}
}

func missingParts(t *testing.T, b Subject) {
	upload := begin(t, b)
	put(t, b, upload, 1, []byte("x"))
	if err := b.Complete(t.Context(), odd, upload, 2); err == nil || errors.Is(err, collect.ErrNoUpload) {
		t.Errorf("completed without a part: %v", err)
	}
	if err := b.Abort(t.Context(), odd, upload); err != nil {
		t.Error(err)
	}
}

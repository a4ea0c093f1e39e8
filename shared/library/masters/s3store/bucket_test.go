package s3store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

func over(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func look(t *testing.T, b s3store.Bucket, key string) masters.Object {
	t.Helper()
	o, err := b.Look(t.Context(), key)
	if err != nil {
		t.Fatalf("looking at %q: %v", key, err)
	}
	return o
}

// open reads n bytes, from offset off, of one version of an object.
func open(t *testing.T, b s3store.Bucket, o masters.Object, off, n int64) (string, error) {
	t.Helper()
	body, err := b.Open(t.Context(), o.Key, o.VersionID, o.ETag, off, n)
	if err != nil {
		return "", err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	return string(data), err
}

// Look, ReadRange, Open and List must use an object's key unchanged, even if the key has special
// characters.
func TestAnyKeyIsFoundUnchanged(t *testing.T) {
	t.Parallel()
	b := newBucket(t, true)
	keys := []string{
		"plain.mp4", "HRT-1212/v2/en/9x16.mp4", "a space.mp4", "a+plus.mp4", "100%.mp4", "%41%2F.mp4", "Größe/Übung ß.mp4",
		"🎬/🇩🇪.mp4", `quote"back\slash.mp4`, "amp&<less>;?#.mp4", "e\u0301 decomposed.mp4", "é composed.mp4", " outer .mp4",
		"colon:at@equals=dollar$.mp4", strings.Repeat("ü", 100) + ".mp4",
		"control\b\x1f\r\n\t.mp4", "\u0085\u2028\ufffe\uffff.mp4", strings.Repeat(strings.Repeat("\b", 127)+"/", 8)[:1020] + ".mp4",
	}
	for _, key := range keys {
		put(t, b, key, "film "+key, map[string]string{"creative-code": "HRT-1"}, nil)
	}
	for _, key := range keys {
		o := look(t, b, key)
		if o.Key != key || o.Size != int64(len("film "+key)) || o.VersionID == "" || o.Modified.IsZero() || o.Labels.Tags["creative-code"] != "HRT-1" {
			t.Errorf("%q is %+v", key, o)
		}
		if text, err := open(t, b, o, 5, int64(len(key))); err != nil || text != key {
			t.Errorf("%q holds %q, %v", key, text, err)
		}
	}
	slices.Sort(keys)
	if got := listed(t, b, ""); !slices.Equal(slices.Sorted(maps.Keys(got)), keys) {
		t.Errorf("listed %q, want %q", slices.Sorted(maps.Keys(got)), keys)
	}
	var paged []string
	for more, after := true, ""; more; after = paged[len(paged)-1] {
		var page []string
		var err error
		if page, more, err = b.Page(t.Context(), "", after, 1); err != nil {
			t.Fatal(err)
		}
		paged = append(paged, page...)
	}
	if !slices.Equal(paged, keys) {
		t.Errorf("paged %q, want %q", paged, keys)
	}
}

// listed returns the entries under a prefix, by key.
func listed(t *testing.T, b s3store.Bucket, prefix string) map[string]masters.Entry {
	t.Helper()
	all := map[string]masters.Entry{}
	for entry, err := range b.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[entry.Key]; twice {
			t.Errorf("%q is listed twice", entry.Key)
		}
		all[entry.Key] = entry
	}
	return all
}

func TestLabels(t *testing.T) {
	t.Parallel()
	b := newBucket(t, true)
	tests := map[string]struct{ tags, metadata map[string]string }{
		"none":           {nil, nil},
		"an empty set":   {map[string]string{}, nil},
		"tags":           {map[string]string{"creative-code": "HRT-1212", "creative-locale": "pt-BR", "team": "a b/c"}, nil},
		"metadata":       {nil, map[string]string{"creative-code": "HRT-7"}},
		"both":           {map[string]string{"creative-code": "A"}, map[string]string{"creative-code": "B"}},
		"other capitals": {map[string]string{"Creative-Code": "HRT-1212"}, map[string]string{"Creative-Aspect": "9x16"}},
	}
	lower := func(labels map[string]string) map[string]string {
		all := map[string]string{}
		for k, v := range labels {
			all[strings.ToLower(k)] = v
		}
		return all
	}
	for name, test := range tests {
		put(t, b, name, "film", test.tags, test.metadata)
		o := look(t, b, name)
		if !maps.Equal(o.Labels.Tags, lower(test.tags)) || !maps.Equal(o.Labels.Metadata, lower(test.metadata)) {
			t.Errorf("%s: %+v", name, o.Labels)
		}
	}
	_, err := b.Client.DeleteObjectTagging(t.Context(), &s3.DeleteObjectTaggingInput{Bucket: &b.Name, Key: aws.String("tags")})
	if err != nil {
		t.Fatal(err)
	}
	if o := look(t, b, "tags"); len(o.Labels.Tags) != 0 {
		t.Errorf("after their deletion: %+v", o.Labels)
	}
}

// A read returns the bytes of the version that was looked up, or ErrChanged.
func TestReplacedObjects(t *testing.T) {
	t.Parallel()
	for name, versioned := range map[string]bool{"plain": false, "versioned": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBucket(t, versioned)
			put(t, b, "film", "the old film", nil, nil)
			before := look(t, b, "film")
			put(t, b, "film", "the new film", nil, nil)
			after := look(t, b, "film")
			if before.Same(after) || (before.VersionID != "") != versioned {
				t.Errorf("before %+v, after %+v", before, after)
			}
			want(t, b, before, "old", versioned)
			want(t, b, after, "new", true)

			remove(t, b, "film", "")
			if _, err := b.Look(t.Context(), "film"); !errors.Is(err, masters.ErrAbsent) {
				t.Errorf("looking at what was deleted: %v", err)
			}
			if got := listed(t, b, ""); len(got) != 0 {
				t.Errorf("what was deleted is listed: %v", got)
			}
			want(t, b, after, "new", versioned)
			if versioned {
				remove(t, b, "film", before.VersionID)
				want(t, b, before, "old", false)
			}
		})
	}
}

// want fails the test unless ReadRange and Open both return middle, the middle of "the old film".
// If the argument there is false, both must return ErrChanged.
func want(t *testing.T, b s3store.Bucket, o masters.Object, middle string, there bool) {
	t.Helper()
	data, err := b.ReadRange(t.Context(), o, 4, 3)
	text, openErr := open(t, b, o, 4, 3)
	switch {
	case !there:
		if !errors.Is(err, masters.ErrChanged) || !errors.Is(openErr, masters.ErrChanged) {
			t.Errorf("a version that is gone: %q, %v and %q, %v", data, err, text, openErr)
		}
	case err != nil || openErr != nil || string(data) != middle || text != middle:
		t.Errorf("read %q, %v and %q, %v; want %s", data, err, text, openErr, middle)
	}
}

// A read of a range beyond the end of the object returns ErrChanged, because the object must have
// been replaced by a shorter one.
func TestRanges(t *testing.T) {
	t.Parallel()
	b := newBucket(t, true)
	put(t, b, "film", "0123456789", nil, nil)
	o := look(t, b, "film")
	tests := []struct {
		off, n int64
		want   string
		err    error
	}{
		{0, 10, "0123456789", nil}, {0, 1, "0", nil}, {9, 1, "9", nil}, {3, 4, "3456", nil},
		{5, 6, "", masters.ErrChanged}, {10, 1, "", masters.ErrChanged}, {1 << 40, 5, "", masters.ErrChanged},
	}
	for _, test := range tests {
		if got, err := open(t, b, o, test.off, test.n); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%d bytes at %d: %q, %v; want %q, %v", test.n, test.off, got, err, test.want, test.err)
		}
		data, err := b.ReadRange(t.Context(), o, test.off, test.n)
		if string(data) != test.want || !errors.Is(err, test.err) {
			t.Errorf("ReadRange of %d bytes at %d: %q, %v; want %q, %v", test.n, test.off, data, err, test.want, test.err)
		}
	}
	for name, other := range map[string]masters.Object{
		"another ETag": {Key: "film", ETag: `"0"`}, "another version": {Key: "film", VersionID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", ETag: o.ETag},
		"another bucket's version": {Key: "film", VersionID: "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY", ETag: o.ETag},
		"another key":              {Key: "other", ETag: o.ETag},
	} {
		if got, err := open(t, b, other, 0, 1); !errors.Is(err, masters.ErrChanged) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Only an explicit "not found" from S3 means that an object is absent.
func TestARefusalIsNotAbsence(t *testing.T) {
	t.Parallel()
	allowed := newBucket(t, true)
	put(t, allowed, "film", "0123456789", nil, nil)
	o := look(t, allowed, "film")
	if _, err := allowed.Look(t.Context(), "absent"); !errors.Is(err, masters.ErrAbsent) {
		t.Errorf("what is absent: %v", err)
	}
	refused := s3store.Bucket{Client: denied(t), Name: allowed.Name}
	for _, key := range []string{"film", "absent"} {
		_, err := refused.Look(t.Context(), key)
		isNot(t, err, masters.ErrAbsent, masters.ErrChanged)
		_, err = refused.Open(t.Context(), key, o.VersionID, o.ETag, 0, 1)
		isNot(t, err, masters.ErrAbsent, masters.ErrChanged)
		if !errors.Is(err, masters.ErrDenied) {
			t.Errorf("Open of %s: %v, want ErrDenied", key, err)
		}
		_, err = refused.ReadRange(t.Context(), masters.Object{Key: key, ETag: o.ETag}, 0, 1)
		isNot(t, err, masters.ErrAbsent, masters.ErrChanged)
	}
	wantNoList(t, refused)
	wantNoList(t, s3store.Bucket{Client: allowed.Client, Name: "no-such-bucket"})
}

func wantNoList(t *testing.T, b s3store.Bucket) {
	t.Helper()
	steps := 0
	for entry, err := range b.List(t.Context(), "") {
		steps++
		if err == nil {
			t.Errorf("listed %+v", entry)
		}
	}
	if steps != 1 {
		t.Errorf("%d steps, want one error", steps)
	}
}

// List yields all keys under a prefix and no others, however many there are, and stops when the
// caller stops.
func TestList(t *testing.T) {
	t.Parallel()
	b := newBucket(t, true)
	const many = 1010 // more than one page of 1,000 keys
	for i := range many {
		put(t, b, fmt.Sprintf("HRT-1/%04d", i), "x", nil, nil)
	}
	put(t, b, "HRT-12/0", "12", nil, nil)
	put(t, b, "hrt-1/0", "x", nil, nil)
	if got := listed(t, b, "HRT-1/"); len(got) != many {
		t.Errorf("%d listed, want %d", len(got), many)
	}
	if got := listed(t, b, "HRT-12"); len(got) != 1 || got["HRT-12/0"].Size != 2 || got["HRT-12/0"].ETag != look(t, b, "HRT-12/0").ETag {
		t.Errorf("listed %+v", got)
	}
	if got := listed(t, b, "HRT-2"); len(got) != 0 {
		t.Errorf("listed %+v", got)
	}
	steps := 0
	for range b.List(t.Context(), "") {
		if steps++; steps == 3 {
			break
		}
	}
	for _, err := range b.List(over(t), "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("listing with a context that is over: %v", err)
		}
	}
}

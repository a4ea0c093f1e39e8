package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"hash/crc64"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
)

// sent records which parts of a file are uploaded, and can interrupt the upload at one of the parts.
type sent struct {
	mu    sync.Mutex
	parts map[int]bool
	at    func(part int)
}

func (s *sent) before(r *http.Request) error {
	if part, err := strconv.Atoi(r.URL.Query().Get("partNumber")); err == nil {
		s.at(part)
		if err := r.Context().Err(); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.parts[part] = true
	}
	return nil
}

// unfinished returns the incomplete multipart uploads of a key.
func unfinished(t *testing.T, env *scenariotest.Env, key string) []types.MultipartUpload {
	t.Helper()
	left, err := env.Clients().S3().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: new(services.MastersBucket), Prefix: &key})
	if err != nil {
		t.Fatal(err)
	}
	return left.Uploads
}

// The upload of a file of six parts is interrupted at the fifth or the sixth part. The next command
// reuses the uploaded parts, and uploads only the others.
func TestAnInterruptedUploadContinues(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	key := scenariotest.StoryKey(scenariotest.NewCode())
	long := scenariotest.Film(t, 5*partSize+1000)
	dir := folder(t, map[string][]byte{key: long})
	o := uploadOptions{library: new(""), yes: true, parallel: 1}

	ctx, cancel := context.WithCancel(t.Context())
	first := &sent{parts: map[int]bool{}, at: func(part int) {
		if part > partsAtOnce {
			cancel()
		}
	}}
	s, out := working(t, env, wire{first.before})
	if err := s.upload(ctx, dir, o); !errors.Is(err, context.Canceled) || !strings.Contains(out.String(), "interrupted") {
		t.Fatalf("ended with %v\n%s", err, out)
	}
	if keys := listed(t, env, key); len(keys) != 0 {
		t.Errorf("half an object is there: %v", keys)
	}
	left := unfinished(t, env, key)
	if len(left) != 1 {
		t.Fatalf("begun: %+v", left)
	}
	parts, err := env.Clients().S3().ListParts(t.Context(), &s3.ListPartsInput{Bucket: new(services.MastersBucket), Key: &key, UploadId: left[0].UploadId})
	if err != nil || len(parts.Parts) == 0 || len(parts.Parts) > 4 {
		t.Fatalf("%v; parts that went up: %+v", err, parts.Parts)
	}

	second := &sent{parts: map[int]bool{}, at: func(int) {}}
	s, out = working(t, env, wire{second.before})
	if err := s.upload(t.Context(), dir, o); err != nil || !strings.Contains(out.String(), "an earlier run had uploaded") {
		t.Fatalf("going on: %v\n%s", err, out)
	}
	for _, part := range parts.Parts {
		if second.parts[int(*part.PartNumber)] {
			t.Errorf("part %d went up again", *part.PartNumber)
		}
	}
	if !second.parts[5] || !second.parts[6] {
		t.Errorf("what never went up is not among %v", second.parts)
	}
	if got := object(t, env, key); !bytes.Equal(got, long) {
		t.Errorf("%d bytes of %d, or others", len(got), len(long))
	}
	if left := unfinished(t, env, key); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	if err := s.upload(t.Context(), dir, o); err != nil || !strings.Contains(out.String(), "1 already there") {
		t.Errorf("once more: %v\n%s", err, out)
	}
}

// The command can upload with credentials that may not list uploads.
func TestUploadWithoutPermissionToListUploads(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	key := scenariotest.StoryKey(scenariotest.NewCode())
	long := scenariotest.Film(t, partSize+1000)
	begun(t, env, key, "", long[:partSize])
	s, out := working(t, env, wire{func(r *http.Request) error {
		if r.URL.Query().Has("uploads") && r.Method == http.MethodGet {
			// Make the signature invalid, so that S3 answers 403.
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=0", 1))
		}
		return nil
	}})
	dir := folder(t, map[string][]byte{key: long})
	s.asJSON = true
	if err := s.upload(t.Context(), dir, uploadOptions{library: new(""), yes: true, parallel: 1}); err != nil ||
		!strings.Contains(out.String(), "no permission to list") || !bytes.Equal(object(t, env, key), long) {
		t.Errorf("ended with %v\n%s", err, out)
	}
}

// If a file changes during its upload, the upload fails and leaves nothing in the bucket.
func TestUploadOfAChangingFileFails(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	key := scenariotest.StoryKey(scenariotest.NewCode())
	dir := folder(t, map[string][]byte{key: scenariotest.Film(t, 2*partSize+1000)})
	s, out := working(t, env, wire{func(r *http.Request) error {
		if !r.URL.Query().Has("uploads") || r.Method != http.MethodPost {
			return nil
		}
		file, err := os.OpenFile(filepath.Join(dir, filepath.FromSlash(key)), os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = file.WriteAt([]byte("other bytes"), 2*partSize)
		return errors.Join(err, file.Close())
	}})
	if err := s.upload(t.Context(), dir, uploadOptions{library: new(""), yes: true, parallel: 1}); !errors.Is(err, errNotAll) ||
		!strings.Contains(out.String(), errChanged.Error()) {
		t.Errorf("ended with %v\n%s", err, out)
	}
	if keys, left := listed(t, env, key), unfinished(t, env, key); len(keys)+len(left) != 0 {
		t.Errorf("there are %v and %v", keys, left)
	}
}

// begun starts a multipart upload, uploads these parts and does not complete the upload, as if the
// command had been killed. It returns the upload's id. The parameter note is the SHA-256 in the
// upload's metadata.
func begun(t *testing.T, env *scenariotest.Env, key, note string, parts ...[]byte) string {
	t.Helper()
	client := env.Clients().S3()
	upload, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: new(services.MastersBucket), Key: &key, Metadata: map[string]string{labelSHA256: note},
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range parts {
		sum := crc64.New(nvme)
		sum.Write(part)
		if _, err := client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: new(services.MastersBucket), Key: &key, UploadId: upload.UploadId, PartNumber: new(int32(i + 1)), Body: bytes.NewReader(part),
			ChecksumCRC64NVME: new(base64.StdEncoding.EncodeToString(sum.Sum(nil))),
		}); err != nil {
			t.Fatal(err)
		}
	}
	return *upload.UploadId
}

// The command does not continue an incomplete upload whose parts belong to another file. If that
// upload is old, the command aborts it.
func TestUploadReusesOnlyMatchingParts(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	long := scenariotest.Film(t, 2*partSize+1000)
	other := bytes.Clone(long[:partSize])
	other[partSize-1] ^= 1
	for name, c := range map[string]struct {
		parts  [][]byte
		resent int // number of parts that the command must upload
		left   bool
		err    error
	}{
		"nothing yet":          {nil, 3, true, nil},
		"other bytes":          {[][]byte{other}, 3, true, nil},
		"other bytes, later":   {[][]byte{long[:partSize], other}, 3, true, nil},
		"parts of other sizes": {[][]byte{long[:5<<20]}, 3, true, nil},
		"too many parts":       {[][]byte{long[:partSize], long[partSize : 2*partSize], long[2*partSize:], other[:9]}, 3, true, nil},
		"for another file":     {[][]byte{long[:partSize]}, 2, false, errNotAll},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := scenariotest.StoryKey(scenariotest.NewCode())
			id := begun(t, env, key, "of something else", c.parts...)
			dir := folder(t, map[string][]byte{key: long})
			up := &sent{parts: map[int]bool{}, at: func(int) {}}
			s, out := working(t, env, wire{up.before})
			o := uploadOptions{library: new(""), yes: true, parallel: 1}
			if err := s.upload(t.Context(), dir, o); !errors.Is(err, c.err) {
				t.Fatalf("ended with %v\n%s", err, out)
			}
			if len(up.parts) != c.resent {
				t.Errorf("%d parts went up\n%s", len(up.parts), out)
			}
			if left := unfinished(t, env, key); c.left != (len(left) == 1 && *left[0].UploadId == id) || !c.left && len(left) > 0 {
				t.Errorf("left: %+v", left)
			}
			// Simulate that a day has passed and that the file has changed: the command must now abort
			// the old upload.
			s.now = func() time.Time { return time.Now().Add(staleAfter + time.Hour) }
			newer := scenariotest.Film(t, partSize+1)
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(key)), newer, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := s.upload(t.Context(), dir, o); err != nil || !bytes.Equal(object(t, env, key), newer) {
				t.Errorf("later: %v\n%s", err, out)
			}
			if left := unfinished(t, env, key); len(left) != 0 {
				t.Errorf("left after a day: %+v", left)
			}
		})
	}
}

package transfer_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/pipenet"
	"masterhand/shared/request/transfer/transfertest"
)

const (
	slot   = 4 << 10 // length in bytes of a slot, the memory for a range; small, so that the object needs many ranges
	object = 61_234  // size of the object in bytes: fourteen whole ranges and a part of a fifteenth
	// uploadPath contains the characters that careless handling of a URL would change.
	uploadPath = "/bucket/fb-external/p/HRT%2F1212/v2/en/9x16.video%20(1)+~!'*?X-Amz-Signature=s3cr3t%2Fx%3D&b=c+d&empty=&;&a"
)

// bench is a store, a bucket and a mover between them.
type bench struct {
	store  *transfertest.Store
	bucket *transfertest.Bucket
	source *transfertest.Source
	mover  *transfer.Mover
	upload transfer.Upload
}

// newBench returns a bench on an in-process network, with four slots.
func newBench(t *testing.T, size int64) *bench {
	t.Helper()
	held := transfertest.Pattern{Size: size, Seed: 1}
	b := &bench{store: transfertest.NewStore(held), bucket: &transfertest.Bucket{}}
	b.source = &transfertest.Source{
		Client: pipenet.Serve(t, b.store), URL: pipenet.URL + "/masters/key", ETag: transfertest.ETag(held), Size: size,
	}
	client := pipenet.Serve(t, b.bucket)
	transport := client.Transport.(*http.Transport)
	transport.DialContext = transfer.ReadEarlyAnswers(transport.DialContext)
	b.mover = &transfer.Mover{Client: client, Slots: 4, SlotSize: slot}
	b.upload = transfer.Upload{URL: mustParse(t, pipenet.URL+uploadPath), ContentType: "video/mp4", Size: size, HashMD5: true}
	return b
}

func (b *bench) move(t *testing.T) (transfer.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	result, err := b.mover.Move(ctx, b.source, b.upload)
	checkSecret(t, err)
	return result, err
}

func mustParse(t testing.TB, raw string) capability.URL {
	t.Helper()
	u, err := capability.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// checkDone fails the test unless the bucket holds exactly the object, once, and the result
// matches.
func (b *bench) checkDone(t *testing.T, got transfer.Result, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("Move: %v", err)
	}
	want := transfertest.Pattern{Size: b.upload.Size, Seed: 1}.Bytes()
	puts := b.bucket.Puts()
	if len(puts) != 1 || puts[0].SHA256 != sha256.Sum256(want) || puts[0].Size != b.upload.Size {
		t.Fatalf("the bucket took %+v, want the object of %d bytes once", puts, len(want))
	}
	sum := md5.Sum(want)
	if got.SHA256 != puts[0].SHA256 || got.MD5 != sum || got.ETag != fmt.Sprintf("%x", sum) || got.ETagDiffers || got.Bytes != b.upload.Size {
		t.Errorf("the result %+v does not describe the object", got)
	}
}

// checkNothing fails the test if the bucket accepted an upload.
func (b *bench) checkNothing(t *testing.T) {
	t.Helper()
	if puts := b.bucket.Puts(); len(puts) > 0 {
		t.Errorf("the bucket took %+v", puts)
	}
}

// checkSecret fails the test if an error shows the upload URL, or a part of it that the server
// repeated.
func checkSecret(t *testing.T, err error) {
	t.Helper()
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "s3cr3t") || strings.Contains(text, "fb-external") {
		t.Errorf("the error shows the URL: %s", text)
	}
}

func TestMove(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{1, slot - 1, slot, slot + 1, 4*slot - 1, 4 * slot, 4*slot + 1, object} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, size)
				var sent int64
				b.upload.Progress = func(n int64) { sent = n }
				got, err := b.move(t)
				b.checkDone(t, got, err)
				if sent != size || got.Attempts != 1 {
					t.Errorf("progress ended at %d of %d, after %d attempts", sent, size, got.Attempts)
				}
				put := b.bucket.Puts()[0]
				if put.URI != uploadPath || put.ContentType != "video/mp4" {
					t.Errorf("the PUT went to %s as %s", put.URI, put.ContentType)
				}
				checkHeader(t, put.Header)
			})
		})
	}
}

// checkHeader fails the test on headers that a pre-signed URL does not allow.
func checkHeader(t *testing.T, header http.Header) {
	t.Helper()
	for name := range header {
		switch {
		case strings.HasPrefix(name, "X-Amz-"), name == "Expect", name == "Authorization", name == "Transfer-Encoding", name == "Content-Encoding":
			t.Errorf("header %s was sent", name)
		}
	}
}

func TestMoveRefusesSizes(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{-1, 0, masters.MaxUpload + 1} {
		_, err := new(transfer.Mover).Move(t.Context(), nil, transfer.Upload{Size: size})
		if !errors.Is(err, transfer.ErrSize) || transfer.Retryable(err) {
			t.Errorf("size %d: %v, want ErrSize for good", size, err)
		}
	}
}

// md5Of returns in hex the MD5 of the object with the given size that [newBench] stores.
func md5Of(size int64) string {
	return fmt.Sprintf("%x", md5.Sum(transfertest.Pattern{Size: size, Seed: 1}.Bytes()))
}

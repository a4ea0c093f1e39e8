package tour

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/sim/services"
	"masterhand/shared/library/creative"
)

// The large master: a real film followed by a box of padding, which MP4 allows.
const (
	bigKey  = "HRT-900-1_en_9x16.mp4"
	bigFilm = "HRT-1212/v2/en/9x16.mp4"
	bigPart = 16 << 20 // bytes
)

// big uploads the large master, asks for it, and shows both on their way.
func (t *tour) big(ctx context.Context) error {
	sum, err := t.uploadBig(ctx)
	if err != nil {
		return err
	}
	if _, err := t.shelf.Indexed(ctx, bigKey); err != nil {
		return err
	}
	s := step{
		title: "a large master", outcome: "delivered", status: 200, master: bigKey, sum: &sum,
		slot: creative.Slot{Project: project, Creative: creative.Creative{Code: "HRT-900", Variation: 1}, Locale: "en", Kind: creative.Video, Aspect: "9x16"},
	}
	r, err := t.newRequest(s.slot, time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); t.watch(watching, r.StorageKey) }()
	began := time.Now()
	results, err := t.send(ctx, s, r.Event())
	took := time.Since(began)
	stop()
	<-watched
	if err != nil {
		return err
	}
	t.conclude(s, t.check(ctx, s, r, results), took)
	t.print.line("%d MB in %s: %.0f MB/s through masterhand, hashing and the far side's own work included",
		t.BigSize>>20, took.Round(10*time.Millisecond), float64(t.BigSize>>20)/took.Seconds())
	return ctx.Err()
}

// watch shows how many bytes have reached the far storage.
func (t *tour) watch(ctx context.Context, storageKey string) {
	bar := t.print.progress("delivering", t.BigSize, true)
	defer bar.done()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for sent := int64(0); ; {
		now := t.platform.Storage.Writes(storageKey).Bytes
		bar.add(now - sent)
		sent = now
		select {
		case <-ctx.Done():
			bar.add(t.platform.Storage.Writes(storageKey).Bytes - sent)
			return
		case <-tick.C:
		}
	}
}

// uploadBig puts the large master into the bucket in parts, and returns its SHA-256.
func (t *tour) uploadBig(ctx context.Context) (sum [32]byte, err error) {
	client, bucket, key := t.System.Clients().S3(), services.MastersBucket, bigKey
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &bucket, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c,
	})
	if err != nil {
		return sum, err
	}
	bar := t.print.progress("uploading", t.BigSize, true)
	defer bar.done()
	hash := sha256.New()
	var parts []types.CompletedPart
	source := newPadded(t.samples[bigFilm], t.BigSize)
	for number := int32(1); ; number++ {
		data := source.next(bigPart)
		if len(data) == 0 {
			break
		}
		hash.Write(data)
		part, err := client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: upload.UploadId, PartNumber: aws.Int32(number), Body: bytes.NewReader(data),
			ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c,
		})
		if err != nil {
			return sum, fmt.Errorf("uploading part %d: %w", number, err)
		}
		parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(number), ETag: part.ETag, ChecksumCRC32C: part.ChecksumCRC32C})
		bar.add(int64(len(data)))
	}
	_, err = client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	hash.Sum(sum[:0])
	return sum, err
}

// padded yields a film and a "free" box of random bytes behind it, size bytes in all.
type padded struct {
	head   []byte
	left   int64
	random *rand.ChaCha8
}

func newPadded(film []byte, size int64) *padded {
	head := bytes.Clone(film)
	head = binary.BigEndian.AppendUint32(head, 1) // the size comes in 64 bits
	head = append(head, "free"...)
	head = binary.BigEndian.AppendUint64(head, uint64(size-int64(len(film))))
	return &padded{head: head, left: size, random: rand.NewChaCha8([32]byte{})}
}

// next returns the next n bytes, fewer at the end, none after it.
func (p *padded) next(n int64) []byte {
	data := make([]byte, min(n, p.left))
	p.left -= int64(len(data))
	used := copy(data, p.head)
	p.head = p.head[used:]
	_, _ = p.random.Read(data[used:])
	return data
}

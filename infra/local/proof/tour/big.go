package tour

import (
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/shared/library/creative"
)

// The large master: a real film followed by a box of padding, which MP4 allows.
const (
	bigKey  = "HRT-900-1_en_9x16.mp4"
	bigFilm = "HRT-1212/v2/en/9x16.mp4"
	bigPart = 16 << 20 // size of each part of the multipart upload in bytes
)

// big uploads and requests the large master, and shows the progress of both.
func (t *tour) big(ctx context.Context) error {
	sum, err := t.uploadBig(ctx)
	if err != nil {
		return err
	}
	if _, err := t.masters.Indexed(ctx, bigKey); err != nil {
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
	t.print.line("%d MB in %s: %.0f MB/s through masterhand, including hashing and the platform's own work",
		t.BigSize>>20, took.Round(10*time.Millisecond), float64(t.BigSize>>20)/took.Seconds())
	return ctx.Err()
}

// watch shows how many bytes of an object have reached the platform's storage. It returns when ctx
// ends.
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

// uploadBig uploads the large master in parts and returns its SHA-256.
func (t *tour) uploadBig(ctx context.Context) (sum [32]byte, err error) {
	bar := t.print.progress("uploading", t.BigSize, true)
	defer bar.done()
	hash := sha256.New()
	data := io.TeeReader(scenario.Padded(t.samples[bigFilm], t.BigSize, rand.NewChaCha8([32]byte{})), hash)
	_, err = t.masters.PutParts(ctx, bigKey, data, bigPart, func(n int) { bar.add(int64(n)) })
	hash.Sum(sum[:0])
	return sum, err
}

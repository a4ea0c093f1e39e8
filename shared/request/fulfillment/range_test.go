package fulfillment_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/synctest"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// overlong answers range reads with one byte too many.
type overlong struct{ fulfillment.Bucket }

func (o overlong) Open(ctx context.Context, key, versionID, etag string, off, n int64) (io.ReadCloser, error) {
	body, err := o.Bucket.Open(ctx, key, versionID, etag, off, n)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(body, bytes.NewReader([]byte("x"))), body}, nil
}

// A fault of our own masters bucket is not treated as a refusal by the platform.
func TestAWrongRangeIsNotARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		s.service.Bucket = overlong{s.bucket}
		if o := s.fulfil(t, r); o.Status != fulfillment.Retry || s.item(t, r).State != ledger.Claimed {
			t.Errorf("%+v, ledger %s; want it left for another try", o, s.item(t, r).State)
		}
		s.service.Bucket = s.bucket
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered || o.SHA256 != sum(film) {
			t.Errorf("%+v, want delivered", o)
		}
	})
}

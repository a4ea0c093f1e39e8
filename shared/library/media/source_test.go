package media_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"masterhand/shared/library/media"
)

// object is a Source of bytes in memory. It counts its reads and the bytes read.
type object struct {
	data  []byte
	size  int64 // in bytes; 0 means len(data); a larger object has zeros after data, and end as its last bytes
	end   []byte
	reads int
	bytes int64
	fail  func(read int) error // returns the error of a read; the first read is number 1; nil means that no read fails
	short bool                 // if true, each read returns one byte less than requested
}

func (o *object) length() int64 { return max(o.size, int64(len(o.data))) }

// ReadRange implements media.Source.
func (o *object) ReadRange(ctx context.Context, off, n int64) ([]byte, error) {
	o.reads++
	o.bytes += n
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.fail != nil {
		if err := o.fail(o.reads); err != nil {
			return nil, err
		}
	}
	if off < 0 || n < 1 || off+n > o.length() {
		return nil, fmt.Errorf("range %d+%d outside %d bytes", off, n, o.length())
	}
	if o.short {
		n--
	}
	out := make([]byte, n)
	if off < int64(len(o.data)) {
		copy(out, o.data[off:])
	}
	for i, at := 0, o.length()-int64(len(o.end)); i < len(o.end); i, at = i+1, at+1 {
		if off <= at && at < off+n {
			out[at-off] = o.end[i]
		}
	}
	return out, nil
}

// probe returns Probe's result for data.
func probe(t *testing.T, data []byte) (media.Info, error) {
	t.Helper()
	return media.Probe(t.Context(), &object{data: data}, int64(len(data)))
}

// verdicts lists the errors that describe the file. Other errors are failures to read it.
var verdicts = []error{
	media.ErrEmpty, media.ErrTruncated, media.ErrCorrupt, media.ErrNoPicture, media.ErrForeign, media.ErrTooComplex,
}

// wantVerdict fails the test unless err is the verdict want and no other; nil means no error.
func wantVerdict(t *testing.T, err, want error) {
	t.Helper()
	for _, v := range verdicts {
		if errors.Is(err, v) != (v == want) {
			t.Fatalf("verdict %v, want %v", err, want)
		}
	}
	if want == nil && err != nil {
		t.Fatalf("error %v, want none", err)
	}
}

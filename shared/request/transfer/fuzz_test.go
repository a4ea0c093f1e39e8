package transfer_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// FuzzMove runs a move with a schedule of faults: one byte of the input is the fault of one
// request. Whatever happens, the bucket may accept only the whole object. If Move succeeds, the
// bucket must have accepted it.
func FuzzMove(f *testing.F) {
	f.Add([]byte{}, []byte{}, uint16(object))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7}, []byte{1, 2, 3}, uint16(object))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 6}, []byte{4}, uint16(3*slot))
	f.Add([]byte("\x0a\x13\x0a\x13\x0a\x13\x0a\x13"), []byte("\x05\x06\x07\x08"), uint16(slot+1))
	f.Fuzz(func(t *testing.T, ranges, puts []byte, size uint16) {
		if size == 0 || len(ranges) > 100 || len(puts) > 10 {
			return
		}
		synctest.Test(t, func(t *testing.T) { checkSchedule(t, ranges, puts, int64(size)) })
	})
}

func checkSchedule(t *testing.T, ranges, puts []byte, size int64) {
	b := newBench(t, size)
	b.store.Fault = func(n int, _ int64) transfertest.Fault {
		if n >= len(ranges) {
			return transfertest.Fault{}
		}
		after := int64(ranges[n]>>3) * 100
		switch ranges[n] & 7 {
		case 1:
			return transfertest.Fault{Cut: true, After: after}
		case 2:
			return transfertest.Fault{Stall: true, After: after}
		case 3:
			return transfertest.Fault{Status: 500 + int(after/100)}
		case 4:
			b.store.Replace(transfertest.Pattern{Size: size, Seed: 2})
		case 5:
			return transfertest.Fault{Excess: int(after)}
		case 6:
			return transfertest.Fault{Cut: true, Mute: true}
		case 7:
			return transfertest.Fault{Stall: true, Mute: true}
		}
		return transfertest.Fault{}
	}
	b.bucket.Refuse = func(n int) transfertest.Refusal {
		if n >= len(puts) {
			return transfertest.Refusal{}
		}
		after := int64(puts[n]>>3) * 1000
		codes := []string{"", "BadDigest", "SlowDown", "AccessDenied", "", "", ""}
		switch kind := puts[n] & 7; kind {
		case 1, 2, 3, 4:
			return transfertest.Refusal{Status: 503, Code: codes[kind], After: after}
		case 5:
			return transfertest.Refusal{Reset: true, After: after}
		case 6:
			return transfertest.Refusal{Stall: true, After: after}
		}
		return transfertest.Refusal{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	got, err := b.mover.Move(ctx, b.source, b.upload)
	want := sha256.Sum256(transfertest.Pattern{Size: size, Seed: 1}.Bytes())
	taken := b.bucket.Puts()
	for _, put := range taken {
		if put.SHA256 != want {
			t.Errorf("the bucket took other bytes than the object's")
		}
	}
	if err == nil && (len(taken) != 1 || got.SHA256 != want || got.ETagDiffers) {
		t.Errorf("success with %d PUTs taken and %+v", len(taken), got)
	}
	checkSecret(t, err)
}

// FuzzInspect inspects hostile query strings. Inspect must not panic, and must not show them in its
// errors.
func FuzzInspect(f *testing.F) {
	f.Add("X-Amz-Date=20261120T110000Z&X-Amz-Expires=60")
	f.Add("X-Amz-SignedHeaders=host%3Bs3cr3t%20s3cr3t&x-amz-checksum-crc32=AAAAAA%3D%3D")
	f.Fuzz(func(t *testing.T, query string) {
		parsed, err := capability.Parse("https://host.test/s3cr3t?" + query)
		if err != nil {
			return // skipped: Inspect receives only URLs that parse
		}
		err = transfer.Inspect(parsed, noon)
		if err != nil && strings.Contains(err.Error(), "s3cr3t/") {
			t.Errorf("the error shows the URL: %v", err)
		}
		if expiry, known := transfer.Expiry(parsed); known && expiry.IsZero() {
			t.Error("a known expiry is zero")
		}
	})
}

package transfer_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

func TestMoveJudgesRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refusal  transfertest.Refusal
		verdict  transfer.Verdict
		attempts int
	}{
		"expired":               {transfertest.Refusal{Status: 403, Code: "ExpiredRequest"}, transfer.Permanent, 1},
		"signature":             {transfertest.Refusal{Status: 403, Code: "SignatureDoesNotMatch"}, transfer.Permanent, 1},
		"denied":                {transfertest.Refusal{Status: 403, Code: "AccessDenied"}, transfer.Permanent, 1},
		"too large":             {transfertest.Refusal{Status: 400, Code: "EntityTooLarge"}, transfer.Permanent, 1},
		"early refusal":         {transfertest.Refusal{Status: 403, Code: "AccessDenied", After: 100}, transfer.Permanent, 1},
		"digest":                {transfertest.Refusal{Status: 400, Code: "BadDigest", After: object}, transfer.Once, 2},
		"incomplete":            {transfertest.Refusal{Status: 400, Code: "IncompleteBody"}, transfer.Once, 2},
		"one write a second":    {transfertest.Refusal{Status: 429, Code: "TooManyRequests"}, transfer.Backoff, 8},
		"by code, not status":   {transfertest.Refusal{Status: 400, Code: "ServiceUnavailable"}, transfer.Backoff, 8},
		"denied with 500":       {transfertest.Refusal{Status: 500, Code: "AccessDenied"}, transfer.Permanent, 1},
		"internal":              {transfertest.Refusal{Status: 500, Code: "InternalError", After: object}, transfer.Backoff, 8},
		"client gone, they say": {transfertest.Refusal{Status: 400, Code: "ClientDisconnect"}, transfer.Backoff, 8},
		"a conflict":            {transfertest.Refusal{Status: 409, Code: "ConditionalRequestConflict"}, transfer.Backoff, 8},
		"a conflict, aborted":   {transfertest.Refusal{Status: 409, Code: "OperationAborted"}, transfer.Backoff, 8},
		"timed out":             {transfertest.Refusal{Status: 408}, transfer.Backoff, 8},
		"not implemented":       {transfertest.Refusal{Status: 501, Code: "NotImplemented"}, transfer.Permanent, 1},
		"no such version":       {transfertest.Refusal{Status: 505}, transfer.Permanent, 1},
		"501 without a code":    {transfertest.Refusal{Status: 501}, transfer.Permanent, 1},
		"with digits":           {transfertest.Refusal{Status: 400, Code: "XAmzContentSHA256Mismatch"}, transfer.Permanent, 1},
		"a gateway's page":      {transfertest.Refusal{Status: 520, After: 1000}, transfer.Backoff, 8},
		"a gateway's 403":       {transfertest.Refusal{Status: 403}, transfer.Permanent, 1},
		"unknown code, 4xx":     {transfertest.Refusal{Status: 418, Code: "Teapot"}, transfer.Permanent, 1},
		"unknown code, 5xx":     {transfertest.Refusal{Status: 599, Code: "Teapot"}, transfer.Backoff, 8},
		"redirect":              {transfertest.Refusal{Status: 307}, transfer.Permanent, 1},
		"redirect to a GET":     {transfertest.Refusal{Status: 303}, transfer.Permanent, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, object)
				b.bucket.Refuse = func(int) transfertest.Refusal { return test.refusal }
				got, err := b.move(t)
				var refused *transfer.RefusedError
				if !errors.As(err, &refused) || refused.Status != test.refusal.Status || refused.Code != test.refusal.Code || refused.Verdict != test.verdict {
					t.Fatalf("error %v, want status %d, code %q, %v", err, test.refusal.Status, test.refusal.Code, test.verdict)
				}
				if got.Attempts != test.attempts || b.bucket.Requests() != test.attempts {
					t.Errorf("%d attempts, %d requests; want %d", got.Attempts, b.bucket.Requests(), test.attempts)
				}
				if transfer.Retryable(err) != (test.verdict == transfer.Backoff) {
					t.Errorf("Retryable = %v for %v", transfer.Retryable(err), test.verdict)
				}
				b.checkNothing(t)
			})
		})
	}
}

func TestMoveRepeatsTheWholePut(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]transfertest.Refusal{
		"busy":                    {Status: 503, Code: "ServiceUnavailable"},
		"broken page, body taken": {Status: 520, After: object},
		"hurt on the way":         {Status: 400, Code: "BadDigest", After: object},
		"reset at once":           {Reset: true},
		"reset inside":            {Reset: true, After: object / 2},
		"reset at the end":        {Reset: true, After: object},
		"stalled inside":          {Stall: true, After: 100},
		"stalled in the answer":   {Stall: true, After: 10 * object},
		"success too early":       {Status: 200, Code: "None", After: 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// the object is so large that a server that answers early reads only a part of it
				b := newBench(t, 10*object)
				b.bucket.Refuse = func(n int) transfertest.Refusal {
					if n == 0 {
						return refusal
					}
					return transfertest.Refusal{}
				}
				begun := time.Now()
				got, err := b.move(t)
				b.checkDone(t, got, err)
				if got.Attempts != 2 || time.Since(begun) < time.Second {
					t.Errorf("%d attempts in %v, want 2 a second or more apart", got.Attempts, time.Since(begun))
				}
			})
		})
	}
}

func TestMoveTakesARefusalWithoutWaitingForItsSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, object)
		b.store.Fault = func(_ int, off int64) transfertest.Fault {
			return transfertest.Fault{Stall: off >= slot}
		}
		b.bucket.Refuse = func(int) transfertest.Refusal {
			return transfertest.Refusal{Status: 403, Code: "AccessDenied", After: 100}
		}
		begun := time.Now()
		_, err := b.move(t)
		var refused *transfer.RefusedError
		if took := time.Since(begun); !errors.As(err, &refused) || took > time.Second {
			t.Errorf("Move = %v after %v, want AccessDenied at once", err, took)
		}
	})
}

func TestMoveMeetsTheDeadlineWithTheLastRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, object)
		b.bucket.Refuse = func(int) transfertest.Refusal { return transfertest.Refusal{Status: 503} }
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begun := time.Now()
		got, err := b.mover.Move(ctx, b.source, b.upload)
		var refused *transfer.RefusedError
		if !errors.As(err, &refused) || !transfer.Retryable(err) || got.Attempts > 2 || err.Error() != "upload refused with status 503" {
			t.Errorf("%d attempts and %v, want at most 2 and the refusal", got.Attempts, err)
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestMoveComparesTheETag(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		etag    string
		want    string
		differs bool
	}{
		"another's":          {`"0123456789abcdef0123456789abcdef"`, "0123456789abcdef0123456789abcdef", true},
		"of several parts":   {`"0123456789abcdef0123456789abcdef-2"`, "0123456789abcdef0123456789abcdef-2", true},
		"not a hash":         {`"` + strings.Repeat("s3cr3t", 40) + `"`, "", true},
		"its own, weak form": {`W/"` + md5Of(object) + `"`, md5Of(object), false},
		"its own, upper":     {`"` + strings.ToUpper(md5Of(object)) + `"`, md5Of(object), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, object)
				b.bucket.Refuse = func(int) transfertest.Refusal { return transfertest.Refusal{ETag: test.etag} }
				got, err := b.move(t)
				if err != nil || got.ETag != test.want || got.ETagDiffers != test.differs {
					t.Errorf("Move = ETag %q, differs %v, %v; want %q, %v", got.ETag, got.ETagDiffers, err, test.want, test.differs)
				}
				b.upload.HashMD5 = false
				got, err = b.move(t)
				if err != nil || got.ETagDiffers || got.MD5 != [16]byte{} {
					t.Errorf("without MD5: %+v, %v", got, err)
				}
			})
		})
	}
}

// Bytes that were damaged on the way are sent once more, however often the server was busy.
func TestDamagedBytesAreSentOnceMore(t *testing.T) {
	t.Parallel()
	damaged := transfertest.Refusal{Status: 400, Code: "BadDigest", After: object}
	busy := transfertest.Refusal{Status: 503}
	for name, c := range map[string]struct {
		refusals []transfertest.Refusal
		attempts int
		done     bool
	}{
		"damaged twice":             {[]transfertest.Refusal{damaged, damaged}, 2, false},
		"damaged, busy and damaged": {[]transfertest.Refusal{damaged, busy, damaged}, 3, false},
		"busy, then damaged":        {[]transfertest.Refusal{busy, damaged}, 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, object)
				b.bucket.Refuse = func(n int) transfertest.Refusal {
					if n < len(c.refusals) {
						return c.refusals[n]
					}
					return transfertest.Refusal{}
				}
				if got, err := b.move(t); (err == nil) != c.done || got.Attempts != c.attempts {
					t.Errorf("%d attempts, %v", got.Attempts, err)
				}
			})
		})
	}
}

// If an answer has no known code, its status alone decides whether the PUT is repeated.
func TestTheStatusDecidesIfTheCodeIsUnknown(t *testing.T) {
	t.Parallel()
	for status, attempts := range map[int]int{400: 1, 404: 1, 409: 8, 501: 1, 505: 1, 502: 8, 408: 8, 425: 8, 429: 8, 499: 1, 500: 8, 599: 8} {
		synctest.Test(t, func(t *testing.T) {
			if got, _, err := through(t, status, "", ""); err == nil || got.Attempts != attempts {
				t.Errorf("status %d: %d attempts, %v", status, got.Attempts, err)
			}
		})
	}
}

// Between the eight tries of an upload to a busy server there are pauses of 2 s to 20 s.
func TestPausesOfARepeatedUpload(t *testing.T) {
	t.Parallel()
	for range 5 { // five times, because the length of a pause is random
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, 1)
			var tries []time.Time
			b.bucket.Refuse = func(int) transfertest.Refusal {
				tries = append(tries, time.Now())
				return transfertest.Refusal{Status: 503}
			}
			if _, err := b.move(t); err == nil || len(tries) != 8 {
				t.Fatalf("%d tries, %v", len(tries), err)
			}
			for i, longest := range []time.Duration{2, 4, 8, 16, 20, 20, 20} {
				longest *= time.Second
				if pause := tries[i+1].Sub(tries[i]); pause > longest || pause < longest/2 {
					t.Errorf("pause %d is %v, want half of %v to the whole", i+1, pause, longest)
				}
			}
		})
	}
}

package transfer_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"masterhand/events"
	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// wire returns the wire case with this name: a file with the bytes that a real system sent.
func wire(t *testing.T, name string) []byte {
	t.Helper()
	data, err := events.Wire(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAStoreThatDoesNotImplementTheUploadIsAskedOnce(t *testing.T) {
	t.Parallel()
	var c struct {
		Put struct {
			Always struct {
				Status int
				Body   string
			}
		}
		Want string
	}
	if err := json.Unmarshal(wire(t, "07-r2-501.json"), &c); err != nil || !strings.HasPrefix(c.Want, "failed upload_refused after 1 PUT") {
		t.Fatalf("%+v, %v", c, err)
	}
	synctest.Test(t, func(t *testing.T) {
		got, _, err := through(t, c.Put.Always.Status, "", c.Put.Always.Body)
		if got.Attempts != 1 || err == nil || transfer.Retryable(err) {
			t.Errorf("%d PUTs, %v", got.Attempts, err)
		}
	})
}

func TestAClientDisconnectAnswerIsRepeated(t *testing.T) {
	t.Parallel()
	var c struct {
		Put struct {
			Once struct {
				Status int
				Code   string
			}
		}
		Want string
	}
	if err := json.Unmarshal(wire(t, "10-r2-client-disconnect.json"), &c); err != nil || c.Want != "delivered with the 2nd" {
		t.Fatalf("%+v, %v", c, err)
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, object)
		b.bucket.Refuse = func(n int) transfertest.Refusal {
			if n == 0 {
				return transfertest.Refusal{Status: c.Put.Once.Status, Code: c.Put.Once.Code}
			}
			return transfertest.Refusal{}
		}
		got, err := b.move(t)
		b.checkDone(t, got, err)
		if got.Attempts != 2 {
			t.Errorf("delivered with PUT %d", got.Attempts)
		}
	})
}

func TestACodeWithDigitsIsRead(t *testing.T) {
	t.Parallel()
	_, _, err := through(t, 400, "", string(wire(t, "12-code-with-digits.xml")))
	if refused, ok := errors.AsType[*transfer.RefusedError](err); !ok || refused.Code != "XAmzContentSHA256Mismatch" {
		t.Error(err)
	}
}

// The error code in a server's answer may contain a part of the signed URL. Such a code is not
// shown.
func TestNoPartOfTheURLPassesForACode(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"s3cr3t", "9x16.video", "Code.9X16.Video", "x16.video20"} {
		_, _, err := through(t, 403, "", "<Error><Code>"+code+"</Code></Error>")
		if refused, ok := errors.AsType[*transfer.RefusedError](err); !ok || refused.Code != "" {
			t.Errorf("%q: %v", code, err)
		}
	}
}

// A move that may send only one PUT still sends a second one if the bytes of the first were damaged
// on the way.
func TestAttemptsOfOneMove(t *testing.T) {
	t.Parallel()
	for code, attempts := range map[string]int{"ServiceUnavailable": 1, "BadDigest": 2, "AccessDenied": 1} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, object)
			b.upload.Attempts = 1
			begun := 0
			b.upload.Begin = func(context.Context) error { begun++; return nil }
			b.bucket.Refuse = func(int) transfertest.Refusal { return transfertest.Refusal{Status: 400, Code: code} }
			if got, err := b.move(t); err == nil || got.Attempts != attempts || begun != attempts {
				t.Errorf("%s: %d PUTs, %d begun, %v", code, got.Attempts, begun, err)
			}
		})
	}
}

// If Begin refuses the next PUT, the error also contains the server's answer to the last PUT.
func TestARefusedPUTIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, begun, enough := newBench(t, object), 0, errors.New("enough")
		b.upload.Begin = func(context.Context) error {
			if begun++; begun > 2 {
				return enough
			}
			return nil
		}
		b.bucket.Refuse = func(int) transfertest.Refusal { return transfertest.Refusal{Status: 503, Code: "SlowDown"} }
		got, err := b.move(t)
		if refused, ok := errors.AsType[*transfer.RefusedError](err); !errors.Is(err, enough) || !ok || refused.Code != "SlowDown" || got.Attempts != 2 {
			t.Errorf("%d PUTs, %v", got.Attempts, err)
		}
	})
}

package faults_test

import (
	"fmt"
	"testing"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/request/ledger"
)

// timeouts returns faults of the platform's storage that end only by a time-out of half a minute
// or more.
func timeouts() []trouble {
	return []trouble{
		{name: "upload: silent before a byte", size: huge, long: true, cause: uploading(1, fault.StallAt(0)), want: delivered(2)},
		{name: "upload: silent after 1 MB", size: huge, long: true, cause: uploading(1, fault.StallAt(1e6)), want: delivered(2)},
		{name: "upload: silent after the whole", size: small, long: true, cause: uploading(1, fault.StallAt(fault.Whole)), want: delivered(2)},
	}
}

// ofUpload returns faults of the platform's storage.
func ofUpload() []trouble {
	refused := outcome{"200 failed", "failed upload_refused", 1, 0}
	tests := []trouble{
		{name: "upload: refused connections", size: small, own: &waitpoints.Config{}, cause: downUntilDecided, want: delivered(1)},
		{name: "upload: reset after it landed", size: small, cause: uploading(1, fault.ResetAt(fault.Done)), want: delivered(2)},
		{name: "upload: read at 4 MB a second", size: large, cause: uploading(1, fault.Slow(4<<20)), want: delivered(1)},
		{name: "upload: 200 before the body was sent", size: huge, cause: uploading(1, answering(200, 64<<10)), want: delivered(2)},
		{name: "upload: 503 in the middle of the body", size: huge, cause: uploading(1, fault.Status(503).After(64<<10)), want: delivered(2)},
		{name: "upload: AccessDenied in the middle of the body", size: huge, cause: uploading(1, r2.Refusal("AccessDenied").After(64<<10)), want: refused},
		{name: "upload: BadDigest, again and again", size: small, cause: uploading(forever, r2.Refusal("BadDigest")),
			want: outcome{"200 failed", "failed upload_refused", 2, 0}},
		{name: "upload: 307 elsewhere", size: small, cause: uploading(1, answering(307, fault.Whole)), want: refused},
	}
	for _, at := range []int64{0, 1, 64 << 10, 5 << 20, fault.Whole} {
		name := fmt.Sprintf("upload: reset at byte %d", at)
		if at == fault.Whole {
			name = "upload: reset after the whole, nothing landed"
		}
		tests = append(tests, trouble{name: name, size: large, cause: uploading(1, fault.ResetAt(at)), want: delivered(2)})
	}
	for _, status := range []int{429, 500, 502, 503, 504, 520} {
		name := fmt.Sprintf("upload: %d with HTML", status)
		tests = append(tests, trouble{name: name, size: small, cause: uploading(1, fault.Status(status)), want: delivered(2)})
	}
	for _, code := range []string{"TooManyRequests", "InternalError", "ServiceUnavailable", "BadDigest", "IncompleteBody"} {
		tests = append(tests, trouble{name: "upload: " + code, size: small, cause: uploading(1, r2.Refusal(code)), want: delivered(2)})
	}
	for _, code := range []string{"ExpiredRequest", "SignatureDoesNotMatch", "AccessDenied", "EntityTooLarge"} {
		tests = append(tests, trouble{name: "upload: " + code, size: small, cause: uploading(forever, r2.Refusal(code)), want: refused})
	}
	return tests
}

// answering returns a fault that answers with a status and an empty body. The parameter at is
// the moment: a number of bytes of the request, or a constant such as fault.Whole.
func answering(status int, at int64) fault.Fault {
	return fault.Fault{Kind: fault.Answer, At: at, Status: status, Type: "text/plain"}
}

// downUntilDecided stops the platform's storage. It starts the storage again when the ledger
// contains the decision, because the upload comes next.
func downUntilDecided(t *testing.T, c *scene) {
	c.platform.Storage.Down()
	go c.once(t, func(i ledger.Item) bool { return i.Decision != nil }, c.platform.Storage.Up)
}

// downUntilUploaded stops the server that receives callbacks. It starts the server again when the
// ledger records the upload, because the callback comes next.
func downUntilUploaded(t *testing.T, c *scene) {
	c.platform.Waitpoints.Down()
	go c.once(t, func(i ledger.Item) bool { return i.State == ledger.Uploaded }, c.platform.Waitpoints.Up)
}

// once reads the request's ledger item repeatedly until the function so returns true for the item.
// It then calls the function do.
func (c *scene) once(t *testing.T, so func(ledger.Item) bool, do func() error) {
	for t.Context().Err() == nil {
		item, err := c.Ledger.Load(t.Context(), scenario.LedgerID(c.request))
		if err == nil && so(item) {
			if err := do(); err != nil {
				t.Error(err)
			}
			return
		}
	}
}

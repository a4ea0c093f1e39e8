package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var everyNamed = flag.Bool("named", false, "replay every named fault, not ten of them")

// named is a fault that the tests once missed, with the test that now detects it.
type named struct {
	rule     string // the rule that the fault breaks
	file     string // path relative to the module's root
	old, new string // the fault replaces the text old by new; old must occur exactly once in the file
	packages string // the package of the test
	test     string
	always   bool // whether the tests always replay this fault, even without the flag -named
}

var namedFaults = []named{
	{"a record of another ETag proves nothing", "shared/request/fulfillment/absence.go", `placed.ETag != entry.ETag || placed.Rules`, `placed.Rules`, "shared/request/fulfillment", "TestARecordProvesOnlyWhatItIsOf", true},
	{"a record by other rules proves nothing", "shared/request/fulfillment/absence.go", `placed.ETag != entry.ETag || placed.Rules != a.Library.RuleSet()`, `placed.ETag != entry.ETag`, "shared/request/fulfillment", "TestARecordProvesOnlyWhatItIsOf", true},
	{"the canonical code's keys are listed too", "shared/request/fulfillment/codes.go", `[]string{code, canonical, norm.NFC.String(code), norm.NFD.String(code), norm.NFD.String(canonical)}`, `[]string{code, canonical[:0] + code, norm.NFC.String(code), norm.NFD.String(code)}`, "shared/request/fulfillment", "TestALargeLibraryIsListedByTheCodeInBothSpellings", true},
	{"only delivered bytes can be refused", "shared/request/fulfillment/resolve.go", `case item.SHA256 != "":`, `default:`, "shared/request/fulfillment", "TestOnlyDeliveredBytesAreRefused", false},
	{"only delivered bytes can be rejected", "shared/request/ledger/resultmatch.go", `(i.State == Delivered || i.uploadDone() || i.State == Expired && i.SHA256 != "") && `, ``, "shared/request/ledger", "TestAResultChangesItsRequest", true},
	{"callbacks go to callback hosts alone", "shared/request/destination/hosts.go", `callback, d.CallbackHosts, loopback`, `callback, append(d.CallbackHosts, d.UploadHosts...), loopback`, "shared/request/webhook", "TestUploadsAndCallbacksHaveHostsOfTheirOwn", true},
	{"a malformed body is answered once it is recorded", "shared/request/doors/pipeline.go", `t.Word, t.Err = Unavailable, errors.Join(unusable, err)`, `t.Err = errors.Join(unusable, err)`, "shared/request/webhook", "TestABodyThatIsNotRecordedMustComeAgain", true},
	{"work ends when the request expires", "shared/request/fulfillment/run.go", ` || r.job.Request.ExpiresAt.Before(end) {`, ` {`, "shared/request/fulfillment", "TestWorkEndsWhenTheRequestExpires", true},
	{"a sweep leaves a run time to settle", "shared/request/fulfillment/sweep.go", `s.Now().Add(-sweepGrace)`, `s.Now()`, "shared/request/fulfillment", "TestASweepLeavesARunHalfAMinuteToSettle", false},
	{"records hold no signing header", "shared/announcements/intake/handler.go", `storedHeaders(r.Header, token, admission.signing...)`, `storedHeaders(r.Header, token)`, "shared/announcements/intake", "TestARecordHoldsNoSigningHeader", false},
	{"the ledger is read consistently", "shared/kit/dynamotable/table.go", `ConsistentRead: new(true), `, ``, "shared/kit/dynamotable", "TestGetReadsConsistentlyAndPutWithoutCondition", false},
	{"progress resets a range's tries", "shared/request/transfer/fetch.go", "case n > 0:\n\t\t\ttries = 0", "case n > 0:", "shared/request/transfer", "TestMoveGoesOnWhileTriesBringBytes", false},
	{"a range that ends early is not whole", "shared/request/transfer/fetch.go", `return total, io.ErrUnexpectedEOF`, `return total, nil`, "shared/request/transfer", "TestMoveRequestsTheBytesThatAnAnswerLacks", false},
	{"a download that ends early is not whole", "shared/announcements/collect/download.go", `if err == io.EOF && (d.size < 0 && !d.partial || d.offset == d.size) {`, `if err == io.EOF {`, "shared/announcements/collect", "TestAShortRangeIsFollowedByTheRest", false},
	{"a source's 403 is no passing fault", "shared/library/masters/s3store/bucket.go", "case status(err) == http.StatusForbidden:\n\t\treturn nil, fmt.Errorf(\"%w: %w\", masters.ErrDenied, err)\n", ``, "shared/library/masters/s3store", "TestARefusalIsNotAbsence", false},
	{"a refused read of the source is the source's", "shared/request/fulfillment/deliver.go", "case errors.Is(err, masters.ErrDenied):\n\t\treturn nil, fmt.Errorf(\"%w: %w\", transfer.ErrDenied, err)\n", ``, "shared/request/fulfillment", "TestARefusedReadOfTheMasterIsNotRepeated", false},
	{"a refused read of the index is no absence", "shared/library/masters/s3store/blobs.go", `if errors.As(err, &absent) {`, `if errors.As(err, &absent) || status(err) == http.StatusForbidden {`, "shared/library/masters/s3store", "TestBlobsRefused", false},
	{"an upload follows no redirect", "shared/request/transfer/attempt.go", `plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }`, ``, "shared/request/transfer", "TestAnUploadFollowsNoRedirect", false},
	{"a download goes on by If-Range", "shared/announcements/collect/download.go", `req.Header.Set("If-Range", d.validator)`, ``, "shared/announcements/collect", "TestARangeRequestNamesTheVersion", false},
	{"a master is read by If-Match", "shared/library/masters/s3store/bucket.go", `, IfMatch: optional(etag),`, `,`, "shared/library/masters/s3store", "TestReplacedObjects", false},
	{"the index is written by If-Match", "shared/library/masters/s3store/blobs.go", `in.IfMatch = &revision`, `_ = revision`, "shared/library/masters/s3store", "TestBlobsKeepTheContract", false},
	{"a download is not taken compressed", "shared/announcements/collect/download.go", `case "", "identity", "aws-chunked":`, `case "", "identity", "aws-chunked", "br":`, "shared/announcements/collect", "TestEncodedAnswersAreRefused", false},
	{"a fingerprint tells where a part ends", "shared/request/platform/request.go", `_ = binary.Write(h, binary.BigEndian, uint32(len(part)))`, `_ = binary.BigEndian`, "shared/request/platform", "TestAFingerprintTellsWhereEachPartEnds", true},
	{"finish keeps a reserve of its time", "functions/finish/handler.go", `end.Add(-reserve)`, `end`, "functions/finish", "TestWorkEndsBeforeTheFunctionDoes", true},
	{"archived goes before unknown aspect", "shared/library/masters/choose.go", "case dropped(ArchivedStorage):\n\t\treturn Archived, string(ArchivedStorage)\n\tcase dropped(UnclearLocale):", "case dropped(UnknownAspect):\n\t\treturn Unclear, string(UnknownAspect)\n\tcase dropped(ArchivedStorage):\n\t\treturn Archived, string(ArchivedStorage)\n\tcase dropped(UnclearLocale):", "shared/library/masters", "TestTheVerdictFollowsWhatAPersonCanFixSoonest", false},
	{"an archived file is not one of unknown aspect", "shared/library/masters/choose.go", "case m.Archived():\n\t\treturn ArchivedStorage\n\tcase !m.Seen():\n\t\treturn Unseen\n\tcase otherAspect:\n\t\treturn OtherAspect\n\tcase m.Aspect == \"\" && m.Problem == noProblem:\n\t\treturn UnknownAspect\n", "case m.Aspect == \"\" && m.Problem == noProblem:\n\t\treturn UnknownAspect\n\tcase m.Archived():\n\t\treturn ArchivedStorage\n\tcase !m.Seen():\n\t\treturn Unseen\n\tcase otherAspect:\n\t\treturn OtherAspect\n", "shared/library/masters", "TestChooseNeverTakesUnseenForUnusable", false},
	{"a callback uses no kept connection", "shared/request/waitpoint/waitpoint.go", `request.Close = true`, `request.Close = false`, "shared/request/waitpoint", "TestASendKeepsNoConnection", false},
	{"a callback is sent only while the lease runs", "shared/request/fulfillment/deliver.go", `client.Transport = leased{alive: r.hold.Alive, next: client.Transport}`, `_ = leased{}`, "shared/request/fulfillment", "TestACallbackIsNotSentAfterTheLease", true},
	{"bytes move only while the lease runs", "shared/request/fulfillment/deliver.go", `, Alive: r.hold.Alive,`, `,`, "shared/request/fulfillment", "TestBytesDoNotMoveAfterTheLease", false},
	{"a run that lost its request stops", "shared/request/fulfillment/run.go", `func(err error) { cancel(err) }`, `func(error) {}`, "shared/request/fulfillment", "TestARunThatLostItsRequestStops", false},
	{"a lease ends", "shared/request/ledger/hold.go", `!h.ledger.Now().Before(item.LeaseUntil)`, `false`, "shared/request/ledger", "TestRenewalsAndSkewFollowTheLease", false},
	{"finish keeps the message of a held request", "functions/finish/handler.go", ` && try.Outcome.Status != fulfillment.Held`, ``, "functions/finish", "TestTheMessageOfAHeldRequestComesAgain", false},
}

// Each named fault must be detected by its test. The code that a fault replaces must still exist:
// if that code moves or changes, change the fault's entry in namedFaults.
func TestNamedFaultsAreNoticed(t *testing.T) {
	t.Parallel()
	for _, f := range namedFaults {
		t.Run(f.rule, func(t *testing.T) {
			t.Parallel()
			f.replay(t)
		})
	}
}

func (f named) replay(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, f.file)
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), f.old); n != 1 {
		t.Fatalf("%s holds %q %d times, want once", f.file, f.old, n)
	}
	if !f.always && !*everyNamed {
		return
	}
	dir := t.TempDir()
	changed, overlaid := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{changed: []byte(strings.Replace(string(source), f.old, f.new, 1)), overlaid: list} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := command(context.Background(), root, "go", "test", "-vet=off", "-overlay", overlaid, "-run", "^"+f.test+"$", "./"+f.packages)
	switch {
	case err == nil:
		t.Errorf("%s passes with the fault:\n%s", f.test, out)
	case !strings.Contains(err.Error(), "--- FAIL: "+f.test):
		t.Errorf("%s did not run to its end: %v", f.test, err)
	}
}

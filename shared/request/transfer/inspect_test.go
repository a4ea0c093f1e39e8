package transfer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/transfer"
)

// noon is the time at which the tests inspect the URLs; the URLs were signed an hour earlier.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const signed = "https://account.r2.cloudflarestorage.com/bucket/s3cr3t?X-Amz-Date=20261120T110000Z"

func TestInspect(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url  string
		want error
	}{
		"says nothing":              {"https://account.r2.cloudflarestorage.com/bucket/s3cr3t", nil},
		"a second left":             {signed + "&X-Amz-Expires=3601", nil},
		"expired just now":          {signed + "&X-Amz-Expires=3600", transfer.ErrExpired},
		"expired long ago":          {signed + "&X-Amz-Expires=60", transfer.ErrExpired},
		"expired, lower case":       {"https://h/s3cr3t?x-amz-date=20261120T110000Z&x-amz-expires=60", transfer.ErrExpired},
		"no life":                   {signed, nil},
		"no date":                   {"https://h/s3cr3t?X-Amz-Expires=1", nil},
		"unreadable life":           {signed + "&X-Amz-Expires=soon", nil},
		"negative life":             {signed + "&X-Amz-Expires=-1", nil},
		"life beyond a week":        {signed + "&X-Amz-Expires=99999999999999999", nil},
		"unreadable date":           {"https://h/s3cr3t?X-Amz-Date=yesterday&X-Amz-Expires=1", nil},
		"host signed":               {signed + "&X-Amz-SignedHeaders=host", nil},
		"content type signed":       {signed + "&X-Amz-SignedHeaders=content-type%3Bhost", nil},
		"length signed":             {signed + "&X-Amz-SignedHeaders=content-length%3Bhost", transfer.ErrSigned},
		"checksum signed":           {signed + "&X-Amz-SignedHeaders=host%3Bx-amz-checksum-crc32", transfer.ErrSigned},
		"acl signed":                {signed + "&X-Amz-SignedHeaders=Host%3BX-Amz-Acl", transfer.ErrSigned},
		"a strange header signed":   {signed + "&X-Amz-SignedHeaders=s3cr3t/%0A", transfer.ErrSigned},
		"checksum of nothing":       {signed + "&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32", transfer.ErrChecksum},
		"the same, not encoded":     {signed + "&x-amz-checksum-crc32=AAAAAA==", transfer.ErrChecksum},
		"SHA-256 of nothing":        {signed + "&X-Amz-Checksum-Sha256=47DEQpj8HBSa%2B%2FTImW%2B5JCeuQeRkm5NMpJWZG3hSuFU%3D", transfer.ErrChecksum},
		"checksum of something":     {signed + "&x-amz-checksum-crc32=AAAAAQ==", nil},
		"the trap before the clock": {signed + "&X-Amz-Expires=60&x-amz-checksum-crc32=AAAAAA==", transfer.ErrChecksum},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := transfer.Inspect(mustParse(t, test.url), noon)
			if !errors.Is(err, test.want) {
				t.Fatalf("Inspect = %v, want %v", err, test.want)
			}
			if err == nil {
				return
			}
			if transfer.Retryable(err) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("Retryable = %v, text %q", transfer.Retryable(err), err)
			}
		})
	}
}

func TestInspectNamesTheSetting(t *testing.T) {
	t.Parallel()
	err := transfer.Inspect(mustParse(t, signed+"&x-amz-checksum-crc32=AAAAAA=="), noon)
	if err == nil || !strings.Contains(err.Error(), "requestChecksumCalculation: WHEN_REQUIRED") {
		t.Errorf("Inspect = %v, want the setting's name in it", err)
	}
	err = transfer.Inspect(mustParse(t, signed+"&X-Amz-SignedHeaders=host%3Bx-amz-acl"), noon)
	if err == nil || !strings.Contains(err.Error(), "x-amz-acl") {
		t.Errorf("Inspect = %v, want the header's name in it", err)
	}
}

// The error contains the name of the signed header unless the name is too long or has unusual
// characters.
func TestInspectNamesTheSignedHeader(t *testing.T) {
	t.Parallel()
	const unusual = "a header with an unusual name"
	longest := strings.Repeat("z", 48)
	for name, want := range map[string]string{
		"x-amz-acl": "x-amz-acl", "a-z-0-9": "a-z-0-9", longest: longest, longest + "z": unusual, "x-amz/acl": unusual, "x%0Aamz": unusual, "é": unusual,
	} {
		err := transfer.Inspect(mustParse(t, signed+"&X-Amz-SignedHeaders=host%3B"+name), noon)
		if err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: %v, want it to end with %q", name, err, want)
		}
	}
}

// A pre-signed URL is valid for at most a week, the limit of Signature Version 4.
func TestAURLLivesAtMostAWeek(t *testing.T) {
	t.Parallel()
	begin := noon.Add(-time.Hour)
	for life, want := range map[string]time.Time{
		"": {}, "-1": {}, "0": begin, "7200": begin.Add(2 * time.Hour), "604800": begin.AddDate(0, 0, 7), "604801": {},
	} {
		got, known := transfer.Expiry(mustParse(t, signed+"&X-Amz-Expires="+life))
		if known != !want.IsZero() || !got.Equal(want) {
			t.Errorf("life %q: %v, %v; want %v", life, got, known, want)
		}
	}
}

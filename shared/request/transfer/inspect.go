package transfer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/kit/capability"
)

// The reasons why [Inspect] refuses a URL. R2 would refuse each of these uploads after the bytes
// had been sent.
var (
	ErrExpired = errors.New("upload URL expired")
	ErrSigned  = errors.New("upload URL signs headers that this upload does not send")
	// ErrChecksum means that the platform signed the checksum of an empty body. Newer versions of
	// the AWS SDK for JavaScript do so by default; the message names the setting that stops it.
	ErrChecksum = errors.New("upload URL demands the checksum of an empty body: " +
		"the platform's S3 client needs requestChecksumCalculation: WHEN_REQUIRED")
)

// emptyChecksums are the base64 checksums of an empty body, by query parameter.
var emptyChecksums = map[string]string{
	"x-amz-checksum-crc32":     "AAAAAA==",
	"x-amz-checksum-crc32c":    "AAAAAA==",
	"x-amz-checksum-crc64nvme": "AAAAAAAAAAA=",
	"x-amz-checksum-sha1":      "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
	"x-amz-checksum-sha256":    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
}

// maxLife is the longest life of a pre-signed URL: a week (Signature Version 4).
const maxLife = 7 * 24 * time.Hour

// Inspect returns an error if an upload to u would be refused, before any byte is sent. It accepts
// a URL that lacks a parameter or has one that does not parse. The error is ErrExpired, ErrSigned
// or ErrChecksum, and never shows the URL.
func Inspect(u capability.URL, now time.Time) error {
	query := lowerKeys(u)
	for name, empty := range emptyChecksums {
		if query[name] == empty {
			return ErrChecksum
		}
	}
	for name := range strings.SplitSeq(strings.ToLower(query["x-amz-signedheaders"]), ";") {
		if name != "" && name != "host" && name != "content-type" {
			return fmt.Errorf("%w: %s", ErrSigned, headerName(name))
		}
	}
	if expiry, known := Expiry(u); known && !now.Before(expiry) {
		return fmt.Errorf("%w at %s", ErrExpired, expiry.Format(time.RFC3339))
	}
	return nil
}

// Expiry returns the time at which a pre-signed URL expires by its X-Amz-Date and X-Amz-Expires,
// and whether the URL states it.
func Expiry(u capability.URL) (time.Time, bool) {
	query := lowerKeys(u)
	begin, err := time.Parse("20060102T150405Z", query["x-amz-date"])
	if err != nil {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(query["x-amz-expires"], 10, 64)
	if err != nil || seconds < 0 || seconds > int64(maxLife/time.Second) {
		return time.Time{}, false
	}
	return begin.Add(time.Duration(seconds) * time.Second), true
}

// lowerKeys returns the first value of each query parameter under its lower-case name.
func lowerKeys(u capability.URL) map[string]string {
	query := u.Query()
	first := make(map[string]string, len(query))
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if lower := strings.ToLower(name); first[lower] == "" {
			first[lower] = query.Get(name)
		}
	}
	return first
}

// maxHeaderName is the length in bytes of the longest header name that an error shows.
const maxHeaderName = 48

// headerName returns a header's name, or a replacement if the name has unusual characters or
// length.
func headerName(name string) string {
	if len(name) > maxHeaderName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "a header with an unusual name"
	}
	return name
}

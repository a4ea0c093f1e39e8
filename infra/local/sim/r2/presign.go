package r2

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"masterhand/shared/kit/capability"
)

// URLOptions make an upload URL other than the platform's usual one. The zero
// value is the usual one: signed now, for an hour, over the host alone.
type URLOptions struct {
	Signed   time.Time     // when it was signed; zero is now
	Lifetime time.Duration // from then on, in whole seconds; 0 is an hour
	// Checksum puts the CRC-32 of an empty body into the URL, as newer AWS JavaScript
	// SDKs do by default, so that every other body is a BadDigest.
	Checksum bool
	// Headers are signed along: a PUT must come with the same ones.
	Headers http.Header
}

const (
	checksumParameter = "x-amz-checksum-crc32"
	emptyChecksum     = "AAAAAA=="
	unsignedPayload   = "UNSIGNED-PAYLOAD"
)

// Presign makes a URL that puts an object under key through the proxy.
func (s *Storage) Presign(key string, options URLOptions) (capability.URL, error) {
	if options.Signed.IsZero() {
		options.Signed = s.config.Now()
	}
	if options.Lifetime == 0 {
		options.Lifetime = time.Hour
	}
	query := url.Values{
		"X-Amz-Expires":        {strconv.Itoa(int(options.Lifetime / time.Second))},
		"X-Amz-Content-Sha256": {unsignedPayload},
		"x-id":                 {"PutObject"},
	}
	if options.Checksum {
		query.Set(checksumParameter, emptyChecksum)
		query.Set("x-amz-sdk-checksum-algorithm", "CRC32")
	}
	address := s.URL() + httpbinding.EscapePath("/"+s.config.Bucket+"/"+key, false) + "?" + query.Encode()
	request, err := http.NewRequest(http.MethodPut, address, nil)
	if err != nil {
		return capability.URL{}, fmt.Errorf("pre-signing: %w", err)
	}
	for name, values := range options.Headers {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // S3's way
	signed, _, err := signer.PresignHTTP(context.Background(),                            // signing waits for nothing
		aws.Credentials{AccessKeyID: s.config.AccessKey, SecretAccessKey: s.config.SecretKey},
		request, unsignedPayload, "s3", s.config.Region, options.Signed)
	if err != nil {
		return capability.URL{}, fmt.Errorf("pre-signing: %w", err)
	}
	upload, err := capability.Parse(signed)
	if err != nil {
		return capability.URL{}, fmt.Errorf("pre-signing: %w", err)
	}
	return upload, nil
}

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

// URLOptions change an upload URL. The zero value makes the platform's usual URL: signed now,
// valid for an hour, with only the host header in the signature.
type URLOptions struct {
	Signed   time.Time     // time at which the URL is signed; zero means now
	Lifetime time.Duration // time from Signed until the URL expires, in whole seconds; 0 means an hour
	// Checksum says whether the URL contains the CRC-32 of an empty body, as newer AWS JavaScript
	// SDKs add by default. A PUT with any other body then fails with BadDigest.
	Checksum bool
	// Headers are headers that the signature covers. A PUT must send the same headers.
	Headers http.Header
}

const (
	checksumParameter = "x-amz-checksum-crc32"
	emptyChecksum     = "AAAAAA=="
	unsignedPayload   = "UNSIGNED-PAYLOAD"
)

// Presign returns a pre-signed URL that leads to the proxy. A PUT to the URL stores an object under
// key.
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
	// Path escaping is off in the signer, because a signature for S3 must escape the path only
	// once.
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	// The context has no time-out, because signing is pure computation.
	signed, _, err := signer.PresignHTTP(context.Background(),
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

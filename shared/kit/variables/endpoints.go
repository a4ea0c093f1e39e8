package variables

import (
	"strings"
	"time"

	"masterhand/shared/kit/names"
)

// Endpoints holds the addresses of services, without a trailing slash, for use in place of AWS's
// own. "" means AWS's own address.
type Endpoints struct {
	S3             string
	DynamoDB       string
	SQS            string
	SNS            string
	SecretsManager string
	// IdleTimeout is the time for which a service may neither accept nor send a byte before the
	// SDK retries. 0 means the default of each client.
	IdleTimeout time.Duration
}

// Endpoints reads the services' addresses and the idle timeout.
func (r *Reader) Endpoints() Endpoints {
	read := func(key string) string { return strings.TrimRight(r.Optional(key, Endpoint), "/") }
	return Endpoints{
		S3:             read(names.EndpointS3),
		DynamoDB:       read(names.EndpointDynamoDB),
		SQS:            read(names.EndpointSQS),
		SNS:            read(names.EndpointSNS),
		SecretsManager: read(names.EndpointSecretsManager),
		IdleTimeout:    r.Duration(names.IdleTimeout, 0, 0),
	}
}

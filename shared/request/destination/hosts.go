package destination

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
)

// HostError means that a URL names a host that the destination does not allow. Once a person allows
// the host, the same URL can be used.
type HostError struct {
	Destination string
	Field       string // the name of the request's field that contains the URL
	Host        string
}

// Error returns a text with the host, which is not a secret.
func (e *HostError) Error() string {
	return fmt.Sprintf("%s: host %.253q is not among the hosts of destination %.64q", e.Field, e.Host, e.Destination)
}

// Allow returns nil if the destination allows the hosts of both URLs. It returns a *[HostError] if
// the configuration could allow the host, and an error of safehttp if no configuration can. If
// loopback is true, URLs to this machine are allowed, too.
func (d Destination) Allow(upload, callback capability.URL, loopback bool) error {
	if err := d.allow("fulfillment.uploadUrl", upload, withR2Forms(d.UploadHosts), loopback); err != nil {
		return err
	}
	return d.allow("fulfillment.completeCallbackUrl", callback, d.CallbackHosts, loopback)
}

func (d Destination) allow(field string, u capability.URL, hosts []string, loopback bool) error {
	err := safehttp.Policy{Hosts: hosts, Loopback: loopback}.Allow(u)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, safehttp.ErrHost):
		return &HostError{Destination: d.Name, Field: field, Host: u.Host()}
	}
	return fmt.Errorf("%s: %w", field, err)
}

// r2 is the domain of all accounts of Cloudflare's R2.
const r2 = ".r2.cloudflarestorage.com"

// jurisdictions are the host-name labels that may stand between an account and the domain r2, for
// example ACCOUNT.eu. A label before the account is a bucket: BUCKET.ACCOUNT is a bucket of that
// account.
var jurisdictions = []string{"eu", "fedramp"}

// withR2Forms returns hosts with further host patterns. For each host of an R2 account, it adds
// the hosts of the account's buckets, which the AWS SDK for JavaScript uses, and the account's
// hosts in each jurisdiction, such as eu. For the host of one jurisdiction, it adds only the
// buckets' hosts in that jurisdiction.
func withR2Forms(hosts []string) []string {
	all := slices.Clone(hosts)
	for _, host := range hosts {
		account, isR2 := strings.CutSuffix(host, r2)
		label, jurisdiction, isOneOf := strings.Cut(account, ".")
		switch {
		case !isR2 || slices.Contains(jurisdictions, label) || label == "*":
		case !isOneOf:
			all = append(all, "?."+host)
			for _, j := range jurisdictions {
				all = append(all, label+"."+j+r2, "?."+label+"."+j+r2)
			}
		case slices.Contains(jurisdictions, jurisdiction):
			all = append(all, "?."+host)
		}
	}
	return all
}

// Hosts decides which hosts a destination allows. It uses a list of destinations that is kept up to
// date.
type Hosts struct {
	Keyring *Keyring
	// If Loopback is true, URLs to this machine are allowed, too. It must be false in Lambda.
	Loopback bool
}

// Allow returns what [Destination.Allow] returns for the destination of this name in the current
// list of destinations. It returns ErrUnavailable if no list could be loaded.
func (h Hosts) Allow(ctx context.Context, name string, upload, callback capability.URL) error {
	read, err := h.Keyring.cache.Read(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	err = h.allow(read.Value, name, upload, callback)
	if err == nil {
		return nil
	}
	again, newer := h.Keyring.cache.Again(ctx, read)
	if !newer {
		return err
	}
	return h.allow(again.Value, name, upload, callback)
}

func (h Hosts) allow(l list, name string, upload, callback capability.URL) error {
	i := slices.IndexFunc(l, func(d Destination) bool { return d.Name == name })
	if i < 0 { // the destination was removed from the list, so no URL is allowed any more
		return &HostError{Destination: name, Field: "fulfillment.uploadUrl", Host: upload.Host()}
	}
	return l[i].Allow(upload, callback, h.Loopback)
}

package senders

import (
	"net/url"
	"slices"
	"strings"
)

// linkSigns lists, in lower case, the query parameters that contain a link's signature and its expiry:
// the older parameters of S3 and Google Cloud Storage, and those of CloudFront, Azure and others.
// Their values differ between two links to the same file, so linkName ignores them.
var linkSigns = []string{
	"awsaccesskeyid", "googleaccessid", "signature", "expires", "key-pair-id", "policy",
	"sig", "se", "st", "ske", "skt", "token", "exp",
}

// linkName returns a name for the file to which a link leads. The name is a hash of the host, the path
// and the query parameters that do not belong to the signature. For a text that is not a link,
// linkName returns a hash of the text.
func linkName(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return short(link)
	}
	var kept []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, _ := strings.Cut(strings.ToLower(part), "="); !signs(name) {
			kept = append(kept, part)
		}
	}
	slices.Sort(kept)
	return short(strings.ToLower(u.Host) + u.EscapedPath() + "?" + strings.Join(kept, "&"))
}

func signs(parameter string) bool {
	return strings.HasPrefix(parameter, "x-amz-") || strings.HasPrefix(parameter, "x-goog-") ||
		slices.Contains(linkSigns, parameter)
}

// name returns a name for the object, made from its bucket and key.
func (o Object) name() string { return short(o.Bucket + "/" + o.Key) }

// short returns a hash that is long enough to tell the files of a subject apart. The hash becomes a
// part of S3 keys. It consists of letters only, because a rule could read a digit in a key as the
// number of a variation.
func short(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= '9' {
			return r - '0' + 'g'
		}
		return r
	}, digest(s)[:16])
}

package senders

import (
	"net/url"
	"slices"
	"strings"
)

// linkSigns are the parameters, in lower case, that sign and date a link: of S3 and Google
// Cloud Storage before their present kind, of CloudFront, of Azure, of others. They differ
// from one link to the next that lead to the same file.
var linkSigns = []string{
	"awsaccesskeyid", "googleaccessid", "signature", "expires", "key-pair-id", "policy",
	"sig", "se", "st", "ske", "skt", "token", "exp",
}

// linkName makes a name of what a link leads to: host, path and such parameters as do not
// sign it. What is no link has a name too.
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

// name makes a name of where the object is.
func (o Object) name() string { return short(o.Bucket + "/" + o.Key) }

// short is a hash long enough to tell the files of a subject apart, in letters only: such
// names end in keys, where no rule may take digits for a variation.
func short(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= '9' {
			return r - '0' + 'g'
		}
		return r
	}, digest(s)[:16])
}

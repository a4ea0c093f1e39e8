package capability

import "masterhand/shared/kit/lazy"

// address matches a URL: scheme, user information, host and the rest of the URL. Its "/" may be
// escaped as in JSON, and its ":", "/" and "@" may be percent-encoded. An apostrophe does not end a
// URL, because keys contain apostrophes.
var address = lazy.Regexp(`(?i)(https?(?::|%(?:25)*3a)(?:\\*/|\\+u002f|%(?:25)*2f){2})(?:[^/\\\s"<>?#]*(?:@|%(?:25)*40))?([^/\\\s"'<>?#@%]*)[^\s"<>]*`)

// credential matches a part of a query that signs a link, where the link has no scheme: the
// parameter's name and its value. The names of S3 and Google Cloud Storage are matched anywhere;
// shorter names only after "?", "&" or ";", so that the text may contain keys such as "sig=1.mp4".
var credential = lazy.Regexp(`(?i)((?:x-(?:amz|goog)-(?:signature|credential|security-token)|(?:[?&;]|\\+u0026|%(?:25)*(?:3f|26))(?:sig|signature|policy|token|access_token|awsaccesskeyid))(?:=|\\+u003d|%(?:25)*3d))[^\s"<>&]*`)

// Redact shortens each URL in a text to its scheme and host, and removes the values of query
// parameters that sign a link. Use it for text from others that is logged or stored.
func Redact(text string) string {
	return credential().ReplaceAllString(address().ReplaceAllString(text, "$1$2/[redacted]"), "$1[redacted]")
}

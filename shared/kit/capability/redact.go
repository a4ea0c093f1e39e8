package capability

import "masterhand/shared/kit/lazy"

// address matches a URL: scheme, user information, host and the rest of the URL.
var address = lazy.Regexp(`(?i)(https?://)(?:[^/\\\s"'<>?#]*@)?([^/\\\s"'<>?#@]*)[^\s"'<>]*`)

// Redact shortens each URL in a text to its scheme and host. Use it for text from others that is
// logged or stored.
func Redact(text string) string { return address().ReplaceAllString(text, "$1$2/[redacted]") }

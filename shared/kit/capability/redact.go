package capability

import "masterhand/shared/kit/lazy"

// address finds URLs: scheme, user information, host, and the rest.
var address = lazy.Regexp(`(?i)(https?://)(?:[^/\\\s"'<>?#]*@)?([^/\\\s"'<>?#@]*)[^\s"'<>]*`)

// Redact leaves of each URL in a text its scheme and host: for texts that somebody else
// wrote and that are to be logged or kept.
func Redact(text string) string { return address().ReplaceAllString(text, "$1$2/[redacted]") }

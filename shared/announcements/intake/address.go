package intake

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// maxQuery is the longest query that is read, in bytes.
const maxQuery = 4 << 10

// address takes "/{sender}/{token}" apart, a slash at the end or not. What is not of
// that form is nobody's.
func address(path string) (sender, token string) {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(parts) != 3 || parts[0] != "" {
		return "", ""
	}
	return parts[1], parts[2]
}

// Query writes the query of a URL with coordinates, of which "" is not told: none of them,
// or code and variation at least. Errors say which cannot be used.
func Query(code, variation, locale, aspect string) (string, error) {
	values := url.Values{}
	for i, value := range []string{code, variation, locale, aspect} {
		if value != "" {
			values.Set(coordinateMembers[i], value)
		}
	}
	query := values.Encode()
	_, _, err := parseCoordinates(query)
	return query, err
}

// coordinates reads code, variation, locale and aspect out of a URL's query; other
// parameters are passed over. Half of them are none: the master would lie where nobody
// meant it to.
func coordinates(query string) Coordinates {
	c, given, err := parseCoordinates(query)
	switch {
	case err != nil:
		return Coordinates{Problem: err.Error()}
	case !given:
		return Coordinates{}
	}
	return Coordinates{Coordinates: c, Given: true}
}

// What is wrong with a URL's coordinates. None of them repeats a value.
var (
	errQuery          = errors.New("query: malformed or over 4 KiB")
	errTwice          = errors.New("query: code, variation, locale or aspect given twice")
	errCodeAlone      = errors.New("variation: missing beside the code")
	errCodeAbsent     = errors.New("code: missing beside variation, locale or aspect")
	errCodeMalformed  = errors.New("code: over 64 bytes, or with a slash, outer space or control characters")
	errVariation      = errors.New("variation: no whole number from 0 to 999999")
	errLocaleGrammar  = errors.New("locale: no language tag (expected the like of en or pt-BR)")
	errAspectGrammar  = errors.New("aspect: no aspect ratio (expected the like of 9x16)")
	coordinateMembers = []string{"code", "variation", "locale", "aspect"}
)

func parseCoordinates(query string) (c masters.Coordinates, given bool, err error) {
	values, err := url.ParseQuery(query)
	if err != nil || len(query) > maxQuery {
		return c, false, errQuery
	}
	for _, name := range coordinateMembers {
		if len(values[name]) > 1 {
			return c, false, errTwice
		}
		given = given || values.Get(name) != ""
	}
	code, variation := values.Get("code"), values.Get("variation")
	switch {
	case !given:
		return c, false, nil
	case code == "":
		return c, false, errCodeAbsent
	case variation == "":
		return c, false, errCodeAlone
	}
	n, err := strconv.ParseUint(variation, 10, 31)
	if err != nil || n > creative.MaxVariation {
		return c, false, errVariation
	}
	c.Creative = creative.Creative{Code: code, Variation: int(n)}
	if c.Creative.Check() != nil || !utf8.ValidString(code) {
		return c, false, errCodeMalformed
	}
	if text := values.Get("locale"); text != "" {
		if c.Locale, err = creative.ParseLocale(text); err != nil {
			return c, false, errLocaleGrammar
		}
	}
	if text := values.Get("aspect"); text != "" {
		if c.Aspect, err = creative.ParseAspect(text); err != nil {
			return c, false, errAspectGrammar
		}
	}
	return c, true, nil
}

// The limits of the headers that are kept.
const (
	maxHeaders     = 64
	maxHeaderName  = 64
	maxHeaderValue = 1 << 10
)

// credentials are what headers are called that hold some.
var credentials = []string{
	"auth", "cookie", "token", "secret", "signature", "hmac", "digest", "key", "password", "session", "referer",
}

// storedHeaders returns the headers that a record may hold: none that is called a credential, or
// the sender's own for one, or has the token in its value.
func storedHeaders(header map[string]string, token string, signing ...string) map[string]string {
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		value := header[name]
		named := func(part string) bool { return strings.Contains(strings.ToLower(name), part) }
		if len(out) == maxHeaders || len(name) > maxHeaderName || slices.ContainsFunc(credentials, named) ||
			slices.Contains(signing, name) || strings.Contains(value, token) {
			continue
		}
		out[name] = shortened(value, maxHeaderValue)
	}
	return out
}

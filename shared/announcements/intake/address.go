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

// maxQuery is the largest length of a URL's query, in bytes.
const maxQuery = 4 << 10

// address returns the sender and the token of a path "/{sender}/{token}", with or without a slash at
// the end. For any other path it returns two empty strings.
func address(path string) (sender, token string) {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(parts) != 3 || parts[0] != "" {
		return "", ""
	}
	return parts[1], parts[2]
}

// Query returns the query part of a sender's URL, which contains the coordinates. A coordinate that is
// "" is left out. The caller must pass either no coordinates or at least code and variation. The
// error names the wrong coordinate.
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

// coordinates reads code, variation, locale and aspect from a URL's query and ignores other
// parameters. If one of the four is wrong, none of them is used, so that no master is filed in the
// wrong place.
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

// The problems of a URL's coordinates. Their texts never quote a value from the URL.
var (
	errQuery          = errors.New("query: malformed, or longer than 4 KiB")
	errTwice          = errors.New("query: code, variation, locale or aspect occurs twice")
	errCodeAlone      = errors.New("variation: missing, although the URL has a code")
	errCodeAbsent     = errors.New("code: missing, although the URL has a variation, a locale or an aspect")
	errCodeMalformed  = errors.New("code: over 64 bytes, or has a slash, a control character, or a space at an end")
	errVariation      = errors.New("variation: expected a whole number from 0 to 999999")
	errLocaleGrammar  = errors.New("locale: not a language tag (expected a tag like en or pt-BR)")
	errAspectGrammar  = errors.New("aspect: not an aspect ratio (expected a ratio like 9x16)")
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

// The limits of the headers that a record keeps; lengths are in bytes.
const (
	maxHeaders     = 64
	maxHeaderName  = 64
	maxHeaderValue = 1 << 10
)

// credentials lists words. A header whose name contains one of them is taken for a credential and
// is not stored.
var credentials = []string{
	"auth", "cookie", "token", "secret", "signature", "hmac", "digest", "key", "password", "session", "referer",
}

// storedHeaders returns the headers that a record may contain. It leaves out headers whose names
// suggest a credential, the sender's signature headers (given as signing), and headers whose values
// contain the token.
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

package platform

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// members are the names that are read. encoding/json would also take "Variation" for
// "variation", and the last of two: then it would be chance which file is meant.
var members = []string{
	"projectId", "projectSlug", "creative", "fulfillment",
	"code", "variation", "locale", "kind", "aspectRatio", "placementFamily", "acceptedAspects",
	"uploadUrl", "storageKey", "expiresAt", "completeCallbackUrl", "contentHash", "reason",
}

// plainEvent holds all objects of an event that are read to plain.
func plainEvent(body []byte, s shape) error {
	if err := plain("", body); err != nil {
		return err
	}
	if err := plain("creative.", s.Creative); err != nil {
		return err
	}
	return plain("fulfillment.", s.Fulfillment)
}

// plain reports an object in which a member that is read stands twice, or in another
// letter case. What is no object is left to who reads it.
func plain(path string, object json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return nil // decode has accepted or refused it
		}
		for _, member := range members {
			switch {
			case !strings.EqualFold(name, member):
			case name != member:
				return malformed(path+member, "in another letter case")
			case seen[name]:
				return malformed(path+member, "twice")
			}
		}
		seen[name] = true
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil
		}
	}
	return nil
}

// whole is an integer however JSON writes it: 2, 2.0, 2e0.
type whole int

// UnmarshalJSON reads a number without a fraction.
func (w *whole) UnmarshalJSON(raw []byte) error {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != float64(int(f)) {
		return malformed("creative.variation", "expected a whole number")
	}
	*w = whole(f)
	return nil
}

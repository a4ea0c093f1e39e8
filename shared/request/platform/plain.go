package platform

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// The members that are read, of each object. encoding/json would also take "Variation"
// for "variation", and the last of two: then it would be chance which file is meant.
var (
	bodyMembers        = []string{"projectId", "projectSlug", "creative", "fulfillment"}
	creativeMembers    = []string{"code", "variation", "locale", "kind", "aspectRatio", "placementFamily", "acceptedAspects"}
	fulfillmentMembers = []string{"uploadUrl", "storageKey", "expiresAt", "completeCallbackUrl"}
)

// plainSlot holds what says whose file it is about to plain.
func plainSlot(body []byte, s shape) error {
	if err := plain("", body, bodyMembers); err != nil {
		return err
	}
	return plain("creative.", s.Creative, creativeMembers)
}

// plainRequest holds all that is read of a request to plain.
func plainRequest(body []byte, s shape) error {
	if err := plainSlot(body, s); err != nil {
		return err
	}
	return plain("fulfillment.", s.Fulfillment, fulfillmentMembers)
}

// plain reports an object in which one of the members stands twice, or in another
// letter case. What is no object is left to who reads it.
func plain(path string, object json.RawMessage, members []string) error {
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

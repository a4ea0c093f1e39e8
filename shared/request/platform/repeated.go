package platform

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The names of the members that are read from each JSON object. A member must not be repeated,
// because encoding/json uses the last one: the order of the members would decide which file is
// meant. For encoding/json, "Variation" repeats "variation".
var (
	bodyMembers        = []string{"projectId", "projectSlug", "creative", "fulfillment"}
	creativeMembers    = []string{"code", "variation", "locale", "kind", "aspectRatio", "placementFamily", "acceptedAspects"}
	fulfillmentMembers = []string{"uploadUrl", "storageKey", "expiresAt", "completeCallbackUrl"}
)

// refuseRepeatedInSlot calls refuseRepeated for the two JSON objects that name the file: the body
// and its object "creative".
func refuseRepeatedInSlot(body []byte, s shape) error {
	if err := refuseRepeated("", body, bodyMembers); err != nil {
		return err
	}
	return refuseRepeated("creative.", s.Creative, creativeMembers)
}

// refuseRepeatedInRequest calls refuseRepeated for each JSON object that this package reads in a
// request's body.
func refuseRepeatedInRequest(body []byte, s shape) error {
	if err := refuseRepeatedInSlot(body, s); err != nil {
		return err
	}
	return refuseRepeated("fulfillment.", s.Fulfillment, fulfillmentMembers)
}

// refuseRepeated returns an error if the JSON object contains one of the members twice, or spells
// its name in another letter case. If the value is not an object, refuseRepeated returns nil.
func refuseRepeated(path string, object json.RawMessage, members []string) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return nil // not checked here: the function decode accepts or refuses a value that is not an object
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

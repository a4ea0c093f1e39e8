package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

// manySecrets is the largest number of secrets that a destination needs during a rotation. If a
// destination has more, somebody forgot to drop old secrets.
const manySecrets = 3

// destinationList is the stored list of destinations, decoded so that a command can change it. It
// keeps the JSON members that this program does not know. It must never be printed, because it
// contains secrets.
type destinationList struct{ entries []map[string]json.RawMessage }

// Format implements [fmt.Formatter]. It prints a placeholder instead of the list, whatever the
// verb.
func (destinationList) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted list]") }

// The errors for an impossible change of the list of destinations.
var (
	errNoDestination = fmt.Errorf("no such destination (\"%s\" lists the destinations)", typed("secrets"))
	errNoSecret      = errors.New("no secret of this destination has these last four characters")
	errTwoSecrets    = errors.New("several secrets of this destination have these last four characters: remove one in the Secrets Manager console")
	errLastSecret    = errors.New("this is the destination's last secret: without a secret, all its events would be refused; add a new secret first")
	errHasSecret     = errors.New("the destination has this secret already")
)

// parseDestinationList decodes the stored list. If the functions would refuse the list,
// parseDestinationList returns an error.
func parseDestinationList(stored []byte) (destinationList, error) {
	if _, err := destination.Parse(stored); err != nil {
		return destinationList{}, fmt.Errorf("the stored list of destinations is invalid (correct it in the Secrets Manager console): %w", err)
	}
	var r destinationList
	if json.Unmarshal(stored, &r.entries) != nil {
		// The JSON error is not returned, because its text may contain a secret.
		return destinationList{}, destination.ErrNoList
	}
	return r, nil
}

// encode returns the list in two forms: as JSON, and decoded as the functions decode that JSON. It
// returns an error if the functions would refuse the list.
func (r destinationList) encode() ([]byte, []destination.Destination, error) {
	encoded, err := json.MarshalIndent(r.entries, "", "  ")
	if err != nil {
		// The error err is not returned, because its text may contain a secret.
		return nil, nil, errors.New("the list of destinations cannot be encoded as JSON")
	}
	list, err := destination.Parse(encoded)
	return encoded, list, err
}

// find returns the entry of a destination, or nil if the list has no such destination.
func (r destinationList) find(name string) map[string]json.RawMessage {
	for _, entry := range r.entries {
		if text(entry["name"]) == name {
			return entry
		}
	}
	return nil
}

// check returns an error if the signature scheme cannot use the secret. scheme is the new scheme of
// the destination; "" means that the destination keeps its present one.
func (r destinationList) check(name, secret, scheme string) error {
	if entry := r.find(name); scheme == "" && entry != nil {
		scheme = text(entry["scheme"])
	}
	known, err := signature.ParseScheme(scheme)
	if err == nil {
		_, err = signature.NewKey(known, secret)
	}
	if err != nil {
		return fmt.Errorf("the given secret: %w", err)
	}
	return nil
}

// add inserts a secret as the destination's first secret. If the list has no such destination, add
// creates it. If the destination already has the secret, add returns errHasSecret.
func (r *destinationList) add(name, secret string) (entry map[string]json.RawMessage, err error) {
	entry = r.entry(name)
	secrets := texts(entry["secrets"])
	if slices.Contains(secrets, secret) {
		return nil, errHasSecret
	}
	entry["secrets"] = raw(append([]string{secret}, secrets...))
	return entry, nil
}

// entry returns the entry of a destination. If the list has none, it adds an empty entry.
func (r *destinationList) entry(name string) map[string]json.RawMessage {
	entry := r.find(name)
	if entry == nil {
		entry = map[string]json.RawMessage{"name": raw(name)}
		r.entries = append(r.entries, entry)
	}
	return entry
}

// drop removes the destination's secret that ends with the four characters hint. It removes nothing
// and returns an error if no secret or several secrets end so, or if it is the last secret.
func (r *destinationList) drop(name, hint string) error {
	entry := r.find(name)
	if entry == nil {
		return errNoDestination
	}
	scheme, err := signature.ParseScheme(text(entry["scheme"]))
	if err != nil {
		return err
	}
	secrets := texts(entry["secrets"])
	left := slices.DeleteFunc(slices.Clone(secrets), func(secret string) bool {
		key, err := signature.NewKey(scheme, secret)
		return err == nil && key.Hint() == hint
	})
	switch len(secrets) - len(left) {
	case 0:
		return errNoSecret
	case 1:
	default:
		return errTwoSecrets
	}
	if len(left) == 0 {
		return errLastSecret
	}
	entry["secrets"] = raw(left)
	return nil
}

// raw encodes a text or a list of texts as JSON.
func raw[T string | []string](v T) json.RawMessage {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic("text that does not encode")
	}
	return encoded
}

// text decodes a JSON string, and the function texts decodes a list of JSON strings. Both return the
// zero value for null and for nil.
func text(encoded json.RawMessage) (s string) {
	_ = json.Unmarshal(encoded, &s)
	return s
}

func texts(encoded json.RawMessage) (list []string) {
	_ = json.Unmarshal(encoded, &list)
	return list
}

// named returns the destination with this name, or nil if the list has none.
func named(list []destination.Destination, name string) *destination.Destination {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

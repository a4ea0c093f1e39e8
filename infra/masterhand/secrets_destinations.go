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

// manySecrets is how many secrets of one destination are a rotation; more were
// forgotten.
const manySecrets = 3

// destinationList is the list of destinations as it is stored, so that what this program does
// not know in it stays as it is. It holds secrets, and is never printed.
type destinationList struct{ entries []map[string]json.RawMessage }

// Format hides the list under every verb.
func (destinationList) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted list]") }

// The reasons why the list of destinations is not changed.
var (
	errNoDestination = fmt.Errorf("no such destination (\"%s\" lists them)", typed("secrets"))
	errNoSecret      = errors.New("no secret of this destination ends so")
	errTwoSecrets    = errors.New("two secrets of this destination end so: take one out in the console of Secrets Manager")
	errLastSecret    = errors.New("the destination's last secret: with none, nothing it sends could be let in")
	errHasSecret     = errors.New("the destination has this secret already")
)

// parseDestinationList takes a list only if the functions would take it.
func parseDestinationList(stored []byte) (destinationList, error) {
	if _, err := destination.Parse(stored); err != nil {
		return destinationList{}, fmt.Errorf("the list that is stored cannot be used (mend it in the console of Secrets Manager): %w", err)
	}
	var r destinationList
	if json.Unmarshal(stored, &r.entries) != nil {
		return destinationList{}, destination.ErrNoList // its own error may quote the text
	}
	return r, nil
}

// encode writes the list, if the functions will take it.
func (r destinationList) encode() ([]byte, []destination.Destination, error) {
	encoded, err := json.MarshalIndent(r.entries, "", "  ")
	if err != nil {
		return nil, nil, errors.New("writing the list of destinations") // err may quote it
	}
	list, err := destination.Parse(encoded)
	return encoded, list, err
}

// find returns a destination's entry, nil where there is none.
func (r destinationList) find(name string) map[string]json.RawMessage {
	for _, entry := range r.entries {
		if text(entry["name"]) == name {
			return entry
		}
	}
	return nil
}

// check refuses a secret that the destination's scheme, or the one that it is to get,
// cannot sign with.
func (r destinationList) check(name, secret, scheme string) error {
	if entry := r.find(name); scheme == "" && entry != nil {
		scheme = text(entry["scheme"])
	}
	known, err := signature.ParseScheme(scheme)
	if err == nil {
		_, err = signature.NewKey(known, secret)
	}
	if err != nil {
		return fmt.Errorf("the secret that was given: %w", err)
	}
	return nil
}

// add puts a secret before the others of a destination, which it makes if it must.
func (r *destinationList) add(name, secret string) (entry map[string]json.RawMessage, err error) {
	entry = r.entry(name)
	secrets := texts(entry["secrets"])
	if slices.Contains(secrets, secret) {
		return nil, errHasSecret
	}
	entry["secrets"] = raw(append([]string{secret}, secrets...))
	return entry, nil
}

// entry returns the entry of a destination, which it makes if it must.
func (r *destinationList) entry(name string) map[string]json.RawMessage {
	entry := r.find(name)
	if entry == nil {
		entry = map[string]json.RawMessage{"name": raw(name)}
		r.entries = append(r.entries, entry)
	}
	return entry
}

// drop takes out the secret that ends in hint.
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

// raw encodes texts, which always succeeds.
func raw[T string | []string](v T) json.RawMessage {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic("text that does not encode")
	}
	return encoded
}

// text and texts decode what has been parsed before; null and absent are empty.
func text(encoded json.RawMessage) (s string) {
	_ = json.Unmarshal(encoded, &s)
	return s
}

func texts(encoded json.RawMessage) (list []string) {
	_ = json.Unmarshal(encoded, &list)
	return list
}

// named returns the destination of that name.
func named(list []destination.Destination, name string) *destination.Destination {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

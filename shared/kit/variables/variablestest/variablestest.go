// Package variablestest checks which settings a function accepts and refuses.
package variablestest

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/kit/variables"
)

// Environment returns a lookup in base with changes applied. The value "-" removes a key.
func Environment(base, changes map[string]string) variables.Lookup {
	env := map[string]string{}
	maps.Copy(env, base)
	maps.Copy(env, changes)
	maps.DeleteFunc(env, func(_, v string) bool { return v == "-" })
	return func(key string) (string, bool) { v, ok := env[key]; return v, ok }
}

// Keys returns the keys of the problems that an error joins, in order. It fails the test unless
// each problem states what is wrong and what a person must do.
func Keys(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		t.Fatalf("%v joins nothing", err)
	}
	var all []string
	for _, e := range joined.Unwrap() {
		var p *variables.Problem
		if !errors.As(e, &p) || p.Wrong == "" || p.Do == "" {
			t.Fatalf("%v does not say what is wrong and what to do", e)
		}
		all = append(all, p.Key)
	}
	return all
}

// Secret is a text that no problem may repeat. Tests use it as a variable's value.
const Secret = "whsec_0123456789abcdef"

// Refuses checks that load refuses each bad value. It sets each one alone in an otherwise valid
// environment. load must report exactly one problem, which names the key and does not repeat
// [Secret], and must return no settings.
func Refuses[T any](t *testing.T, load func(variables.Lookup) (T, error), base map[string]string, values map[string][]string) {
	t.Helper()
	var none T
	for key, bad := range values {
		for _, value := range bad {
			got, err := load(Environment(base, map[string]string{key: value}))
			if !slices.Equal(Keys(t, err), []string{key}) || strings.Contains(err.Error(), Secret) {
				t.Errorf("%s=%q: %v", key, value, err)
			}
			if !reflect.DeepEqual(got, none) {
				t.Errorf("%s=%q: settings came back beside the error", key, value)
			}
		}
	}
}

package system_test

import (
	"os"
	"testing"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/gateway"
)

// replaceDestinations replaces the destinations' file atomically.
func (s *env) replaceDestinations(t *testing.T, list string) {
	t.Helper()
	if err := os.WriteFile(s.Destinations+".new", []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.Destinations+".new", s.Destinations); err != nil {
		t.Fatal(err)
	}
}

// A change of the destinations' file must take effect within a second in every execution
// environment: an added secret is accepted, and a removed secret is rejected.
func TestDestinationsChange(t *testing.T) {
	t.Parallel()
	s := running(t)
	const known = scenario.Destinations
	const secret = "whsec_added0added0added0added0added0added0added0added0added0added0ad"
	added := s.Gateway.Signing("outpost", mustKey("outpost", secret))
	s.credentials.add(secret)
	// all sends 12 copies of an event at once, so that several execution environments answer. It
	// reports whether all answers have the given status.
	all := func(status int) bool {
		for _, result := range added.SendCopies(t.Context(), gateway.Event{Body: []byte(`{"hello":"world"}`)}, 12) {
			if result.Err != nil {
				t.Fatal(result.Err)
			}
			if result.Status != status {
				return false
			}
		}
		return true
	}
	if !all(401) {
		t.Fatal("a secret is known before it is added")
	}
	for _, step := range []struct {
		list   string
		status int
	}{
		{known[:len(known)-1] + `,{"name":"added","scheme":"outpost","secrets":["` + secret + `"]}]`, 200},
		{known, 401},
	} {
		s.replaceDestinations(t, step.list)
		changed := time.Now()
		tick := time.NewTicker(50 * time.Millisecond)
		for late := false; !late; <-tick.C {
			late = time.Since(changed) > time.Second // if true, every answer must show the change
			if held := all(step.status); late && !held {
				t.Fatalf("a second after the change not everybody answers %d", step.status)
			}
		}
		tick.Stop()
	}
	wantAnswer(t, s.send(t, gateway.Event{Body: []byte(`{"hello":"world"}`)}), 200, "ignored")
}

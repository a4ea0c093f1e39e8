package destination_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

// The destination of a queue or a bucket is found by its name, even without secrets.
func TestADestinationIsFoundByItsName(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{`{"name":"ads","library":"films"}`, `{"name":"ads","library":"films","secrets":[]}`, `{"name":"ads","library":"films","secrets":null}`} {
		r := newRing(`[{"name":"acme","secrets":["` + oldSecret + `"]},` + entry + `]`)
		match, err := r.Named(t.Context(), "ads")
		if err != nil || match.Destination.Name != "ads" || match.Destination.Library != "films" || len(match.Destination.Keys) != 0 || !slices.Equal(match.Others, []string{"default"}) {
			t.Errorf("%s: %+v, %v", entry, match, err)
		}
		if match.KeyIndex != -1 || match.KeyHint != "" {
			t.Errorf("a secret was told: %+v", match)
		}
		if _, err := r.Named(t.Context(), "AcmE"); !errors.Is(err, destination.ErrUnlisted) {
			t.Errorf("another name: %v", err)
		}
	}
}

func TestADestinationWithoutSecretsAuthenticatesNothing(t *testing.T) {
	t.Parallel()
	r := newRing(`[{"name":"ads"}]`)
	for _, secret := range []string{oldSecret, newSecret} {
		if match, err := r.verify(t, signed(t, signature.Outpost, r.now, secret)); !errors.Is(err, destination.ErrUnauthentic) || match.Destination != nil {
			t.Errorf("%+v, %v", match, err)
		}
	}
}

// A name that the loaded list lacks causes a new load, so a destination that was just added is
// found at once. Names that do not exist cause only a bounded number of loads.
func TestAMissingNameLoadsTheListAgain(t *testing.T) {
	t.Parallel()
	r := newRing(`[]`)
	if _, err := r.Named(t.Context(), "ads"); !errors.Is(err, destination.ErrUnlisted) {
		t.Fatal(err)
	}
	r.source.set(`[{"name":"ads"}]`, nil)
	// 31 s later, the list in memory is not too old (60 s): only the missing name causes a load
	r.now = r.now.Add(31 * time.Second)
	if _, err := r.Named(t.Context(), "ads"); err != nil {
		t.Error(err)
	}
	loads := r.source.loads
	for range 10 {
		if _, err := r.Named(t.Context(), "none"); !errors.Is(err, destination.ErrUnlisted) {
			t.Error(err)
		}
	}
	if r.source.loads > loads+1 {
		t.Errorf("%d loads for a name that is not there", r.source.loads-loads)
	}
}

func TestNoListIsNotAMissingName(t *testing.T) {
	t.Parallel()
	r := newRing(`no list`)
	if _, err := r.Named(t.Context(), "ads"); !errors.Is(err, destination.ErrUnavailable) || errors.Is(err, destination.ErrUnlisted) {
		t.Error(err)
	}
}

package webhook_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/inbound"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

// One event comes through two destinations with different libraries, and only the second library
// has the master. The first destination must not skip the request.
func TestTheFirstOfTwoDestinationsDoesNotSkipTheMasterOfTheSecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		empty := masters.Library{Name: "films", Rules: placement.Rules{Prefix: "films/"}}
		d.handler.Libraries = append(d.handler.Libraries, empty)
		if err := d.index.SaveState(t.Context(), empty, masters.State{Format: masters.Format, Rules: empty.RuleSet(), Built: true}, ""); err != nil {
			t.Fatal(err)
		}
		const filmSecret = "whsec_films-films-films-films"
		list := fmt.Sprintf(`[{"name":"acme","secrets":[%q]},{"name":"films","library":"films","secrets":[%q]}]`, secret, filmSecret)
		d.handler.Keyring = destination.NewKeyring(fixed(list), destination.Config{MaxAge: time.Minute, Recheck: time.Minute, Now: time.Now})
		topic, body := sample(t, "requested-exact", r2, trigger)
		key, err := signature.NewKey(signature.Outpost, filmSecret)
		if err != nil {
			t.Fatal(err)
		}
		first := d.serve(t, http.MethodPost, topic, body, signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Now(), body))
		if first.Status/100 == 2 || d.far != 0 {
			t.Errorf("films: %+v with %d requests to the far side, want a refusal that is sent again", first, d.far)
		}
		if second := d.signed(t, topic, body); second != (inbound.Answer{Status: 200, Outcome: "delivered"}) {
			t.Errorf("acme: %+v, want delivered", second)
		}
	})
}

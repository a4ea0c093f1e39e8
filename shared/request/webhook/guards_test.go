package webhook_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// A callback may not go where uploads may, nor an upload where callbacks may.
func TestUploadsAndCallbacksHaveHostsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, hosts := range map[string][2]string{"callback": {r2, r2}, "upload": {trigger, trigger}} {
		synctest.Test(t, func(t *testing.T) {
			d := newFixture(t)
			topic, body := sample(t, "requested-exact", hosts[0], hosts[1])
			if a := d.signed(t, topic, body); a.Outcome == "delivered" || d.far != 0 {
				t.Errorf("a %s to the other's host: %+v, %d requests to the far side", name, a, d.far)
			}
		})
	}
}

// down is a ledger store that cannot be reached.
type down struct{ ledger.Store }

var errDown = errors.New("ledger down")

func (down) Load(context.Context, string) (ledger.Item, error) { return ledger.Item{}, errDown }
func (down) Save(context.Context, ledger.Item) error           { return errDown }

// What is not recorded must come again, so the gateway is not told that all is well.
func TestNothingIsAnsweredForGoodWhileTheLedgerIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		d.handler.Service.Ledger.Store = down{d.store}
		_, foreign := sample(t, "requested-exact", "evil.example", trigger)
		for name, body := range map[string][]byte{"malformed": []byte(`{{`), "a foreign host": foreign} {
			if a := d.signed(t, platform.TopicRequested, body); a.Status != 503 || d.far != 0 {
				t.Errorf("%s: %+v", name, a)
			}
		}
	})
}

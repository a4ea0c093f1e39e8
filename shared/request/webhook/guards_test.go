package webhook_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/destination"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
	"masterhand/shared/request/webhook"
)

// An upload must not go to a host for callbacks, nor a callback to a host for uploads. Such a
// request stays open, because a person may allow the host.
func TestUploadsAndCallbacksHaveHostsOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, hosts := range map[string][2]string{"callback": {r2, r2}, "upload": {trigger, trigger}} {
		synctest.Test(t, func(t *testing.T) {
			d := newFixture(t)
			topic, body := sample(t, "requested-exact", hosts[0], hosts[1])
			if a := d.signed(t, topic, body); a.Outcome != "unavailable" || d.far != 0 {
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

// If a body could not be recorded, the answer must make the gateway send it again.
func TestABodyThatIsNotRecordedMustComeAgain(t *testing.T) {
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

// The report of a webhook states the answer, the class of the event, the event's id, how long the
// run took, and the error, if any.
func TestAWebhookIsReportedAsItWasServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			change func(*fixture)
			header string
			want   webhook.Served
			hasErr bool
		}{
			"delivered":       {func(*fixture) {}, "x-outpost-event-id", webhook.Served{Status: 200, Answer: "delivered", Class: platform.Requested, EventID: "evt", Duration: time.Second}, false},
			"by another name": {func(*fixture) {}, "webhook-id", webhook.Served{Status: 200, Answer: "delivered", Class: platform.Requested, EventID: "evt", Duration: time.Second}, false},
			"no such library": {func(d *fixture) { d.handler.Libraries = nil }, "", webhook.Served{Status: 503, Answer: "unavailable", Class: platform.Requested}, true},
			"ledger down":     {func(d *fixture) { d.handler.Service.Ledger.Store = down{d.store} }, "", webhook.Served{Status: 503, Answer: "unavailable", Class: platform.Requested}, false},
			"no secret loaded": {func(d *fixture) {
				d.handler.Keyring = destination.NewKeyring(fixed("no JSON"), destination.Config{Now: time.Now})
			}, "", webhook.Served{Status: 503, Answer: "unavailable"}, true},
		} {
			d := newFixture(t)
			c.change(d)
			// half a second each for the upload and the callback, so a delivery takes one second
			d.meanwhile = func() { <-time.After(time.Second / 2) }
			var got webhook.Served
			d.handler.Report = func(_ context.Context, s webhook.Served) { got = s }
			topic, body := sample(t, "requested-exact", r2, trigger)
			key, err := signature.NewKey(signature.Outpost, secret)
			if err != nil {
				t.Fatal(err)
			}
			headers := signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Now(), body)
			headers[c.header] = "evt"
			d.serve(t, "POST", topic, body, headers)
			if got.Status != c.want.Status || got.Answer != c.want.Answer || got.Class != c.want.Class || got.EventID != c.want.EventID ||
				got.Duration != c.want.Duration || got.Topic != topic || got.Size != len(body) || (got.Err != nil) != c.hasErr {
				t.Errorf("%s: reported %+v", name, got)
			}
			if (got.Class == platform.Requested) == got.Request.CompleteURL.IsZero() {
				t.Errorf("%s: reported without its request", name)
			}
		}
	})
}

func TestABodyThatCannotBeRecordedIsReportedWithBothReasons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		d.handler.Service.Ledger.Store = down{d.store}
		d.handler.Report = func(_ context.Context, s webhook.Served) {
			if !errors.Is(s.Err, errDown) || !errors.Is(s.Err, platform.ErrMalformed) {
				t.Errorf("reported: %v", s.Err)
			}
		}
		d.signed(t, platform.TopicRequested, []byte(`{{`))
	})
}

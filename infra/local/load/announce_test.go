package load_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"masterhand/infra/local/announce"
	"masterhand/infra/local/load"
	"masterhand/infra/local/services"
	"masterhand/infra/local/system"
	"masterhand/infra/local/systemtest"
)

// What is announced while nobody collects is counted at all places; who answers without
// keeping it is found out.
func TestAnnounce(t *testing.T) {
	s := systemtest.Start(t, system.Config{HoldCollect: true})
	var out bytes.Buffer
	c := load.AnnounceConfig{System: s.System, Makers: s.Makers, Out: &out, AtOnce: 12, Waves: 2}
	if err := load.Announce(t.Context(), c); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	for _, want := range []string{"12 senders at once", "cold    12 answers", "warm    24 answers", "36 sent: 36 taken at the first attempt, 36 records, 36 messages"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, &out)
		}
	}
	forgetful := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(forgetful.Close)
	c.Makers = announce.New(announce.Config{
		URL: forgetful.URL + "/", Secrets: announce.NewSecrets(), Clients: s.Clients(), Bucket: services.IntakeBucket, Table: services.Table,
	})
	if err := load.Announce(t.Context(), c); !errors.Is(err, load.ErrWrong) || !strings.Contains(out.String(), "36 taken at the first attempt, 0 records, 0 messages") {
		t.Errorf("%v\n%s", err, &out)
	}
}

package fulfillment_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

var errForeign = &destination.HostError{Destination: "d", Field: "fulfillment.uploadUrl", Host: "evil.example"}

// At every stage, a run contacts no host before the destination allows it. Once the hosts are
// allowed, the request is delivered.
func TestARequestIsHeldUntilItsHostsAreAllowed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*testing.T, *fixture) // brings the request to a stage before the hosts are disallowed
		want    fulfillment.Status
	}{
		"a delivery": {func(t *testing.T, s *fixture) { s.add(t, key, film, true, nil) }, fulfillment.Delivered},
		"a skip":     {func(*testing.T, *fixture) {}, fulfillment.Skipped},
		"an upload that is not confirmed": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, nil)
			s.callback = func(int) (int, error) { return http.StatusBadGateway, nil }
		}, fulfillment.Delivered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, q := newFixture(t), &queue{}
				s.service.Queue = q
				r := wanted()
				c.prepare(t, s)
				if s.callback != nil {
					s.fulfil(t, r)
					s.callback = nil
				}
				uploads, callbacks := len(s.uploads), len(s.callbacks)
				s.hosts = errForeign
				if len(q.jobs) == 0 {
					if o := s.fulfil(t, r); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeHost || o.Host != "evil.example" {
						t.Fatalf("with a foreign host: %+v", o)
					}
				}
				for range 3 {
					if o := s.finish(t, q); o.Status != fulfillment.Retry || o.Code != fulfillment.CodeHost {
						t.Fatalf("in the queue: %+v", o)
					}
				}
				if i := s.item(t, r); i.Code != fulfillment.CodeHost || i.State.Ended() {
					t.Errorf("the ledger says %s, %s", i.State, i.Code)
				}
				if len(s.uploads) != uploads || len(s.callbacks) != callbacks {
					t.Errorf("%d uploads and %d callbacks before the hosts were allowed", len(s.uploads)-uploads, len(s.callbacks)-callbacks)
				}
				s.hosts = nil
				if o := s.finish(t, q); o.Status != c.want {
					t.Errorf("after the repair: %+v", o)
				}
			})
		})
	}
}

func TestHostsThatCannotBeReadHoldTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		s.hosts = errors.New("no list")
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || o.Host != "" || len(s.uploads) > 0 {
			t.Errorf("%+v, %d uploads", o, len(s.uploads))
		}
	})
}

// If a request expires while the destination does not allow its host, the outcome's code is
// CodeHost and not "expired".
func TestAnExpiredRequestSaysThatItsHostWasMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			hosts error
			code  string
		}{{nil, "expired"}, {errForeign, fulfillment.CodeHost}} {
			s := newFixture(t)
			s.hosts = c.hosts
			r := wanted()
			r.ExpiresAt = time.Now()
			if o := s.fulfil(t, r); o.Status != fulfillment.Expired || o.Code != c.code {
				t.Errorf("%+v, want the code %s", o, c.code)
			}
			if i := s.item(t, r); i.State != ledger.Expired || i.Code != c.code {
				t.Errorf("the ledger says %s, %s", i.State, i.Code)
			}
		}
	})
}

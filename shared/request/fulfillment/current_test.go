package fulfillment_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
)

// While the index lags, nothing goes out that is no longer the master.
func TestNothingIsDeliveredThatTheIndexKnowsNoMore(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]string{masters.LabelCode: "OTHER", masters.LabelVariation: "1"}
	for name, change := range map[string]func(*fixture){
		"overwritten":      func(s *fixture) { s.bucket.Put(key, []byte("other"), nil) },
		"deleted":          func(s *fixture) { s.bucket.Delete(key) },
		"labelled":         func(s *fixture) { s.bucket.Tag(key, elsewhere) },
		"another locale":   func(s *fixture) { s.bucket.Tag(key, map[string]string{masters.LabelLocale: "de"}) },
		"labelled wrongly": func(s *fixture) { s.bucket.Tag(key, map[string]string{masters.LabelCode: "OTHER"}) },
		"unreadable": func(s *fixture) {
			s.bucket.BeforeLook = func(string) error { return errors.New("403") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, q := newFixture(t), wanted(), &queue{}
				s.service.Queue = q
				s.add(t, key, film, true, nil)
				change(s)
				if o := s.fulfil(t, r); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeIndex || len(s.uploads)+len(s.callbacks) != 0 {
					t.Errorf("%+v, %d uploads, callbacks %q", o, len(s.uploads), s.callbacks)
				}
			})
		})
	}
}

package fulfillment_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
)

// While the index lags, a file that is no longer the master is not delivered, and the outcome says
// why the request waits.
func TestAFileThatIsNoLongerTheMasterIsNotDelivered(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]string{masters.LabelCode: "OTHER", masters.LabelVariation: "1"}
	for name, c := range map[string]struct {
		change func(*fixture)
		says   string
	}{
		"overwritten":           {func(s *fixture) { s.bucket.Put(key, []byte("other"), nil) }, "the master was replaced"},
		"overwritten as long":   {func(s *fixture) { s.bucket.Put(key, bytes.ToUpper(film), nil) }, "the master was replaced"},
		"deleted":               {func(s *fixture) { s.bucket.Delete(key) }, "the master was deleted"},
		"labelled":              {func(s *fixture) { s.bucket.Tag(key, elsewhere) }, "the master was placed elsewhere"},
		"another locale":        {func(s *fixture) { s.bucket.Tag(key, map[string]string{masters.LabelLocale: "de"}) }, "the master was placed elsewhere"},
		"labelled wrongly":      {func(s *fixture) { s.bucket.Tag(key, map[string]string{masters.LabelCode: "OTHER"}) }, "the master was placed elsewhere"},
		"unreadable":            {func(s *fixture) { s.bucket.BeforeLook = func(string) error { return errors.New("403") } }, "looking at the chosen master: 403"},
		"deleted, and no state": {func(s *fixture) { s.bucket.Delete(key); s.service.Index.Blobs = unreadableFor{s.index.Blobs, "state/"} }, "403"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, q := newFixture(t), wanted(), &queue{}
				s.service.Queue = q
				s.add(t, key, film, true, nil)
				c.change(s)
				if o := s.fulfil(t, r); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeIndex || len(s.uploads)+len(s.callbacks) != 0 || !strings.HasSuffix(o.Detail, c.says) {
					t.Errorf("%+v, %d uploads, callbacks %q", o, len(s.uploads), s.callbacks)
				}
			})
		})
	}
}

// movedFixture returns a fixture whose index was built for a bucket other than the one in the
// settings.
func movedFixture(t *testing.T) *fixture {
	t.Helper()
	s := newFixture(t)
	state, revision, err := s.index.State(t.Context(), library)
	if err == nil {
		state.Bucket, state.Built = "old", false
		err = s.index.SaveState(t.Context(), library, state, revision)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.service.Queue = &queue{}
	return s
}

// If the index was built for a bucket other than the one in the settings, a master is delivered
// only if the bucket has the same bytes under the same key. No request is skipped, and the outcome
// says why a request waits.
func TestAnIndexOfAnotherBucketDeliversOnlyTheSameBytes(t *testing.T) {
	t.Parallel()
	old := func(m *masters.Master) { m.VersionID = "a version of the old bucket" }
	for name, change := range map[string]func(*testing.T, *fixture){
		"no such key": func(t *testing.T, s *fixture) { s.add(t, key, film, true, old); s.bucket.Delete(key) },
		"other bytes": func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, old)
			s.bucket.Put(key, []byte("another film"), nil)
		},
		"the same ETag, another size": func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, func(m *masters.Master) { old(m); m.Size++ })
		},
		"no master listed": func(*testing.T, *fixture) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := movedFixture(t), wanted()
				change(t, s)
				o := s.fulfil(t, r)
				if o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeIndex || len(s.uploads)+len(s.callbacks) != 0 {
					t.Errorf("%+v, %d uploads, callbacks %q", o, len(s.uploads), s.callbacks)
				}
				if !strings.Contains(o.Detail, "is of bucket old, but the settings name bucket") || !strings.Contains(o.Detail, "masterhand reindex --status") {
					t.Errorf("detail %q", o.Detail)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s, r := movedFixture(t), wanted()
		s.add(t, key, film, true, old)
		s.service.Bucket = versioned{s.bucket, "a version of the new bucket"}
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered || o.Decision.VersionID != "a version of the new bucket" || len(s.uploads) != 1 || !bytes.Equal(s.uploads[0], film) {
			t.Errorf("%+v, %d uploads", o, len(s.uploads))
		}
	})
}

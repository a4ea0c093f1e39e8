package fulfillment_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/request/fulfillment"
)

func TestSkipsOnlyWhenAbsenceIsProved(t *testing.T) {
	t.Parallel()
	square := func(m *masters.Master) { m.Aspect = "1x1" }
	for name, c := range map[string]struct {
		prepare func(*testing.T, *fixture)
		want    fulfillment.Status
	}{
		"nothing at all":                {func(*testing.T, *fixture) {}, fulfillment.Skipped},
		"another aspect":                {func(t *testing.T, s *fixture) { s.add(t, "HRT-1212/v2/en/1x1.mp4", film, true, square) }, fulfillment.Skipped},
		"similar creatives":             {func(t *testing.T, s *fixture) { s.add(t, "HRT-1212/v20/en/9x16.mp4", film, false, nil) }, fulfillment.Skipped},
		"a thumbnail":                   {func(t *testing.T, s *fixture) { s.add(t, "HRT-1212/v2/en/9x16_thumb.jpg", film, false, nil) }, fulfillment.Skipped},
		"a film called a preview":       {func(t *testing.T, s *fixture) { s.add(t, "HRT-1212-2_en_9x16_preview.mp4", film, false, nil) }, fulfillment.Retry},
		"another creative's name":       {func(t *testing.T, s *fixture) { s.add(t, "HRT-1212/v2/HRT-99-1_en_9x16.mp4", film, false, nil) }, fulfillment.Retry},
		"a key not indexed":             {func(t *testing.T, s *fixture) { s.add(t, key, film, false, nil) }, fulfillment.Retry},
		"a key indexed as it was":       {func(t *testing.T, s *fixture) { s.add(t, key, film, true, square); s.bucket.Put(key, film, nil) }, fulfillment.Retry},
		"one in a folder":               {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT-1212-2_draft_9x16_teaser.mp4") }, fulfillment.Retry},
		"two creatives":                 {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT-1212-2 or HRT-1213-3.mp4") }, fulfillment.Retry},
		"two variations":                {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT-1212/2/3/en.mp4") }, fulfillment.Retry},
		"two other variations":          {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT-1212/4/3/en.mp4") }, fulfillment.Skipped},
		"what mentions another":         {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT-1212/version 3/en.mp4") }, fulfillment.Skipped},
		"what lies beside masters":      {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT-1212/2/brief.pdf") }, fulfillment.Skipped},
		"no media, without extension":   {func(t *testing.T, s *fixture) { s.learn(t, "HRT-1212/2/3/brief") }, fulfillment.Skipped},
		"and where their folder begins": {func(t *testing.T, s *fixture) { s.learn(t, "HRT-1212/2/brief.pdf") }, fulfillment.Skipped},
		"before it is looked at":        {func(t *testing.T, s *fixture) { s.add(t, "HRT-1212/2/3/brief", film, false, nil) }, fulfillment.Retry},
		"tagged elsewhere": {func(t *testing.T, s *fixture) {
			s.learn(t, "HRT-1212-2_draft_9x16_teaser.mp4", "creative-code", "HRT-1212", "creative-variation", "3")
		}, fulfillment.Skipped},
		"tagged elsewhere, and but mentioned": {func(t *testing.T, s *fixture) {
			s.learn(t, "HRT-1212/cut 2/en.mp4", "creative-code", "HRT-1212", "creative-variation", "3")
		}, fulfillment.Skipped},
		"tagged in a way that cannot be used": {func(t *testing.T, s *fixture) {
			s.learn(t, "films/hero.mp4", "creative-code", "HRT-1212", "creative-variation", "v2")
		}, fulfillment.Retry},
		"a folder of thumbnails":      {func(t *testing.T, s *fixture) { s.learn(t, "thumbs/HRT-1212-2_en_9x16.jpg") }, fulfillment.Skipped},
		"a code in brackets":          {func(t *testing.T, s *fixture) { s.learn(t, "[HRT-1212-2] or [HRT-1213-2] 9x16 en.mp4") }, fulfillment.Retry},
		"a code behind a date":        {func(t *testing.T, s *fixture) { s.learn(t, "2025/08/HRT-1212-2-Summer-Sale-v3.mp4") }, fulfillment.Retry},
		"a version far from the code": {func(t *testing.T, s *fixture) { s.learn(t, "HRT-1212 - Summer Sale/V2/V3/9x16.mp4") }, fulfillment.Retry},
		"a client before the code":    {func(t *testing.T, s *fixture) { s.learn(t, "CLIENT-HRT-1212-2_9x16_en.mp4") }, fulfillment.Retry},
		"an aspect behind a dot":      {func(t *testing.T, s *fixture) { s.learn(t, "HRT-1212-2.WIP.mp4") }, fulfillment.Retry},
		"a hidden folder by its name": {func(t *testing.T, s *fixture) { s.learn(t, "films/.HRT-1212-2./9x16.mp4") }, fulfillment.Retry},
		"wrapped, another variation":  {func(t *testing.T, s *fixture) { s.learn(t, "[HRT-1212-3] Summer Sale 9x16 en.mp4") }, fulfillment.Skipped},
		"wrapped, and tagged elsewhere": {func(t *testing.T, s *fixture) {
			s.learn(t, "[HRT-1212-2] Summer Sale.mp4", "creative-code", "OTHER-1", "creative-variation", "1")
		}, fulfillment.Skipped},
		"wrapped, and no media":         {func(t *testing.T, s *fixture) { s.learn(t, "[HRT-1212-2] brief.pdf") }, fulfillment.Skipped},
		"a key placed, and not indexed": {func(t *testing.T, s *fixture) { s.add(t, "HRT-1212-2_final_9x16.mp4", film, false, nil) }, fulfillment.Retry},
		"excluded by a tag":             {func(t *testing.T, s *fixture) { s.learn(t, "[HRT-1212-2] draft.mp4", "masterhand-ignore", "true") }, fulfillment.Skipped},
		"tagged as it is called": {func(t *testing.T, s *fixture) {
			s.learn(t, "CLIENT-HRT-1212-2.mp4", "creative-code", "CLIENT-HRT-1212", "creative-variation", "2")
		}, fulfillment.Skipped},
		"of a longer code, with a locale's tag": {func(t *testing.T, s *fixture) {
			s.learn(t, "HRT-1212-A-2_en.mp4", "creative-locale", "de")
		}, fulfillment.Retry},
		"unplaced, and tagged here in another locale": {func(t *testing.T, s *fixture) {
			s.learn(t, "[HRT-1212-2] draft.mp4", "creative-code", "HRT-1212", "creative-variation", "2", "creative-locale", "de")
		}, fulfillment.Skipped},
		"a locale that is not clear": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, func(m *masters.Master) { m.Locale, m.LocaleUnclear = "", "UK is a market" })
		}, fulfillment.Retry},
		"events wait":                       {func(_ *testing.T, s *fixture) { s.waiting = 1 }, fulfillment.Retry},
		"index not built":                   {func(_ *testing.T, s *fixture) { s.service.Index = masters.Index{Blobs: &masterstest.Memory{}} }, fulfillment.Retry},
		"index unreadable":                  {func(_ *testing.T, s *fixture) { s.service.Index = masters.Index{Blobs: denied{}} }, fulfillment.Retry},
		"in a folder called proofs":         {func(t *testing.T, s *fixture) { s.learn(t, "proofs/HRT-1212-2_en_9x16.mp4") }, fulfillment.Retry},
		"a master that cannot be read":      {func(t *testing.T, s *fixture) { s.file(t, key, false) }, fulfillment.Retry},
		"a master that cannot be looked at": {func(t *testing.T, s *fixture) { s.file(t, key, true) }, fulfillment.Retry},
		"a tagged file that cannot be read": {func(t *testing.T, s *fixture) {
			s.file(t, "hero.mp4", false, "creative-code", "HRT-1212", "creative-variation", "2", "creative-locale", "en")
		}, fulfillment.Retry},
		"a tagged file that cannot be looked at": {func(t *testing.T, s *fixture) {
			s.file(t, "hero.mp4", true, "creative-code", "HRT-1212", "creative-variation", "2", "creative-locale", "en")
		}, fulfillment.Retry},
		"another creative's that cannot be read": {func(t *testing.T, s *fixture) { s.file(t, "HRT-1213/v2/en/9x16.mp4", false) }, fulfillment.Skipped},
		"another's that cannot be looked at":     {func(t *testing.T, s *fixture) { s.file(t, "HRT-1212/v3/en/9x16.mp4", true) }, fulfillment.Skipped},
		"a document that is full": {func(t *testing.T, s *fixture) {
			doc, revision, err := s.index.Document(t.Context(), library, wanted().Slot.Creative)
			if err == nil {
				err = s.index.SaveFull(t.Context(), library, doc, revision)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, fulfillment.Retry},
		"a file of unknown aspect": {func(t *testing.T, s *fixture) {
			s.add(t, "HRT-1212/v2/en/a.mkv", film, true, func(m *masters.Master) { m.Aspect = "" })
		}, fulfillment.Retry},
		"only the archived master": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, func(m *masters.Master) { m.StorageClass = "GLACIER" })
			s.bucket.Archive(key)
		}, fulfillment.Failed},
		"an archived master that was restored by now": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, func(m *masters.Master) { m.StorageClass = "GLACIER" })
		}, fulfillment.Retry},
		"an archived master that was replaced by now": {func(t *testing.T, s *fixture) {
			s.add(t, "tagged.mp4", film, true, func(m *masters.Master) { m.StorageClass, m.ETag = "GLACIER", `"0"` })
			s.bucket.Archive("tagged.mp4")
		}, fulfillment.Retry},
		"an archived master that was deleted by now": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, func(m *masters.Master) { m.StorageClass = "GLACIER" })
			s.bucket.Delete(key)
		}, fulfillment.Retry},
		"a master that was archived by now": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, nil)
			s.bucket.Archive(key)
		}, fulfillment.Retry},
		"only a corrupt master": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, func(m *masters.Master) { m.Problem = masters.Corrupt })
		}, fulfillment.Skipped},
		"labels say another creative": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, false, nil)
			o, _ := s.bucket.Look(t.Context(), key)
			placed := masters.Placed{Format: masters.Format, Key: key, ETag: o.ETag, Rules: library.RuleSet(), Documents: []creative.Creative{{Code: "OTHER", Variation: 1}}}
			if _, err := s.index.SavePlaced(t.Context(), library, placed, ""); err != nil {
				t.Fatal(err)
			}
		}, fulfillment.Skipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := newFixture(t), wanted()
				c.prepare(t, s)
				o := s.fulfil(t, r)
				if o.Status != c.want {
					t.Errorf("outcome %+v, want %s", o, c.want)
				}
				if skipped := len(s.callbacks) == 1 && strings.HasPrefix(s.callbacks[0], `{"skip":true,`); skipped != (c.want == fulfillment.Skipped) {
					t.Errorf("callbacks %q", s.callbacks)
				}
				if len(s.uploads) != 0 {
					t.Error("bytes were uploaded")
				}
			})
		})
	}
}

// file puts an object into the bucket and indexes it. The object cannot be read. If unseen is true,
// even a HEAD request for it fails.
func (s *fixture) file(t *testing.T, key string, unseen bool, tags ...string) {
	t.Helper()
	s.bucket.Put(key, film, labels(tags))
	refuse := func(k string) error {
		if k == key {
			return errors.New("403 KMS.DisabledException")
		}
		return nil
	}
	if s.bucket.BeforeRead = refuse; unseen {
		s.bucket.BeforeLook = refuse
	}
	indexer := indexing.Indexer{Documents: s.index, Bucket: s.bucket, Libraries: []masters.Library{library}}
	for _, r := range indexer.File(t.Context(), []string{key}) {
		if r.Err != nil || r.Unread == "" {
			t.Fatalf("filed: %+v", r)
		}
	}
}

func labels(tags []string) map[string]string {
	labels := map[string]string{}
	for i := 0; i < len(tags); i += 2 {
		labels[tags[i]] = tags[i+1]
	}
	return labels
}

// learn puts an object with the tags (names and values in turn) into the bucket and indexes it.
func (s *fixture) learn(t *testing.T, key string, tags ...string) {
	t.Helper()
	s.learnIn(t, library, key, tags...)
}

// learnIn puts an object with the tags (names and values in turn) into the bucket and indexes it in
// the library lib.
func (s *fixture) learnIn(t *testing.T, lib masters.Library, key string, tags ...string) {
	t.Helper()
	s.bucket.Put(key, film, labels(tags))
	indexer := indexing.Indexer{Documents: s.index, Bucket: s.bucket, Libraries: []masters.Library{lib}}
	if failed := indexer.Apply(t.Context(), []string{key}); len(failed) > 0 {
		t.Fatal(failed)
	}
}

// denied fails every read of the index, as a store without permission does.
type denied struct{ masters.Blobs }

func (denied) Load(context.Context, string) ([]byte, string, error) {
	return nil, "", errors.New("403")
}

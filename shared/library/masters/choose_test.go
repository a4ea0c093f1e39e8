package masters_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

var wanted = creative.Slot{
	Project: "p", Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en", Kind: creative.Video, Aspect: "9x16",
}

// master returns a master that answers the test's slot. The function edit, unless nil, changes the
// master before it is returned.
func master(key string, edit func(*masters.Master)) masters.Master {
	m := masters.Master{
		Key: key, ETag: `"1"`, Size: 1000, Kind: creative.Video, Locale: "en", Aspect: "9x16",
		Probed: true, Width: 1080, Height: 1920, Extension: "mp4", MediaType: "video/mp4",
	}
	if edit != nil {
		edit(&m)
	}
	return m
}

func document(list ...masters.Master) masters.Document {
	d := masters.NewDocument(wanted.Creative)
	d.Masters = list
	return d
}

// A file with an unclear locale prevents a skip, even in a library with a default locale for masters
// without one. It does not prevent a skip if its kind or the aspect of its pixels does not fit the
// request.
func TestChooseWithAnUnclearLocale(t *testing.T) {
	t.Parallel()
	unclear := func(edits ...func(*masters.Master)) masters.Master {
		m := master("HRT-1212-2_UK.mp4", func(m *masters.Master) { m.Locale, m.LocaleUnclear = "", "UK is a market, not a language" })
		for _, edit := range edits {
			edit(&m)
		}
		return m
	}
	for name, test := range map[string]struct {
		list    []masters.Master
		verdict masters.Verdict
		reason  string
	}{
		"alone":           {[]masters.Master{unclear()}, masters.Unclear, "unclear_locale"},
		"corrupt":         {[]masters.Master{unclear(func(m *masters.Master) { m.Problem = masters.Corrupt })}, masters.Unclear, "unclear_locale"},
		"beside a master": {[]masters.Master{unclear(), master("a.mp4", nil)}, masters.Deliver, ""},
		"a picture":       {[]masters.Master{unclear(func(m *masters.Master) { m.Kind = creative.Image })}, masters.Absent, "no_match:kind"},
		"a square":        {[]masters.Master{unclear(func(m *masters.Master) { m.Aspect, m.Probed = "1x1", true })}, masters.Absent, "no_match:aspect"},
		"called a square": {[]masters.Master{unclear(func(m *masters.Master) { m.Aspect, m.Probed = "1x1", false })}, masters.Unclear, "unclear_locale"},
	} {
		c := masters.Choose(document(test.list...), wanted, masters.Library{UnlabelledLocale: wanted.Locale, FallbackLocales: []creative.Locale{wanted.Locale}})
		if c.Verdict != test.verdict || c.Reason != test.reason {
			t.Errorf("%s: %v %s, want %v %s", name, c.Verdict, c.Reason, test.verdict, test.reason)
		}
	}
}

func TestChooseDrops(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit    func(*masters.Master)
		drop    masters.Drop
		verdict masters.Verdict
		reason  string
	}{
		"nothing wrong":    {nil, "", masters.Deliver, ""},
		"other kind":       {func(m *masters.Master) { m.Kind = creative.Image }, masters.OtherKind, masters.Absent, "no_match:kind"},
		"other locale":     {func(m *masters.Master) { m.Locale = "de" }, masters.OtherLocale, masters.Absent, "no_match:locale"},
		"narrower locale":  {func(m *masters.Master) { m.Locale = "en-us" }, masters.OtherLocale, masters.Absent, "no_match:locale"},
		"no locale":        {func(m *masters.Master) { m.Locale = "" }, masters.NoLocale, masters.Absent, "no_match:locale"},
		"other aspect":     {func(m *masters.Master) { m.Aspect = "1x1" }, masters.OtherAspect, masters.Absent, "no_match:aspect"},
		"unknown aspect":   {func(m *masters.Master) { m.Aspect = "" }, masters.UnknownAspect, masters.Unclear, "unknown_aspect"},
		"corrupt":          {func(m *masters.Master) { m.Problem = masters.Truncated }, masters.Unreadable, masters.Unusable, "corrupt"},
		"corrupt, unnamed": {func(m *masters.Master) { m.Problem, m.Aspect = masters.Corrupt, "" }, masters.Unreadable, masters.Unusable, "corrupt"},
		"container":        {func(m *masters.Master) { m.Extension = "" }, masters.OtherContainer, masters.Unusable, "unsupported_container"},
		"largest":          {func(m *masters.Master) { m.Size = masters.MaxUpload }, "", masters.Deliver, ""},
		"too large":        {func(m *masters.Master) { m.Size = masters.MaxUpload + 1 }, masters.TooLarge, masters.Unusable, "too_large"},
		"archived":         {func(m *masters.Master) { m.StorageClass = "DEEP_ARCHIVE" }, masters.ArchivedStorage, masters.Archived, "archived"},
		"instant archive":  {func(m *masters.Master) { m.StorageClass = "GLACIER_IR" }, "", masters.Deliver, ""},
	} {
		choice := masters.Choose(document(master("a.mp4", c.edit)), wanted, library)
		if choice.Verdict != c.verdict || choice.Reason != c.reason || choice.Candidates[0].Drop != c.drop {
			t.Errorf("%s: verdict %d %q, dropped by %q; want %d %q, %q",
				name, choice.Verdict, choice.Reason, choice.Candidates[0].Drop, c.verdict, c.reason, c.drop)
		}
	}
	if choice := masters.Choose(document(), wanted, library); choice.Verdict != masters.Absent || choice.Reason != "no_match:creative" {
		t.Errorf("empty document: %+v", choice)
	}
}

// A file that could not be read has no known size in pixels or type. That never makes the verdict
// Unusable or Absent. The aspect in such a file's name does not exclude the file, because the
// pixels may differ from it. An aspect that a label states does.
func TestChooseNeverTakesUnseenForUnusable(t *testing.T) {
	t.Parallel()
	frozen := func(m *masters.Master) { m.StorageClass = "GLACIER" }
	unseen := func(m *masters.Master) { m.Probed, m.Width, m.Height, m.Extension, m.MediaType = false, 0, 0, "", "" }
	aspect := func(a creative.Aspect) func(*masters.Master) { return func(m *masters.Master) { m.Aspect = a } }
	labelled := func(m *masters.Master) { m.AspectLabelled = true }
	kind := func(k creative.Kind) func(*masters.Master) { return func(m *masters.Master) { m.Kind = k } }
	large := func(m *masters.Master) { m.Size = masters.MaxUpload + 1 }
	corrupt := func(m *masters.Master) { m.Problem = masters.Corrupt }
	gif := func(m *masters.Master) { m.Container, m.Extension = "gif", "" }
	type edits []func(*masters.Master)
	for name, c := range map[string]struct {
		edits   edits
		drop    masters.Drop
		verdict masters.Verdict
	}{
		"archived, unseen":                     {edits{frozen, unseen}, masters.ArchivedStorage, masters.Archived},
		"archived, unseen, of no aspect":       {edits{frozen, unseen, aspect("")}, masters.ArchivedStorage, masters.Archived},
		"archived, of another aspect by name":  {edits{frozen, unseen, aspect("1x1")}, masters.ArchivedStorage, masters.Archived},
		"archived, of another aspect by label": {edits{frozen, unseen, aspect("1x1"), labelled}, masters.OtherAspect, masters.Absent},
		"archived, of another aspect by pixel": {edits{frozen, aspect("1x1")}, masters.OtherAspect, masters.Absent},
		"archived, of another kind":            {edits{frozen, unseen, kind(creative.Image)}, masters.OtherKind, masters.Absent},
		"archived, of a kind not known":        {edits{frozen, unseen, kind("")}, masters.ArchivedStorage, masters.Archived},
		"archived, too large":                  {edits{frozen, large}, masters.ArchivedStorage, masters.Archived},
		"archived, seen corrupt":               {edits{frozen, corrupt}, masters.ArchivedStorage, masters.Archived},
		"archived, of another container":       {edits{frozen, gif}, masters.ArchivedStorage, masters.Archived},
		"unseen":                               {edits{unseen}, masters.Unseen, masters.Unclear},
		"unseen, of another aspect by name":    {edits{unseen, aspect("1x1")}, masters.Unseen, masters.Unclear},
		"unseen, of another aspect by label":   {edits{unseen, aspect("1x1"), labelled}, masters.OtherAspect, masters.Absent},
		"unseen, too large":                    {edits{unseen, large}, masters.Unseen, masters.Unclear},
		"seen, of a kind not known":            {edits{kind(""), corrupt}, masters.OtherKind, masters.Absent},
		"seen, of another container":           {edits{gif, large, corrupt}, masters.OtherContainer, masters.Unusable},
		"seen, too large":                      {edits{large, corrupt}, masters.TooLarge, masters.Unusable},
		"no media":                             {edits{unseen, func(m *masters.Master) { m.Problem = masters.NoMedia }}, masters.Unreadable, masters.Unusable},
	} {
		d := document(master("a.mp4", func(m *masters.Master) {
			for _, edit := range c.edits {
				edit(m)
			}
		}))
		choice := masters.Choose(d, wanted, library)
		if choice.Verdict != c.verdict || choice.Candidates[0].Drop != c.drop {
			t.Errorf("%s: verdict %d %q, dropped by %q; want %d, %q",
				name, choice.Verdict, choice.Reason, choice.Candidates[0].Drop, c.verdict, c.drop)
		}
		if c.drop == masters.OtherKind || c.drop == masters.OtherAspect || c.drop == masters.Unseen {
			continue
		}
		d.Refusals = []masters.Refusal{{Slot: masters.RefusalSlot(wanted), Key: "a.mp4", ETag: `"1"`}}
		refused := masters.RefusedBefore
		if c.drop == masters.ArchivedStorage {
			refused = c.drop
		}
		if got := masters.Choose(d, wanted, library).Candidates[0].Drop; got != refused {
			t.Errorf("%s, refused before: dropped by %q, want %q", name, got, refused)
		}
	}
}

// WithContentOf copies the content of the old master only if both have the same bytes.
func TestContentIsCopiedOnlyForTheSameBytes(t *testing.T) {
	t.Parallel()
	unseen := masters.Master{Key: "a.mp4", ETag: `"1"`, Size: 1000, Aspect: "1x1"}
	for name, c := range map[string]struct {
		edit func(old *masters.Master)
		want creative.Aspect
	}{
		"the same bytes":  {func(*masters.Master) {}, "9x16"},
		"another version": {func(old *masters.Master) { old.VersionID = "v" }, "9x16"},
		"another ETag":    {func(old *masters.Master) { old.ETag = `"2"` }, "1x1"},
		"another size":    {func(old *masters.Master) { old.Size = 1001 }, "1x1"},
		"another key":     {func(old *masters.Master) { old.Key = "b.mp4" }, "1x1"},
		"without pixels":  {func(old *masters.Master) { old.Probed = false }, "1x1"},
	} {
		if got := unseen.WithContentOf(master("a.mp4", c.edit)); got.Aspect != c.want {
			t.Errorf("%s: aspect %s, want %s", name, got.Aspect, c.want)
		}
	}
	seen := master("a.mp4", nil)
	if got := seen.WithContentOf(master("a.mp4", func(old *masters.Master) { old.Width = 1 })); got != seen {
		t.Errorf("seen already: %+v", got)
	}
}

// An object that has moved to another storage class is not the same object, because its bytes may
// have become unreadable.
func TestAnotherStorageClassIsAnotherObject(t *testing.T) {
	t.Parallel()
	o := masters.Object{Key: "a.mp4", ETag: `"1"`, Size: 1000}
	for name, storage := range map[string]masters.Storage{
		"class": {StorageClass: "GLACIER"}, "tier": {ArchiveStatus: "ARCHIVE_ACCESS"}, "restored": {Restored: true},
	} {
		other := o
		other.Storage = storage
		if o.Same(other) || !other.Same(other) {
			t.Errorf("%s: same %t, itself %t", name, o.Same(other), other.Same(other))
		}
	}
}

// An object can be read unless it is in an archive and has no restored copy. This also holds for
// documents that older versions wrote.
func TestStorageThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, archived := range map[string]bool{
		`{}`:                                              false,
		`{"storageClass":"STANDARD_IA"}`:                  false,
		`{"storageClass":"GLACIER_IR"}`:                   false,
		`{"storageClass":"GLACIER"}`:                      true,
		`{"storageClass":"DEEP_ARCHIVE"}`:                 true,
		`{"storageClass":"DEEP_ARCHIVE","restored":true}`: false,
		`{"storageClass":"INTELLIGENT_TIERING"}`:          false,
		`{"storageClass":"INTELLIGENT_TIERING","archiveStatus":"ARCHIVE_ACCESS"}`:      true,
		`{"storageClass":"INTELLIGENT_TIERING","archiveStatus":"DEEP_ARCHIVE_ACCESS"}`: true,
		`{"archiveStatus":"DEEP_ARCHIVE_ACCESS","restored":true}`:                      false,
	} {
		data := `{"format":1,"code":"HRT-1212","variation":2,"masters":[` + text + `]}`
		d, err := masters.DecodeDocument([]byte(data), wanted.Creative)
		if err != nil || d.Masters[0].Archived() != archived {
			t.Errorf("%s: %+v, %v; want archived %t", text, d, err, archived)
		}
	}
}

func TestChoosePrefers(t *testing.T) {
	t.Parallel()
	feed := wanted
	feed.Aspect, feed.Family = "", creative.Feed
	austrian := wanted
	austrian.Locale = "de-at"
	newer := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	aspect := func(a creative.Aspect, w, h int) func(*masters.Master) {
		return func(m *masters.Master) { m.Aspect, m.Width, m.Height = a, w, h }
	}
	for name, c := range map[string]struct {
		slot    creative.Slot
		library masters.Library
		behind  masters.Order    // the ordering rule that puts the last master of the list behind the others
		list    []masters.Master // the masters in the expected order, the best first
	}{
		"locale before pixels": {austrian, library, masters.ByLocale, []masters.Master{
			master("b", func(m *masters.Master) { m.Locale, m.Width = "de-at", 10 }),
			master("a", func(m *masters.Master) { m.Locale = "de" }),
		}},
		"feed's own order": {feed, library, masters.ByAspect, []masters.Master{
			master("c", aspect("4x5", 8, 10)), master("b", aspect("1x1", 100, 100)), master("a", aspect("3x4", 300, 400)),
		}},
		"feed's order by library": {feed, masters.Library{FeedPreference: []creative.Aspect{"1x1"}}, masters.ByAspect, []masters.Master{
			master("b", aspect("1x1", 10, 10)), master("a", aspect("3x4", 300, 400)),
		}},
		"pixels": {wanted, library, masters.ByPixels, []masters.Master{master("b", nil), master("a", func(m *masters.Master) { m.Width = 100 })}},
		"age":    {wanted, library, masters.ByAge, []masters.Master{master("b", func(m *masters.Master) { m.Modified = newer }), master("a", nil)}},
		"key":    {wanted, library, masters.ByKey, []masters.Master{master("a", nil), master("b", nil)}},
		"what is called what it is": {wanted, library, masters.ByConflict, []masters.Master{
			master("b", func(m *masters.Master) { m.NamedAspect, m.Copy, m.Width = "9x16", true, 10 }),
			master("a", func(m *masters.Master) { m.NamedAspect = "16x9" }),
		}},
		"originals": {wanted, library, masters.ByCopy, []masters.Master{
			master("b", func(m *masters.Master) { m.Width = 10 }), master("a", func(m *masters.Master) { m.Copy = true }),
		}},
		"unlabelled as told": {wanted, masters.Library{UnlabelledLocale: "en"}, "", []masters.Master{master("a", func(m *masters.Master) { m.Locale = "" })}},
	} {
		for range 10 { // shuffle the masters: the result must not depend on the document's order
			list := append([]masters.Master(nil), c.list...)
			rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			choice := masters.Choose(document(list...), c.slot, c.library)
			for i, candidate := range choice.Candidates {
				if candidate.Drop == "" && candidate.Master.Key != c.list[i].Key {
					t.Errorf("%s: place %d is %s, want %s", name, i, candidate.Master.Key, c.list[i].Key)
				}
			}
			if choice.Verdict != masters.Deliver || choice.Master.Key != c.list[0].Key {
				t.Errorf("%s: chose %q, want %q", name, choice.Master.Key, c.list[0].Key)
			}
			if last := choice.Candidates[len(c.list)-1]; last.Behind != c.behind {
				t.Errorf("%s: the last one is behind by %q, want %q", name, last.Behind, c.behind)
			}
		}
	}
}

// A fallback locale answers only if the requested locale and its parents have no master.
func TestAFallbackLocaleAnswersLast(t *testing.T) {
	t.Parallel()
	lib := masters.Library{Name: "own", FallbackLocales: []creative.Locale{"en", "de"}}
	slot := wanted
	slot.Locale = "pt-br"
	in := func(locale creative.Locale) masters.Master {
		return master(string(locale)+".mp4", func(m *masters.Master) { m.Locale = locale })
	}
	list := []masters.Master{in("pt-pt"), in("de"), in("en"), in("pt"), in("pt-br")}
	for _, want := range []creative.Locale{"pt-br", "pt", "en", "de"} {
		choice := masters.Choose(document(list...), slot, lib)
		if choice.Verdict != masters.Deliver || choice.Master.Locale != want {
			t.Errorf("chose %+v, want %s", choice, want)
		}
		list = slices.DeleteFunc(list, func(m masters.Master) bool { return m.Locale == want })
	}
	if choice := masters.Choose(document(list...), slot, lib); choice.Verdict != masters.Absent {
		t.Errorf("chose %+v, sideways", choice)
	}
}

func TestOriginalsGoBeforeCopies(t *testing.T) {
	t.Parallel()
	original := master("z.mp4", nil)
	copied := master("a.mp4", func(m *masters.Master) {
		m.Copy, m.Width, m.Height, m.Modified = true, 2160, 3840, time.Unix(9, 0)
	})
	if got := masters.Choose(document(copied, original), wanted, library).Master.Key; got != "z.mp4" {
		t.Errorf("chose %s", got)
	}
	if got := masters.Choose(document(copied), wanted, library).Master.Key; got != "a.mp4" {
		t.Errorf("chose %q where there is only a copy", got)
	}
}

func TestConflict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*masters.Master)
		want bool
	}{
		"they agree":       {func(m *masters.Master) { m.NamedAspect = "9x16" }, false},
		"they do not":      {func(m *masters.Master) { m.NamedAspect = "1x1" }, true},
		"the name is mute": {nil, false},
		"no pixels":        {func(m *masters.Master) { m.NamedAspect, m.Probed = "1x1", false }, false},
	} {
		if got := master("a.mp4", c.edit).Conflict(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestChooseNeverDeliversRefusedBytesToTheirSlotAgain(t *testing.T) {
	t.Parallel()
	d := document(master("a.mp4", func(m *masters.Master) { m.SHA256 = "aa" }))
	other := wanted
	other.Project = "another"
	for name, c := range map[string]struct {
		refusal masters.Refusal
		slot    creative.Slot
		want    masters.Verdict
	}{
		"these bytes":           {masters.Refusal{Slot: masters.RefusalSlot(wanted), SHA256: "aa"}, wanted, masters.Unusable},
		"this object":           {masters.Refusal{Slot: masters.RefusalSlot(wanted), Key: "a.mp4", ETag: `"1"`, SHA256: "bb"}, wanted, masters.Unusable},
		"this object's copy":    {masters.Refusal{Slot: masters.RefusalSlot(wanted), Key: "b.mp4", ETag: `"1"`, Size: 1000, SHA256: "bb"}, wanted, masters.Unusable},
		"another size":          {masters.Refusal{Slot: masters.RefusalSlot(wanted), Key: "b.mp4", ETag: `"1"`, Size: 1001, SHA256: "bb"}, wanted, masters.Deliver},
		"a size not known":      {masters.Refusal{Slot: masters.RefusalSlot(wanted), Key: "b.mp4", ETag: `"1"`, SHA256: "bb"}, wanted, masters.Deliver},
		"older bytes of it":     {masters.Refusal{Slot: masters.RefusalSlot(wanted), Key: "a.mp4", ETag: `"0"`, SHA256: "bb"}, wanted, masters.Deliver},
		"another slot's bytes":  {masters.Refusal{Slot: masters.RefusalSlot(other), SHA256: "aa"}, wanted, masters.Deliver},
		"a refusal without any": {masters.Refusal{Slot: masters.RefusalSlot(wanted)}, wanted, masters.Deliver},
	} {
		d.Refusals = []masters.Refusal{c.refusal}
		if choice := masters.Choose(d, c.slot, library); choice.Verdict != c.want {
			t.Errorf("%s: verdict %d %q, want %d", name, choice.Verdict, choice.Reason, c.want)
		}
	}
}

func TestDecodeDocumentRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON":            `{`,
		"another creative":   `{"format":1,"code":"HRT-1212","variation":20,"masters":[]}`,
		"another format":     `{"format":2,"code":"HRT-1212","variation":2,"masters":[]}`,
		"masters not a list": `{"format":1,"code":"HRT-1212","variation":2,"masters":{}}`,
	} {
		if d, err := masters.DecodeDocument([]byte(text), wanted.Creative); err == nil {
			t.Errorf("%s: read as %+v", name, d)
		}
	}
	if _, err := masters.DecodeDocument([]byte(`{"format":1,"code":"hrt-1212","variation":2,"masters":[]}`), wanted.Creative); err != nil {
		t.Errorf("a good document: %v", err)
	}
}

func FuzzDecodeDocument(f *testing.F) {
	f.Add([]byte(`{"format":1,"code":"HRT-1212","variation":2,"masters":[{"key":"a","etag":"b","size":3}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if d, err := masters.DecodeDocument(data, wanted.Creative); err == nil {
			masters.Choose(d, wanted, library)
		}
	})
}

func TestRefusers(t *testing.T) {
	t.Parallel()
	slot := func(project string, edit func(*creative.Slot)) string {
		s := wanted
		s.Project = project
		if edit != nil {
			edit(&s)
		}
		return masters.RefusalSlot(s)
	}
	var d masters.Document
	for _, name := range []string{
		slot("b#2", nil), slot("a", nil), slot("b#2", nil), "", "#9x16", "no slot",
		slot("other aspect", func(s *creative.Slot) { s.Aspect = "1x1" }),
		slot("other locale", func(s *creative.Slot) { s.Locale = "de" }),
		slot("other kind", func(s *creative.Slot) { s.Kind = creative.Image }),
	} {
		d.Refusals = append(d.Refusals, masters.Refusal{Slot: name})
	}
	if got := d.Refusers(wanted); !slices.Equal(got, []string{"a", "b#2"}) {
		t.Errorf("%q", got)
	}
	if got := (masters.Document{}).Refusers(wanted); len(got) > 0 {
		t.Errorf("%q of an empty document", got)
	}
}

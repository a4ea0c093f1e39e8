package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

func TestQuestion(t *testing.T) {
	t.Parallel()
	bare := filepath.Join(t.TempDir(), "bare.json")
	event := `{"projectId":"p","creative":{"code":"HRT-9","variation":1,"locale":"pt_BR","kind":"image","placementFamily":"feed","acceptedAspects":["1x1"]},
		"fulfillment":{"uploadUrl":"https://a.example/u","storageKey":"k","expiresAt":"2026-11-21T12:00:00Z","completeCallbackUrl":"https://b.example/c"}}`
	if err := os.WriteFile(bare, []byte(event), 0o600); err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"HRT-1212-2 en video 9x16":         "HRT-1212-2 en video 9x16",
		"HRT-1212-2 pt_BR IMAGE 1:1":       "HRT-1212-2 pt-br image 1x1",
		"HRT-2 en video story_reel":        "HRT-2 en video story_reel (9x16)",
		"requested-exact":                  "HRT-1212-2 en video 9x16",
		"../../events/requested-feed.json": "HRT-1212-2 en video feed (1x1, 3x4, 4x5)",
		bare:                               "HRT-9-1 pt-br image feed (1x1)",
	} {
		if slot, err := question(strings.Fields(words), ""); err != nil || slot.String() != want {
			t.Errorf("%s: %s, %v; want %s", words, slot, err, want)
		}
	}
}

func TestQuestionRefused(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]error{
		"":                         errUsage,
		"HRT-1212-2 en video":      errUsage,
		"HRT en video 9x16":        errUsage,
		"HRT-2 english! video 1":   errNoQuestion,
		"HRT-2 en sound 9x16":      errNoQuestion,
		"HRT-2 en video sideways":  errNoQuestion,
		"rejected":                 errNoRequest,
		"absent.json":              os.ErrNotExist,
		"HRT-1212":                 errNoQuestion,
		"https://a.example/e.json": errURL,
		"hoox-export-completed":    errAnnouncing,
		"../../events/intake/hoox-export-completed.json": errAnnouncing,
	} {
		if _, err := question(strings.Fields(words), ""); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", words, err, want)
		}
	}
	for words, says := range map[string]string{
		"nofile.json": "nofile.json: expected an event's file", "rejected": "rejected: ", "malformed": "malformed: ",
		"HRT-1212-2 en": "but there is no KIND and no ASPECT", "HRT-1212-2 en video": "but there is no ASPECT",
	} {
		if _, err := question(strings.Fields(words), ""); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", words, err, says)
		}
	}
	if _, err := question([]string{"malformed"}, ""); err == nil {
		t.Error("a malformed event was taken")
	}
}

func TestRequestsTable(t *testing.T) {
	t.Parallel()
	items := []ledger.Item{
		{ID: "req#0123456789abcdef", State: ledger.Delivered, Slot: "p#HRT#2#en#video", Target: "9x16", Decision: &ledger.Decision{Key: "HRT/a.mp4"}},
		{ID: "req#1", State: ledger.Skipped, Slot: "p#HRT#2#en#video", Target: "feed", Decision: &ledger.Decision{Skip: "no_match:aspect"}},
		{ID: "bad#2", State: ledger.Malformed, Code: "malformed", Detail: "no \x1b[JJSON"},
		{ID: "req#3", State: ledger.Expired, Code: "expired", Attempts: 3, ReceivedAt: noon.Add(time.Second)},
	}
	var out strings.Builder
	if err := (screen.Screen{Out: &out}).Print(requestsTable(items)); err != nil {
		t.Fatal(err)
	}
	for i, words := range [][]string{
		{"RECEIVED", "WHY"}, {"delivered", "HRT-2     en video 9x16", "HRT/a.mp4", " 01234567"}, {"skipped", "no_match:aspect"},
		{"malformed", "malformed: no �[JJSON"}, {"11-21 12:00Z", "expired ×3"},
	} {
		line := strings.Split(out.String(), "\n")[i]
		for _, word := range words {
			if !strings.Contains(line, word) {
				t.Errorf("%q is missing in line %d: %s", word, i, line)
			}
		}
	}
	kept := requestQuery{outcome: "skipped"}.choose(append(items, items...), noon, 1)
	if len(kept) != 1 || kept[0].ID != "req#1" {
		t.Errorf("kept %v", kept)
	}
}

// The command "explain" prints why it does not prefer a file, for example because the chosen file
// has more pixels.
func TestExplainSaysWhyACandidateIsNotPreferred(t *testing.T) {
	t.Parallel()
	film := masters.Master{Kind: creative.Video, Locale: "en", Aspect: "9x16", Extension: "mp4", Width: 1080, Height: 1920}
	lesser := map[string]func(*masters.Master){
		"its locale is less preferred": func(m *masters.Master) { m.Locale = "de" }, "another aspect": func(m *masters.Master) { m.Probed, m.NamedAspect = true, "1x1" },
		"a copy": func(m *masters.Master) { m.Copy = true }, "fewer pixels": func(m *masters.Master) { m.Width = 10 },
		"its key sorts later": func(*masters.Master) {},
	}
	slot := creative.Slot{Creative: creative.Creative{Code: "HRT-1", Variation: 2}, Locale: "en", Kind: creative.Video, Aspect: "9x16"}
	for words, edit := range lesser {
		document := masters.NewDocument(slot.Creative)
		one, other := film, film
		one.Key, other.Key = "a.mp4", "b.mp4"
		edit(&other)
		var out strings.Builder
		s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}}}
		lib := masters.Library{Name: "default", FallbackLocales: []creative.Locale{"de"}}
		e := explained(document.Put(one).Put(other), slot, lib)
		e.Built = true
		if err := s.show(e); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, words) || !strings.Contains(got, "deliver a.mp4") {
			t.Errorf("no %q in\n%s", words, got)
		}
	}
}

// If no file has the requested locale, the command "explain" lists the locales of the existing
// files. If a file has the requested locale, the command lists no locales.
func TestExplainListsTheExistingLocales(t *testing.T) {
	t.Parallel()
	slot := creative.Slot{Creative: creative.Creative{Code: "HRT-1", Variation: 2}, Locale: "fr", Kind: creative.Video, Aspect: "9x16"}
	document := masters.NewDocument(slot.Creative)
	for _, locale := range []creative.Locale{"en", "de", "pt-br"} {
		document = document.Put(masters.Master{Key: string(locale) + ".mp4", Kind: creative.Video, Locale: locale, Aspect: "9x16", Extension: "mp4"})
	}
	document = document.Put(masters.Master{Key: "2.mp4", Kind: creative.Video, Locale: "de", Aspect: "1x1", Extension: "mp4"})
	for locale, want := range map[creative.Locale]string{"fr": "absent no_match:locale\nfiles of the creative exist in the locales: de, en, pt-br\n", "en": "deliver en.mp4\n\n"} {
		slot.Locale = locale
		var out strings.Builder
		s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}, err: &out}}
		e := explained(document, slot, masters.Library{Name: "default"})
		e.Built = true
		if err := s.show(e); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v, want %q in\n%s", locale, err, want, &out)
		}
	}
}

// The command "explain" marks each candidate whose key has an extension that does not match the
// file's content. It marks no other candidate.
func TestExplainMarksAMisnamedCandidate(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}}}
	err := s.show(explanation{Built: true, Candidates: []weighed{
		{Master: masters.Master{Key: "a.mp4", Extension: "mp4"}},
		{Master: masters.Master{Key: "b.mp4", Extension: "mov", Misnamed: true}},
		{Master: masters.Master{Key: "c.mp4", Misnamed: true}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"a.mp4": " mp4 ", "b.mp4": " mov (misnamed) ", "c.mp4": " - (misnamed) "} {
		_, row, found := strings.Cut(out.String(), key)
		row, _, _ = strings.Cut(row, "\n")
		if !found || !strings.Contains(row, want) || strings.Contains(row, "misnamed") != strings.Contains(want, "misnamed") {
			t.Errorf("%s is shown as %q, want %q", key, row, want)
		}
	}
}

// If a library declares patterns of its codes, such as HRT-####, the commands "explain" and "place"
// recognise a code without a variation even before the library has any file.
func TestDeclaredCodesTellACodeFromACreative(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.environment["LIBRARIES"] = `[{"name":"films","codes":["HRT-####"]}]`
	for _, line := range []string{"explain HRT-1212 en video 9x16", "place a.mp4 HRT-1212 en --yes"} {
		a.run(operator{}, strings.Fields(line)...).expect(t, 2, "HRT-1212 is a code without a variation: expected one like HRT-1212-1\n")
	}
}

// The command "trace" prints the state of a request only once, even if the reason begins with the
// name of the state.
func TestTraceSaysTheStateOnce(t *testing.T) {
	t.Parallel()
	for want, i := range map[string]ledger.Item{
		"unreadable request: malformed: no JSON\n":       {State: ledger.Malformed, Code: "malformed", Detail: "no JSON"},
		"HRT-2 en video 9x16: expired\n":                 {State: ledger.Expired, Code: "expired", Slot: "p#HRT#2#en#video", Target: "9x16"},
		"HRT-2 en video 9x16: skipped no_match:aspect\n": {State: ledger.Skipped, Decision: &ledger.Decision{Skip: "no_match:aspect"}, Slot: "p#HRT#2#en#video", Target: "9x16"},
		"HRT-2 en video 9x16: claimed\n":                 {State: ledger.Claimed, Slot: "p#HRT#2#en#video", Target: "9x16"},
	} {
		var out strings.Builder
		s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}}}
		if err := s.showTrace(trace{Request: i}); err != nil || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%v: want %q, got\n%s", err, want, &out)
		}
	}
}

// The command "unplaced" prints how to place a file, even if the names of all listed files say that
// they are no masters.
func TestUnplacedSaysHowToPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file   masters.Placed
		places bool
	}{
		"a thumbnail":       {masters.Placed{Key: "thumb.jpg", Unplaced: "a thumbnail", Never: true}, true},
		"without a code":    {masters.Placed{Key: "a.mp4", Unplaced: "no code"}, true},
		"an unreadable one": {masters.Placed{Key: "HRT-1-1.mp4", Unread: "403"}, false},
	} {
		var out strings.Builder
		s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}}}
		s.hintUnplaced(masters.Library{Name: "default"}, []masters.Placed{c.file})
		if strings.Contains(out.String(), "place ") != c.places || c.places && !strings.Contains(out.String(), " CODE-N LOCALE\n") {
			t.Errorf("%s: got %q", name, &out)
		}
	}
}

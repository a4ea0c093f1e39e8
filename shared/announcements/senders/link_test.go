package senders_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/announcements/senders"
)

// assets returns the body of a batch event that announces one file at each of the links.
func assets(links ...string) string {
	return `{"event":"studio.batch.progress","data":{"batch_id":"b","assets":[{"url":"` + strings.Join(links, `"},{"url":"`) + `"}]}}`
}

// shots returns the body of a set of screenshots. Each link is the picture link of one screenshot,
// which has no id.
func shots(links ...string) string {
	return `{"topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":[{"status":"uploaded","image_url":"` +
		strings.Join(links, `"},{"status":"uploaded","image_url":"`) + `"}]}}}`
}

// named returns the names of the event's files. The keys of the map are the files' links.
func named(e senders.Event) map[string]string {
	names := map[string]string{}
	for _, f := range e.Files {
		names[f.URL.Reveal()] = f.Name
	}
	return names
}

// A file must have the same name in each event, whatever its position in the event and the signature in
// its link. No other file may have this name.
func TestFilesKeepTheirNames(t *testing.T) {
	t.Parallel()
	const a, b = "https://h/a?X-Amz-Date=1&X-Amz-Signature=11", "https://h/b?X-Amz-Date=1&X-Amz-Signature=12"
	for sender, body := range map[string]func(...string) string{senders.Posternity: assets, senders.AdReform: shots} {
		first := named(said(t, sender, body(a)))[a]
		later := named(said(t, sender, body(b, a)))
		if strings.ContainsAny(first, "0123456789") {
			t.Errorf("%s: %s has digits, which may be taken for a variation", sender, first)
		}
		if first == "" || later[a] != first || later[b] == first || later[b] == "" {
			t.Errorf("%s: %s, then %v", sender, first, later)
		}
		for _, same := range []string{
			"https://h/a?X-Amz-Date=2&X-Amz-Signature=21", "https://H/a", "https://h/a?x-goog-signature=1&X-Goog-Date=2", "https://h/a?sig=x&se=y",
			"https://h/a?Expires=1&Signature=2&Key-Pair-Id=3", "https://h/a?token=t#top",
		} {
			if got := named(said(t, sender, body(same)))[same]; got != first {
				t.Errorf("%s: by the link %s it is %s, not %s", sender, same, got, first)
			}
		}
		for _, other := range []string{"https://h/A", "https://h/a/", "https://h2/a", "https://h/a?id=1", "https://h:8443/a"} {
			if got := named(said(t, sender, body(other)))[other]; got == first || got == "" {
				t.Errorf("%s: %s is %s", sender, other, got)
			}
		}
		told := named(said(t, sender, body("https://h/get?id=1&token=a", "https://h/get?id=2&token=a", "https://h/get?token=b&id=1")))
		if len(told) != 3 {
			t.Errorf("%s: of three links there are %v", sender, told)
		}
	}
	if e := said(t, senders.Posternity, assets(a, b, a)); len(e.Files) != 2 {
		t.Errorf("one link twice is %s", files(e))
	}
}

// An object of a set of screenshots must have the same name in each event, whatever its position in
// the set.
func TestObjectsKeepTheirNames(t *testing.T) {
	t.Parallel()
	name := func(want string, keys ...string) string {
		body := `{"topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":[],"s3_objects":[{"status":"uploaded","bucket":"b","key":"` +
			strings.Join(keys, `"},{"status":"uploaded","bucket":"b","key":"`) + `"}]}}}`
		for _, f := range said(t, senders.AdReform, body).Files {
			if f.Stored.Key == want {
				return f.Name
			}
		}
		t.Fatalf("no file of %s in %v", want, keys)
		return ""
	}
	if first, later := name("1.png", "1.png"), name("1.png", "2.png", "1.png"); first != later || first == name("2.png", "2.png", "1.png") {
		t.Errorf("%s, then %s", first, later)
	}
}

// Read must return at most 200 files of an event and must report that there are more. A failed
// screenshot beyond this limit must still set the event's alert.
func TestFilesBeyondTheLimitAreReported(t *testing.T) {
	t.Parallel()
	list := func(n int, element string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(element, i+1)
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	set := func(shots, objects int) senders.Event {
		return said(t, senders.AdReform, `{"topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":`+
			list(shots, `{"id":"%[1]d","status":"uploaded","image_url":"https://h/%[1]d"}`)+`,"s3_objects":`+
			list(objects, `{"bucket":"b","key":"%d","status":"uploaded"}`)+`}}}`)
	}
	batch := func(n int) senders.Event {
		return said(t, senders.Posternity, `{"event":"studio.batch.progress","data":{"assets":`+list(n, `{"url":"https://h/%d"}`)+`}}`)
	}
	for what, test := range map[string]struct {
		event senders.Event
		cut   bool
	}{
		"200 shots": {set(200, 0), false}, "201 shots": {set(201, 0), true}, "200 pairs": {set(200, 200), false}, "250 pairs": {set(250, 250), true},
		"101 shots, 99 objects": {set(101, 99), false}, "150 shots, 151 objects": {set(150, 151), true},
		"200 files": {batch(200), false}, "201 files": {batch(201), true},
	} {
		e := test.event
		if len(e.Files) != 200 || slices.Contains(e.Unknown, senders.UnknownMore) != test.cut || !e.Known {
			t.Errorf("%s: %d files, unknown %v, known %v", what, len(e.Files), e.Unknown, e.Known)
		}
	}
	// The first 150 files are the screenshots. The set's objects, which show the same pictures,
	// come after them.
	for _, f := range set(150, 150).Files[:150] {
		if !strings.HasPrefix(f.Name, "screenshot/") || f.Twice {
			t.Errorf("%+v before all screenshots", f)
		}
	}
	last := said(t, senders.AdReform, `{"topic":"screenshot_set.approved","data":{"object":{"status":"approved","screenshots":[`+
		strings.Repeat(`{"status":"uploaded","image_url":"https://h/x"},`, 200)+`{"status":"ad_not_captured"}]}}}`)
	if last.Alert != senders.AlertScreenshotFailed {
		t.Error("nobody hears of a failure beyond what is taken")
	}
}

// A link must be sent as the sender means it: a "%2F" stays a part of the name, whatever else the link
// contains. This holds for the picture of a screenshot that has an object, too.
func TestLinksAreEncoded(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://h/a%2Fb.mp4":                "https://h/a%2Fb.mp4",
		"https://h/a%2FÜber film.mp4":        "https://h/a%2F%C3%9Cber%20film.mp4",
		"https://h/a%2Fü.mp4?x=é y&sig=a%2B": "https://h/a%2F%C3%BC.mp4?x=%C3%A9%20y&sig=a%2B",
		`https://h/a%2Fb\\c.mp4`:             "https://h/a%2Fb%5Cc.mp4",
		"  https://h/my shot.mp4 ":           "https://h/my%20shot.mp4",
		"https://h/o'neil (1)[2].mp4?a=+":    "https://h/o'neil%20(1)[2].mp4?a=+",
		"https://ü.example/a":                "",
		`https://h\\@other.example`:          "",
		`https://h\\@other.example/a`:        "",
	} {
		for sender, body := range map[string]string{
			senders.Hoox:       `{"task":"video_export","job_id":"j","status":"completed","result":{"video_url":"` + link + `"}}`,
			senders.Posternity: assets(link),
			senders.AdReform: `{"topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":[{"id":"1","status":"uploaded","image_url":"` +
				link + `","s3_objects":[{"bucket":"theirs","key":"a.png","status":"uploaded"}]}]}}}`,
		} {
			e := said(t, sender, body)
			if len(e.Files) != 1 || e.Files[0].URL.Reveal() != want {
				t.Errorf("%s: %q became %v, want %q", sender, link, named(e), want)
				continue
			}
			sent := e.Files[0].URL.Reveal()
			if r, err := http.NewRequest(http.MethodGet, sent, nil); sent != "" && (err != nil || "https://h"+r.URL.RequestURI() != want) {
				t.Errorf("%s: %q is sent as %v, %v", sender, link, r, err)
			}
			if e.Files[0].Stored != nil && e.Files[0].Problem != "" {
				t.Errorf("%q: the problem %s of a file that has an object", link, e.Files[0].Problem)
			}
		}
	}
}

package collect_test

import (
	"strings"
	"testing"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

func at(code string, locale creative.Locale, aspect creative.Aspect) intake.Coordinates {
	return intake.Coordinates{Given: true, Coordinates: masters.Coordinates{
		Creative: creative.Creative{Code: code, Variation: 2}, Locale: locale, Aspect: aspect,
	}}
}

// stored fetches a video that Hoox announces with these coordinates and this format. It returns the
// stored object, and the field Problem of the file in its timeline.
func stored(t *testing.T, c intake.Coordinates, format string) (o collect.Object, problem string) {
	t.Helper()
	d := newFixture()
	body := strings.Replace(exported(server(t, serving(film(100), `"v1"`))), "vertical", format, 1)
	d.collect(t, d.store(t, senders.Hoox, c, body))
	f := d.file(t)
	found, ok := d.bucket.Objects()[f.Key]
	if !ok {
		t.Fatalf("not stored: %+v", f)
	}
	return found.Object, f.Problem
}

func coordinatesOf(p placement.Placement) masters.Coordinates {
	return masters.Coordinates{Creative: p.Creative, Locale: p.Locale, Aspect: p.Aspect}
}

// A stored master's tags must contain its coordinates. If its code has no "+", the library's rules
// must read the same coordinates from the key alone.
func TestMastersArePlaced(t *testing.T) {
	t.Parallel()
	lib := masters.Library{Name: "default", Rules: placement.Rules{Prefix: "lib/"}}
	for _, c := range []intake.Coordinates{
		at("HRT-1212", "en", "9x16"), at("HRT-1212", "pt-br", "4x5"), at("HRT 1212+x", "en", "1x1"), at("HRT-1212", "en", ""),
	} {
		want, format := c.Coordinates, string(c.Aspect)
		if want.Aspect == "" {
			want.Aspect, format = "9x16", "vertical"
		}
		o, problem := stored(t, c, format)
		p := masters.Place(lib, o.Key, 100, masters.Labels{Tags: o.Tags})
		if problem != "" || p.Unplaced != "" || p.Rule != masters.RuleLabels || coordinatesOf(p) != want || p.Copy {
			t.Errorf("%s with %v is placed at %+v", o.Key, o.Tags, p)
		}
		if byName := lib.Place(o.Key, 100); !strings.Contains(want.Creative.Code, "+") && (byName.Unplaced != "" || coordinatesOf(byName) != want) {
			t.Errorf("%s without tags is placed at %+v", o.Key, byName)
		}
	}
	if o, _ := stored(t, at("HRT-1212", "", "9x16"), "custom"); masters.Place(lib, o.Key, 100, masters.Labels{Tags: o.Tags}).Locale != "" {
		t.Errorf("%s has a locale", o.Key)
	}
}

// A file without usable coordinates must not become a master. A request whose master does not exist
// must be skipped although such a file is stored.
func TestTheUnsortedAreNotPlaced(t *testing.T) {
	t.Parallel()
	lib := masters.Library{Name: "default", Rules: placement.Rules{Prefix: "lib/"}}
	for want, c := range map[string]intake.Coordinates{
		"": {}, collect.ProblemCoordinates: {Problem: "variation: no number"}, collect.ProblemTag: at("HRT#1212*", "en", "9x16"),
	} {
		o, problem := stored(t, c, "vertical")
		p := masters.Place(lib, o.Key, 100, masters.Labels{Tags: o.Tags, Metadata: o.Metadata})
		if problem != want || len(o.Tags) > 0 || !strings.HasPrefix(o.Key, "lib/unsorted/hoox/job/run_1/export-") || p.Unplaced == "" || p.Never == "" {
			t.Errorf("%q: %s with %v, problem %q, is placed at %+v", want, o.Key, o.Tags, problem, p)
		}
	}
}

// If the sender's aspect contradicts the URL's aspect, the file must be stored in the folder for
// unsorted files.
func TestAnAspectThatIsContradicted(t *testing.T) {
	t.Parallel()
	for aspect, want := range map[creative.Aspect]string{"9x16": "", "": "", "1x1": collect.ProblemAspect} {
		o, problem := stored(t, at("HRT-1212", "en", aspect), "vertical")
		if problem != want || strings.HasPrefix(o.Key, "lib/unsorted/") != (want != "") || (len(o.Tags) == 0) != (want != "") {
			t.Errorf("%q: %s with %v, problem %q", aspect, o.Key, o.Tags, problem)
		}
	}
}

// If several files have the same coordinates, none of them becomes a master. A file that cannot be
// fetched does not count as one of them.
func TestSeveralFilesForOnePlaceAreUnsorted(t *testing.T) {
	t.Parallel()
	address := server(t, serving(film(100), `"v1"`))
	for want, assets := range map[string]string{
		"":                     `{"url":"` + address + `"},{"url":"ftp://h/x"},{"url":"` + address + `"}`,
		collect.ProblemSeveral: `{"url":"` + address + `"},{"url":"` + strings.Replace(address, "?", "/2?", 1) + `"}`,
	} {
		for _, c := range []intake.Coordinates{at("HRT-1212", "en", "9x16"), at("HRT-1212", "en", "")} {
			d := newFixture()
			d.Posternity = senders.PosternityConfig{Files: []string{"/data/assets/*/url"}}
			o := d.collect(t, d.store(t, senders.Posternity, c, `{"event":"studio.campaign.completed","data":{"campaign_id":"c","assets":[`+assets+`]}}`))
			if !o.Done || o.Err != nil || len(o.Ended) == 0 {
				t.Fatalf("%+v", o)
			}
			for _, f := range o.Ended {
				if f.Code == senders.ProblemURLUnusable {
					continue // not checked, because this file cannot be fetched
				}
				if object := d.bucket.Objects()[f.Key]; f.Problem != want || strings.HasPrefix(f.Key, "lib/unsorted/posternity/campaign/c/") != (want != "") || (len(object.Tags) == 0) != (want != "") {
					t.Errorf("%q: %s with %v, problem %q", want, f.Key, object.Tags, f.Problem)
				}
			}
		}
	}
}

// Files with the same coordinates but of different senders, subjects or names must have different keys.
func TestKeysAreUnique(t *testing.T) {
	t.Parallel()
	d, address := newFixture(), server(t, serving(film(100), `"v1"`))
	for _, job := range []string{"run_1", "run_2"} {
		o := d.collect(t, d.store(t, senders.Hoox, coordinates, strings.Replace(exported(address), "run_1", job, 1)))
		if !o.Done || o.Err != nil {
			t.Errorf("%+v", o)
		}
	}
	if n := len(d.bucket.Objects()); n != 2 {
		t.Errorf("%d objects", n)
	}
}

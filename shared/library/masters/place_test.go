package masters_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

var library = masters.Library{Name: "default"}

func TestPlaceByName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key, rule, code string
		variation       int
		locale          creative.Locale
		aspect          creative.Aspect
	}{
		{"HRT-1212/v2/en/9x16.mp4", "folder", "HRT-1212", 2, "en", "9x16"},
		{"HRT-1212/v12/en/9x16.mp4", "folder", "HRT-1212", 12, "en", "9x16"},
		{"HRT-121/v2/en/9x16.mp4", "folder", "HRT-121", 2, "en", "9x16"},
		{"team/2026/HRT-1212/v2/pt_BR/1.91x1.jpg", "folder", "HRT-1212", 2, "pt-br", "1.91x1"},
		{"HRT-1212/v2/en/hero.mp4", "folder", "HRT-1212", 2, "en", ""},
		{"HRT-1212/v2/en/clip-3.mp4", "folder", "HRT-1212", 2, "en", ""},
		{"HRT-1212/V2/9x16.mp4", "folder", "HRT-1212", 2, "", "9x16"},
		{"HRT-1212-2_en_9x16.mp4", "name", "HRT-1212", 2, "en", "9x16"},
		{"HRT-1212-20_en_9x16.mp4", "name", "HRT-1212", 20, "en", "9x16"},
		{"HRT-1212-2_pt_BR_9x16.mp4", "name", "HRT-1212", 2, "pt-br", "9x16"},
		{"HRT-1212-2_zh-Hant-TW_9x16.mov", "name", "HRT-1212", 2, "zh-hant-tw", "9x16"},
		{"a/b c/äpfel 🍏+50%/HRT-1212-2_1x1.mp4", "name", "HRT-1212", 2, "", "1x1"},
		{"HRT-1212-2.mp4", "name", "HRT-1212", 2, "", ""},
		{"HRT-1212/v2/en/HRT-1212-2_9x16.mp4", "name", "HRT-1212", 2, "en", "9x16"},
		{"projects/v2/HRT-1212-7_en_9x16.mp4", "name", "HRT-1212", 7, "en", "9x16"},
		{"projects/v2/final cut/HRT-1212-7_en_9x16.mp4", "name", "HRT-1212", 7, "en", "9x16"},
	} {
		p := masters.Place(library, c.key, 1, masters.Labels{})
		want := masters.Coordinates{Creative: creative.Creative{Code: c.code, Variation: c.variation}, Locale: c.locale, Aspect: c.aspect}
		if p.Unplaced != "" || p.Rule != c.rule || p.Coordinates != want {
			t.Errorf("Place(%q) = %+v, want %s %+v", c.key, p, c.rule, want)
		}
	}
}

func TestPlaceLeavesOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key  string
		size int64
		near int
	}{
		{"HRT-1212/v2/en/9x16_thumbnail.jpg", 1, 0},
		{"HRT-1212-2_en_9x16 thumb.jpg", 1, 0},
		{"HRT-1212/v2/en/._9x16.mp4", 1, 0},
		{"HRT-1212/v2/en/.DS_Store", 1, 0},
		{"HRT-1212/v2/en/", 1, 0},
		{"HRT-1212/v2/en/9x16.mp4", 0, 0},
		{"holiday.mp4", 1, 0},
		{"readme", 1, 0},
		{"HRT-1212-2_teaser_9x16.mp4", 1, 3},
		{"HRT-1212/v2/teaser/9x16.mp4", 1, 1},
		{"HRT-1212/v2/en/HRT-1212-3_en_9x16.mp4", 1, 2},
		{"HRT-1212-1234567_en_9x16.mp4", 1, 0},
	} {
		p := masters.Place(library, c.key, c.size, masters.Labels{})
		if p.Unplaced == "" || len(p.Ambiguous) != c.near {
			t.Errorf("Place(%q, size %d) = %+v, want it unplaced and ambiguous among %d creatives", c.key, c.size, p, c.near)
		}
	}
}

// Small pictures that are called previews are ones; of all else, it may be the title.
func TestPreviews(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key   string
		size  int64
		never bool
	}{
		{"HRT-1212-2_en_9x16_preview.jpg", 256 << 10, true},
		{"HRT-1212-2_en_9x16_preview.jpg", 256<<10 + 1, false},
		{"HRT-1212-2_en_9x16_poster.WEBP", 1, true},
		{"HRT-1212-2_poster_en_9x16.webp", 1, false},
		{"HRT-1212-2_en_9x16_preview.mp4", 1, false},
		{"HRT-1212-2_en_9x16_preview", 1, false},
		{"HRT-1212-2_en_9x16_thumbnail.png", 5 << 20, true},
		{"HRT-1212-2_en_9x16_thumbnail.mov", 1, false},
	} {
		p := masters.Place(library, c.key, c.size, masters.Labels{})
		ambiguous := slices.ContainsFunc(p.Ambiguous, creative.Creative{Code: "HRT-1212", Variation: 2}.Same)
		if p.Unplaced == "" || p.Never != c.never || ambiguous == c.never {
			t.Errorf("Place(%q, size %d) = %+v, want never: %t, and ambiguous else", c.key, c.size, p, c.never)
		}
	}
}

// A file that lies with one creative and is named as another is ambiguous.
func TestNamesAgainstFolders(t *testing.T) {
	t.Parallel()
	var all []creative.Creative
	for _, code := range []string{"HRT-1212", "HRT-99", "AB-77", "hrt-1300"} {
		all = append(all, creative.Creative{Code: code, Variation: 2}, creative.Creative{Code: code, Variation: 3})
	}
	for _, folder := range all {
		for _, name := range all {
			for _, key := range []string{"%s/v%d/%s.mp4", "%s/v%d/en/%s.mp4", "%s/v%d/%s_en_9x16.mp4", "%s/v%d/en/%s_1x1.mp4", "a/%s-%d/%s_en_9x16.mp4", "%s/v%d/x y/%s_en.mp4"} {
				key = fmt.Sprintf(key, folder.Code, folder.Variation, name)
				p := masters.Place(library, key, 1, masters.Labels{})
				agreed := p.Unplaced == "" && p.Coordinates.Creative.Same(name) && name.Same(folder)
				both := p.Unplaced != "" && slices.ContainsFunc(p.Ambiguous, name.Same) && slices.ContainsFunc(p.Ambiguous, folder.Same)
				if name.Same(folder) && !agreed || !name.Same(folder) && !both {
					t.Errorf("Place(%q) = %+v", key, p)
				}
			}
		}
	}
}

func TestPlaceByLabels(t *testing.T) {
	t.Parallel()
	all := map[string]string{"creative-code": "HRT-300", "creative-variation": "1", "creative-locale": "EN", "creative-aspect": "9:16"}
	want := masters.Coordinates{Creative: creative.Creative{Code: "HRT-300", Variation: 1}, Locale: "en", Aspect: "9x16"}
	for name, c := range map[string]struct {
		key    string
		labels masters.Labels
		want   masters.Coordinates
	}{
		"tags":                    {"summer/final cut.mp4", masters.Labels{Tags: all}, want},
		"metadata":                {"summer/final cut.mp4", masters.Labels{Metadata: all}, want},
		"tags over metadata":      {"x.mp4", masters.Labels{Tags: all, Metadata: map[string]string{"creative-code": "OTHER", "creative-variation": "9"}}, want},
		"over the name":           {"HRT-1212/v2/de/1x1.mp4", masters.Labels{Tags: all}, want},
		"a thumbnail put by hand": {"HRT-1212/v2/en/thumbnail.jpg", masters.Labels{Tags: all}, want},
		"only the locale": {"HRT-1212/v2/de/1x1.mp4", masters.Labels{Tags: map[string]string{"creative-locale": "fr"}},
			masters.Coordinates{Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "fr", Aspect: "1x1"}},
	} {
		if p := masters.Place(library, c.key, 1, c.labels); p.Unplaced != "" || p.Rule != "labels" || p.Coordinates != c.want {
			t.Errorf("%s: %+v, want %+v", name, p, c.want)
		}
	}
	for name, tags := range map[string]map[string]string{
		"code alone":      {"creative-code": "HRT-300"},
		"variation alone": {"creative-variation": "1"},
		"no number":       {"creative-code": "HRT-300", "creative-variation": "two"},
		"bad code":        {"creative-code": "a/b", "creative-variation": "1"},
		"bad locale":      {"creative-locale": "!"},
		"bad aspect":      {"creative-aspect": "tall"},
	} {
		p := masters.Place(library, "HRT-1212/v2/en/9x16.mp4", 1, masters.Labels{Tags: tags})
		if p.Unplaced == "" || !slices.Contains(p.Ambiguous, creative.Creative{Code: "HRT-1212", Variation: 2}) {
			t.Errorf("%s: %+v, want it unplaced, and ambiguous with what its name says", name, p)
		}
	}
	for name, tags := range map[string]map[string]string{
		"v2":         {"creative-code": "HRT-300", "creative-variation": "v2"},
		"code alone": {"creative-code": "HRT-300"},
		"bad locale": {"creative-code": "HRT-300", "creative-variation": "2", "creative-locale": "!"},
		"bad aspect": {"creative-code": "HRT-300", "creative-variation": "2", "creative-aspect": "tall"},
	} {
		p := masters.Place(library, "films/hero 2.mp4", 1, masters.Labels{Tags: tags})
		if p.Unplaced == "" || !slices.Contains(p.Ambiguous, creative.Creative{Code: "HRT-300", Variation: 2}) {
			t.Errorf("%s: %+v, want it unplaced, and ambiguous with what its labels may mean", name, p)
		}
	}
	if p := masters.Place(library, "x.mp4", 1, masters.Labels{Tags: map[string]string{"creative-locale": "en"}}); p.Unplaced == "" {
		t.Errorf("a locale alone placed a file without coordinates: %+v", p)
	}
	if p := masters.Place(library, "x.mp4", 0, masters.Labels{Tags: all}); p.Unplaced == "" {
		t.Errorf("labels placed an empty file: %+v", p)
	}
}

func TestPlaceKeepsToItsLibrary(t *testing.T) {
	t.Parallel()
	lib := masters.Library{Name: "team", Prefix: "team-a/"}
	if p := masters.Place(lib, "team-a/HRT-1/v2/en/9x16.mp4", 1, masters.Labels{}); p.Coordinates.Creative.Code != "HRT-1" {
		t.Errorf("inside: %+v", p)
	}
	if p := masters.Place(lib, "team-b/HRT-1/v2/en/9x16.mp4", 1, masters.Labels{}); p.Unplaced == "" {
		t.Errorf("outside: %+v", p)
	}
}

// However code, variation and the rest stand in a name, it is placed at just that
// creative or at none: never at one whose code or variation merely begins or ends alike.
func TestNoNameIsPlacedElsewhere(t *testing.T) {
	t.Parallel()
	codes := []string{"HRT-1212", "HRT-121", "HRT-12123", "RT-1212", "PROMO", "A1-B2"}
	separators := []string{"_", "-", " "}
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	placed := 0
	for range 20_000 {
		c := creative.Creative{Code: codes[random.IntN(len(codes))], Variation: []int{1, 2, 12, 20, 212}[random.IntN(5)]}
		parts := []string{c.String(), pick("en", "de", "pt-BR"), pick("9x16", "1x1", "vertical"), pick("final", "1080p", "2026-11-21", "20261121", "h264")}
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		name := parts[0]
		for _, part := range parts[1:] {
			name += separators[random.IntN(3)] + part
		}
		p := masters.Place(library, pick("", "team/", "v9/")+name+".mp4", 1, masters.Labels{})
		if p.Unplaced != "" {
			continue
		}
		if placed++; p.Coordinates.Creative != c {
			t.Errorf("%q is placed at %s", name, p.Coordinates.Creative)
		}
	}
	if placed < 10_000 {
		t.Errorf("only %d of 20,000 names are placed", placed)
	}
}

func FuzzPlace(f *testing.F) {
	for _, key := range []string{"HRT-1212/v2/en/9x16.mp4", "HRT-1212-2_en_9x16.mp4", "._a", "ä 🍏+%/v1/x-1.mp4", "A-1-2/de/v2/v3/A-1-3_poster.mp4"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		p := masters.Place(library, key, 1, masters.Labels{})
		if p.Unplaced == "" && p.Coordinates.Creative.Check() != nil {
			t.Errorf("Place(%q) placed it at %v", key, p.Coordinates.Creative)
		}
	})
}

package placement_test

import (
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// variations returns the variations of code, below 1,000, that the key names.
func variations(key, code string) (named []int) {
	for v := range 1000 {
		if placement.Names(key, creative.Creative{Code: code, Variation: v}) {
			named = append(named, v)
		}
	}
	return named
}

func TestNamesFindsCodeAndVariation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key, code string
		want      []int
	}{
		{"HRT-1212-2_9x16_en.mp4", "HRT-1212", []int{2}},
		{"hrt_1212 / 02.mp4", "HRT-1212", []int{2}},
		{"HRT/1212/v2/9x16.mp4", "HRT-1212", []int{2}},
		{"SummerHRT1212v2teaser.mp4", "HRT-1212", []int{2}},
		{"HRT-1212-2_9x16.mp4", "HRT-121", nil},
		{"HRT-12123-2_9x16.mp4", "HRT-1212", nil},
		{"HRT-1212-2_9x16.mp4", "HRT1212", []int{2}},
		{"A\u0308PFEL-3.mp4", "ÄPFEL", []int{3}},
		{"äpfel 3.mp4", "A\u0308PFEL", []int{3}},
		{"НRТ-1212-2.mp4", "HRT-1212", []int{2}}, // the key contains letters of two scripts
		// A key without any number names the first variation.
		{"HRT-1212.mp4", "HRT-1212", []int{1}},
		{"HRT-1212_9x16_en_15s_2025-08-15.mp4", "HRT-1212", []int{1}},
		{"HRT-1212 - Summer Sale/en/final.mp4", "HRT-1212", []int{1}},
		// A number without another meaning may be the variation.
		{"HRT-1212 teaser 4.mp4", "HRT-1212", []int{4}},
		{"HRT-1212-2_teaser 4.mp4", "HRT-1212", []int{2, 4}},
		{"7/HRT-1212/9x16.mp4", "HRT-1212", []int{7}},
		{"HRT-1212-2.1.mp4", "HRT-1212", []int{1, 2}},
		{"HRT-1212-2a.mp4", "HRT-1212", []int{2}},
		{"HRT-1212-2_v3.mp4", "HRT-1212", []int{2, 3}},
		// A number with a probable other meaning counts only if no number directly follows the
		// code.
		{"HRT-1212_take 3.mp4", "HRT-1212", []int{1, 3}},
		{"HRT-1212-2_take 3.mp4", "HRT-1212", []int{2}},
		{"HRT-1212_45.png", "HRT-1212", []int{1, 45}},
		{"HRT-1212-2_45.png", "HRT-1212", []int{2}},
		{"HRT-1212 (2).mp4", "HRT-1212", []int{1, 2}},
		{"HRT-1212-2 (3).mp4", "HRT-1212", []int{2}},
		{"HRT-1212_r3.mp4", "HRT-1212", []int{1, 3}},
		// The number after the code is unclear, so every possible variation counts. "-29x16" may
		// mean variation 2 and the aspect 9x16, for example.
		{"HRT-1212-29x16.mp4", "HRT-1212", []int{1, 2, 16, 29}},
		{"HRT-1212-21080x1920.mp4", "HRT-1212", []int{1, 2}},
		{"HRT-1212-2x9x16.mp4", "HRT-1212", []int{2}},
		{"HRT-1212-15s.mp4", "HRT-1212", []int{1, 15}},
		{"HRT-1212-9x16_en.mp4", "HRT-1212", []int{1, 9}},
		{"HRT-1212-2-3.mp4", "HRT-1212", []int{1, 2, 3}},
		{"HRT-1212-4-5_en.jpg", "HRT-1212", []int{1, 4, 5}},
		// The code's letters are left out.
		{"2025/08/1212-2_9x16_en.mp4", "HRT-1212", []int{2}},
		{"IMG-1212-2.jpg", "HRT-1212", nil},
		{"77-2_en.mp4", "AB-77", nil},
		// The key names two creatives. The 2 belongs to the other one, but counts as possible.
		{"HRT-1212-2_vs_HRT-1213-3.mp4", "HRT-1213", []int{2, 3}},
		// The codes have unusual forms.
		{"midsummer-3.mp4", "SUMMER", []int{3}},
		{"a b c-3.mp4", "ABC", nil},
		{"+++ 3.mp4", "+++", []int{3}},
		{"ACME-HRT-1212-A_3.mp4", "HRT-1212-A", []int{3}},
		{"HRT-1212-2%209x16.mp4", "HRT-1212", []int{2}},
		{"", "HRT-1212", nil},
	} {
		if got := variations(c.key, c.code); !slices.Equal(got, c.want) {
			t.Errorf("%q names %v of %s, want %v", c.key, got, c.code, c.want)
		}
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	want := creative.Creative{Code: "HRT-1212", Variation: 2}
	for key, blocks := range map[string]bool{
		"HRT-1212-2_9x16.mp4":                false, // blocks no skip: the file can be delivered
		"HRT-1212-2_draft.mp4":               true,
		"HRT-1212-3_teaser 2.mp4":            false, // blocks no skip of variation 2: the key is placed at variation 3
		"HRT1212-2_9x16.mp4":                 true,  // blocks a skip of HRT-1212, because HRT1212 may mean it
		"HRT-1212-2_thumb.jpg":               false,
		"HRT-1212/V2/.DS_Store":              false,
		".HRT-1212-2.mp4":                    true, // the dot at the start may be a typing error
		"HRT-1212-2_and_HRT-1213-2.mp4":      true,
		"HRT-1213-2_9x16.mp4":                false,
		"HRT-1212-A-2_9x16.mp4":              true,
		strings.Repeat("x/HRT-1212-2/", 100): true, // the key is longer than any S3 key
	} {
		if got := (placement.Rules{}).Blocks(key+"", placement.UnknownSize, want); got != blocks && !strings.HasSuffix(key, "/") {
			t.Errorf("Blocks(%q) = %t", key, got)
		}
	}
}

// A key that is placed at another code certainly belongs elsewhere only if that code cannot be a
// spelling of the wanted code.
func TestOnlyAnotherCodeIsElsewhere(t *testing.T) {
	t.Parallel()
	hrt, adX := creative.Creative{Code: "HRT-1212", Variation: 2}, creative.Creative{Code: "AD-X", Variation: 2}
	for _, c := range []struct {
		placed, wanted creative.Creative
		want           bool
	}{
		{creative.Creative{Code: "hrt-1212", Variation: 2}, hrt, false},
		{creative.Creative{Code: "HRT-1212", Variation: 3}, hrt, true},
		{creative.Creative{Code: "HRT-1213", Variation: 2}, hrt, true},
		{creative.Creative{Code: "HRT1212", Variation: 2}, hrt, false},
		{creative.Creative{Code: "ACME-HRT-1212", Variation: 3}, hrt, false},
		{creative.Creative{Code: "HRT-1212-A", Variation: 3}, hrt, false},
		{creative.Creative{Code: "HRT-1212-2025", Variation: 2}, hrt, false},
		{creative.Creative{Code: "HRT", Variation: 1212}, hrt, false},
		{creative.Creative{Code: "AD-X3", Variation: 2}, adX, true},
		{creative.Creative{Code: "AD-X2", Variation: 1}, adX, false},
	} {
		if got := placement.Elsewhere(c.placed, c.wanted); got != c.want {
			t.Errorf("Elsewhere(%v, %v) = %t", c.placed, c.wanted, got)
		}
	}
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	r := rules(t, placement.Settings{Codes: []string{"HRT-####", "SUMMER"}})
	for code, want := range map[string]string{
		"HRT-1212": "T1212 1212 many", "hrt1212": "T1212 1212 many", "AB-77": "B77 many", "A1-B20": "B20 many",
		"SUMMER": "=SUMMER many", "WINTER": "", "1212": "", "2024-HRT": "2024H many",
	} {
		if got := strings.Join(r.CodeAnchors(code), " "); got != want {
			t.Errorf("CodeAnchors(%q) = %q, want %q", code, got, want)
		}
	}
	for key, want := range map[string]string{
		"HRT-1212-2_9x16.mp4":                  "T1212 X16",
		"Summer_HRT 1212.mp4":                  "1212 =SUMMER T1212",
		"midsummer.mp4":                        "=SUMMER",
		"2025/1212-2.mp4":                      "1212 2025",
		"a.mp4":                                "",
		strings.Repeat("a1b2c3d4e5f6g7h8-", 5): "",
	} {
		got := r.KeyAnchors(key)
		if joined := strings.Join(got, " "); joined != want && want != "" || want == "" && len(got) > placement.MaxAnchors {
			t.Errorf("KeyAnchors(%q) = %q, want %q", key, joined, want)
		}
	}
	var many strings.Builder
	for i := range 40 {
		many.WriteString("a" + strings.Repeat("1", i+1) + "-")
	}
	if got := r.KeyAnchors(many.String()); !slices.Equal(got, []string{placement.AnchorOfMany}) {
		t.Errorf("too many anchors: %q", got)
	}
}

func TestNeverAMaster(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key   string
		size  int64
		never bool
	}{
		{"HRT-1212-2_9x16.mp4", 0, true},
		{"HRT-1212-2_9x16.mp4", 1, false},
		{"HRT-1212-2_preview.jpg", 256 << 10, true},
		{"HRT-1212-2_preview.jpg", 256<<10 + 1, false},
		{"HRT-1212-2_preview.jpg", placement.UnknownSize, false},
		{"HRT-1212-2_poster (2).png", 1, true},
		{"HRT-1212-2_poster_9x16.png", 1, false},
		{"HRT-1212-2_thumbnail.mov", 1, false},
		{"HRT-1212/v2/en/green thumb up.mov", 1, false},
		{"unsorted/hoox/job-77-3.mp4", 1, false},
		{"proofs/HRT-1212-2.mp4", 1, false},
		{"HRT-1212/proofs/v2/9x16.mp4", 1, false},
		{"The Proxy War_HRT-1212-2.mp4", 1, false},
	} {
		p := (placement.Rules{}).Place(c.key, c.size)
		if (p.Never != "") != c.never || p.Never != "" && p.Unplaced != p.Never {
			t.Errorf("%q of %d bytes: %+v, want never %t", c.key, c.size, p, c.never)
		}
	}
}

func TestCopiesAreMarked(t *testing.T) {
	t.Parallel()
	for key, isCopy := range map[string]bool{
		"HRT-1212-2 (1).mp4": true, "Copy of HRT-1212-2.mp4": true, "HRT-1212-2 - Kopie.mp4": true, "x/HRT-1212-2 copy 2.mp4": true,
		"HRT-1212-2.mp4": false, "copy/HRT-1212-2.mp4": false, "HRT-1212-2_ad copy_9x16.mp4": false,
	} {
		if p := (placement.Rules{}).Place(key, placement.UnknownSize); p.Unplaced != "" || p.Copy != isCopy {
			t.Errorf("%q: %+v, want a copy: %t", key, p, isCopy)
		}
	}
}

func TestAKeyOutsideTheLibraryIsNotPlaced(t *testing.T) {
	t.Parallel()
	r := placement.Rules{Prefix: "team-a/"}
	if p := r.Place("team-a/HRT-1212/v2/en/9x16.mp4", 1); p.Creative.Code != "HRT-1212" {
		t.Errorf("inside: %+v", p)
	}
	for _, key := range []string{"team-b/HRT-1212/v2/en/9x16.mp4", "team-a/" + strings.Repeat("HRT-1212-2", 110)} {
		if p := r.Place(key, 1); p.Unplaced == "" {
			t.Errorf("%.40q: %+v", key, p)
		}
	}
}

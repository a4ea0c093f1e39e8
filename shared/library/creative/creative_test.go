package creative_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
)

func TestAspectOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w, h int
		want creative.Aspect
	}{
		{1080, 1920, "9x16"}, {1080, 1918, "9x16"}, {406, 720, "9x16"},
		{1920, 1080, "16x9"}, {1920, 1088, "16x9"}, {1080, 1350, "4x5"}, {1080, 1440, "3x4"},
		{1080, 1080, "1x1"}, {1080, 1100, "1x1"}, {1080, 1104, "45x46"}, {1200, 628, "1.91x1"},
		{2560, 1080, "64x27"}, {0, 10, ""}, {10, -1, ""},
	} {
		if got := creative.AspectOf(c.w, c.h); got != c.want {
			t.Errorf("AspectOf(%d, %d) = %q, want %q", c.w, c.h, got, c.want)
		}
	}
}

func TestParseAspect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]creative.Aspect{
		"9x16": "9x16", "9X16": "9x16", "9:16": "9x16", "9×16": "9x16", "8x10": "4x5", "1080x1920": "9x16", "1200x628": "1.91x1", "1.91x1": "1.91x1", "1.910x1.0": "1.91x1",
	} {
		if got, err := creative.ParseAspect(text); err != nil || got != want {
			t.Errorf("ParseAspect(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "9x", "9x0", "0x0", "9x16x4", "-9x16", "vertical", "9 x 16", "1e3x1"} {
		if got, err := creative.ParseAspect(text); !errors.Is(err, creative.ErrAspect) {
			t.Errorf("ParseAspect(%q) = %q, %v; want ErrAspect", text, got, err)
		}
	}
}

func TestParseLocale(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]creative.Locale{"en": "en", "EN": "en", "pt_BR": "pt-br", "zh-Hant-TW": "zh-hant-tw"} {
		if got, err := creative.ParseLocale(text); err != nil || got != want {
			t.Errorf("ParseLocale(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "e", "en-", "-en", "en--us", "12", "en us", strings.Repeat("a", 9)} {
		if got, err := creative.ParseLocale(text); !errors.Is(err, creative.ErrLocale) {
			t.Errorf("ParseLocale(%q) = %q, %v; want ErrLocale", text, got, err)
		}
	}
}

func TestLocaleRankGoesUpOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wanted, has creative.Locale
		want        int
	}{
		{"en", "en", 0}, {"pt-pt", "pt", 1}, {"zh-hant-tw", "zh-hant", 1}, {"zh-hant-tw", "zh", 2},
		{"zh-hant-cn-x-private1", "zh-hant-cn", 1},
		{"pt-pt", "pt-br", -1}, {"pt", "pt-br", -1}, {"en", "de", -1}, {"en", "", -1}, {"", "en", -1}, {"", "", -1},
	} {
		if got := c.wanted.Rank(c.has); got != c.want {
			t.Errorf("%q.Rank(%q) = %d, want %d", c.wanted, c.has, got, c.want)
		}
	}
}

func TestCreativesCompareByCodeInAnyCaseAndVariation(t *testing.T) {
	t.Parallel()
	wanted := creative.Creative{Code: "HRT-1212", Variation: 2}
	if !wanted.Same(creative.Creative{Code: "hrt-1212", Variation: 2}) {
		t.Error("a code in lower case is another creative")
	}
	for _, other := range []creative.Creative{{"HRT-1212", 12}, {"HRT-1212", 20}, {"HRT-121", 2}, {"HRT-12122", 2}} {
		if wanted.Same(other) {
			t.Errorf("%v is taken for %v", other, wanted)
		}
	}
}

func TestCreativeCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []creative.Creative{{"HRT-1212", 0}, {"Ü1", 999_999}, {"Summer Sale #1", 1}} {
		if err := c.Check(); err != nil {
			t.Errorf("Check(%v) = %v", c, err)
		}
	}
	for _, code := range []string{"", "..", "a/b", `a\b`, " a", "a ", "a\tb", "a\x00b", strings.Repeat("x", 65)} {
		if err := (creative.Creative{Code: code}).Check(); !errors.Is(err, creative.ErrCode) {
			t.Errorf("Check of code %q = %v, want ErrCode", code, err)
		}
	}
	for _, v := range []int{-1, 1_000_000} {
		if err := (creative.Creative{Code: "X", Variation: v}).Check(); !errors.Is(err, creative.ErrVariation) {
			t.Errorf("Check of variation %d = %v, want ErrVariation", v, err)
		}
	}
}

func TestSlotAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		slot creative.Slot
		want []creative.Aspect
	}{
		{creative.Slot{Aspect: "9x16"}, []creative.Aspect{"9x16"}},
		{creative.Slot{Family: creative.Feed, Accepted: []creative.Aspect{"4x5"}}, []creative.Aspect{"4x5"}},
		{creative.Slot{Family: creative.Feed}, []creative.Aspect{"1x1", "3x4", "4x5"}},
		{creative.Slot{Family: creative.StoryReel}, []creative.Aspect{"9x16"}},
		{creative.Slot{Family: "banner"}, nil},
	} {
		if got := c.slot.Accepts(); !slices.Equal(got, c.want) {
			t.Errorf("%v accepts %v, want %v", c.slot, got, c.want)
		}
	}
}

func TestParseKind(t *testing.T) {
	t.Parallel()
	if k, err := creative.ParseKind("Video"); k != creative.Video || err != nil {
		t.Errorf("ParseKind(Video) = %q, %v", k, err)
	}
	if _, err := creative.ParseKind("audio"); !errors.Is(err, creative.ErrKind) {
		t.Errorf("ParseKind(audio) = %v, want ErrKind", err)
	}
}

package creative_test

import (
	"errors"
	"testing"

	"masterhand/shared/library/creative"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	for _, want := range []creative.Slot{
		{Project: "p", Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en", Kind: creative.Video},
		{Project: "a#b/c%41", Creative: creative.Creative{Code: "SUMMER #1 Ü", Variation: 0}, Locale: "zh-hant-tw", Kind: creative.Image},
	} {
		if got, err := creative.ParseKey(want.Key()); err != nil || got.Key() != want.Key() || got.Project != want.Project || got.Creative != want.Creative {
			t.Errorf("ParseKey(%q) = %+v, %v", want.Key(), got, err)
		}
	}
	for _, key := range []string{
		"", "p#HRT#2#en", "p#HRT#2#en#video#9x16", "p#HRT#two#en#video", "p#hrt#2#en#video", "p##2#en#video",
		"p#HRT#02#en#video", "%zz#HRT#2#en#video", "p#a%2Fb#2#en#video",
	} {
		if s, err := creative.ParseKey(key); !errors.Is(err, creative.ErrKey) {
			t.Errorf("ParseKey(%q) = %+v, %v; want ErrKey", key, s, err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("p#HRT-1212#2#en#video")
	f.Add("a%23b#SUMMER%20%231#0#zh-hant#image")
	f.Fuzz(func(t *testing.T, key string) {
		if s, err := creative.ParseKey(key); err == nil && s.Key() != key {
			t.Errorf("ParseKey(%q) = %+v, whose key is %q", key, s, s.Key())
		}
	})
}

package screen

import (
	"fmt"
	"strings"
	"time"
)

// Plural returns a number and a noun in the right form, for example "1 file", "2 files" or "0
// libraries".
func Plural[N int | int64](n N, noun string) string {
	stem, y := strings.CutSuffix(noun, "y")
	switch {
	case n == 1:
	case y && !strings.HasSuffix(stem, "a") && !strings.HasSuffix(stem, "e") && !strings.HasSuffix(stem, "o"):
		noun = stem + "ies"
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "sh"):
		noun += "es"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Time returns a time in UTC to the second, with a Z at the end. It returns "" for the zero time.
func Time(t time.Time) string { return utc(t, "2006-01-02 15:04:05Z") }

// Minute returns a time in UTC to the minute, with a Z at the end. It returns "" for the zero time.
func Minute(t time.Time) string { return utc(t, "2006-01-02 15:04Z") }

func utc(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

package creative

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"masterhand/shared/kit/lazy"
)

// Aspect is an aspect ratio, width x height in lowest terms, in the platform's spelling: "9x16",
// "1.91x1". The zero value is an unknown aspect.
type Aspect string

// known lists the aspects that the platform's placements accept.
var known = []Aspect{"1x1", "3x4", "4x5", "9x16", "16x9", "1.91x1"}

// aspectTolerance is the largest difference between a picture's ratio and a known aspect's ratio,
// as a fraction of the known ratio. The ratios differ because encoders round the width and height
// to even numbers, and exporters crop a line.
const aspectTolerance = 0.02

// ErrAspect means that the text is not an aspect ratio.
var ErrAspect = errors.New("not an aspect ratio (expected a ratio like 9x16)")

var aspectGrammar = lazy.Regexp(`^([0-9]{1,5}(?:\.[0-9]{1,3})?)[x:×]([0-9]{1,5}(?:\.[0-9]{1,3})?)$`)

// ParseAspect reads an aspect such as "9x16", "9:16" or "9×16", in any case, and reduces it to
// lowest terms. A resolution such as "1080x1920" becomes its aspect. It returns ErrAspect for
// other text.
func ParseAspect(s string) (Aspect, error) {
	m := aspectGrammar().FindStringSubmatch(strings.ToLower(s))
	if m == nil {
		return "", fmt.Errorf("%w: %.20q", ErrAspect, s)
	}
	w, _ := strconv.ParseFloat(m[1], 64)
	h, _ := strconv.ParseFloat(m[2], 64)
	if w == 0 || h == 0 {
		return "", fmt.Errorf("%w: %.20q", ErrAspect, s)
	}
	if w == math.Trunc(w) && h == math.Trunc(h) {
		if w >= 100 && h >= 100 { // a resolution, which may be rounded: use the nearest aspect
			return AspectOf(int(w), int(h)), nil
		}
		return reduced(int(w), int(h)), nil
	}
	return Aspect(formatSide(w) + "x" + formatSide(h)), nil
}

func formatSide(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// AspectOf returns the aspect of a picture of w by h display pixels: the nearest known aspect
// within ±2 %, else the ratio in lowest terms. It returns "" if a side is below 1.
func AspectOf(w, h int) Aspect {
	if w < 1 || h < 1 {
		return ""
	}
	best, distance := Aspect(""), math.Inf(1)
	for _, a := range known {
		if d := math.Abs(float64(w)/float64(h)/a.ratio() - 1); d < distance {
			best, distance = a, d
		}
	}
	if distance <= aspectTolerance {
		return best
	}
	return reduced(w, h)
}

// ratio returns width divided by height of a well-formed aspect.
func (a Aspect) ratio() float64 {
	w, h, _ := strings.Cut(string(a), "x")
	width, _ := strconv.ParseFloat(w, 64)
	height, _ := strconv.ParseFloat(h, 64)
	return width / height
}

func reduced(w, h int) Aspect {
	a, b := w, h
	for b != 0 {
		a, b = b, a%b
	}
	return Aspect(fmt.Sprintf("%dx%d", w/a, h/a))
}

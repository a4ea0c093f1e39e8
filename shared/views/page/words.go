package page

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"masterhand/shared/kit/legible"
	"masterhand/shared/library/creative"
)

// text returns s without control characters, and without characters that change the text direction.
// It is for texts that a stranger may have written.
func text(s string) string { return legible.Text(s) }

// command returns a command line that a person can paste into a shell.
func (b *builder) command(name string, args ...string) string {
	line := b.Type(name)
	if len(args) > 0 {
		line += " " + legible.ShellWords(args...)
	}
	return line
}

// ago returns a duration as text, such as "3 min ago".
func ago(d time.Duration) string {
	switch {
	case d < 2*time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// seconds returns a number of seconds as text with a suitable unit: ms, s or min.
func seconds(s float64) string {
	switch {
	case s < 0.0995:
		return fmt.Sprintf("%.0f\u00a0ms", s*1000)
	case s < 10:
		return fmt.Sprintf("%.1f\u00a0s", s)
	case s < 120:
		return fmt.Sprintf("%.0f\u00a0s", s)
	}
	return fmt.Sprintf("%.0f\u00a0min", s/60)
}

// size returns a number of bytes as text with a decimal unit and two or three digits.
func size(bytes float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	n := 0
	for bytes >= 999.5 && n < len(units)-1 {
		bytes /= 1000
		n++
	}
	if n > 0 && bytes < 99.95 {
		return strconv.FormatFloat(math.Round(bytes*10)/10, 'f', -1, 64) + "\u00a0" + units[n]
	}
	return fmt.Sprintf("%.0f\u00a0%s", bytes, units[n])
}

// grouped returns a number with thousands separators, such as "1,700".
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// plural returns a count with its noun, as "1 file" or "2 files".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

// Shape is the icon of an aspect: a rectangle within a square of 16 by 16 pixels.
type Shape struct {
	Name string
	X, Y float64
	W, H float64
	Film bool
}

func shapeOf(a creative.Aspect, k creative.Kind) Shape {
	s := Shape{Name: string(a), W: 10, H: 10, Film: k == creative.Video}
	w, h, _ := cutSides(a)
	if w > 0 && h > 0 {
		longest := 14 / math.Max(w, h)
		s.W, s.H = math.Max(w*longest, 5), math.Max(h*longest, 5)
	}
	s.X, s.Y = (16-s.W)/2, (16-s.H)/2
	return s
}

func cutSides(a creative.Aspect) (w, h float64, err error) {
	_, err = fmt.Sscanf(string(a), "%gx%g", &w, &h)
	return w, h, err
}

package tour

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"masterhand/events"
	"masterhand/shared/library/masters"
)

// printer prints the output of the tour: with colours and progress bars on a terminal, otherwise
// as plain lines.
type printer struct {
	out      io.Writer
	terminal bool
}

func (p printer) heading(text string) { fmt.Fprintf(p.out, "\n%s\n", p.colour("1", text)) }

func (p printer) line(format string, args ...any) {
	fmt.Fprintf(p.out, "  "+format+"\n", args...)
}

// sample prints a line about a sample file. The parameter described holds the index's data about
// the file, or the reason why the file belongs to no creative.
func (p printer) sample(m events.Master, placed masters.Placed, described string) {
	mark := "+"
	if placed.Unplaced != "" {
		mark = "-"
	}
	fmt.Fprintf(p.out, "  %s %-50s %s\n", mark, m.Key, described)
}

// step prints a line about a step, and a line for each problem.
func (p printer) step(s step, v verdict, took time.Duration) {
	mark := p.colour("32", "ok")
	if len(v.problems) > 0 {
		mark = p.colour("31", "NO")
	}
	sum := ""
	if v.sum != "" {
		sum = "  sha256 " + v.sum[:8] + "… = R2"
	}
	fmt.Fprintf(p.out, "  %s  %-24s %3d %-12s %6s  %s%s\n", mark, s.title, v.status, v.outcome, short(took), v.answer, sum)
	for _, problem := range v.problems {
		fmt.Fprintf(p.out, "        %s\n", p.colour("31", problem))
	}
}

func short(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func (p printer) colour(code, text string) string {
	if !p.terminal {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// progress shows the progress of a long operation.
type progress struct {
	bar   *progressbar.ProgressBar
	print printer
	what  string
	total int64
	count int64
	bytes bool
	began time.Time
}

func (p printer) progress(what string, total int64, bytes bool) *progress {
	g := &progress{print: p, what: what, total: total, bytes: bytes, began: time.Now()}
	if p.terminal {
		g.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription("  "+what),
			progressbar.OptionShowBytes(bytes), progressbar.OptionShowCount(), progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(50*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return g
}

func (g *progress) add(n int64) {
	g.count += n
	if g.bar != nil {
		_ = g.bar.Add64(n)
	}
}

// done replaces the bar by a final line.
func (g *progress) done() {
	if g.bar != nil {
		_ = g.bar.Finish()
	}
	took := time.Since(g.began)
	if g.bytes {
		g.print.line("%s: %d of %d MB, %.0f MB/s", g.what, g.count>>20, g.total>>20, float64(g.count)/(1<<20)/took.Seconds())
		return
	}
	g.print.line("%s: %d of %d, %s", g.what, g.count, g.total, short(took))
}

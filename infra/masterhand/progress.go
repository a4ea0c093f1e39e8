package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress is a progress bar on a terminal. Elsewhere it prints nothing.
type progress struct{ bar *progressbar.ProgressBar }

// progress starts a progress bar for work of a known number of bytes. The parameter what is the
// text beside the bar.
func (t terminal) progress(what string, bytes int64) *progress {
	return t.show(bytes, what, progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true))
}

// counting starts a counter for work of unknown size. The parameter what names the counted things.
func (t terminal) counting(what string) *progress {
	return t.show(-1, what, progressbar.OptionShowCount())
}

// measuring starts a progress bar for work whose total becomes known, or changes, during the work.
func (t terminal) measuring() *progress {
	return t.show(1, "", progressbar.OptionSetWidth(10), progressbar.OptionThrottle(0),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
}

func (t terminal) show(total int64, what string, options ...progressbar.Option) *progress {
	if t.Width == 0 {
		return &progress{}
	}
	usual := []progressbar.Option{
		progressbar.OptionSetWriter(t.err), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100 * time.Millisecond), progressbar.OptionClearOnFinish(),
	}
	return &progress{progressbar.NewOptions64(total, append(usual, options...)...)}
}

func (p *progress) add(n int64) {
	if p.bar != nil {
		_ = p.bar.Add64(n) // the error is ignored: a bar that cannot be shown must not stop the work
	}
}

// advance makes the bar show that done of total are finished, with a text beside the bar. The
// caller may change total between calls. The bar becomes full only when the method end is called.
func (p *progress) advance(done, total int, words string) {
	if p.bar != nil {
		p.bar.ChangeMax64(int64(max(total, done+1)))
		_ = p.bar.Set64(int64(done))
		p.bar.Describe(words)
	}
}

// clear removes the bar from the terminal until its next change, so that another line can be
// printed.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		_ = p.bar.Clear() // a counter does not remove itself; an error is ignored, because it is harmless
	}
}

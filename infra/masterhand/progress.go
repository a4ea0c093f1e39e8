package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows on a terminal how far something long is; elsewhere it shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// progress begins to show how much of so many bytes is done.
func (t terminal) progress(what string, bytes int64) *progress {
	return t.show(bytes, what, progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true))
}

// counting begins to show how many there were of what nobody knows the number of.
func (t terminal) counting(what string) *progress {
	return t.show(-1, what, progressbar.OptionShowCount())
}

// measuring begins to show how far something is whose size is not known before.
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
		_ = p.bar.Add64(n) // that it cannot be shown is no reason to stop
	}
}

// is shows that so much of the total is done, as far as that is known now. The bar is full
// only at its end, so that people can see the end.
func (p *progress) is(done, total int, words string) {
	if p.bar != nil {
		p.bar.ChangeMax64(int64(max(total, done+1)))
		_ = p.bar.Set64(int64(done))
		p.bar.Describe(words)
	}
}

// clear leaves the line to something else for once.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		_ = p.bar.Clear() // one without a number does not clear itself
	}
}

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

func (t terminal) show(total int64, what string, options ...progressbar.Option) *progress {
	if !t.screen {
		return &progress{}
	}
	return &progress{progressbar.NewOptions64(total, append(options, progressbar.OptionSetWriter(t.err), progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())...)}
}

func (p *progress) add(n int64) {
	if p.bar != nil {
		_ = p.bar.Add64(n) // that it cannot be shown is no reason to stop
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		_ = p.bar.Clear() // one without a number does not clear itself
	}
}

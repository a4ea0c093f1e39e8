package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows on a terminal how far something long is; elsewhere it shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// progress begins to show how much of so many bytes is done.
func (t terminal) progress(what string, bytes int64) *progress {
	if !t.screen {
		return &progress{}
	}
	return &progress{progressbar.NewOptions64(bytes, progressbar.OptionSetWriter(t.err), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true), progressbar.OptionSetWidth(30), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())}
}

func (p *progress) add(n int) {
	if p.bar != nil {
		_ = p.bar.Add(n) // that it cannot be shown is no reason to stop
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// reader reads a file and shows it.
func (p *progress) reader(file *os.File) io.Reader { return &shownReader{file, p} }

type shownReader struct {
	*os.File
	progress *progress
}

// Read implements [io.Reader].
func (r *shownReader) Read(into []byte) (int, error) {
	n, err := r.File.Read(into)
	r.progress.add(n)
	return n, err
}

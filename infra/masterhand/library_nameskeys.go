package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// keys returns an iterator over the input's lines without their line ends. It leaves out empty
// lines, and cuts lines that are longer than maxLine bytes. After an error it yields nothing more.
func (t terminal) keys() iter.Seq2[string, error] {
	if t.hidden != nil {
		fmt.Fprintln(t.err, "reading keys from standard input, one on each line; Ctrl-D ends them")
	}
	type line struct {
		text string
		err  error
	}
	return func(yield func(string, error) bool) {
		lines, done := make(chan line, 64), make(chan struct{})
		defer close(done)
		// A read from a terminal cannot be stopped. After an interrupt this goroutine therefore keeps
		// running until the program ends.
		go func() {
			for err := error(nil); err == nil; {
				var next line
				next.text, err = readLine(t.in)
				next.err = err
				select {
				case lines <- next:
				case <-done:
					return
				}
			}
		}()
		for first := true; ; first = false {
			select {
			case l := <-lines:
				if first {
					l.text = strings.TrimPrefix(l.text, byteOrderMark)
				}
				if l.text != "" && !yield(l.text, nil) {
					return
				}
				if l.err != nil {
					if !errors.Is(l.err, io.EOF) {
						yield("", fmt.Errorf("reading standard input: %w", l.err))
					}
					return
				}
			case <-t.interrupted:
				yield("", context.Canceled)
				return
			}
		}
	}
}

// byteOrderMark is a character that some programs write at the start of a UTF-8 text. The command
// removes it from the first key.
const byteOrderMark = "\ufeff"

// readLine reads a line and returns it without its line end. It cuts a line that is longer than the
// reader's buffer.
func readLine(in *bufio.Reader) (string, error) {
	part, err := in.ReadSlice('\n')
	text := string(part)
	if errors.Is(err, bufio.ErrBufferFull) {
		text = strings.ToValidUTF8(text, "") // removes the rest of a character that was cut in two
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	// "find ." puts ./ in front of each name; no upload makes such a key
	return strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"), "./"), err
}

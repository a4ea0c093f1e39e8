package lambda

import (
	"bytes"
	"encoding/json"
	"io"
)

// lineLimit is the maximum length in bytes of a line that is passed on. It is the limit of
// CloudWatch Logs for an event.
const lineLimit = 256 << 10

// lines converts a process's output to JSON lines that begin with the function's name. A line
// that is a JSON object keeps its fields; any other line becomes the member "message". The part
// of a line beyond lineLimit is dropped.
type lines struct {
	function []byte // the name of the function, encoded as JSON
	to       io.Writer
	line     []byte // the part of the current line that has arrived, at most lineLimit bytes
	cut      bool   // whether the current line is longer than lineLimit, so that its end is dropped
}

func newLines(function string, to io.Writer) *lines {
	name, _ := json.Marshal(function) // the error is ignored, because a string can always be encoded
	return &lines{function: name, to: to}
}

// Write never fails, because a function must not notice that its log cannot be stored.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		line, rest, whole := bytes.Cut(p, []byte("\n"))
		room := min(len(line), lineLimit-len(l.line))
		l.line = append(l.line, line[:room]...)
		l.cut = l.cut || room < len(line)
		if whole {
			l.flush()
		}
		p = rest
	}
	return n, nil
}

// flush passes on the last line, even if it has no line break.
func (l *lines) flush() {
	line := bytes.TrimSpace(l.line)
	if len(line) > 0 {
		_, _ = l.to.Write(l.dress(line))
	}
	l.line, l.cut = l.line[:0], false
}

func (l *lines) dress(line []byte) []byte {
	dressed := append([]byte(`{"function":`), l.function...)
	if fields, ok := bytes.CutPrefix(line, []byte("{")); ok && !l.cut && json.Valid(line) {
		if fields = bytes.TrimSpace(fields); fields[0] != '}' {
			dressed = append(dressed, ',')
		}
		return append(append(dressed, fields...), '\n')
	}
	message, _ := json.Marshal(string(line)) // the error is ignored, because a string can always be encoded
	dressed = append(append(dressed, `,"message":`...), message...)
	if l.cut {
		dressed = append(dressed, `,"cut":true`...)
	}
	return append(dressed, "}\n"...)
}

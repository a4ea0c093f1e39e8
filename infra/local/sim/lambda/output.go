package lambda

import (
	"bytes"
	"encoding/json"
	"io"
)

// lineLimit is the longest line that is passed on; CloudWatch Logs' limit for one event.
const lineLimit = 256 << 10

// lines turns what a process prints into JSON lines that begin with the
// function's name: a line that is a JSON object keeps its fields, any other
// becomes its "message". What a line has beyond lineLimit is dropped.
type lines struct {
	function []byte // the function's name as JSON
	to       io.Writer
	line     []byte // what has come since the last line end, at most lineLimit
	cut      bool   // more than that has come
}

func newLines(function string, to io.Writer) *lines {
	name, _ := json.Marshal(function) // a string cannot fail
	return &lines{function: name, to: to}
}

// Write never fails: a function must not feel that its log cannot be kept.
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

// flush passes on what there is of a line.
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
	message, _ := json.Marshal(string(line)) // a string cannot fail
	dressed = append(append(dressed, `,"message":`...), message...)
	if l.cut {
		dressed = append(dressed, `,"cut":true`...)
	}
	return append(dressed, "}\n"...)
}

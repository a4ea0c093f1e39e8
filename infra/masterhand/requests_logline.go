package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/kit/legible"
)

// logLine is one line of a function's log, with its time and the function's name.
type logLine struct {
	at       time.Time
	function string
	text     string
}

// readLogLine parses a line of the log file of a system on this machine. A line of a function
// contains its time and the function's name. A line of a local service does not, so its time is
// zero.
func readLogLine(line string) logLine {
	var said struct {
		Function        string
		Timestamp, Time time.Time
	}
	_ = json.Unmarshal([]byte(line), &said) // the error is ignored: for a line that is not JSON, time and function stay zero
	if said.Time.IsZero() {
		said.Time = said.Timestamp
	}
	return logLine{at: said.Time, function: said.Function, text: strings.TrimSpace(line)}
}

// structured returns the value that --json prints for the line.
func (l logLine) structured() any {
	s := struct {
		Time     time.Time       `json:"time"`
		Function string          `json:"function"`
		Line     json.RawMessage `json:"line,omitempty"` // the whole line if it is JSON; otherwise empty
		Text     string          `json:"text,omitempty"` // the whole line if it is not JSON; otherwise ""
	}{Time: l.at, Function: l.function}
	if json.Valid([]byte(l.text)) {
		s.Line = json.RawMessage(l.text)
	} else {
		s.Text = l.text
	}
	return s
}

// compact returns the line as "time function LEVEL message key=value …". For metrics and for the
// lines that Lambda itself logs, it returns "" if the parameter all is false.
func (l logLine) compact(all bool) string {
	var fields map[string]json.RawMessage
	head := fmt.Sprintf("%s %-7s", l.at.UTC().Format("15:04:05.000Z"), l.function)
	if json.Unmarshal([]byte(l.text), &fields) != nil {
		// A line that is not JSON, for example from a panic, is shown as it is.
		return head + " " + printable(strings.TrimSpace(l.text))
	}
	kind := text(fields["type"])
	if _, metrics := fields["_aws"]; (metrics || strings.HasPrefix(kind, "platform.")) && !all {
		return ""
	}
	message := cmp.Or(text(fields["message"]), text(fields["msg"]), kind)
	head += fmt.Sprintf(" %-5s %s", printable(text(fields["level"])), printable(message))
	for _, key := range []string{"timestamp", "time", "type", "level", "message", "msg", "function"} {
		delete(fields, key)
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		head += " " + printable(key) + "=" + printable(bare(fields[key]))
	}
	return head
}

// bare returns the text of a JSON string without quotes, unless the text needs them. It returns any
// other JSON value unchanged.
func bare(encoded json.RawMessage) string {
	var s string
	if json.Unmarshal(encoded, &s) != nil {
		return string(encoded)
	}
	if s == "" || strings.ContainsAny(s, " \"=") {
		return strconv.Quote(s)
	}
	return s
}

// printable returns a text in which characters that could control the terminal are replaced. It
// must be used for each text that another system wrote.
func printable(s string) string { return legible.Text(s) }

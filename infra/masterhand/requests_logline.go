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

// logLine is one line of a function's log.
type logLine struct {
	at       time.Time
	function string
	text     string
}

// readLogLine reads a line of the log of a system on this machine, which says of itself
// when and by which function it was written. A line that does not is of the system's own
// services: its time is zero.
func readLogLine(line string) logLine {
	var said struct {
		Function        string
		Timestamp, Time time.Time
	}
	_ = json.Unmarshal([]byte(line), &said) // leaves the zero values
	if said.Time.IsZero() {
		said.Time = said.Timestamp
	}
	return logLine{at: said.Time, function: said.Function, text: strings.TrimSpace(line)}
}

// structured returns the line for --json.
func (l logLine) structured() any {
	s := struct {
		Time     time.Time       `json:"time"`
		Function string          `json:"function"`
		Line     json.RawMessage `json:"line,omitempty"` // as it was written, where that is JSON
		Text     string          `json:"text,omitempty"` // as it was written, where it is not
	}{Time: l.at, Function: l.function}
	if json.Valid([]byte(l.text)) {
		s.Line = json.RawMessage(l.text)
	} else {
		s.Text = l.text
	}
	return s
}

// compact puts a line as "time function LEVEL message key=value …", or "" for one that
// is not wanted: metrics, and what Lambda says of itself.
func (l logLine) compact(all bool) string {
	var fields map[string]json.RawMessage
	head := fmt.Sprintf("%s %-7s", l.at.UTC().Format("15:04:05.000Z"), l.function)
	if json.Unmarshal([]byte(l.text), &fields) != nil {
		return head + " " + printable(strings.TrimSpace(l.text)) // a panic, for one
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

// bare is a text without quotes unless it needs them, and any other value as it is.
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

// printable keeps what others wrote from steering the terminal.
func printable(s string) string { return legible.Text(s) }

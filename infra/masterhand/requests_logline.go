package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// logLine is one line of a function's log.
type logLine struct {
	at       time.Time
	function string
	text     string
}

// compact puts a line as "time function LEVEL message key=value …", or "" for one that
// is not wanted: metrics, and what Lambda says of itself.
func (l logLine) compact(all bool) string {
	var fields map[string]json.RawMessage
	head := fmt.Sprintf("%s %-7s", l.at.UTC().Format("15:04:05.000"), l.function)
	if json.Unmarshal([]byte(l.text), &fields) != nil {
		return head + " " + printable(strings.TrimSpace(l.text)) // a panic, for one
	}
	kind := text(fields["type"])
	if _, metrics := fields["_aws"]; (metrics || strings.HasPrefix(kind, "platform.")) && !all {
		return ""
	}
	message := text(fields["message"])
	if message == "" {
		message = kind
	}
	head += fmt.Sprintf(" %-5s %s", printable(text(fields["level"])), printable(message))
	for _, key := range []string{"timestamp", "time", "type", "level", "message"} {
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
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '�'
	}, s)
}

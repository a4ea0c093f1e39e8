package screen

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"masterhand/shared/kit/legible"
)

// units lists the JSON members whose names do not state a unit, such as "duration". After such a
// member, a second one is printed whose name states the unit, such as "duration_seconds". The field
// name holds the second member's name. The second member's value is the first member's value
// divided by the field per.
var units = map[string]struct {
	name string
	per  float64
}{
	"size": {"size_bytes", 1}, "offset": {"offset_bytes", 1}, "kept": {"kept_bytes", 1},
	"duration": {"duration_seconds", float64(time.Second)}, "rate": {"rate_keys_per_second", 1},
}

// texts lists the names of JSON members whose texts come from users, for example keys. A text in
// such a member is never read as a time, so it is printed unchanged.
var texts = map[string]bool{"key": true, "path": true, "code": true, "file": true}

// JSON writes a value as one line of JSON. It converts all times to UTC, and escapes characters that
// could control a terminal. If the name of a member does not state the unit of its value, JSON adds
// a second member whose name does.
func (s Screen) JSON(v any) error {
	var encoded, line bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	in := json.NewDecoder(&encoded)
	in.UseNumber()
	if err := copyJSON(&line, in, false); err != nil {
		return err
	}
	line.WriteByte('\n')
	_, err := line.WriteTo(s.Out)
	return err
}

// copyJSON copies one value from in to out. It converts a text that is a time to UTC, unless
// verbatim is set.
func copyJSON(out *bytes.Buffer, in *json.Decoder, verbatim bool) error {
	token, err := in.Token()
	if err != nil {
		return err
	}
	begin, composite := token.(json.Delim)
	if !composite && verbatim {
		return writeValue(out, token)
	}
	if !composite {
		return writeScalar(out, token)
	}
	out.WriteString(begin.String())
	for first := true; in.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		if begin == '[' {
			err = copyJSON(out, in, false)
		} else {
			err = copyMember(out, in)
		}
		if err != nil {
			return err
		}
	}
	end, err := in.Token()
	if err == nil {
		out.WriteString(end.(json.Delim).String())
	}
	return err
}

// copyMember copies a member of an object. If the map units lists the member, copyMember also adds
// the second member whose name states the unit.
func copyMember(out *bytes.Buffer, in *json.Decoder) error {
	token, err := in.Token()
	if err != nil {
		return err
	}
	name := token.(string)
	if err := writeScalar(out, name); err != nil {
		return err
	}
	out.WriteByte(':')
	start := out.Len()
	if err := copyJSON(out, in, texts[name]); err != nil {
		return err
	}
	var number float64
	if unit, known := units[name]; known && json.Unmarshal(out.Bytes()[start:], &number) == nil {
		out.WriteString(`,"` + unit.name + `":`)
		return writeScalar(out, number/unit.per)
	}
	return nil
}

// writeScalar writes a text, a number, a boolean or null. It converts a text that is a time to UTC.
func writeScalar(out *bytes.Buffer, v any) error {
	if text, is := v.(string); is {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			v = at.UTC()
		}
	}
	return writeValue(out, v)
}

func writeValue(out *bytes.Buffer, v any) error {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	out.WriteString(legible.Escaped(strings.TrimSuffix(encoded.String(), "\n")))
	return nil
}

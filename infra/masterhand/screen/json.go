package screen

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"masterhand/shared/kit/legible"
)

// units maps the JSON members whose names do not state their unit to a second name that does, and
// to the factor between the two units.
var units = map[string]struct {
	name string
	per  float64
}{
	"size": {"size_bytes", 1}, "offset": {"offset_bytes", 1}, "kept": {"kept_bytes", 1},
	"duration": {"duration_seconds", float64(time.Second)}, "rate": {"rate_keys_per_second", 1},
}

// texts lists the JSON members that hold foreign names, such as keys. They are never treated as
// times.
var texts = map[string]bool{"key": true, "path": true, "code": true, "file": true}

// JSON writes a value as one line of JSON. It writes all times in UTC. It writes a member whose
// name does not state its unit a second time, under a name that does. It escapes characters that
// could control a terminal.
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

// copyJSON copies one value. If verbatim is set, a text is never treated as a time.
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

// copyMember copies a member of an object and, if units has it, adds the member that states its
// unit.
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

// writeScalar writes a text, a number, a boolean or null. It writes a text that is a time in UTC.
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

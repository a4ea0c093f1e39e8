package announcements

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
)

// readPosternity reads where Posternity's events hold each value.
func readPosternity(r *variables.Reader) senders.PosternityConfig {
	text := r.Text(names.PosternityFields)
	if text == "" {
		return senders.PosternityConfig{}
	}
	c, err := decodePosternity(text)
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		r.Problem(names.PosternityFields, err.Error(),
			`set it to a value such as {"identity":"/id","files":["/data/assets/*/url"]}, or leave it out`)
	}
	return c
}

// decodePosternity refuses unknown members, so that a slip in a name is not a silent default.
func decodePosternity(text string) (c senders.PosternityConfig, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, errors.New("no JSON object of identity, type, status, subject and files")
	}
	if _, err := d.Token(); err != io.EOF {
		return c, errors.New("more after the object")
	}
	return c, nil
}

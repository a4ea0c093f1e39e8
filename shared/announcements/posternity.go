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

// readPosternity reads the setting with the JSON pointers to the values in Posternity's events.
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

// decodePosternity reads the setting's JSON. It refuses unknown members, so that a misspelt member
// does not silently become a default.
func decodePosternity(text string) (c senders.PosternityConfig, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, errors.New("not a JSON object with only the members identity, type, status, subject and files")
	}
	if _, err := d.Token(); err != io.EOF {
		return c, errors.New("text after the JSON object")
	}
	return c, nil
}

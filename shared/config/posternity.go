package config

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/names"
)

// posternity reads where in Posternity's events things stand.
func (r *reader) posternity() senders.PosternityConfig {
	text, _ := r.lookup(names.PosternityFields)
	if text == "" {
		return senders.PosternityConfig{}
	}
	c, err := decodePosternity(text)
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		r.problem(names.PosternityFields, err.Error(),
			`set it to the like of {"identity":"/id","files":["/data/assets/*/url"]}, or leave it out`)
	}
	return c
}

// decodePosternity takes nothing it does not know, as decodeLibraries.
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

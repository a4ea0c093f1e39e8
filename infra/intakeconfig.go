package main

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/kit/names"
)

// noticesOf are what the topic of notices can tell.
var noticesOf = []string{"build_rejected", "job_failed", "screenshot_failed"}

// mostBytes is the largest file that collect can put into S3: 10,000 parts of 16 MiB,
// rounded down.
const mostBytes = 150 << 30

// parseBytes reads a file's size.
func parseBytes(text string, to *int) bool { return parseInt(text, to) && *to >= 1 && *to <= mostBytes }

// parseNotices reads a list, by commas on the command line or as in cdk.json.
func parseNotices(text string, to *[]string) bool {
	if json.Unmarshal([]byte(text), to) != nil {
		*to = strings.Split(text, ",")
	}
	return len(*to) > 0 && !slices.ContainsFunc(*to, func(notice string) bool { return !slices.Contains(noticesOf, notice) })
}

// maxFields is what Posternity's fields may have in bytes; see [maxLibraries].
const maxFields = 512

// usableFields reports whether a text says where in Posternity's events things stand: by
// JSON pointers, as the functions want them.
func usableFields(text string) bool {
	var fields struct {
		Identity, Type, Status, Subject string
		Files                           []string
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if len(text) > maxFields || d.Decode(&fields) != nil {
		return false
	}
	if _, err := d.Token(); err != io.EOF || len(fields.Files) > 16 {
		return false
	}
	pointers := append(fields.Files, fields.Identity, fields.Type, fields.Status, fields.Subject)
	return !slices.ContainsFunc(pointers, func(p string) bool { return p != "" && (p[0] != '/' || len(p) > 256) })
}

// collecting is what collect is told of the settings: those that are not as it has them
// by itself.
func (c config) collecting() map[string]string {
	told := map[string]string{}
	if c.collectMaxBytes > 0 {
		told[names.CollectMaxBytes] = strconv.Itoa(c.collectMaxBytes)
	}
	if c.collectMaxBuild > 0 {
		told[names.CollectMaxBuild] = strconv.Itoa(c.collectMaxBuild)
	}
	if c.collectBuilds {
		told[names.CollectBuilds] = "true"
	}
	if len(c.libraries) > 0 {
		told[names.Libraries] = encodeLibraries(c.libraries)
	}
	if len(c.libraries) > 1 {
		told[names.CollectLibrary] = c.libraries[0].Name
	}
	if c.collectLibrary != "" {
		told[names.CollectLibrary] = c.collectLibrary
	}
	if len(c.notifyOn) > 0 {
		told[names.NotifyOn] = strings.Join(c.notifyOn, ",")
	}
	return told
}

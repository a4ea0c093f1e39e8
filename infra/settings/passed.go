package settings

import (
	"encoding/json"
	"maps"
	"strings"

	"masterhand/shared/announcements"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library"
)

// passed maps the settings that the functions read themselves to environment variables. The
// functions' own code checks these settings; see [reading.objections].
var passed = map[string]string{
	"libraries":        names.Libraries,
	"collectLibrary":   names.CollectLibrary,
	"collectMaxBytes":  names.CollectMaxBytes,
	"collectBuilds":    names.CollectBuilds,
	"collectMaxBuild":  names.CollectMaxBuild,
	"posternityFields": names.PosternityFields,
	"notifyOn":         names.NotifyOn,
}

// maxPassed is the maximum length of libraries and posternityFields together, in bytes. Lambda
// allows 4 KiB for all variables of a function, and the other variables need about 1 KiB.
const maxPassed = 3 << 10

// asVariable returns the value of a setting's variable. It writes libraries in one canonical
// form, and the list of notices separated by commas.
func asVariable(key, text string) string {
	switch key {
	case "libraries":
		if list, err := library.DecodeSettings(text); err == nil {
			return asText(list)
		}
	case "notifyOn":
		var list []string
		if json.Unmarshal([]byte(text), &list) == nil {
			return strings.Join(list, ",")
		}
	}
	return text
}

// Collecting returns the variables of collect. If there are several libraries and none is set for
// announced files, it chooses the first one.
func (c Config) Collecting() map[string]string {
	told := maps.Clone(c.Passed)
	if list, _ := library.DecodeSettings(told[names.Libraries]); len(list) > 1 && told[names.CollectLibrary] == "" {
		told[names.CollectLibrary] = list[0].Name
	}
	return told
}

// objections records the errors of the functions about the settings that are passed to them,
// under the names of the settings.
func (r *reading) objections(c Config) {
	told := c.Collecting()
	told[names.NotifyTopic] = "arn:aws:sns:eu-central-1:123456789012:notices" // a valid example of the topic's ARN
	_, err := announcements.LoadCollect(func(key string) (string, bool) { value, set := told[key]; return value, set })
	for _, p := range variables.Problems(err) {
		for key, variable := range passed {
			if element, is := strings.CutPrefix(p.Key, variable); is && (element == "" || element[0] == '[') {
				r.problem(c.settingOf(key+element), "%s; %s", p.Wrong, p.Do)
			}
		}
	}
	if len(c.Passed[names.Libraries])+len(c.Passed[names.PosternityFields]) > maxPassed {
		r.problem("libraries", "must have at most %d bytes together with posternityFields, to fit into Lambda's environment", maxPassed)
	}
}

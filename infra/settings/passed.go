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

// passed holds the settings that the functions read themselves, each with the name of its
// environment variable. The functions' own code checks the values; see [reading.objections].
var passed = map[string]string{
	"libraries":        names.Libraries,
	"collectLibrary":   names.CollectLibrary,
	"collectMaxBytes":  names.CollectMaxBytes,
	"collectBuilds":    names.CollectBuilds,
	"collectMaxBuild":  names.CollectMaxBuild,
	"posternityFields": names.PosternityFields,
	"notifyOn":         names.NotifyOn,
}

// maxPassed is the maximum length of the settings libraries and posternityFields together, in
// bytes. Lambda allows 4 KiB for all environment variables of a function, and the other variables
// need about 1 KiB.
const maxPassed = 3 << 10

// asVariable returns the value of the environment variable for a setting. It writes the list of libraries
// in a canonical form, and the list of notices with commas between them.
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

// Collecting returns the environment variables of the function collect that come from settings. If
// there are several libraries and no setting names the library for announced files, Collecting
// chooses the first library.
func (c Config) Collecting() map[string]string {
	told := maps.Clone(c.Passed)
	if list, _ := library.DecodeSettings(told[names.Libraries]); len(list) > 1 && told[names.CollectLibrary] == "" {
		told[names.CollectLibrary] = list[0].Name
	}
	return told
}

// objections checks the settings in c.Passed with the code by which the function collect reads
// them. It records each error under the name of the setting, not under the name of the environment
// variable.
func (r *reading) objections(c Config) {
	told := c.Collecting()
	// an example of a valid ARN, because the real one is not known before the deployment
	told[names.NotifyTopic] = "arn:aws:sns:eu-central-1:123456789012:notices"
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

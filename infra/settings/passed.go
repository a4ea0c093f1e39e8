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

// passed names the variable of each setting that the functions read by themselves. The
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

// maxPassed is how long libraries and posternityFields may be together, in bytes: Lambda
// gives all variables of a function 4 KiB, and the others need about 1 KiB.
const maxPassed = 3 << 10

// asVariable returns a setting's text as its variable holds it: libraries in one form
// however the context writes them, and a list of alerts with commas.
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

// Collecting returns the variables of collect: all that are passed, and the first library
// where several leave open which one the announced files are put in.
func (c Config) Collecting() map[string]string {
	told := maps.Clone(c.Passed)
	if list, _ := library.DecodeSettings(told[names.Libraries]); len(list) > 1 && told[names.CollectLibrary] == "" {
		told[names.CollectLibrary] = list[0].Name
	}
	return told
}

// objections reports what the functions would refuse in the settings that are passed to them,
// under the settings' own names.
func (r *reading) objections(c Config) {
	told := c.Collecting()
	told[names.NotifyTopic] = "arn:aws:sns:eu-central-1:123456789012:notices" // the stack's own
	_, err := announcements.LoadCollect(func(key string) (string, bool) { value, set := told[key]; return value, set })
	for _, p := range variables.Problems(err) {
		for key, variable := range passed {
			if element, is := strings.CutPrefix(p.Key, variable); is && (element == "" || element[0] == '[') {
				r.problem(c.settingOf(key+element), "%s; %s", p.Wrong, p.Do)
			}
		}
	}
	if len(c.Passed[names.Libraries])+len(c.Passed[names.PosternityFields]) > maxPassed {
		r.problem("libraries", "with posternityFields over %d bytes, more than fit into Lambda's environment", maxPassed)
	}
}

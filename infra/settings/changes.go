package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/library"
)

// Change is a setting, or a member of a library's settings, that the next deployment changes.
type Change struct {
	// the setting's name, for example logDays, or libraries[films].prefix for a member of a library
	Setting       string
	Before, After string // the deployed value and the new value as text; "" means not set
	Loses         string // description of the loss that the change causes; "" if nothing is lost
}

// Changes returns the settings that differ between the deployed record r and the record next of the
// next deployment, ordered by name.
func (r Record) Changes(next Record) (all []Change) {
	before, after := r.parts(), next.parts()
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if before[key] != after[key] {
			all = append(all, Change{key, before[key], after[key], losing(key, before[key], after[key])})
		}
	}
	return all
}

// parts returns the values of all settings, by name. It lists each member of each library as a
// setting of its own, with its value as JSON. If the record has no list of libraries, it lists the
// members of the default library.
func (r Record) parts() map[string]string {
	parts := map[string]string{}
	maps.Copy(parts, r)
	list := []map[string]any{{"name": library.Default().Name, "prefix": ""}}
	if told, is := r["libraries"]; is {
		list = nil
		if json.Unmarshal([]byte(told), &list) != nil {
			return parts
		}
	}
	delete(parts, "libraries")
	for _, l := range list {
		for member, value := range l {
			if member != "name" {
				encoded, _ := json.Marshal(value) // the error is ignored: value was decoded from JSON, so it can be encoded
				parts[fmt.Sprintf("libraries[%v].%s", l["name"], member)] = string(encoded)
			}
		}
	}
	return parts
}

// losing describes what is lost if a setting's value changes: a bucket, a key, a library, a prefix,
// a reservation or a subscription. It returns "" if nothing is lost. The parameter key is the name
// of the setting.
func losing(key, before, after string) string {
	library, isPrefix := strings.CutSuffix(strings.TrimPrefix(key, "libraries["), "].prefix")
	switch {
	case key == "mastersBucket" && before == "":
		return "the bucket that the stack made: its files are no longer masters"
	case key == "mastersBucket" && after == "":
		return "bucket " + before + ": its files are no longer masters; the stack makes a new, empty bucket"
	case key == "mastersBucket":
		return "bucket " + before + ": its files are no longer masters"
	case before == "":
		return ""
	case key == "mastersKeyArn":
		return "key " + before + ": the functions can no longer read files that it encrypts"
	case key == "concurrency" && number(after) < number(before):
		return fmt.Sprintf("reservation of fulfill: %s executions, now %d", before, number(after))
	case key == "intakeConcurrency" && number(after) < number(before):
		return fmt.Sprintf("reservation of intake: %s executions, now %d", before, number(after))
	case key == "alarmEmail":
		return "subscription of " + before + " to alarms"
	case key == "notifyEmail":
		return "subscription of " + before + " to failed builds, jobs and screenshots"
	case isPrefix && after == "":
		return "library " + library + ": its destinations get no masters until they name another library"
	case isPrefix:
		return "prefix " + before + " of library " + library + ": files below it are no longer masters of the library, unless they are below " + after
	}
	return ""
}

// number returns the integer in a text; 0 if the text is not an integer.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

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

// Change is a setting, or a member of a library, that the next deployment changes.
type Change struct {
	Setting       string // such as logDays, or libraries[films].prefix
	Before, After string // "" where it is not set
	Loses         string // what the deployment loses by the change; "" for nothing
}

// Changes returns where the next deployment differs from the deployed one, ordered by setting.
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

// parts returns the settings with each library's members by themselves, as JSON. A deployment
// without a list of libraries has the default one.
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
				encoded, _ := json.Marshal(value) // cannot fail: it was decoded
				parts[fmt.Sprintf("libraries[%v].%s", l["name"], member)] = string(encoded)
			}
		}
	}
	return parts
}

// losing says what a deployment loses by a change: a bucket, a key, a library, a prefix, a
// reservation or a subscription.
func losing(key, before, after string) string {
	library, isPrefix := strings.CutSuffix(strings.TrimPrefix(key, "libraries["), "].prefix")
	switch {
	case key == "mastersBucket" && before == "":
		return "the bucket that the stack made: no file in it is a master any more"
	case key == "mastersBucket" && after == "":
		return "bucket " + before + ": no file in it is a master any more; the stack makes a new, empty bucket"
	case key == "mastersBucket":
		return "bucket " + before + ": no file in it is a master any more"
	case before == "":
		return ""
	case key == "mastersKeyArn":
		return "key " + before + ": the functions cannot read any more what it encrypts"
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
		return "prefix " + before + " of library " + library + ": a file below it is no master of the library unless it is below " + after
	}
	return ""
}

// number is what a text says, 0 for none.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

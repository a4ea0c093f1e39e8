package settings

import (
	"encoding/json"
	"strings"

	"masterhand/shared/kit/names"
)

// Output is the name of the stack's output that holds its record.
const Output = "Settings"

// Record is what a deployment was told: the text of each setting by its key. The deployed stack
// keeps it as an output, with which the next deployment is compared. It says nothing of defaults.
// How the only library names its files is in it as a list of libraries.
type Record map[string]string

// Record returns what the deployment was told, and its name.
func (c Config) Record() Record { return c.record }

// record returns what is told in the form in which a difference is a difference in meaning.
func (r *reading) record(c Config) Record {
	told := Record{"name": c.Name}
	for key, g := range r.told {
		if ofDefault[key] != nil {
			key, g.value = "libraries", c.Passed[names.Libraries]
		}
		text := asText(g.value)
		if variable := passed[key]; variable != "" {
			text = c.Passed[variable]
		}
		told[key] = asText(asJSON(text))
	}
	return told
}

// asJSON returns a JSON object or list as what it is, and any other text as a text.
func asJSON(text string) (value any) {
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		if json.Unmarshal([]byte(text), &value) == nil {
			return value
		}
	}
	return text
}

// MarshalText returns the record as one line of JSON for the stack's output. CloudFormation's quotas
// bound the value of an output only if it is exported, to 1,024 bytes
// (github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/685). This one is not. All
// outputs of a stack may have about 450,000 bytes together, as others measured
// (github.com/aws-amplify/amplify-backend/pull/946); the settings have 5,000 at most. CDK deploys a
// change of outputs alone, too (github.com/aws/aws-cdk/pull/2029).
func (r Record) MarshalText() ([]byte, error) {
	all := map[string]any{}
	for key, text := range r {
		all[key] = asJSON(text)
	}
	return json.Marshal(all)
}

// UnmarshalText reads the record of a stack, which another version may have deployed: its settings
// are not checked.
func (r *Record) UnmarshalText(text []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*r = Record{}
	for key, value := range all {
		var meant string
		if json.Unmarshal(value, &meant) != nil {
			meant = string(value)
		}
		(*r)[key] = meant
	}
	return nil
}

package settings

import (
	"encoding/json"
	"strings"

	"masterhand/shared/kit/names"
)

// Output is the name of the stack output that holds the settings.
const Output = "Settings"

// Record holds the settings that a deployment sets: the text of each value by the setting's name. It
// does not contain defaults. The settings of the only library are stored as a list of libraries. The
// deployed stack has the record as an output, so that the next deployment can be compared with it.
type Record map[string]string

// Record returns the settings that the deployment sets, including the deployment's name.
func (c Config) Record() Record { return c.record }

// record returns the settings of the deployment in a canonical form: two values with the same
// meaning have the same text.
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

// asJSON decodes a JSON object or list. It returns any other text unchanged.
func asJSON(text string) (value any) {
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		if json.Unmarshal([]byte(text), &value) == nil {
			return value
		}
	}
	return text
}

// MarshalText returns the record as one line of JSON, for an output of the stack. The line has at
// most 5,000 bytes, which is within the limits:
//   - All outputs of a stack together may have about 450,000 bytes, as others measured
//     (github.com/aws-amplify/amplify-backend/pull/946).
//   - The limit of 1,024 bytes is only for exported outputs, and this output is not exported
//     (github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/685).
//
// CDK deploys the stack even if only its outputs change (github.com/aws/aws-cdk/pull/2029).
func (r Record) MarshalText() ([]byte, error) {
	all := map[string]any{}
	for key, text := range r {
		all[key] = asJSON(text)
	}
	return json.Marshal(all)
}

// UnmarshalText reads the record of a deployed stack. It does not check the settings, because another
// version of masterhand, with other rules, may have deployed the stack.
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

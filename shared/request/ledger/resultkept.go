package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"masterhand/shared/kit/capability"
)

// keepable returns a result in the form that an item stores: normalized JSON without URLs. A result
// that is too long is replaced by its hash, so that two different long results stay different.
func keepable(raw json.RawMessage) json.RawMessage {
	var content any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&content) != nil {
		return omitted("no JSON", raw)
	}
	clean, err := json.Marshal(redacted(content))
	switch {
	case err != nil:
		return omitted("no JSON", raw)
	case len(clean) > MaxResult:
		return omitted("over 16 KiB", clean)
	}
	return clean
}

func omitted(why string, raw []byte) json.RawMessage {
	return fmt.Appendf(nil, `{"omitted":%q,"sha256":"%x"}`, why, sha256.Sum256(raw))
}

// redacted returns decoded JSON in which every string and every member name is redacted: URLs are
// reduced to their hosts.
func redacted(content any) any {
	switch content := content.(type) {
	case string:
		return capability.Redact(content)
	case []any:
		for i, element := range content {
			content[i] = redacted(element)
		}
	case map[string]any:
		clean := make(map[string]any, len(content))
		for name, value := range content {
			clean[capability.Redact(name)] = redacted(value)
		}
		return clean
	}
	return content
}

package signature

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Sign returns a sender's signature headers for body, by lower-case name. The headers have one
// signature for each key, the current key first. Only the Standard scheme uses id.
func Sign(scheme Scheme, keys []Key, id string, at time.Time, body []byte) map[string]string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	switch scheme {
	case Standard:
		prefix := []byte(id + "." + stamp + ".")
		var entries []string
		for _, key := range keys {
			entries = append(entries, "v1,"+base64.StdEncoding.EncodeToString(key.mac(prefix, body)))
		}
		return map[string]string{
			"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": strings.Join(entries, " "),
		}
	case OutpostTimestamped:
		return map[string]string{"x-outpost-signature": "t=" + stamp + ",v0=" + hexMACs(keys, []byte(stamp+"."), body)}
	default:
		return map[string]string{"x-outpost-signature": "v0=" + hexMACs(keys, nil, body)}
	}
}

func hexMACs(keys []Key, prefix, body []byte) string {
	var digests []string
	for _, key := range keys {
		digests = append(digests, hex.EncodeToString(key.mac(prefix, body)))
	}
	return strings.Join(digests, ",")
}

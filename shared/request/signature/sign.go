package signature

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Sign returns the headers, by lower-case name, with which a sender of this
// scheme signs body with each of keys, the current one first. The id matters to
// the standard scheme alone.
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

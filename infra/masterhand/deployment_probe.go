package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/names"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
)

// probe is a test event: a request that has already expired.
type probe struct {
	id      string            // the request's id in the ledger
	eventID string            // the event's id in the metadata
	headers map[string]string // includes the signature; nil if the destination has no secret
	body    []byte
}

// past is the time since the test event expired. It is long enough for every clock that is somewhat
// wrong, because masterhand would work on a request that has not expired.
const past = 24 * time.Hour

// uploadHosts returns the upload hosts to test: one host that the destination allows and, if that
// is the host of an R2 account, also one of the account's bucket hosts, which the platform may use
// as well.
func uploadHosts(d destination.Destination) []string {
	host := strings.Replace(d.UploadHosts[0], "*", "smoke", 1)
	bucket := "smoke-bucket." + host
	upload, err := capability.Parse("https://" + bucket + "/")
	if err != nil || !strings.HasSuffix(host, ".r2.cloudflarestorage.com") {
		return []string{host}
	}
	callback, err := capability.Parse(address(d.CallbackHosts[0], ""))
	if err != nil || d.Allow(upload, callback, false) != nil {
		return []string{host}
	}
	return []string{host, bucket}
}

// newProbe makes a test event with new ids. Its URLs have the upload host and a callback host that
// the destination allows; nothing ever calls them.
func newProbe(d destination.Destination, uploadHost string, now time.Time) (probe, error) {
	unique := strings.ToLower(rand.Text())
	body, err := json.Marshal(map[string]any{
		"projectId": names.SmokeProject, "projectSlug": names.SmokeProject,
		"creative": map[string]any{
			"code": "SMOKE", "variation": 1, "locale": "en", "kind": "video", "aspectRatio": "9x16",
		},
		"fulfillment": map[string]any{
			"uploadUrl": address(uploadHost, unique), "completeCallbackUrl": address(d.CallbackHosts[0], unique),
			"storageKey": "smoke/" + unique, "expiresAt": now.Add(-past).UTC().Format(time.RFC3339),
		},
	})
	if err != nil {
		return probe{}, fmt.Errorf("encoding the test event: %w", err)
	}
	event, err := platform.Parse(platform.TopicRequested, body)
	if err != nil {
		return probe{}, err
	}
	p := probe{id: event.Request.ID(), eventID: "evt_smoke_" + unique, body: body}
	if len(d.Keys) > 0 {
		p.headers = signature.Sign(d.Scheme, d.Keys[:1], p.eventID, now, body)
		p.headers["content-type"] = "application/json"
		p.headers["x-outpost-event-id"] = p.eventID
		p.headers["x-outpost-topic"] = platform.TopicRequested
	}
	return p, nil
}

// address returns a URL at a host that the pattern allows.
func address(pattern, unique string) string {
	return "https://" + strings.Replace(pattern, "*", "smoke", 1) + "/smoke/" + unique
}

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

// probe is a test event with a request whose deadline has already passed.
type probe struct {
	id      string            // id under which the ledger records the request
	eventID string            // event's id, as the event's metadata states it
	headers map[string]string // HTTP headers, with the signature; nil if the destination has no secret
	body    []byte
}

// past is how long ago the test event expired. It is far longer than any clock error. If a clock
// error made the event seem unexpired, the functions would work on its request.
const past = 24 * time.Hour

// uploadHosts returns the upload hosts to test. The first is a host that the destination allows. If
// that is the host of an R2 account, the second is a bucket's host in that account, because the
// platform may use either form.
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

// newProbe returns a test event with new ids. Its upload URL has the given host, and its callback
// URL a host that the destination allows. Nothing ever calls these URLs.
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

// address returns a URL whose host matches the pattern. The value of the parameter unique is a part
// of the URL, so that no two URLs are equal.
func address(pattern, unique string) string {
	return "https://" + strings.Replace(pattern, "*", "smoke", 1) + "/smoke/" + unique
}

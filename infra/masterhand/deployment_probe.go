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

// probe is a request that has already expired.
type probe struct {
	id      string            // in the ledger
	eventID string            // of the metadata
	headers map[string]string // with the signature; nil where the destination has no secret
	body    []byte
}

// past is by how much the event has expired: so much that it has by every clock that is
// only somewhat wrong, for a request that has not would be worked on.
const past = 24 * time.Hour

// uploadHosts returns the hosts to try uploads with: one that the destination allows, and where
// that is an R2 account's also one of its buckets, which the platform may use as well.
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

// newProbe makes an event with ids that were never used. Its URLs lead to the upload host and to
// a host that the destination allows, where nothing will ever be asked for.
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
		return probe{}, fmt.Errorf("writing the event: %w", err)
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

// address is a URL at a host that the pattern allows.
func address(pattern, unique string) string {
	return "https://" + strings.Replace(pattern, "*", "smoke", 1) + "/smoke/" + unique
}

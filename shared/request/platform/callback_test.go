package platform_test

import (
	"crypto/sha256"
	"testing"

	"masterhand/shared/request/platform"
)

func TestCallbackBodiesToTheByte(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("master"))
	const hash = "sha256:fc613b4dfd6736a7bd268c8a0e74ed0d1c04a959f59dd74ef2874983fd443fc9"
	for _, c := range []struct{ name, got, want string }{
		{"exact aspect", string(platform.Delivery{StorageKey: "fb/a&b<c>.video", Extension: "mp4", SHA256: sum}.Body()),
			`{"storageKey":"fb/a&b<c>.video","extension":"mp4","contentHash":"` + hash + `"}`},
		{"family", string(platform.Delivery{StorageKey: "ü/\"k\"", Aspect: "4x5", Extension: "jpg", SHA256: sum}.Body()),
			`{"storageKey":"ü/\"k\"","aspectRatio":"4x5","extension":"jpg","contentHash":"` + hash + `"}`},
		{"skip", string(platform.SkipBody(`no_match: “HRT” & <others>`)), `{"skip":true,"reason":"no_match: “HRT” & <others>"}`},
		{"hash", platform.ContentHash(sum), hash},
	} {
		if c.got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, c.got, c.want)
		}
	}
}

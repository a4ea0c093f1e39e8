package platform

import (
	"bytes"
	"encoding/hex"
	"encoding/json"

	"masterhand/shared/library/creative"
)

// Delivery is the positive callback: the bytes lie at StorageKey.
type Delivery struct {
	StorageKey string
	Aspect     creative.Aspect // told for families only, where we chose it
	Extension  string          // one of mp4, mov, webm, mkv, jpg, png, webp, avif
	SHA256     [32]byte
}

// Body returns the callback's JSON: the same bytes for the same delivery, every time.
func (d Delivery) Body() []byte {
	return encode(struct {
		StorageKey  string          `json:"storageKey"`
		AspectRatio creative.Aspect `json:"aspectRatio,omitempty"`
		Extension   string          `json:"extension"`
		ContentHash string          `json:"contentHash"`
	}{d.StorageKey, d.Aspect, d.Extension, ContentHash(d.SHA256)})
}

// SkipBody returns the negative callback's JSON. It makes the platform reject the
// request for good, so it is only for proven absence.
func SkipBody(reason string) []byte {
	return encode(struct {
		Skip   bool   `json:"skip"`
		Reason string `json:"reason"`
	}{true, reason})
}

// ContentHash writes a digest as the platform does.
func ContentHash(sum [32]byte) string { return "sha256:" + hex.EncodeToString(sum[:]) }

func encode(body any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(body) // strings and a bool always encode
	return bytes.TrimRight(b.Bytes(), "\n")
}

package platform

import (
	"bytes"
	"encoding/hex"
	"encoding/json"

	"masterhand/shared/library/creative"
)

// Delivery is the positive callback: the bytes are stored at StorageKey.
type Delivery struct {
	StorageKey string
	Aspect     creative.Aspect // set only if the request names a family: then masterhand chose the aspect
	Extension  string          // the file's extension: one of mp4, mov, webm, mkv, jpg, png, webp, avif
	SHA256     [32]byte
}

// Body returns the callback's JSON. It returns the same bytes each time.
func (d Delivery) Body() []byte {
	return encode(struct {
		StorageKey  string          `json:"storageKey"`
		AspectRatio creative.Aspect `json:"aspectRatio,omitempty"`
		Extension   string          `json:"extension"`
		ContentHash string          `json:"contentHash"`
	}{d.StorageKey, d.Aspect, d.Extension, ContentHash(d.SHA256)})
}

// SkipBody returns the negative callback's JSON. The platform then rejects the request for good, so
// a caller must send it only when absence is proved.
func SkipBody(reason string) []byte {
	return encode(struct {
		Skip   bool   `json:"skip"`
		Reason string `json:"reason"`
	}{true, reason})
}

// ContentHash returns a digest in the platform's notation.
func ContentHash(sum [32]byte) string { return "sha256:" + hex.EncodeToString(sum[:]) }

func encode(body any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(body) // the error is ignored: strings and a bool always encode
	return bytes.TrimRight(b.Bytes(), "\n")
}

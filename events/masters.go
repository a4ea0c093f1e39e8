package events

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed masters
var masterFiles embed.FS

// Master is a small real media file and how it lies in the masters bucket.
type Master struct {
	File     string            `json:"file"` // its name in this package
	Key      string            `json:"key"`  // its key in the bucket
	Tags     map[string]string `json:"tags"`
	Metadata map[string]string `json:"metadata"`
	Note     string            `json:"note"` // what is special about it
	Bytes    []byte            `json:"-"`
}

// Masters returns the sample masters, and what lies beside masters in real buckets
// without being one, in the manifest's order.
func Masters() ([]Master, error) {
	manifest, err := masterFiles.ReadFile("masters/manifest.json")
	if err != nil {
		return nil, fmt.Errorf("sample masters: %w", err)
	}
	var masters []Master
	if err := json.Unmarshal(manifest, &masters); err != nil {
		return nil, fmt.Errorf("sample masters' manifest: %w", err)
	}
	for i := range masters {
		masters[i].Bytes, err = masterFiles.ReadFile("masters/" + masters[i].File)
		if err != nil {
			return nil, fmt.Errorf("sample masters: %w", err)
		}
	}
	return masters, nil
}

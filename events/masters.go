package events

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed masters/manifest.json masters/*.mp4 masters/*.mov masters/*.webm masters/*.jpg masters/*.png masters/*.webp masters/*.bin
var masterFiles embed.FS

// Master is a sample file and the key to store it under.
type Master struct {
	// File is the file's name in the folder of samples. It differs from Key, because some file
	// systems do not allow a key as a file name.
	File     string            `json:"file"`
	Key      string            `json:"key"`
	Tags     map[string]string `json:"tags"`
	Metadata map[string]string `json:"metadata"`
	Note     string            `json:"note"` // the case for which the file is a sample
	Data     []byte            `json:"-"`
}

// Masters returns the sample files in the manifest's order. Some of them must be refused as masters.
func Masters() ([]Master, error) {
	manifest, err := masterFiles.ReadFile("masters/manifest.json")
	if err != nil {
		return nil, err
	}
	var list []Master
	if err := json.Unmarshal(manifest, &list); err != nil {
		return nil, fmt.Errorf("manifest of the sample masters: %w", err)
	}
	for i := range list {
		if list[i].Data, err = masterFiles.ReadFile("masters/" + list[i].File); err != nil {
			return nil, fmt.Errorf("sample master %s: %w", list[i].Key, err)
		}
	}
	return list, nil
}

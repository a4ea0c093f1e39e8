package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"masterhand/shared/destination"
	"masterhand/shared/signature"
)

// sender is one entry of a destinations file, as far as sending needs it.
type sender struct {
	Name    string           `json:"name"`
	Scheme  signature.Scheme `json:"scheme"`
	Secrets []string         `json:"secrets"`
}

// destinationsFile returns the file to serve: the given one, if it can be used, or one
// with a destination for each signature scheme, which it writes into the data folder
// unless there is one from before.
func destinationsFile(given, data string) (string, error) {
	path := given
	if given == "" {
		path = filepath.Join(data, "destinations.json")
		if _, err := os.Stat(path); os.IsNotExist(err) {
			if err := writeDestinations(path); err != nil {
				return "", err
			}
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if _, err := destination.Parse(content); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return path, nil
}

func writeDestinations(path string) error {
	var list []sender
	for _, scheme := range []signature.Scheme{signature.Outpost, signature.OutpostTimestamped, signature.Standard} {
		list = append(list, sender{Name: string(scheme), Scheme: scheme, Secrets: []string{newSecret(scheme)}})
	}
	return saveDestinations(path, list)
}

// newSecret makes a secret as the platform does.
func newSecret(scheme signature.Scheme) string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	if scheme == signature.Standard {
		return "whsec_" + base64.StdEncoding.EncodeToString(random)
	}
	return "whsec_" + hex.EncodeToString(random)
}

// saveDestinations replaces the file as one step, so that nobody reads half of it.
func saveDestinations(path string, list []sender) error {
	content, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(path, append(content, '\n'))
}

// replaceFile writes a file that only its owner may read, as one step.
func replaceFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

// loadSenders reads a destinations file.
func loadSenders(path string) ([]sender, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []sender
	if err := json.Unmarshal(content, &list); err != nil {
		return nil, fmt.Errorf("destinations file %s: %w", path, err)
	}
	return list, nil
}

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

	"masterhand/infra/local/scenario/announce"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

// sender is one entry of a destinations file, as far as sending needs it.
type sender struct {
	Name    string           `json:"name"`
	Scheme  signature.Scheme `json:"scheme"`
	Secrets []string         `json:"secrets"`
}

// destinationsFile returns the file to serve: the given one, or one with a destination
// for each signature scheme.
func destinationsFile(given, data string) (string, error) {
	return secretFile(given, filepath.Join(data, "destinations.json"), writeDestinations, func(content []byte) error {
		_, err := destination.Parse(content)
		return err
	})
}

// sendersFile returns the file to serve: the given one, or one with a token for each
// platform that announces.
func sendersFile(given, data string) (string, error) {
	return secretFile(given, filepath.Join(data, "senders.json"), writeSenders, func(content []byte) error {
		_, err := intake.Parse(content)
		return err
	})
}

// secretFile returns the path of a file that is served as a secret: the given one, or
// the one of our own, which is written unless it is there from before. It has to be
// usable.
func secretFile(given, own string, write func(path string) error, usable func([]byte) error) (string, error) {
	path := given
	if given == "" {
		path = own
		if _, err := os.Stat(path); os.IsNotExist(err) {
			if err := write(path); err != nil {
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
	if err := usable(content); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return path, nil
}

func writeSenders(path string) error {
	content, err := announce.NewSecrets().Encode()
	if err != nil {
		return err
	}
	return replaceFile(path, content)
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

package running

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"masterhand/infra/local/scenario/announce"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

// destinationsFile returns the absolute path of the destinations' file. The parameter given is the
// path of an existing file. If given is "", the destinations' file is in the folder data;
// destinationsFile makes it if it is missing, with one destination for each signature scheme.
func destinationsFile(given, data string) (string, error) {
	return secretFile(given, filepath.Join(data, "destinations.json"), newDestinations, func(content []byte) error {
		_, err := destination.Parse(content)
		return err
	})
}

// sendersFile returns the absolute path of the senders' file. The parameter given is the path of an
// existing file. If given is "", the senders' file is in the folder data; sendersFile makes it if
// it is missing, with a token for each sender.
func sendersFile(given, data string) (string, error) {
	return secretFile(given, filepath.Join(data, "senders.json"), announce.NewSecrets().Encode, func(content []byte) error {
		_, err := intake.Parse(content)
		return err
	})
}

// secretFile returns the absolute path of a file with secrets. The parameter given is the path of
// an existing file. If given is "", the parameter own is the path; if that file is missing,
// secretFile makes it with the content from the function make. It fails if the function usable
// rejects the file's content.
func secretFile(given, own string, make func() ([]byte, error), usable func([]byte) error) (string, error) {
	path := given
	if given == "" {
		path = own
		if _, err := os.Stat(path); os.IsNotExist(err) {
			content, err := make()
			if err != nil {
				return "", err
			}
			if err := replaceFile(path, content); err != nil {
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

func newDestinations() ([]byte, error) {
	type entry struct {
		Name    string           `json:"name"`
		Scheme  signature.Scheme `json:"scheme"`
		Secrets []string         `json:"secrets"`
	}
	var list []entry
	for _, scheme := range []signature.Scheme{signature.Outpost, signature.OutpostTimestamped, signature.Standard} {
		list = append(list, entry{Name: string(scheme), Scheme: scheme, Secrets: []string{newSecret(scheme)}})
	}
	content, err := json.MarshalIndent(list, "", "  ")
	return append(content, '\n'), err
}

// newSecret returns a secret in the platform's form.
func newSecret(scheme signature.Scheme) string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // the error is ignored: reading random bytes never fails
	if scheme == signature.Standard {
		return "whsec_" + base64.StdEncoding.EncodeToString(random)
	}
	return "whsec_" + hex.EncodeToString(random)
}

// UnknownKey returns a new key of the scheme outpost, which no system knows.
func UnknownKey() (signature.Key, error) {
	return signature.NewKey(signature.Outpost, newSecret(signature.Outpost))
}

// LoadDestinations returns the content of the system's destinations file.
func (s System) LoadDestinations() ([]destination.Destination, error) {
	content, err := os.ReadFile(s.Destinations)
	if err != nil {
		return nil, err
	}
	list, err := destination.Parse(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Destinations, err)
	}
	return list, nil
}

// Destination returns the destination of the system with the given name, or the first destination
// if name is "".
func (s System) Destination(name string) (destination.Destination, error) {
	list, err := s.LoadDestinations()
	if err != nil {
		return destination.Destination{}, err
	}
	var names []string
	for _, d := range list {
		if name == "" || d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return destination.Destination{}, fmt.Errorf("%s lists no destination %q, only %s", s.Destinations, name, strings.Join(names, ", "))
}

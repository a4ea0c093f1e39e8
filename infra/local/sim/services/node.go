package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// nodeNeeded is the oldest major version of Node that can run the services.
const nodeNeeded = 20

// CheckNode returns an error that says what to install if Node or the packages are missing or too
// old. [Start] makes the same check. A caller should nevertheless call CheckNode before it builds
// programs, because a build takes about a minute and is useless without Node.
func CheckNode(ctx context.Context, root string) error {
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return fmt.Errorf("found no Node (%w): install Node %d or newer from https://nodejs.org", err, nodeNeeded)
	}
	version := strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < nodeNeeded {
		return fmt.Errorf("found Node %s, which is too old: install Node %d or newer from https://nodejs.org", version, nodeNeeded)
	}
	return checkPackages(root)
}

// packages lists the npm packages that the scripts in this folder import.
var packages = []string{"dynalite", "fauxqs"}

// checkPackages compares the packages in node_modules with the versions that the project requires.
func checkPackages(root string) error {
	var project struct {
		DevDependencies map[string]string `json:"devDependencies"`
	}
	if err := readJSON(filepath.Join(root, "package.json"), &project); err != nil {
		return err
	}
	for _, name := range packages {
		pinned := project.DevDependencies[name]
		var installed struct {
			Version string `json:"version"`
		}
		err := readJSON(filepath.Join(root, "node_modules", name, "package.json"), &installed)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return fmt.Errorf(`npm package %s is missing in %s: run "npm ci" there`, name, root)
		case err != nil:
			return fmt.Errorf(`npm package %s: %w: run "npm ci" in %s`, name, err, root)
		case installed.Version != pinned:
			return fmt.Errorf(`npm package %s has version %s, but %s is needed: run "npm ci" in %s`, name, installed.Version, pinned, root)
		}
	}
	return nil
}

func readJSON(path string, into any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// startNode runs one of the scripts in this folder. When the script listens, it prints its
// address.
func (s *Services) startNode(ctx context.Context, name, script string, args ...string) (_ *process, address string, err error) {
	path := filepath.Join(s.config.Root, "infra", "local", "sim", "services", script)
	cmd := exec.Command("node", append([]string{path}, args...)...)
	cmd.Dir = s.config.Root
	out := newAddressReader()
	p, err := s.launch(name, cmd, out)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	s.children = append(s.children, p)
	s.mu.Unlock()
	select {
	case address = <-out.found:
		if !strings.HasPrefix(address, "http://127.0.0.1:") {
			return nil, "", p.notUp(errors.New("it printed no address"))
		}
		s.watch(p)
		return p, address, nil
	case <-p.Done():
		return nil, "", p.notUp(p.ended())
	case <-ctx.Done():
		return nil, "", p.notUp(context.Cause(ctx))
	}
}

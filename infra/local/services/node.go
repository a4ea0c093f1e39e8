package services

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"masterhand/infra/local/child"
)

// nodeNeeded is the oldest major version of Node that the services run on.
const nodeNeeded = 20

// checkNode says what to install where Node or the packages are missing.
func checkNode(ctx context.Context, root string) error {
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return fmt.Errorf("Node is missing (%w): install Node %d or newer from https://nodejs.org", err, nodeNeeded)
	}
	version := strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < nodeNeeded {
		return fmt.Errorf("Node %s is too old: install Node %d or newer from https://nodejs.org", version, nodeNeeded)
	}
	for _, name := range []string{"dynalite", "fauxqs"} {
		if _, err := os.Stat(filepath.Join(root, "node_modules", name)); err != nil {
			return fmt.Errorf(`npm package %s is missing in %s: run "npm ci" there`, name, root)
		}
	}
	return nil
}

// startNode runs one of this folder's scripts, which prints its address once it
// listens, and returns the address.
func (s *Services) startNode(ctx context.Context, c Config, script string, args ...string) (string, error) {
	path := filepath.Join(c.Root, "infra", "local", "services", script)
	cmd := exec.Command("node", append([]string{path}, args...)...)
	cmd.Dir = c.Root
	read, write := io.Pipe()
	printed := &tail{next: c.Log}
	cmd.Stdout, cmd.Stderr = io.MultiWriter(write, printed), printed
	p, err := child.Start(cmd)
	if err != nil {
		return "", err
	}
	s.keep(p)
	address := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(read).ReadString('\n')
		address <- strings.TrimSpace(line)
		_, _ = io.Copy(io.Discard, read) // the script must never wait for a reader
	}()
	go func() { <-p.Done(); write.Close() }()
	select {
	case a := <-address:
		if !strings.HasPrefix(a, "http://127.0.0.1:") {
			return "", fmt.Errorf("%s does not come up; it printed:\n%s", script, printed)
		}
		return a, nil
	case <-ctx.Done():
		return "", errors.Join(fmt.Errorf("%s does not come up; it printed:\n%s", script, printed), ctx.Err())
	}
}

package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Root returns the folder of the project: the nearest folder above the working directory that
// contains masterhand's go.mod.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(data), "module masterhand\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside masterhand's folder: change to the folder whose go.mod says \"module masterhand\"")
		}
		dir = parent
	}
}

// Programs are the paths of the built programs.
type Programs struct {
	Gateway                                          string // path of the program that serves S3
	Fulfill, Finish, Index, Intake, Collect, Receive string // paths of the functions' bootstraps
}

// Build compiles the programs for this machine into the project's folder .masterhand. It builds the
// functions in the same way as for Lambda. Later builds are quick, because Go caches them. It is
// safe if other processes build or run the programs at the same time. Build writes a line to
// progress for each step that takes long.
func Build(ctx context.Context, root string, progress io.Writer) (Programs, error) {
	bin := filepath.Join(root, ".masterhand", "bin")
	p := Programs{
		Gateway: filepath.Join(bin, "versitygw"),
		Fulfill: filepath.Join(bin, "fulfill", "bootstrap"),
		Finish:  filepath.Join(bin, "finish", "bootstrap"),
		Index:   filepath.Join(bin, "index", "bootstrap"),
		Intake:  filepath.Join(bin, "intake", "bootstrap"),
		Collect: filepath.Join(bin, "collect", "bootstrap"),
		Receive: filepath.Join(bin, "receive", "bootstrap"),
	}
	bootstrap := []string{"-tags", "lambda.norpc", "-ldflags", "-s -w", "-gcflags", "github.com/aws/aws-sdk-go-v2/...=-l"}
	steps := []struct {
		name, dir, pkg, output string
		flags                  []string
	}{
		{"the S3 gateway", filepath.Join(root, "infra", "local", "sim", "versitygw"), ".", p.Gateway, nil},
		{"fulfill", root, "./functions/fulfill", p.Fulfill, bootstrap},
		{"finish", root, "./functions/finish", p.Finish, bootstrap},
		{"index", root, "./functions/index", p.Index, bootstrap},
		{"intake", root, "./functions/intake", p.Intake, bootstrap},
		{"collect", root, "./functions/collect", p.Collect, bootstrap},
		{"receive", root, "./functions/receive", p.Receive, bootstrap},
	}
	var failed error
	for i, s := range steps {
		done := make(chan error, 1)
		go func() { done <- build(ctx, s.dir, s.pkg, s.output, s.flags...) }()
		select {
		case err := <-done:
			failed = errors.Join(failed, err)
		case <-time.After(unnamed):
			fmt.Fprintf(progress, "building %s (%d of %d; minutes, the first time) …\n", s.name, i+1, len(steps))
			failed = errors.Join(failed, <-done)
		}
	}
	return p, failed
}

// unnamed is how long a step of the build may take before Build writes a line about it. Faster
// steps are not reported.
const unnamed = 2 * time.Second

func build(ctx context.Context, dir, pkg, output string, flags ...string) error {
	args := append([]string{"build", "-trimpath", "-o", output}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	// When ctx ends, the go command is interrupted and not killed, so that it stops its compilers,
	// too.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Dir = dir
	// The temporary folder of the linker is on the file system of the output, so that the finished
	// program can be moved to its path atomically.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOTMPDIR="+filepath.Dir(output))
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return err
	}
	if printed, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", filepath.Base(output), err, printed)
	}
	return nil
}

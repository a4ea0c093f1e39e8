package coldstart

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// function holds the name of a function of this project, and the name of the reference program that
// constructs the same SDK clients.
type function struct{ name, reference string }

var functions = []function{
	{"fulfill", "requests"}, {"finish", "requests"}, {"receive", "requests"},
	{"index", "index"}, {"intake", "intake"}, {"collect", "collect"}, {"widget", "widget"},
}

// references is the folder with the packages of the reference programs.
const references = "./infra/bench/coldstart/reference/"

// flags are the same build flags as in the variable LAMBDA of the Makefile.
var flags = []string{
	"-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-gcflags=github.com/aws/aws-sdk-go-v2/...=-l",
}

// buildAll builds the functions into the folders dir/MACHINE, once for this machine and once for
// the deployed architecture. It builds the references into dir/reference.
//
// It builds into another folder and copies the programs, because the linker writes a program through
// a memory map. The operating system caches such a file in smaller pieces than a file that was
// written as a whole, like the file of a deployed function. The start of such a program takes some 5 % longer.
func buildAll(ctx context.Context, root, dir string) error {
	linked := filepath.Join(dir, "linked")
	if err := link(ctx, root, linked); err != nil {
		return err
	}
	return os.CopyFS(dir, os.DirFS(linked))
}

func link(ctx context.Context, root, dir string) error {
	packages := make([]string, len(functions))
	for i, f := range functions {
		packages[i] = "./functions/" + f.name
	}
	for _, machine := range []string{runtime.GOARCH, deployed} {
		if err := build(ctx, root, filepath.Join(dir, machine), machine, packages...); err != nil {
			return err
		}
	}
	return build(ctx, root, filepath.Join(dir, "reference"), runtime.GOARCH, references+"...")
}

// build compiles packages of the project for the processor architecture machine. It writes the
// programs to the folder to. Each program has the name of its package.
func build(ctx context.Context, root, to, machine string, packages ...string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	args := append(append([]string{"build", "-o", to + string(filepath.Separator)}, flags...), packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+machine)
	if printed, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", strings.Join(packages, " "), err, printed)
	}
	return nil
}

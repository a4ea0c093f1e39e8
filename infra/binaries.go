package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

// binaries are the functions' programs, as "make build" leaves them.
type binaries struct {
	folder  string // holds them as <function>/bootstrap, seen from where cdk.json lies
	machine string // what they are built for: one of [machines]
}

// machine is a kind of machine that Lambda has.
type machine struct {
	elf    elf.Machine
	lambda func() awslambda.Architecture
}

// machines are all there are, by the names that Go has for them.
var machines = map[string]machine{
	"arm64": {elf.EM_AARCH64, awslambda.Architecture_ARM_64},
	"amd64": {elf.EM_X86_64, awslambda.Architecture_X86_64},
}

// check reports the programs that are missing, or that would not start where they are
// deployed: all of them, at once.
func (b binaries) check() error {
	want, known := machines[b.machine]
	if !known {
		return fmt.Errorf("-machine: must be one of %s, and is %q", strings.Join(slices.Sorted(maps.Keys(machines)), ", "), b.machine)
	}
	var problems []error
	for _, p := range programs {
		path := filepath.Join(b.folder, p.name, "bootstrap")
		program, err := elf.Open(path)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: missing, or no program for Lambda; run make build", path))
			continue
		}
		if program.Machine != want.elf {
			problems = append(problems, fmt.Errorf("%s: built for %s and not for %s; run make build", path, program.Machine, b.machine))
		}
		_ = program.Close() // only read
	}
	return errors.Join(problems...)
}

// architecture is what Lambda calls the machine.
func (b binaries) architecture() awslambda.Architecture { return machines[b.machine].lambda() }

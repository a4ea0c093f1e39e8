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

// binaries are the functions' programs as "make build" writes them.
type binaries struct {
	folder  string // the folder that contains FUNCTION/bootstrap for each function, relative to the folder of cdk.json
	machine string // the processor architecture that the programs are built for: a key of [machines]
}

// machine is a processor architecture that Lambda offers.
type machine struct {
	elf    elf.Machine
	lambda func() awslambda.Architecture
}

// machines lists the architectures by their names in Go.
var machines = map[string]machine{
	"arm64": {elf.EM_AARCH64, awslambda.Architecture_ARM_64},
	"amd64": {elf.EM_X86_64, awslambda.Architecture_X86_64},
}

// check returns an error that names every program that is missing or built for another
// architecture.
func (b binaries) check() error {
	want, known := machines[b.machine]
	if !known {
		return fmt.Errorf("-machine: must be one of %s (got %q)", strings.Join(slices.Sorted(maps.Keys(machines)), ", "), b.machine)
	}
	var problems []error
	for _, p := range programs {
		path := filepath.Join(b.folder, p.name, "bootstrap")
		program, err := elf.Open(path)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: missing, or not a program for Lambda; run make build", path))
			continue
		}
		if program.Machine != want.elf {
			problems = append(problems, fmt.Errorf("%s: built for %s, not for %s; run make build", path, program.Machine, b.machine))
		}
		_ = program.Close() // the error is ignored: the file was only read
	}
	return errors.Join(problems...)
}

// architecture returns Lambda's name of the processor architecture for which the programs are
// built.
func (b binaries) architecture() awslambda.Architecture { return machines[b.machine].lambda() }

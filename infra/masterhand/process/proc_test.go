package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// identity describes a process, from /proc.
type identity struct {
	pid, parent int
	name        string // name of its program, cut to 15 bytes
	began       string // start time; with the process id it identifies a process for ever
	dead        bool   // it has ended, but its parent has not waited for it
}

// processes returns all processes by id. Errors: os.ErrNotExist if the machine has no /proc.
func processes() (map[int]identity, error) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]identity{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the process has ended meanwhile
		}
		one, err := parseStat(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[one.pid] = one
	}
	return all, nil
}

// parseStat parses "pid (name) state parent …". The name may contain any characters.
func parseStat(text string) (identity, error) {
	const state, parent, began = 0, 1, 19 // indexes of the fields after the name; source: proc(5)
	pid, _, _ := strings.Cut(text, " ")
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	if len(fields) <= began {
		return identity{}, fmt.Errorf("%d fields", len(fields))
	}
	_, name, _ := strings.Cut(text[:strings.LastIndex(text, ")")], "(")
	one := identity{name: name, began: fields[began], dead: fields[state] == "Z" || fields[state] == "X"}
	var err error
	if one.pid, err = strconv.Atoi(pid); err != nil {
		return identity{}, err
	}
	one.parent, err = strconv.Atoi(fields[parent])
	return one, err
}

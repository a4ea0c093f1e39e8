package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// identity is a process as /proc shows it.
type identity struct {
	pid, parent int
	name        string // of its program, cut at 15 bytes
	began       string // with pid it names a process for good
	dead        bool   // ended, and not reaped by its parent
}

// processes returns all processes by id. Errors: os.ErrNotExist where there is no /proc.
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
			continue // it has ended since
		}
		one, err := parseStat(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[one.pid] = one
	}
	return all, nil
}

// parseStat reads "pid (name) state parent …", where the name may hold anything.
func parseStat(text string) (identity, error) {
	const state, parent, began = 0, 1, 19 // after the name; see proc(5)
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

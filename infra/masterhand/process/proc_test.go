package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// identity describes a process with the data from the folder /proc.
type identity struct {
	pid, parent int
	name        string // name of the process's program, cut to 15 bytes
	began       string // start time, as /proc states it; the process id and the start time together identify one process
	dead        bool   // whether the process has ended but its parent has not waited for it (a zombie)
}

// processes returns all running processes by their ids. On a machine without /proc, it returns
// os.ErrNotExist.
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
			continue // skip a process that has ended meanwhile
		}
		one, err := parseStat(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[one.pid] = one
	}
	return all, nil
}

// parseStat parses a line "pid (name) state parent …" of /proc/PID/stat. The name may contain any
// characters.
func parseStat(text string) (identity, error) {
	const state, parent, began = 0, 1, 19 // indexes of the fields, counted from 0 after the name; source: proc(5)
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

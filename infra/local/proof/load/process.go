package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// process holds data about one process of a function, read from Linux's /proc.
type process struct {
	PID      int
	Function string
	RSS      int64 // resident memory in bytes
	Files    int   // number of open file descriptors
	Threads  int
}

// proc reads data about processes from a folder with the structure of Linux's /proc.
type proc struct{ root string }

// functions returns the processes of functions: the children of the process with the id parent
// whose program is named bootstrap. It leaves out processes that end while it reads.
func (p proc) functions(parent int) ([]process, error) {
	entries, err := os.ReadDir(p.root)
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var list []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		found, err := p.read(pid, parent)
		if err == nil {
			list = append(list, found)
		}
	}
	return list, nil
}

// errOther is the error for a process that is not a function's process.
var errOther = errors.New("process of another")

func (p proc) read(pid, parent int) (process, error) {
	at := filepath.Join(p.root, strconv.Itoa(pid))
	status, err := p.status(at)
	if err != nil || status["PPid"] != int64(parent) {
		return process{}, errors.Join(err, errOther)
	}
	program, err := os.Readlink(filepath.Join(at, "exe"))
	if err != nil {
		return process{}, err
	}
	// Linux adds this suffix if the file of the program was replaced after the start.
	program = strings.TrimSuffix(program, " (deleted)")
	if filepath.Base(program) != "bootstrap" {
		return process{}, errOther
	}
	files, err := os.ReadDir(filepath.Join(at, "fd"))
	return process{
		PID: pid, Function: filepath.Base(filepath.Dir(program)), Files: len(files),
		RSS: status["VmRSS"] << 10, Threads: int(status["Threads"]),
	}, err
}

// status returns the numbers in the file "status" of a process's folder, by name. Sizes of memory
// are in KiB.
func (p proc) status(at string) (map[string]int64, error) {
	text, err := os.ReadFile(filepath.Join(at, "status"))
	if err != nil {
		return nil, err
	}
	numbers := map[string]int64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		first, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		if n, err := strconv.ParseInt(first, 10, 64); err == nil {
			numbers[name] = n
		}
	}
	return numbers, nil
}

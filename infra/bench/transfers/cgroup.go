package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// Lambda gives a function one processor for each 1,769 MB of its memory setting
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
const wholeCPU = 1769 // memory setting in MB for which a function gets one whole processor

// sharePeriod is the period of the process scheduler in microseconds. AWS does not document the
// period that Lambda uses. sharePeriod is shorter than the kernel's default of 100 ms, so that the
// processor time is spread more evenly.
const sharePeriod = 20_000

var errNoCgroup = errors.New("no cgroup that limits processor time is writable here")

// shareOf creates a cgroup with as much processor time as Lambda gives a function with this memory
// setting, in MB. It returns the cgroup's folder, which the caller must remove.
func shareOf(memory int) (folder string, err error) {
	quota := strconv.Itoa(sharePeriod * memory / wholeCPU)
	period := strconv.Itoa(sharePeriod)
	for _, g := range []struct {
		root   string
		limits [][2]string // the files to write in the cgroup's folder: name and content of each
	}{
		// the folder and the file of cgroup version 2
		{"/sys/fs/cgroup", [][2]string{{"cpu.max", quota + " " + period}}},
		// the folder and the files of cgroup version 1
		{"/sys/fs/cgroup/cpu", [][2]string{{"cpu.cfs_period_us", period}, {"cpu.cfs_quota_us", quota}}},
	} {
		folder = filepath.Join(g.root, fmt.Sprintf("masterhand-bench-%d-%d", os.Getpid(), memory))
		if os.Mkdir(folder, 0o755) != nil {
			continue
		}
		var failed error
		for _, l := range g.limits {
			failed = errors.Join(failed, overwrite(filepath.Join(folder, l[0]), l[1]))
		}
		if failed == nil {
			return folder, nil
		}
		_ = os.Remove(folder)
	}
	return "", errNoCgroup
}

// overwrite writes a text to an existing file of a cgroup. It never creates the file, because only
// a file that the kernel has created sets a limit.
func overwrite(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// within moves this process into a cgroup, and then replaces the process's program with the
// command.
func within(args []string) error {
	if len(args) < 2 {
		return errors.New("within needs a cgroup's folder and a command")
	}
	if err := overwrite(filepath.Join(args[0], "cgroup.procs"), strconv.Itoa(os.Getpid())); err != nil {
		return fmt.Errorf("entering the cgroup: %w", err)
	}
	path, err := exec.LookPath(args[1])
	if err != nil {
		return err
	}
	return syscall.Exec(path, args[1:], os.Environ())
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"masterhand/infra/local/sim/child"
)

// measurement holds what one run of a contestant used, summed over all its processes.
type measurement struct {
	wall    time.Duration
	cpu     time.Duration // processor time, in the programs and in the kernel
	memory  int64         // peak of the resident memory in bytes; for several processes, the sum of their peaks
	printed string        // standard output of the last command
	counts  counts        // what the source counted in this run of the contestant: requests, bytes, pauses
}

// measure starts the commands as one pipe and waits until all have ended. It returns the duration
// of the run, and the processor time and memory that the commands used together.
func measure(ctx context.Context, commands [][]string, env []string) (measurement, error) {
	cmds := make([]*exec.Cmd, len(commands))
	complaints := make([]bytes.Buffer, len(commands))
	for i, args := range commands {
		cmds[i] = exec.CommandContext(ctx, args[0], args[1:]...)
		cmds[i].Env = env
		cmds[i].Stderr = &complaints[i]
	}
	var printed bytes.Buffer
	cmds[len(cmds)-1].Stdout = &printed
	begun := time.Now()
	processes, err := startPipe(cmds)
	for i, process := range processes {
		if failure := process.Err(); failure != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w: %.300s", commands[i][0], failure, complaints[i].Bytes()))
		}
	}
	total := measurement{wall: time.Since(begun), printed: printed.String()}
	if err != nil {
		return total, err
	}
	for _, cmd := range cmds {
		total.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		total.memory += peak(cmd.ProcessState)
	}
	return total, nil
}

// startPipe starts the commands and connects the standard output of each with the standard input of
// the next. The caller must wait for the returned processes, even after an error.
func startPipe(cmds []*exec.Cmd) (processes []*child.Process, err error) {
	// This process's copies of the pipes' ends. startPipe closes them when it returns: while they
	// are open, a command does not notice that the command before it has ended.
	var ours []*os.File
	defer func() {
		for _, file := range ours {
			_ = file.Close()
		}
	}()
	for i := range cmds[1:] {
		read, write, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("making a pipe: %w", err)
		}
		ours = append(ours, read, write)
		cmds[i].Stdout, cmds[i+1].Stdin = write, read
	}
	for _, cmd := range cmds {
		process, err := child.Start(cmd)
		if err != nil {
			return processes, err
		}
		processes = append(processes, process)
	}
	return processes, nil
}

// peak returns the largest resident memory, in bytes, of a process that has ended or of a child
// process for which it waited. Until a new process has loaded its own program, the kernel counts
// the memory of its parent as its own. The parent is this program, so it must use little memory.
func peak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10 // converts KiB to bytes: on systems other than macOS, Maxrss is in KiB
}

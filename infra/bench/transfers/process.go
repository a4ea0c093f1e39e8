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

// measurement is what one run took, all its processes together.
type measurement struct {
	wall    time.Duration
	cpu     time.Duration // user and system
	memory  int64         // peak resident set in bytes; of several processes, the sum of their peaks
	printed string        // what the last command wrote to its standard output
	counts  counts        // of the source
}

// measure runs the commands as one pipe and waits for all of them.
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

// startPipe starts commands, and joins the standard output of each to the standard input of the
// next. The caller must wait for the processes returned, also after an error.
func startPipe(cmds []*exec.Cmd) (processes []*child.Process, err error) {
	var ours []*os.File // the ends in this process, which would keep the pipe open
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

// peak returns the largest resident set of an ended process, or of the largest process that it
// waited for. The kernel counts the memory of the parent process too, until the child has loaded
// its own program: this program must stay small.
func peak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10 // KiB elsewhere
}

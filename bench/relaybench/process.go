package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// process is a program under measurement.
type process struct{ cmd *exec.Cmd }

// start runs a program with its output in a file of dir.
func start(dir, name, command string, args ...string) *process {
	out, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	check(err)
	defer out.Close()
	cmd := exec.Command(command, args...)
	cmd.Stdout, cmd.Stderr = out, out
	check(cmd.Start())
	return &process{cmd}
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	_ = p.cmd.Wait()
}

// cpuSeconds reads user and system time; proc(5), fields 14 and 15.
func (p *process) cpuSeconds() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	check(err)
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	const ticks = 100 // USER_HZ
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return float64(user+system) / ticks
}

// pss returns the proportional set size in KiB.
func (p *process) pss() int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.cmd.Process.Pid))
	check(err)
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, "Pss:"); ok {
			n, _ := strconv.Atoi(strings.Fields(v)[0])
			return n
		}
	}
	return 0
}

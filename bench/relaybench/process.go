package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program under measurement, with all that it starts.
type process struct {
	cmd    *exec.Cmd
	output string // the file with what it prints
	end    func() // ends it, if a signal won't do
}

// start runs a program, as an argument of the command wrap if there is one,
// with its output in a file of dir. It has a process group of its own, so that
// whatever it starts ends with it.
func start(dir, name string, wrap []string, command string, args ...string) *process {
	out, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	check(err)
	defer out.Close()
	line := append(append(slices.Clone(wrap), command), args...)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	check(cmd.Start())
	p := &process{cmd: cmd, output: out.Name()}
	if len(wrap) > 0 {
		p.end = func() { _ = syscall.Kill(p.tree()[1], syscall.SIGTERM) }
	}
	running.add(p)
	return p
}

// processes are the programs that must be ended before this one.
type processes struct {
	mu   sync.Mutex
	list []*process
}

var running processes

func (r *processes) add(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, p)
}

// remove reports whether p was there.
func (r *processes) remove(p *process) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.list)
	r.list = slices.DeleteFunc(r.list, func(q *process) bool { return p == q })
	return len(r.list) < n
}

// stop ends them all.
func (r *processes) stop() {
	r.mu.Lock()
	list := slices.Clone(r.list)
	r.mu.Unlock()
	for _, p := range list {
		p.stop()
	}
}

// stop ends the program, and kills its remaining processes five seconds later.
func (p *process) stop() {
	if !running.remove(p) {
		return
	}
	if p.end != nil {
		p.end()
	} else {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
	kill := time.AfterFunc(5*time.Second, func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) })
	_ = p.cmd.Wait() // its status doesn't matter
	kill.Stop()
}

// tree returns the process IDs of the program and all its descendants.
func (p *process) tree() []int {
	pids := []int{p.cmd.Process.Pid}
	for i := 0; i < len(pids); i++ {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		for _, list := range lists {
			data, _ := os.ReadFile(list) // gone: it has none
			for _, field := range strings.Fields(string(data)) {
				pid, err := strconv.Atoi(field)
				check(err)
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// cpuSeconds returns the CPU time of the program and its descendants: by the scheduler's
// nanoseconds for running processes, in ticks for ended ones. A nil process has used 0.
func (p *process) cpuSeconds() (seconds float64) {
	if p == nil {
		return 0
	}
	const ticks = 100 // USER_HZ
	for _, pid := range p.tree() {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, thread := range threads {
			data, err := os.ReadFile(thread)
			if errors.Is(err, os.ErrNotExist) || len(data) == 0 {
				continue
			}
			nanos, err := strconv.ParseFloat(strings.Fields(string(data))[0], 64)
			check(err)
			seconds += nanos / 1e9
		}
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest) // from field 3 of proc(5) on
		for _, field := range fields[13:15] {
			n, err := strconv.Atoi(field)
			check(err)
			seconds += float64(n) / ticks
		}
	}
	return seconds
}

// pss returns the proportional set size of all processes, in KiB.
func (p *process) pss() (kib int) {
	for _, pid := range p.tree() {
		kib += readKiB(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:")
	}
	return kib
}

// peak returns the most memory that the first process ever had resident, in KiB.
func (p *process) peak() int {
	return readKiB(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid), "VmHWM:")
}

// readKiB returns the number behind a label; 0 if there is no such file.
func readKiB(file, label string) int {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, label); ok {
			n, err := strconv.Atoi(strings.Fields(v)[0])
			check(err)
			return n
		}
	}
	return 0
}

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// describe prints the machine that is measured on.
func describe(dir string) {
	fmt.Printf("%s, %d cores, %s; Postfix %s; spools and queues on %s\n",
		cpuName(), runtime.NumCPU(), runtime.Version(), postfixVersion(), fileSystemOf(dir))
}

func cpuName() string {
	data, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return runtime.GOARCH
}

func postfixVersion() string {
	out, err := exec.Command("postconf", "-dh", "mail_version").Output()
	if err != nil {
		return "not installed"
	}
	return strings.TrimSpace(string(out))
}

// fileSystemOf returns the type and options of the file system that dir is on:
// what durability costs depends on it.
func fileSystemOf(dir string) string {
	dir, err := filepath.EvalSymlinks(dir)
	check(err)
	data, err := os.ReadFile("/proc/self/mounts")
	check(err)
	best, found := "", "an unknown file system"
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if at := f[1]; len(at) >= len(best) && (at == "/" || dir == at || strings.HasPrefix(dir, at+"/")) {
			best, found = at, fmt.Sprintf("%s (%s)", f[2], f[3])
		}
	}
	if strings.HasPrefix(found, "tmpfs") {
		check(fmt.Errorf("%s is on a tmpfs, where durability costs nothing; choose another folder with -dir", dir))
	}
	return found
}

// busySeconds is how long the machine's cores have been busy.
func busySeconds() float64 {
	data, err := os.ReadFile("/proc/stat")
	check(err)
	line, _, _ := strings.Cut(string(data), "\n")
	sum := 0.0
	for i, field := range strings.Fields(line)[1:] {
		const idle, iowait, guest = 3, 4, 8 // guests' time is part of others'
		if i == idle || i == iowait || i >= guest {
			continue
		}
		n, err := strconv.ParseFloat(field, 64)
		check(err)
		sum += n
	}
	return sum / 100
}

// awaitPort returns when a program listens.
func awaitPort(addr string) {
	for range 400 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	check(fmt.Errorf("nothing listens on %s", addr))
}

// refuseOccupied ends the program if another program listens, which would be measured.
func refuseOccupied(addr string) {
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		check(fmt.Errorf("something else listens on %s", addr))
	}
}

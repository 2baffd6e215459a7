//go:build linux

package ledger

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// disk is a small file system that only the gateway's processes see.
type disk struct {
	outside string // its directory, from here
	inside  string // its directory, from where it is mounted
	prefix  []string
}

// newDisk mounts a file system of that size in a mount namespace of its own, which
// lives as long as a process in it and goes away with the test.
func newDisk(t *testing.T, size string) *disk {
	t.Helper()
	inside := t.TempDir()
	script := fmt.Sprintf("mount -t tmpfs -o size=%s,mode=0700 ledger %q && echo mounted && exec cat", size, inside)
	cmd := exec.Command("unshare", "--mount", "sh", "-c", script)
	stdin, err := cmd.StdinPipe() // cat ends when this process does
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("mount: %q, %v", line, err)
	}
	return &disk{
		outside: fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, inside), inside: inside,
		prefix: []string{"nsenter", fmt.Sprintf("--mount=/proc/%d/ns/mnt", cmd.Process.Pid)},
	}
}

// fill uses all free space, or frees it.
func (d *disk) fill() error {
	f, err := os.OpenFile(d.outside+"/ballast", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (d *disk) free() error { return os.Remove(d.outside + "/ballast") }

// TestDiskFull is the ledger of a gateway that is killed again and again, and
// whose disk is full every other second.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs root, for a small disk of its own")
	}
	d := newDisk(t, "24m")
	w := newWorld(t, t.TempDir(), d.inside+"/data", false)
	w.gateway.prefix = d.prefix
	stop := make(chan struct{})
	var filling sync.WaitGroup
	pause := w.between(300*time.Millisecond, time.Second)
	filled := 0
	var failed error
	filling.Go(func() {
		for failed == nil {
			select {
			case <-stop:
				return
			case <-time.After(pause):
			}
			from := time.Now()
			failed = d.fill()
			time.Sleep(pause)
			failed = errors.Join(failed, d.free())
			w.ledger.wasFull(from)
			filled++
		}
	})
	kills := w.hardships(duration(t))
	close(stop)
	filling.Wait()
	if failed != nil || filled == 0 {
		t.Fatalf("the disk was full %d times: %v", filled, failed)
	}
	v := w.settle()
	t.Logf("the disk was full %d times", filled)
	w.report(v, kills)
}

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// unprivileged is the user of these tests.
func unprivileged(t *testing.T) *account {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	a, err := lookUpAccount("daemon")
	if err != nil {
		t.Skip(err)
	}
	return a
}

// openTo returns a directory that the account may enter.
func openTo(t *testing.T, a *account) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gateway")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chown(dir, a.uid, a.gid); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asAccount is the environment variable that makes TestAccountAttacked give up root.
const asAccount = "INTERCHANGE_TEST_AS_ACCOUNT"

// TestAccountAttacked: what was root has none of root's rights afterwards, in no thread.
func TestAccountAttacked(t *testing.T) {
	a := unprivileged(t)
	if os.Getenv(asAccount) == "" {
		secret := exampletest.File(t, "secret", "only root reads this")
		if err := os.Chmod(secret, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestAccountAttacked$", "-test.v")
		cmd.Env = append(os.Environ(), asAccount+"="+secret)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "attacked in vain") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := errors.Join(syscall.Setgroups([]int{0}), a.become()); err != nil {
		t.Fatal(err)
	}
	groups, err := syscall.Getgroups()
	if err != nil || os.Getuid() != a.uid || os.Geteuid() != a.uid || os.Getgid() != a.gid || os.Getegid() != a.gid || !slices.Equal(groups, a.groups) {
		t.Errorf("users %d and %d, groups %d, %d and %v, %v; want %+v", os.Getuid(), os.Geteuid(), os.Getgid(), os.Getegid(), groups, err, a)
	}
	for name, attack := range map[string]func() error{
		"setuid":    func() error { return syscall.Setuid(0) },
		"setreuid":  func() error { return syscall.Setreuid(-1, 0) },
		"setresuid": func() error { return syscall.Setresuid(0, 0, 0) },
		"setgid":    func() error { return syscall.Setgid(0) },
		"setresgid": func() error { return syscall.Setresgid(0, 0, 0) },
		"setgroups": func() error { return syscall.Setgroups([]int{0}) },
		"chroot":    func() error { return syscall.Chroot("/") },
		"read":      func() error { _, err := os.ReadFile(os.Getenv(asAccount)); return err },
	} {
		if attack() == nil {
			t.Errorf("%s works", name)
		}
	}
	t.Log("attacked in vain")
}

// TestServeAsUser: the gateway opens a port of root's, and works as another user: all its threads, and all files
// that it makes. A reload can't open such a port, and changes nothing.
func TestServeAsUser(t *testing.T) {
	a := unprivileged(t)
	dir := openTo(t, a)
	const low = "127.0.0.77:25"
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(data, a.uid, a.gid); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "policy.json")
	if err := os.Rename(bindingsFile(t, low), file); err != nil {
		t.Fatal(err)
	}
	cmd := gatewayProcess("serve", "-user", "daemon", "-data", data, file)
	log := startProcess(t, cmd)
	log.wait(t, "gateway: ready", 1)
	greeted(t, low)
	if !strings.Contains(log.String(), "Runs as user daemon (") {
		t.Error(log)
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("%d threads, %v", len(tasks), err)
	}
	roots := regexp.MustCompile(`(?m)^((Uid|Gid|Groups):(.*[\t ])?0([\t ].*)?|Cap(Eff|Prm|Inh|Amb):\t.*[1-9a-f].*)$`)
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		if found := roots.FindAllString(string(text), -1); found != nil {
			t.Errorf("%s: %q", task, found)
		}
	}
	if err := a.owns(data); err != nil {
		t.Error(err)
	}
	rewriteBindings(t, file, low, "127.0.0.77:26")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	log.wait(t, "CAP_NET_BIND_SERVICE", 1)
	greeted(t, low)
	if _, err := net.Dial("tcp", "127.0.0.77:26"); err == nil {
		t.Error("the reload opened a port of root's")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, log)
	}
}

// TestServeAsUserRefused: mistakes about -user stop the start, before anything is opened.
func TestServeAsUserRefused(t *testing.T) {
	a := unprivileged(t)
	dir := openTo(t, a)
	if err := os.Mkdir(filepath.Join(dir, "queue"), 0o700); err != nil { // root's
		t.Fatal(err)
	}
	policy := relayFile(t, exampletest.Free(t))
	for _, tt := range []struct{ user, data, want string }{
		{"daemon", dir, filepath.Join(dir, "queue") + " belongs to user 0, not to daemon; set it right with: chown -R daemon:"},
		{"daemon", filepath.Join(dir, "absent"), "there is no such directory; make it with: install -d -m 0700 -o daemon -g "},
		{"root", "", "whose rights are to be given up"},
		{"daemon:root", "", "whose rights are to be given up"},
		{"neither", "", `this machine has no user "neither"`},
		{"daemon:neither", "", `this machine has no group "neither"`},
	} {
		cmd := gatewayProcess("serve", "-user", tt.user, "-data", tt.data, policy)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitInvalid || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: exit %d: %s", tt.user, code, out)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "absent")); err == nil {
		t.Error("the directory was made")
	}
}

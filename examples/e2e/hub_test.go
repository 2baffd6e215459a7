//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// The users of HubA.
const (
	hubUser     = "smtpgateway@fabrikam.com" // the external gateway
	hubPassword = "In-bound 2"
	annUser     = "ann@fabrikam.com" // a client in the office
	annPassword = "Tea at five"
	hubName     = "huba.fabrikam.com"
)

// buildGateway compiles the gateway program.
func buildGateway(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(publicDir(t), "gateway")
	run(t, exec.Command("go", "build", "-o", binary, "../gateway"))
	return binary
}

// startHub runs gateway serve on h until the test ends, and returns when it
// is ready. config are the flags that name the policy. The result is the path of the program.
func startHub(t *testing.T, h *host, ca *authority, config ...string) string {
	t.Helper()
	binary := buildGateway(t)
	users := filepath.Join(publicDir(t), "users")
	for name, password := range map[string]string{hubUser: hubPassword, annUser: annPassword} {
		add := exec.Command(binary, "user", "-file", users, "add", name)
		add.Stdin = strings.NewReader(password + "\n")
		run(t, add)
	}
	cert, key := ca.issue(t, hubName)
	startServe(t, h, ca.roots, binary, append(config, "-users", users, "-cert", cert, "-key", key, "-dns", dnsAddr)...)
	return binary
}

// scenarioFlags writes the guide's commands for a scenario to a new directory, unchanged,
// and beside them the commands that the guide leaves open. It returns the flags that
// configure HubA, an Exchange 2007 server fresh from setup, with them.
func scenarioFlags(t *testing.T, s guide.Scenario) []string {
	t.Helper()
	files, err := guide.Files(s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	flags := []string{"-server", hubName, "-profile", "exchange2007"}
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		flags = append(flags, "-config", name)
	}
	return flags
}

// startServe runs gateway serve on h with args until the test ends, when it
// must stop without an error. It returns the output up to the line "ready".
func startServe(t *testing.T, h *host, roots, binary string, args ...string) []string {
	t.Helper()
	return startServeIn(t, "", h, roots, binary, args...)
}

// startServeIn is startServe in a working directory, "" for the test's.
func startServeIn(t *testing.T, dir string, h *host, roots, binary string, args ...string) []string {
	t.Helper()
	cmd := h.command(context.Background(), binary, append([]string{"serve", "-log-stdout", "none"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+roots,
		"INTERCHANGE_CREDENTIAL_mycred="+gatewayUser+":"+gatewayPassword) // for the guide's $mycred
	var log bytes.Buffer
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "gateway: ready" {
		said = append(said, lines.Text())
	}
	rest := make(chan struct{})
	go func() {
		defer close(rest)
		io.Copy(io.Discard, stdout)
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-rest
		if err := cmd.Wait(); err != nil {
			t.Errorf("gateway serve: %v", err)
		}
		if t.Failed() {
			t.Logf("the gateway said:\n%s", log.Bytes())
		}
	})
	if lines.Err() != nil || lines.Text() != "gateway: ready" {
		t.Fatal("the gateway isn't ready")
	}
	return said
}

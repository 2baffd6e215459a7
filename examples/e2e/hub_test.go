//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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

// programs is the directory of what buildGateway makes, "" before.
var programs string

// buildGateway returns the gateway program, which is compiled once for all tests.
func buildGateway(t *testing.T) string {
	t.Helper()
	binary, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

var compiled = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "interchange-e2e-")
	if err != nil {
		return "", err
	}
	programs = dir
	binary := filepath.Join(dir, "gateway")
	if out, err := exec.Command("go", "build", "-o", binary, "../gateway").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return binary, os.Chmod(dir, 0o755) // every user may run it
})

// TestMain lets more tests run beside each other than there are processors, because most of them wait for delayed
// replies, unless -parallel is given. It removes what buildGateway has made.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	code := m.Run()
	if programs != "" {
		os.RemoveAll(programs) // what remains does no harm
	}
	os.Exit(code)
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

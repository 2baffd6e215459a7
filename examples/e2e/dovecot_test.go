//go:build linux

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

// dovecotConfig is the configuration of a Dovecot with LMTP in a directory.
const dovecotConfig = `
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = lmtp
ssl = no
mail_location = maildir:~/Maildir
mail_plugins = quota
quota_full_tempfail = yes
plugin {
  quota = count:User quota
  quota_vsizes = yes
}
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = passwd-file
  args = %[1]s/users
}
service lmtp {
  unix_listener %[1]s/lmtp {
    mode = 0600
  }
}
`

// startDovecot starts a Dovecot with the mailboxes bob and full, and returns its directory. The mailbox
// full takes nothing.
func startDovecot(t *testing.T) string {
	t.Helper()
	if os.Getenv("INTERCHANGE_E2E") != "1" {
		t.Skip("needs Dovecot; set INTERCHANGE_E2E=1 to run it")
	}
	dir := publicDir(t)
	users := ""
	for name, bytes := range map[string]int{"bob": 1 << 20, "full": 1} {
		home := filepath.Join(dir, name)
		if err := os.Mkdir(home, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(home, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		users += fmt.Sprintf("%s@box.example:{PLAIN}x:65534:65534::%s::userdb_quota_rule=*:bytes=%d\n", name, home, bytes)
	}
	runDovecot(t, dir, users, fmt.Sprintf(dovecotConfig, dir), "lmtp")
	return dir
}

// authConfig is the configuration of a Dovecot in a directory that checks logons for Postfix, by SCRAM alone.
const authConfig = `
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols =
ssl = no
auth_mechanisms = scram-sha-256
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = %[1]s/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
service auth {
  unix_listener %[1]s/logon {
    mode = 0666
  }
}
`

// startDovecotAuth starts a Dovecot that knows gatewayUser, and returns the path of its socket for Postfix. It keeps the
// keys of SCRAM only, not the password.
func startDovecotAuth(t *testing.T) string {
	t.Helper()
	requirePeers(t)
	dir := publicDir(t)
	keys, err := exec.Command("doveadm", "-c", "/dev/null", "pw", "-s", "SCRAM-SHA-256", "-p", gatewayPassword).Output()
	if err != nil {
		t.Fatal(err)
	}
	runDovecot(t, dir, gatewayUser+":"+strings.TrimSpace(string(keys))+"\n", fmt.Sprintf(authConfig, dir), "logon")
	return filepath.Join(dir, "logon")
}

// runDovecot runs Dovecot in a directory, with a file of users, until the test ends. It returns once the socket listens.
func runDovecot(t *testing.T, dir, users, config, socket string) {
	t.Helper()
	for name, text := range map[string]string{"users": users, "conf": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("dovecot", "-F", "-c", filepath.Join(dir, "conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // the signal ended it
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("Dovecot: %s", log)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("unix", filepath.Join(dir, socket))
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestDovecot: Dovecot takes mail by LMTP and answers for each recipient: delivered, over quota,
// without a mailbox. The connection is used again.
func TestDovecot(t *testing.T) {
	dir := startDovecot(t)
	policy, err := connector.Compile(connector.Config{Send: []connector.Send{{Name: "ToMailboxes", Fqdn: hubName,
		AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("box.example")}}}})
	if err != nil {
		t.Fatal(err)
	}
	l := &delivery.LMTP{Network: "unix", Address: filepath.Join(dir, "lmtp")}
	defer l.Close()
	env := &envelope.Envelope{From: routing.MustParseAddress("ann@fabrikam.com")}
	var to []envelope.Recipient
	for _, name := range []string{"bob", "full", "absent"} {
		to = append(to, envelope.Recipient{To: routing.MustParseAddress(name + "@box.example")})
	}
	hop, err := delivery.NextHopFor(policy, to[0].To, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := "Subject: hello\r\n\r\nHello.\r\n.\r\nThe end.\r\n"
	for range 2 {
		outcomes, err := l.Send(context.Background(), hop, env, to, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"250 2.0.0", "452 4.2.2", "550 5.1.1"} {
			if got := outcomes[i].Reply; !strings.HasPrefix(got, want) {
				t.Errorf("%s: %q, want %s", to[i].To, got, want)
			}
		}
	}
	mail, err := filepath.Glob(filepath.Join(dir, "bob/Maildir/new/*"))
	if err != nil || len(mail) != 2 {
		t.Fatalf("bob has %q, %v", mail, err)
	}
	got, err := os.ReadFile(mail[0])
	if err != nil || !strings.HasSuffix(strings.ReplaceAll(string(got), "\r\n", "\n"), strings.ReplaceAll(text, "\r\n", "\n")) {
		t.Errorf("bob has %q, %v", got, err)
	}
}

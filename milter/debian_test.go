//go:build linux

package milter_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/milter"
)

// start runs a filter of Debian until the test ends, and waits until it listens.
func start(t *testing.T, address, name string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log")) // a file, because processes that it starts may outlive it
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s: %s", name, text)
		}
	})
	for range 1200 {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond) // another process: only asking shows that it is ready
	}
	t.Fatalf("%s isn't ready", name)
}

func needDebian(t *testing.T) {
	t.Helper()
	if os.Getenv("INTERCHANGE_E2E") != "1" {
		t.Skip("needs Debian's opendkim and rspamd; set INTERCHANGE_E2E=1 to run it")
	}
}

// freeAddress returns an address on loopback where nothing listens, and its port.
func freeAddress(t *testing.T) (address, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return l.Addr().String(), port
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestOpenDKIM: OpenDKIM signs a message, and the signature fits the message that leaves.
func TestOpenDKIM(t *testing.T) {
	needDebian(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	address, port := freeAddress(t)
	config := write(t, filepath.Join(dir, "opendkim.conf"), fmt.Sprintf(`Domain example.net
Selector s
KeyFile %s
Socket inet:%s@127.0.0.1
Mode s
Canonicalization relaxed/relaxed
InternalHosts 192.0.2.0/24
Background no
RequireSafeKeys no
`, write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))), port))
	start(t, address, "opendkim", "-f", "-x", config)

	w := serve(t, &milter.Milter{Address: "inet:" + address})
	c := w.client()
	for range 2 { // two messages of one connection
		c.Do("MAIL FROM:<ann@example.net>", 250)
		c.Do("RCPT TO:<"+bob+">", 250)
		c.Do("DATA", 354)
		c.Send("From: Ann <ann@example.net>", "To: <"+bob+">", "Subject: long", "\tsubject", "Date: Sun, 29 Nov 2026 20:00:00 +0000", "Message-ID: <1@example.net>", "", "Hello.", "", "..", ".")
		c.Expect(250)
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		all, err := dkim.VerifyWithOptions(strings.NewReader(w.last().data), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if name != "s._domainkey.example.net" {
				return nil, fmt.Errorf("no record at %s", name)
			}
			return []string{"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)}, nil
		}})
		if err != nil || len(all) != 1 || all[0].Err != nil {
			t.Errorf("%v, %v\n%s", err, all, w.last().data)
		}
	}
	if w.count() != 2 {
		t.Errorf("%d messages", w.count())
	}
}

// gtube is the text that every spam filter takes for spam.
const gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

// TestRspamd: rspamd refuses spam and lets other mail pass.
func TestRspamd(t *testing.T) {
	needDebian(t)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	address, _ := freeAddress(t)
	worker, _ := freeAddress(t)
	config := write(t, filepath.Join(dir, "rspamd.conf"), fmt.Sprintf(`
options { pidfile = "%[1]s/pid"; filters = ""; dns { nameserver = ["127.0.0.1:1:10"]; timeout = 0.1s; retransmits = 1; } gtube_patterns = "all"; url_tld = %[4]q; }
logging { type = "console"; level = "info"; }
actions { reject = 15; add_header = 6; greylist = null; }
worker "normal" { bind_socket = %[3]q; count = 1; }
worker "rspamd_proxy" { bind_socket = %[2]q; milter = yes; count = 1; timeout = 60s; upstream "local" { default = yes; hosts = %[3]q; } }
`, dir, address, worker, write(t, filepath.Join(dir, "tld"), "com\nnet\n"))) // of all domains rspamd compiles for half a minute
	start(t, address, "rspamd", "-f", "-i", "-c", config)

	w := serve(t, &milter.Milter{Address: "inet:" + address})
	send := func(lines ...string) (int, string) {
		c := w.client()
		c.Do("MAIL FROM:<ann@example.net>", 250)
		c.Do("RCPT TO:<"+bob+">", 250)
		c.Do("DATA", 354)
		c.Send(append([]string{"From: <ann@example.net>", "Subject: x", "Date: Sun, 29 Nov 2026 20:00:00 +0000", "Message-ID: <1@example.net>", ""}, lines...)...)
		c.Send(".")
		return c.Reply()
	}
	if code, text := send("Hello."); code != 250 || w.count() != 1 {
		t.Errorf("%d %s", code, text)
	}
	if code, text := send(gtube); code != 554 || !strings.Contains(text, "Gtube") || w.count() != 1 {
		t.Errorf("%d %s", code, text)
	}
}

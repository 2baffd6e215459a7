//go:build linux

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The external gateway, and HubA's account there.
const (
	gatewayName     = "smtpgateway1.contoso.com"
	gatewayUser     = "huba"
	gatewayPassword = "Out-bound 1"
)

// postfix is the external SMTP gateway. It accepts mail for fabrikam.com from any
// client, and mail for any recipient from authenticated clients. It sends mail for
// fabrikam.com and partner.example to HubA, and all other mail to the Internet's mail
// server.
type postfix struct {
	host *host
	addr string // where it listens; "": gatewayAddr
	dir  string
	log  string

	running *exec.Cmd // nil: it doesn't run
	output  bytes.Buffer
}

// gatewayConfig is the configuration that differs between the scenarios.
type gatewayConfig struct {
	source   string // the address from which HubA is called
	login    bool   // both authenticate to each other after STARTTLS, and HubA's certificate must match
	certName string // of its own certificate; empty: the right one

	mechanisms string // that it offers and uses; empty: it offers PLAIN and LOGIN and uses any
	dovecot    string // the socket of the Dovecot that checks its clients' logons; empty: Cyrus SASL checks them
}

const mainCF = `
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
maillog_file = {dir}/maillog
maillog_file_prefixes = {dir}
myhostname = ` + gatewayName + `
mydestination =
local_recipient_maps =
alias_maps =
inet_protocols = ipv4
disable_dns_lookups = yes
smtputf8_enable = no
message_size_limit = 0
smtp_line_length_limit = 0
relay_domains = fabrikam.com
relayhost = [` + internetAddr + `]:25
transport_maps = texthash:{dir}/transport

mynetworks = {trusted}
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = {sasl}
smtpd_sasl_path = {checker}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}

smtp_tls_security_level = none
smtp_tls_CAfile = {roots}
smtp_tls_verify_cert_match = ` + hubName + `
smtp_sasl_password_maps = texthash:{dir}/passwords
smtp_sasl_tls_security_options = noanonymous
`

// Postfix's Cyrus SASL reads its own file of users.
const smtpdConf = `
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: {mechanisms}
sasldb_path: {dir}/sasldb2
`

// The service "hub" is smtp with the settings of the scenario.
const masterCF = `
smtp      inet  n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
error     unix  - - n - - error
retry     unix  - - n - - error
postlog   unix-dgram n - n - 1 postlogd
smtp      unix  - - n - - smtp
hub       unix  - - n - - smtp -o smtp_bind_address={source} {login}
`

// startPostfix runs Postfix on h until the test ends. Its user must be able to read
// its configuration, so dir is open to all.
func startPostfix(t *testing.T, h *host, ca *authority, cfg gatewayConfig) *postfix {
	t.Helper()
	p := &postfix{host: h, dir: filepath.Join(publicDir(t), "postfix")}
	p.log = filepath.Join(p.dir, "maillog")
	p.configure(t, ca, cfg)
	p.start(t)
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			text, _ := os.ReadFile(p.log)
			t.Logf("Postfix said:\n%s%s", p.output.Bytes(), text)
		}
	})
	return p
}

// start starts Postfix and returns when it listens.
func (p *postfix) start(t *testing.T) {
	t.Helper()
	// All of Postfix's processes wait while the socket of postlogd is full, the master, which starts postlogd, too.
	run(t, p.host.command(context.Background(), "sh", "-c", "echo 4096 >/proc/sys/net/unix/max_dgram_qlen"))
	p.running = p.host.command(context.Background(), "/usr/sbin/postfix", "-c", p.dir+"/etc", "start-fg")
	// Postfix may log before the master has its log service, hence the shell's error output.
	p.running.Stdout, p.running.Stderr = &p.output, &p.output
	p.running.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.running.Start(); err != nil {
		t.Fatal(err)
	}
	p.host.awaitPort(t, cmp.Or(p.addr, gatewayAddr)+":25")
}

// stop stops Postfix if it runs.
func (p *postfix) stop(t *testing.T) {
	t.Helper()
	if p.running == nil {
		return
	}
	stop := p.host.command(context.Background(), "/usr/sbin/postfix", "-c", p.dir+"/etc", "stop")
	if out, err := stop.CombinedOutput(); err != nil {
		t.Errorf("postfix stop: %v: %s", err, out)
	}
	p.running.Wait() // a stopped process has no meaningful status
	p.running = nil
}

// said waits until the log contains the given words, and returns it.
func (p *postfix) said(t *testing.T, words string) string {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		text, err := os.ReadFile(p.log)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(words)) {
			return string(text)
		}
		if time.Now().After(deadline) {
			t.Fatalf("Postfix did not log %q:\n%s", words, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// configure writes the configuration and makes the directories.
func (p *postfix) configure(t *testing.T, ca *authority, cfg gatewayConfig) {
	t.Helper()
	if cfg.certName == "" {
		cfg.certName = gatewayName
	}
	cert, key := ca.issue(t, cfg.certName)
	login, trusted := "-o smtp_sasl_auth_enable=no", hubAddr
	if cfg.login {
		trusted = ""
		login = "-o smtp_sasl_auth_enable=yes -o smtp_tls_security_level=verify"
	}
	mechanisms := "PLAIN LOGIN"
	if cfg.mechanisms != "" {
		mechanisms = cfg.mechanisms
		login += " -o smtp_sasl_mechanism_filter=" + mechanisms
	}
	sasl, checker := "cyrus", "smtpd"
	if cfg.dovecot != "" {
		sasl, checker = "dovecot", cfg.dovecot
	}
	fill := strings.NewReplacer("{dir}", p.dir, "{cert}", cert, "{key}", key, "{roots}", ca.roots,
		"{source}", cfg.source, "{login}", login, "{trusted}", trusted, "{mechanisms}", mechanisms, "{sasl}", sasl, "{checker}", checker)
	var transport strings.Builder
	for _, domain := range []string{"fabrikam.com", "partner.example"} {
		fmt.Fprintf(&transport, "%s hub:[%s]:25\n", domain, hubAddr)
	}
	for _, dir := range []string{"queue", "data", "etc/sasl"} {
		if err := os.MkdirAll(filepath.Join(p.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"etc/main.cf":         fill.Replace(mainCF),
		"etc/master.cf":       fill.Replace(masterCF),
		"transport":           transport.String(),
		"etc/sasl/smtpd.conf": fill.Replace(smtpdConf),
		"passwords":           fmt.Sprintf("[%s]:25 %s:%s\n", hubAddr, hubUser, hubPassword),
	} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, exec.Command("chown", "postfix", p.dir+"/data"))
	run(t, exec.Command("chmod", "0700", p.dir+"/data"))
	if cfg.dovecot == "" {
		add := exec.Command("saslpasswd2", "-p", "-c", "-f", p.dir+"/sasldb2", "-u", gatewayName, gatewayUser)
		add.Stdin = strings.NewReader(gatewayPassword)
		run(t, add)
		run(t, exec.Command("chown", "postfix", p.dir+"/sasldb2"))
	}
}

// run runs a command that must succeed.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(cmd.Args, " "), err, out)
	}
}

// publicDir returns a temporary directory that every user may enter, unlike
// that of t.TempDir.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "interchange-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// awaitPort waits until something on h listens at addr.
func (h *host) awaitPort(t *testing.T, addr string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		var err error
		h.on(t, func() error {
			var c net.Conn
			if c, err = net.Dial("tcp4", addr); err == nil {
				c.Close()
			}
			return nil
		})
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing listens at %s: %v", addr, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
)

// cloud is a token server and a smart host that takes its tokens, and the files of a gateway
// that sends through it.
type cloud struct {
	tokens   *entra.Server
	smtp     *relaytest.Sink
	refuse   func(relaytest.Stage) string // in place of the usual replies; nil: none
	binding  string                       // of the gateway
	policy   string
	settings string
	args     []string // of every command
	roots    string   // a file with the authority of the smart host's certificate
}

const cloudApp, cloudBox = "11111111-2222-3333-4444-555555555555", "scan@fabrikam.com"

// newCloud starts both servers. settings is a connector's object for -oauth, without the name,
// the address of the token server and the application.
func newCloud(t *testing.T, settings string) *cloud {
	t.Helper()
	tokens, err := entra.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	tokens.Apps = []entra.App{{ID: cloudApp, Secret: "abc8Q~secret", Roles: []string{"SMTP.SendAsApp"}, Public: true}}
	web := httptest.NewServer(tokens)
	t.Cleanup(web.Close)
	c := &cloud{tokens: tokens, binding: exampletest.Free(t)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := selfSigned("smtp.office365.com")
	if err != nil {
		t.Fatal(err)
	}
	c.smtp = relaytest.Office365{Certificate: &cert, Mailbox: cloudBox,
		Token: func(token string) bool { return tokens.Accepts(cloudBox, token) },
		Refuse: func(stage relaytest.Stage) string {
			if c.refuse == nil {
				return ""
			}
			return c.refuse(stage)
		}}.Sink()
	go c.smtp.Serve(listener)
	t.Cleanup(func() { c.smtp.Close() })

	dir := t.TempDir()
	c.policy, c.settings, c.roots = filepath.Join(dir, "policy.json"), filepath.Join(dir, "oauth.json"), filepath.Join(dir, "roots.pem")
	write(t, c.policy, strings.Replace(cloudPolicy, "BINDING", c.binding, 1))
	address, _ := json.Marshal(web.URL)
	write(t, c.settings, strings.Replace(`{"Connectors": [{"Name": "To Microsoft 365", "Provider": "Microsoft365", "ClientID": "`+cloudApp+`", SETTINGS}]}`, "SETTINGS",
		strings.ReplaceAll(settings, "BASE", strings.Trim(string(address), `"`)), 1))
	text, _ := pemOf(t, cert)
	write(t, c.roots, string(text))
	c.args = []string{"-config", c.policy, "-oauth", c.settings, "-data", filepath.Join(dir, "data"), "-connect-to", "smtp.office365.com:587:" + listener.Addr().String()}
	return c
}

const cloudPolicy = `{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
	"Receive": [{"Name": "Scanners", "Bindings": ["BINDING"], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers",
		"Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]}],
	"Send": [{"Name": "To Microsoft 365", "AddressSpaces": ["*"], "SmartHosts": ["smtp.office365.com"], "Port": 587,
		"SmartHostAuthMechanism": "OAuth", "AuthenticationCredential": {"UserName": "scan@fabrikam.com"}}]}`

// secretSettings are those of an application with a secret.
const secretSettings = `"Grant": "ClientCredentials", "Tenant": "fabrikam.com", "TokenURL": "BASE/token", "ClientSecret": {"Environment": "CLOUD_SECRET"}`

// command runs a command in a process that trusts the smart host's certificate. It calls
// each with every line that the command prints.
func (c *cloud) command(t *testing.T, each func(line string), name ...string) (code int, output string) {
	t.Helper()
	cmd := gatewayProcess(append(name, c.args...)...)
	cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+c.roots, "CLOUD_SECRET=abc8Q~secret")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if each != nil {
			each(lines.Text())
		}
	}
	err = cmd.Wait()
	output = all.String() + stderr.String()
	for _, secret := range []string{"abc8Q~secret", "eyJ", "refresh_token"} {
		if strings.Contains(output, secret) {
			t.Errorf("%v prints a secret:\n%s", name, output)
		}
	}
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), output
}

// TestServeOAuth: a scanner without any logon sends through Microsoft 365.
func TestServeOAuth(t *testing.T) {
	c := newCloud(t, secretSettings)
	cmd := gatewayProcess(append([]string{"serve"}, c.args...)...)
	cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+c.roots, "CLOUD_SECRET=abc8Q~secret")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan() && !strings.HasPrefix(lines.Text(), "gateway: ready"); {
	}
	go io.Copy(io.Discard, stdout)
	conn, err := net.Dial("tcp", c.binding)
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	scanner := relaytest.NewClient(t, conn)
	scanner.Expect(220)
	scanner.Do("HELO scanner", 250)
	scanner.Do("MAIL FROM:<scan@fabrikam.com>", 250)
	scanner.Do("RCPT TO:<kim@example.org>", 250)
	scanner.Do("DATA", 354)
	scanner.Do("Subject: scan\r\n\r\npage 1\r\n.", 250)
	scanner.Do("QUIT", 221)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := c.smtp.Wait(ctx, 1)
	if err != nil || got[0].User != cloudBox || !got[0].TLS {
		t.Errorf("%+v, %v", got, err)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil || strings.Contains(stderr.String(), "eyJ") {
		t.Errorf("%v:\n%s", err, &stderr)
	}
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
)

// cloud is a token server and a smart host that takes its tokens, and the files of a gateway
// that sends through it.
type cloud struct {
	tokens   *entra.Server
	smtp     *relaytest.Sink
	refusal  atomic.Pointer[string] // of every logon; nil: tokens decide
	binding  string                 // of the gateway
	policy   string
	settings string
	args     []string // of every command
	roots    string   // a file with the authority of the smart host's certificate
}

const cloudApp, cloudBox, cloudSecret = "11111111-2222-3333-4444-555555555555", "scan@fabrikam.com", "abc8Q~secret"

// newCloud starts both servers. settings is a connector's object for -oauth, without the name,
// the address of the token server and the application.
func newCloud(t *testing.T, settings string) *cloud {
	t.Helper()
	tokens, err := entra.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	tokens.Apps = []entra.App{{ID: cloudApp, Secret: cloudSecret, Roles: []string{"SMTP.SendAsApp"}, Public: true}}
	web := httptest.NewServer(tokens)
	t.Cleanup(web.Close)
	c := &cloud{tokens: tokens, binding: exampletest.Free(t)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := selfSigned("*.office365.com")
	if err != nil {
		t.Fatal(err)
	}
	c.smtp = relaytest.Office365{Certificate: &cert, Mailbox: cloudBox,
		Token: func(token string) bool { return tokens.Accepts(cloudBox, token) },
		Refuse: func(stage relaytest.Stage) string {
			if text := c.refusal.Load(); text != nil && stage == relaytest.StageAuth {
				return *text
			}
			return ""
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
	args := append(name, c.args...)
	if name[0] == "check" {
		args = args[:len(args)-2] // it calls no host
	}
	cmd := gatewayProcess(args...)
	cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+c.roots, "CLOUD_SECRET="+cloudSecret)
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
	for _, secret := range []string{cloudSecret, "eyJ", "refresh_token"} {
		if strings.Contains(output, secret) {
			t.Errorf("%v prints a secret:\n%s", name, output)
		}
	}
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), output
}

// serve starts the gateway, with further arguments, and returns when it is ready. stderr has its log
// once it has ended.
func (c *cloud) serve(t *testing.T, more ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	cmd = gatewayProcess(slices.Concat([]string{"serve", "-log-stdout", "none"}, more, c.args)...)
	cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+c.roots, "CLOUD_SECRET="+cloudSecret)
	stderr = new(bytes.Buffer)
	cmd.Stderr = stderr
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
	return cmd, stderr
}

// TestServeOAuth: a scanner without any logon sends through Microsoft 365.
func TestServeOAuth(t *testing.T) {
	c := newCloud(t, secretSettings)
	cmd, stderr := c.serve(t)
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
		t.Errorf("%v:\n%s", err, stderr)
	}
}

// TestOAuthTest: a logon that works, and the causes that make one fail, each with its cure.
func TestOAuthTest(t *testing.T) {
	c := newCloud(t, secretSettings)
	expect := func(name string, code int, parts ...string) {
		t.Helper()
		got, text := c.command(t, nil, "oauth", "test", "-connector", "to microsoft 365")
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is missing in\n%s", name, part, text)
			}
		}
		if got != code {
			t.Errorf("%s: exit %d:\n%s", name, got, text)
		}
	}
	expect("good", 0, `connector "To Microsoft 365" sends as scan@fabrikam.com`, "token: valid until 20", "with SMTP.SendAsApp", "smtp.office365.com: logged on")
	c.refusal.Store(new("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. [AM0]"))
	expect("switched off", 1, "smtp.office365.com: logon refused: 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", "fix: ", "Set-CASMailbox")
	c.refusal.Store(new("535 5.7.3 Authentication unsuccessful [AM0PR01CA0101.eurprd01.prod.exchangelabs.com]"))
	c.tokens.SetApps(entra.App{ID: cloudApp, Secret: cloudSecret})
	before := len(c.tokens.Requests())
	expect("no consent", 1, "smtp.office365.com: logon refused: 535 5.7.3", "New-ServicePrincipal", "token: the token doesn't have the permission SMTP.SendAsApp (permission)", "grant admin consent")
	if n := len(c.tokens.Requests()) - before; n != 2 {
		t.Errorf("%d tokens were fetched for one test", n)
	}
	for _, tc := range []struct{ reply, cause, fix string }{
		{"500 what", "no-mechanism", "The host takes no logon as SmartHostAuthMechanism requires"},
		{"432 4.3.2 Concurrent connections limit exceeded", "too-many-connections", "Microsoft 365 takes three connections"},
		{"454 4.7.0 Too many login attempts", "throttled", "The account has logged on too often"},
		{"550 5.2.251 Sender throttled due to continuous mailbox full errors", "throttled", "Microsoft 365 throttles the account"},
	} {
		c.refusal.Store(&tc.reply)
		expect(tc.reply, 1, "smtp.office365.com: logon refused: "+tc.reply+" ("+tc.cause+")\n    fix: "+tc.fix)
	}
	c.tokens.SetApps(entra.App{ID: cloudApp, Secret: "another"})
	expect("wrong secret", 1, "token: the application's client secret is wrong (secret-refused)", "the token server says: AADSTS7000215 Invalid client secret", "fix: make a new client secret")

	code, text := c.command(t, nil, "oauth", "test", "-json", "-connector", "To Microsoft 365")
	var r oauthResult
	if err := json.Unmarshal([]byte(text), &r); err != nil || code != 1 || r.Cause != oauth.CauseSecret || r.Code != "AADSTS7000215" || !strings.Contains(r.Words, "Invalid client secret") || r.Fix == "" || r.Hosts != nil {
		t.Errorf("exit %d, %+v, %v", code, r, err)
	}
	for _, tc := range []struct{ want, args string }{
		{"give one action", "oauth"}, {"give one action", "oauth renew"}, {"-connector is missing", "oauth test"}, {"-any-account is for login", "oauth test -any-account -connector Other"},
		{`no settings for the connector "Other"`, "oauth test -connector Other"},
		{"has Grant ClientCredentials, with which no person logs on", "oauth login -connector To_Microsoft_365"},
	} {
		words := strings.Fields(tc.args)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "_", " ")
		}
		if code, text := c.command(t, nil, words...); code != exitInvalid || !strings.Contains(text, tc.want) {
			t.Errorf("%s: exit %d:\n%s", tc.args, code, text)
		}
	}
}

// TestOAuthLogin: a person logs on, and the gateway has tokens of the logon.
func TestOAuthLogin(t *testing.T) {
	c := newCloud(t, `"Grant": "DeviceCode", "TokenURL": "BASE/token", "DeviceURL": "BASE/devicecode"`)
	if code, text := c.command(t, nil, "check"); code != exitNo || !strings.Contains(text, `run gateway oauth login -connector "To Microsoft 365" (oauth-logon-needed)`) {
		t.Errorf("check: exit %d:\n%s", code, text)
	}
	if code, text := c.command(t, nil, "oauth", "test", "-connector", "To Microsoft 365"); code != exitNo || !strings.Contains(text, "fix: run gateway oauth login") {
		t.Errorf("test: exit %d:\n%s", code, text)
	}
	decide := func(f func(code string) bool) func(string) {
		return func(line string) {
			if _, rest, ok := strings.Cut(line, "and enter the code "); ok {
				if code, _, _ := strings.Cut(rest, " "); !f(code) {
					t.Errorf("there is no code %s", code)
				}
			}
		}
	}
	if code, text := c.command(t, decide(c.tokens.Deny), "oauth", "login", "-connector", "To Microsoft 365"); code != exitNo || !strings.Contains(text, "the logon was declined (permission)") {
		t.Errorf("declined: exit %d:\n%s", code, text)
	}
	code, text := c.command(t, decide(func(code string) bool { return c.tokens.Approve(code, cloudBox) }), "oauth", "login", "-connector", "To Microsoft 365")
	if code != exitOK || !strings.Contains(text, "open https://microsoft.com/devicelogin\n") || !strings.Contains(text, "logged on: "+cloudBox+"\nstored in ") {
		t.Errorf("exit %d:\n%s", code, text)
	}
	if code, text := c.command(t, nil, "oauth", "test", "-connector", "To Microsoft 365"); code != exitOK || !strings.Contains(text, ", of "+cloudBox+", with SMTP.Send\nsmtp.office365.com: logged on") {
		t.Errorf("test: exit %d:\n%s", code, text)
	}
	if code, text := c.command(t, nil, "check"); code != exitOK {
		t.Errorf("check: exit %d:\n%s", code, text)
	}

	kim := decide(func(code string) bool { return c.tokens.Approve(code, "kim@fabrikam.com") })
	code, text = c.command(t, kim, "oauth", "login", "-connector", "To Microsoft 365")
	if code != exitNo || !strings.HasPrefix(text, "The mailbox that sends is "+cloudBox+".\n") || strings.Contains(text, "stored in") ||
		!strings.Contains(text, "the logon is that of kim@fabrikam.com, not that of "+cloudBox+", so it isn't stored (other-account)\n    fix: log on again as "+cloudBox+"; if ") {
		t.Errorf("another account: exit %d:\n%s", code, text)
	}
	if code, text := c.command(t, nil, "oauth", "test", "-connector", "To Microsoft 365"); code != exitOK || !strings.Contains(text, ", of "+cloudBox+", ") {
		t.Errorf("the logon before is gone: exit %d:\n%s", code, text)
	}
	const cure = "the logon is that of kim@fabrikam.com, but the connector sends as " + cloudBox + ": log on again as " + cloudBox
	if code, text = c.command(t, kim, "oauth", "login", "-any-account", "-connector", "To Microsoft 365"); code != exitOK || !strings.Contains(text, "logged on: kim@fabrikam.com\nstored in ") {
		t.Errorf("another account that may log on: exit %d:\n%s", code, text)
	}
	if code, text := c.command(t, nil, "oauth", "test", "-connector", "To Microsoft 365"); code != exitNo || !strings.Contains(text, "logon refused: 535 5.7.3") || !strings.Contains(text, " (other-account)\n    fix: "+cure) {
		t.Errorf("test of another account: exit %d:\n%s", code, text)
	}
}

// TestOAuthUnreachable: what is printed about servers that can't be reached says what to look at.
func TestOAuthUnreachable(t *testing.T) {
	c := newCloud(t, secretSettings)
	args, closed := c.args, exampletest.Free(t)
	expect := func(name, want string) {
		t.Helper()
		if code, text := c.command(t, nil, "oauth", "test", "-connector", "To Microsoft 365"); code != exitNo || !strings.Contains(text, want) {
			t.Errorf("%s: exit %d:\n%s", name, code, text)
		}
	}
	c.args = append(slices.Clone(args[:len(args)-1]), "smtp.office365.com:587:"+closed)
	expect("no smart host", "connection refused (unreachable)\n    fix: See that this machine reaches the host at the Port of the connector")
	c.args = args
	c.tokens.SetApps()
	expect("no application", "the tenant doesn't know the application")
	c.tokens.SetApps(entra.App{ID: cloudApp, Secret: cloudSecret, Roles: []string{"SMTP.SendAsApp"}})
	policy, err := os.ReadFile(c.policy)
	if err != nil {
		t.Fatal(err)
	}
	write(t, c.policy, strings.ReplaceAll(string(policy), "smtp.office365.com", "smtp.example"))
	c.args = append(slices.Clone(args[:len(args)-1]), strings.Replace(args[len(args)-1], "smtp.office365.com", "smtp.example", 1))
	code, text := c.command(t, nil, "oauth", "test", "-json", "-connector", "To Microsoft 365")
	var r oauthResult
	if err := json.Unmarshal([]byte(text), &r); err != nil || code != exitNo || len(r.Hosts) != 1 || r.Hosts[0].Cause != delivery.CauseCertificateName ||
		!strings.Contains(r.Hosts[0].Error, "it doesn't name smtp.example") || !strings.HasPrefix(r.Hosts[0].Fix, "The certificate is for other names") {
		t.Errorf("another name: exit %d, %v:\n%s", code, err, text)
	}
	write(t, c.policy, string(policy))
	c.args = args
	c.roots = c.policy
	expect("no roots", "(certificate-authority)\n    fix: Install the root certificates of this machine")
	write(t, c.settings, `{"Connectors": [{"Name": "To Microsoft 365", "Provider": "Microsoft365", "ClientID": "`+cloudApp+`", `+
		strings.Replace(secretSettings, "BASE", "http://"+closed, 1)+`}]}`)
	expect("no token server", "connection refused (unavailable)\n    fix: see that this machine reaches the token server at port 443")
}

// TestOAuthHost: each smart host with settings of its own is tested by itself, with its own user.
func TestOAuthHost(t *testing.T) {
	c := newCloud(t, secretSettings)
	last := c.args[len(c.args)-1]
	c.args = append(c.args, "-connect-to", strings.Replace(last, "smtp.office365.com", "other.office365.com", 1))
	policy := strings.Replace(cloudPolicy, "BINDING", c.binding, 1)
	policy = strings.Replace(policy, `"SmartHosts": ["smtp.office365.com"]`,
		`"SmartHosts": ["smtp.office365.com", "other.office365.com"], "SmartHostCredentials": {"smtp.office365.com": {"UserName": "`+cloudBox+`"}}`, 1)
	write(t, c.policy, strings.Replace(policy, `"AuthenticationCredential": {"UserName": "scan@`, `"AuthenticationCredential": {"UserName": "kim@`, 1))
	expect := func(host string, code int, parts ...string) {
		t.Helper()
		args := []string{"oauth", "test", "-connector", "To Microsoft 365"}
		if host != "" {
			args = append(args, "-host", host)
		}
		got, text := c.command(t, nil, args...)
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is missing in\n%s", host, part, text)
			}
		}
		if got != code {
			t.Errorf("%s: exit %d:\n%s", host, got, text)
		}
	}
	expect("", exitInvalid, `the smart hosts of the connector "To Microsoft 365" have several users; give -host`)
	expect("smtp.office365.com", exitOK, "sends as "+cloudBox, "smtp.office365.com: logged on")
	expect("other.office365.com", exitNo, "sends as kim@fabrikam.com", "other.office365.com: logon refused")

	settings, err := os.ReadFile(c.settings)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := strings.CutPrefix(strings.TrimSuffix(string(settings), "]}"), `{"Connectors": [`)
	write(t, c.settings, `{"Connectors": [`+strings.Replace(one, "{", `{"SmartHost": "smtp.office365.com", `, 1)+","+
		strings.Replace(strings.Replace(one, cloudApp, "another", 1), "{", `{"SmartHost": "other.office365.com", `, 1)+"]}")
	expect("", exitInvalid, `the connector "To Microsoft 365" has settings for several smart hosts; give -host with one of smtp.office365.com, other.office365.com`)
	expect("third.office365.com", exitInvalid, `the connector "To Microsoft 365" has no settings for third.office365.com, only for smtp.office365.com, other.office365.com`)
	expect("smtp.office365.com", exitOK, "sends as "+cloudBox, "smtp.office365.com: logged on")
	expect("Other.office365.com", exitNo, "the tenant doesn't know the application")
	expect("a:1", exitInvalid, "the port is set with Port")
}

// Without settings for tokens the mail of a connector waits: a note of check, which may lack the flag, and a
// warning of serve.
func TestOAuthWithoutSettings(t *testing.T) {
	c := &cli{stdout: io.Discard, stderr: io.Discard, now: time.Now}
	l, ok := c.policy(&policyFlags{files: []string{"testdata/oauth.json"}})
	if !ok {
		t.Fatal("testdata/oauth.json can't be read")
	}
	for serving, want := range map[bool]source.Severity{false: source.SeverityNote, true: source.SeverityWarning} {
		found := l.oauthFindings(material{serving: serving, now: time.Now()})
		if len(found) == 0 || found[0].Code != oauth.CodeMissing || found[0].Severity != want || !strings.HasSuffix(found[0].Detail, "; give -oauth") {
			t.Errorf("serving %t: %v", serving, found)
		}
	}
}

// TestAbsentOAuthFile: a file of -oauth that can't be read is named as such, not as the policy.
func TestAbsentOAuthFile(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "oauth.json")
	policy := relayFile(t, exampletest.Free(t))
	for _, args := range [][]string{{"check", "-config", policy}, {"serve", "-config", policy}} {
		var out bytes.Buffer
		if code := run(append(args, "-oauth", absent), nil, &out, &out); code != exitInvalid ||
			strings.Count(out.String(), absent) != 1 || strings.Contains(out.String(), "the policy has") {
			t.Errorf("%v: exit %d, %s", args, code, &out)
		}
	}
}

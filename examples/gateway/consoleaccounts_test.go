package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
)

// newSendConnector walks through the wizard New SMTP Send Connector to its summary, for a connector that logs on.
func (b *browser) newSendConnector() page {
	b.Helper()
	p := b.press(b.get("/organization"), "New Send Connector…")
	p = b.press(p, "Next", "do", "next", "name", "ToInternetGateway", "usage", "Custom")
	p = b.press(p, "Add…", "do", "add:spaces")
	p = b.press(p, "OK", "do", "next", "row.address", "contoso.com", "row.cost", "1")
	p = b.press(p, "Add…", "do", "add:hosts", "routing", "hosts")
	p = b.press(p, "OK", "do", "next", "row.host", "smtpgateway1.contoso.com")
	p = b.press(p, "Next", "do", "next", "auth", "BasicAuthRequireTLS", "user", "huba", "password", "Out-bound 1")
	return b.press(p, "Next", "do", "next")
}

// prerequisites opens the page p until it has the conditions of Before You Begin, which may be computed meanwhile.
func (b *browser) prerequisites(p page) page {
	b.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(p.text, "Before You Begin"); p = b.open(p.at.String()) {
		if time.Now().After(end) {
			b.Fatalf("no conditions at %s:\n%s", p.at, textOf(p.root))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return p
}

// gatewayGrant lets the account of the SMTP gateway log on and send for others at a connector of this server.
const gatewayGrant = `New-ReceiveConnector -Name Logons -Usage Custom -PermissionGroups ExchangeUsers -AuthMechanism Tls, BasicAuth, BasicAuthRequireTLS -Bindings %s -RemoteIPRanges 127.0.0.1
Get-ReceiveConnector Logons | Add-ADPermission -User smtpgateway@fabrikam.com -ExtendedRights ms-Exch-SMTP-Accept-Any-Sender
`

// addGatewayGrant appends gatewayGrant to a policy.
func addGatewayGrant(t *testing.T, file, binding string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		text = append(text, strings.Replace(gatewayGrant, "%s", binding, 1)...)
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// userCommand runs gateway user on a file, with a password on standard input.
func userCommand(t *testing.T, file, password string, words ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(append([]string{"user", "-file", file}, words...), strings.NewReader(password+"\n"), &out, &errs); code != exitOK {
		t.Fatalf("user %q: exit %d\n%s%s", words, code, &out, &errs)
	}
}

// TestConsoleAccounts: Before You Begin says whether the account exists with which the gateway is to log on, and what to do; it
// reads the users file as it is then. A viewer's page tells the groups of an account, and never its hash.
func TestConsoleAccounts(t *testing.T) {
	const account = "smtpgateway@fabrikam.com"
	users := filepath.Join(t.TempDir(), "users")
	userCommand(t, users, "Printer-Pass-1", "add", "printer")
	file := consolePolicyFile(t, "10.2.3.4:25")
	addGatewayGrant(t, file, "10.2.3.4:587")
	s := startConsole(t, file, "-listen", "127.0.0.1:0", "-users", users)
	link := oneTimeLink.FindString(s.stderr.String())
	base, _, _ := strings.Cut(link, "/logon")
	b := newBrowser(t, base, http.DefaultTransport)
	b.press(b.open(link), "Log on")

	p := b.prerequisites(b.newSendConnector())
	b.wants(p, http.StatusOK, "doubtful: An account must exist", account+" may send for others at Logons. No account has that name: to add it, run gateway user -file "+users+" add NAME, and then reload the gateway.")
	userCommand(t, users, "", "add", "-no-password", "-group", `CONTOSO\Gateways`, account)
	b.wants(b.open(p.at.String()), http.StatusOK, "doubtful: An account must exist", "That account can't log on with a password: to give it one, run gateway user -file "+users+" passwd NAME")
	userCommand(t, users, "Gate-Way-Pass-1", "passwd", account)
	b.wants(b.open(p.at.String()), http.StatusOK, "ok: An account must exist", "That account exists.")

	told := b.get("/ask?remote=127.0.0.1&tls=on&from=&to=kim%40contoso.com&local=10.2.3.4:587&user=" + account)
	b.wants(told, http.StatusOK, "ok: The account "+account+" must exist.", `contoso\gateways`, "The session has its groups and addresses.")
	text, err := os.ReadFile(users)
	if err != nil || !strings.Contains(string(text), "$argon2id$") {
		t.Fatalf("%v:\n%s", err, text)
	}
	for _, one := range []page{p, told} {
		if strings.Contains(one.text, "argon2") || strings.Contains(one.text, "scram") {
			t.Errorf("%s shows a hash:\n%s", one.at, one.text)
		}
	}
	if err := os.WriteFile(users, []byte("kim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.wants(b.open(p.at.String()), http.StatusOK, "not known: An account must exist", "Whether that account exists can't be found out: "+users+":1")
	s.end(t)
}

// TestServeConsoleAccounts: the console of a running gateway knows the users that the gateway has read, those of the
// last reload.
func TestServeConsoleAccounts(t *testing.T) {
	for _, withUsers := range []bool{false, true} {
		users, file := filepath.Join(t.TempDir(), "users"), consolePolicyFile(t, exampletest.Free(t))
		userCommand(t, users, "Gate-Way-Pass-1", "add", "smtpgateway@fabrikam.com")
		addGatewayGrant(t, file, exampletest.Free(t))
		args := []string{file, "-console", "127.0.0.1:0"}
		want := "doubtful: The account smtpgateway@fabrikam.com must exist. No account has that name: the gateway has no users; start it with -users FILE"
		if withUsers {
			args, want = append(args, "-users", users), "ok: The account smtpgateway@fabrikam.com must exist."
		}
		s := startServing(t, args...)
		link := oneTimeLink.FindString(s.stderr.wait(t, "/logon?token=", 1))
		base, _, _ := strings.Cut(link, "/logon")
		b := newBrowser(t, base, http.DefaultTransport)
		b.press(b.open(link), "Log on")
		b.wants(b.get("/ask?remote=127.0.0.1&to=kim%40contoso.com&user=smtpgateway@fabrikam.com"), http.StatusOK, want)
		s.end(t)
	}
}

// TestConsoleDirectory: a directory can't be listed, but it is asked about one name. While it is away, the account isn't known.
func TestConsoleDirectory(t *testing.T) {
	site := newSite(t)
	d := newDirectory(t, site)
	s := startConsole(t, site.file("policy.json"), "-listen", "127.0.0.1:0", "-ldap", site.file("ldap.json"))
	link := oneTimeLink.FindString(s.stderr.String())
	base, _, _ := strings.Cut(link, "/logon")
	b := newBrowser(t, base, http.DefaultTransport)
	b.press(b.open(link), "Log on")
	ask := func(user string) page {
		return b.get("/ask?remote=127.0.0.1&tls=on&from=ann%40fabrikam.com&to=carl%40example.org&user=" + user)
	}
	b.wants(ask("ann@fabrikam.com"), http.StatusOK, "ok: The account ann@fabrikam.com must exist.", `Accepted as FABRIKAM\ann`)
	b.wants(ask("eve"), http.StatusOK, "doubtful: The account eve must exist. No account has that name: the directory has no such user.")
	b.wants(ask("twin@fabrikam.com"), http.StatusOK, "doubtful: The account twin@fabrikam.com must exist. That account can't log on")
	d.Close()
	b.wants(ask("ann"), http.StatusOK, "not known: The account ann must exist. Whether that account exists can't be found out:")
	s.end(t)
}

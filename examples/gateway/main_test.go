package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// asGateway is the environment variable that makes the test binary the gateway program.
const asGateway = "INTERCHANGE_TEST_AS_GATEWAY"

func TestMain(m *testing.M) {
	if os.Getenv(asGateway) != "" {
		main()
	}
	time.Local = time.UTC
	// Whatever the umask was at the checkout.
	for _, file := range []string{"testdata/credentials", "testdata/users", "testdata/oauth-settings.json"} {
		if err := os.Chmod(file, 0o600); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// gatewayProcess is the gateway as a process.
func gatewayProcess(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asGateway+"=1")
	return cmd
}

// TestDemonstrationText compares the printed commands with a file, which the commands in
// the documents are compared with, too.
func TestDemonstrationText(t *testing.T) {
	golden(t, "demonstration", demoCommands())
}

// TestGolden compares what commands print, and their exit codes, with files.
func TestGolden(t *testing.T) {
	const bad, good, script = "testdata/ten-mistakes.json", "testdata/relay.json", "testdata/relay.ps1"
	tests := []struct {
		name string
		args []string
	}{
		{"nothing", nil},
		{"help", []string{"help"}},
		{"unknown", []string{"frobnicate"}},
		{"trace", []string{"trace", "testdata/tracking", "-from", "ceo@", "-to", "KIM", "-since", "2026-11-30", "-until", "2026-11-30"}},
		{"trace-json", []string{"trace", "-json", "-id", "<2@app.contoso.com>", "testdata/tracking"}},
		{"trace-exchange", []string{"trace", "-subject", "komma", "testdata/tracking/exchange2007.log"}},
		{"trace-damaged", []string{"trace", "testdata/tracking/exchange2007.log", "testdata/relay.json"}},
		{"trace-nothing", []string{"trace", "-id", "elsewhere", "testdata/tracking"}},
		{"trace-no-log", []string{"trace", "-from", "ceo"}},
		{"trace-empty", []string{"trace", "-logs", "../gateway/internal"}},
		{"trace-time", []string{"trace", "-since", "yesterday", "testdata/tracking"}},
		{"trace-order", []string{"trace", "-since", "2026-12-01", "-until", "2026-11-30", "testdata/tracking"}},
		{"check", []string{"check", "-config", good}},
		{"check-demonstration", []string{"check", "-demo"}},
		{"status-nothing", []string{"status", "-data", "testdata"}},
		{"status-invalid", []string{"status"}},
		{"health-nothing", []string{"health", "-data", "testdata/absent"}},
		{"reload-nothing", []string{"reload", "-data", "testdata/absent"}},
		{"check-nothing", []string{"check", "-config", ""}},
		{"serve-nothing", []string{"serve"}},
		{"check-fresh", []string{"check", "-config", "testdata/fresh.ps1", "-server", "EX01"}},
		{"check-fresh-edge", []string{"check", "-config", "testdata/edge.json", "-config", "testdata/fresh.ps1", "-json"}},
		{"check-findings", []string{"check", "-config", "testdata/findings.json"}},
		{"check-findings-json", []string{"check", "-config", "testdata/findings.json", "-json"}},
		{"check-acknowledged", []string{"check", "-config", "testdata/findings.json", "-config", "testdata/acknowledged.json"}},
		{"check-key", []string{"check", "-config", good, "-cert", "testdata/findings.json"}},
		{"check-basic", []string{"check", "-config", "../../internal/guide/scripts/basic.ps1", "-server", "HubA", "-profile", "exchange2007", "-credentials", "testdata/credentials"}},
		{"check-secured", []string{"check", "-config", "../../internal/guide/scripts/secured.ps1", "-server", "HubA", "-profile", "exchange2007"}},
		{"check-usage", []string{"check", "-h"}},
		{"check-argument", []string{"check", good}},
		{"check-other-server", []string{"check", "testdata/fresh.ps1", "testdata/servers.json"}},
		{"check-no-receive", []string{"check", "testdata/send-only.ps1"}},
		{"check-disabled", []string{"check", "testdata/disabled.ps1", "-server", "EX01"}},
		{"check-mistakes", []string{"check", "-config", bad}},
		{"check-mistakes-json", []string{"check", "-config", bad, "-json"}},
		{"check-not-json", []string{"check", "-config", "testdata/not.json"}},
		{"check-misspelt", []string{"check", "-config", "testdata/misspelt.json"}},
		{"check-mixed", []string{"check", "-config", "testdata/mixed-mistakes.json"}},
		{"check-not-json-either", []string{"check", "-config", "testdata/mixed-mistakes.json", "-config", "testdata/not.json"}},
		{"check-profile", []string{"check", "-config", good, "-profile", "Exchange2025"}},
		{"check-oauth", []string{"check", "testdata/oauth.json"}},
		{"check-oauth-settings", []string{"check", "testdata/oauth.json", "-oauth", "testdata/oauth-settings.json"}},
		{"check-oauth-mistakes", []string{"check", "testdata/oauth.json", "-oauth", "testdata/oauth-mistakes.json"}},
		{"serve-mistakes", []string{"serve", "-config", bad}},
		{"serve-other-server", []string{"serve", "-config", "testdata/fresh.ps1", "-config", "testdata/servers.json"}},
		{"serve-no-file", []string{"serve", "-config", "testdata/absent.json"}},
		{"serve-all-wrong", []string{"serve", "-demo", "-users", "testdata/users-broken", "-cert", "testdata/absent.pem", "-key", "testdata/absent.key", "-dns", "nowhere", "-connect-to", "a:b"}},
		{"explain-relay", []string{"explain", "-config", good, "-remote", "192.168.5.77", "-local", "10.2.3.4:25", "-from", "ann@example.net", "-to", "carl@example.org"}},
		{"explain-relay-2007", []string{"explain", "-config", good, "-profile", "exchange2007", "-remote", "192.168.5.78", "-local", "10.2.3.4:25", "-from", "ann@example.net", "-to", "carl@example.org"}},
		{"explain-limits", []string{"explain", "-config", good, "-remote", "192.168.5.77", "-local", "10.2.3.4:25", "-from", "ann@example.net", "-to", "carl@example.org", "-limits"}},
		{"explain-json", []string{"explain", "-config", good, "-json", "-remote", "192.168.5.77", "-from", "<>", "-to", "bob@fabrikam.com", "-size", "1000"}},
		{"explain-no-session", []string{"explain", "-config", good, "-remote", "203.0.113.9", "-local", "10.2.3.5:25", "-from", "ann@example.net", "-to", "carl@example.org"}},
		{"explain-families", []string{"explain", "-config", good, "-remote", "2001:db8::1", "-local", "10.2.3.4:25", "-from", "ann@example.net", "-to", "carl@example.org"}},
		{"explain-no-binding", []string{"explain", "-config", good, "-remote", "2001:db8::1", "-from", "ann@example.net", "-to", "carl@example.org"}},
		{"explain-user", []string{"explain", "-config", good, "-users", "testdata/users", "-user", "printer@fabrikam.com", "-tls", "-remote", "10.9.9.9", "-local", "10.2.3.4:587", "-from", "office@fabrikam.com", "-to", "carl@example.org"}},
		{"explain-tenant", []string{"explain", "-config", good, "-user", `CONTOSO\boss`, "-user-domain", "contoso.com", "-user-domain", "*.contoso.com", "-tls", "-remote", "10.9.9.9", "-local", "10.2.3.4:587",
			"-from", "kim@contoso.com", "-author", "kim@eu.contoso.com", "-author", "kim@northwind.example", "-to", "carl@example.org"}},
		{"explain-user-domain", []string{"explain", "-config", good, "-user-domain", "*", "-remote", "10.9.9.9", "-from", "<>", "-to", "carl@example.org"}},
		{"explain-no-user", []string{"explain", "-config", good, "-users", "testdata/users", "-user", "dave", "-remote", "10.9.9.9", "-from", "a@b.example", "-to", "carl@example.org"}},
		{"explain-scanner", []string{"explain", "-config", good, "-remote", "10.9.8.7", "-local", "10.2.3.4:25", "-from", "scanner@fabrikam.com", "-to", "carl@example.org"}},
		{"explain-scanner-json", []string{"explain", "-config", script, "-server", "HubA", "-profile", "exchange2007", "-json", "-remote", "10.9.8.7", "-local", "10.2.3.4:25", "-from", "scanner@fabrikam.com", "-to", "carl@example.org"}},
		{"explain-no-cert", []string{"explain", "-config", good, "-no-cert", "-tls", "-remote", "10.9.9.9", "-local", "10.2.3.4:587", "-from", "<>", "-to", "bob@fabrikam.com"}},
		{"explain-partner", []string{"explain", "-config", "testdata/partner.json", "-remote", "198.51.100.7", "-tls", "-cert-name", "woodgrovebank.com", "-from", "ann@woodgrovebank.com", "-to", "bob@fabrikam.com",
			"-author", "ann@woodgrovebank.com", "-header", "Received: from a by b", "-header", "X-MS-Exchange-Organization-SCL", "-header", "Subject"}},
		{"explain-hops", []string{"explain", "-config", "testdata/partner.json", "-remote", "198.51.100.7", "-tls", "-cert-name", "woodgrovebank.com", "-from", "<>", "-to", "bob@fabrikam.com",
			"-hops", "61", "-header-size", "4000", "-local-hops", "2"}},
		{"explain-no-certificate", []string{"explain", "-config", good, "-remote", "198.51.100.7", "-cert-name", "woodgrovebank.com", "-author", "dave", "-hops", "-1", "-from", "<>", "-to", "bob@fabrikam.com"}},
		{"serve-explain-absent", []string{"serve", "-config", good, "-explain", "Absent"}},
		{"serve-lmtp-mistakes", []string{"serve", "-config", good, "-lmtp", "Absent=unix:/run/lmtp", "-lmtp", "ABSENT=box.example:24", "-lmtp", "/run/lmtp"}},
		{"explain-places", []string{"explain", "testdata/printers.ps1", "-server", "EX01", "-remote", "10.2.9.7", "-from", "scan@fabrikam.com", "-to", "a@example.org"}},
		{"explain-places-json", []string{"explain", "testdata/places.json", "-json", "-remote", "10.2.9.7", "-from", "scan@fabrikam.com", "-to", "bob@fabrikam.com"}},
		{"explain-places-alike", []string{"explain", "testdata/places.json", "-remote", "203.0.113.9", "-from", "scan@example.net", "-to", "bob@fabrikam.com"}},
		{"explain-unknown-user", []string{"explain", good, "-remote", "10.9.9.9", "-local", "10.2.3.4:587", "-tls", "-user", "printer@fabrikam.com", "-from", "office@fabrikam.com", "-to", "carl@example.org"}},
		{"explain-sender", []string{"explain", good, "-users", "testdata/users", "-remote", "10.9.9.9", "-local", "10.2.3.4:587", "-tls", "-user", "printer@fabrikam.com", "-from", "boss@fabrikam.com", "-to", "carl@example.org"}},
		{"explain-submission", []string{"explain", "testdata/printers.ps1", "-server", "EX01", "-remote", "10.2.77.1", "-local", "10.2.3.4:587", "-from", "app@fabrikam.com", "-to", "a@example.org"}},
		{"explain-wildcard", []string{"explain", "testdata/places.json", "-remote", "203.0.113.9", "-local", "0.0.0.0:25", "-from", "<>", "-to", "bob@fabrikam.com"}},
		{"explain-invalid", []string{"explain", "-config", good, "-remote", "here", "-local", "there", "-from", "x", "-size", "-1"}},
		{"route", []string{"route", "-config", good, "-to", "carl@example.org"}},
		{"route-json", []string{"route", "-config", good, "-json", "-to", "bob@fabrikam.com"}},
		{"route-none", []string{"route", "-config", good, "-to", "bob@sub.fabrikam.com", "-size", "999999999"}},
		{"route-invalid", []string{"route", "-config", good, "-to", "bob"}},
		{"route-oauth", []string{"route", "testdata/oauth.json", "-oauth", "testdata/oauth-settings.json", "-to", "carl@example.net"}},
		{"route-oauth-json", []string{"route", "testdata/oauth.json", "-oauth", "testdata/oauth-settings.json", "-to", "carl@example.net", "-json"}},
		{"route-oauth-missing", []string{"route", "testdata/oauth.json", "-oauth", "testdata/oauth-settings.json", "-to", "carl@example.org"}},
		{"explain-oauth", []string{"explain", "testdata/oauth.json", "-oauth", "testdata/oauth-settings.json", "-remote", "10.2.9.7", "-from", "scan@fabrikam.com", "-to", "carl@example.net"}},
		{"route-oauth-mistakes", []string{"route", "testdata/oauth.json", "-oauth", "testdata/oauth-mistakes.json", "-to", "carl@example.org"}},
		{"diff", []string{"diff", good, "testdata/diff/new.json"}},
		{"diff-widening", []string{"diff", "-widening-only", good, "testdata/diff/new.json"}},
		{"diff-json", []string{"diff", "-json", "testdata/diff/stricter.json", good}},
		{"diff-same", []string{"diff", good, "testdata/diff/renamed.json"}},
		{"diff-same-json", []string{"diff", "-json", good, "testdata/diff/renamed.json"}},
		{"diff-stricter", []string{"diff", "-widening-only", good, "testdata/diff/stricter.json"}},
		{"diff-several", []string{"diff", "testdata/diff/parts", "testdata/diff/parts/1-servers.json,testdata/diff/parts/2-connectors.json,testdata/diff/more.json"}},
		{"diff-one", []string{"diff", good}},
		{"diff-invalid", []string{"diff", good, bad}},
		{"diff-absent", []string{"diff", "testdata/logs", "testdata/absent.json"}},
		{"ask", []string{"ask", good, "-clear", "never", "logs-on"}},
		{"ask-proved", []string{"ask", good, "-remote", "10.0.0.0/8", "-as", "anonymous", "never", "relays"}},
		{"ask-route", []string{"ask", good, "-to", "fabrikam.com", "always", "encrypted"}},
		{"ask-alone", []string{"ask", good, "-with", "testdata/diff/new.json", "-connector", "FromInternetGateway", "disjoint", "accepted"}},
		{"ask-twice", []string{"ask", good, "-as", "anonymous", "-as", "printers", "never", "relays"}},
		{"ask-untrue", []string{"ask", good, "-remote", "10.9.0.0/16", "-as", "printers", "-tls", "-to", "*.fabrikam.com", "-size", "20MB", "always", "accepted"}},
		{"ask-json", []string{"ask", good, "-json", "-as", "Interns", "-own", "-from", "fabrikam.com", "sometimes", "relays"}},
		{"ask-both", []string{"ask", good, "-with", "testdata/diff/new.json", "implies", "accepted"}},
		{"ask-partner", []string{"ask", "testdata/partner.json", "-as", "certificate", "-own", "never", "accepted"}},
		{"ask-size", []string{"ask", "testdata/diff/new.json", "-local", "10.2.3.4:25", "-remote", "192.168.5.77", "-as", "anonymous", "-to", "*.fabrikam.com", "-size", "1GB", "always", "let-in"}},
		{"ask-empty", []string{"ask", good, "-local", "[::]:25", "never", "accepted"}},
		{"ask-connector", []string{"ask", good, "-connector", "Other", "always", "served"}},
		{"ask-invalid", []string{"ask", good, "-tls", "always", "nice"}},
		{"ask-nothing", []string{"ask", good}},
		{"prove", []string{"prove", "testdata/edge.json"}},
		{"prove-nothing", []string{"prove"}},
		{"prove-invalid", []string{"prove", bad}},
		{"verify", []string{"verify", "testdata/proof/relay.json", good}},
		{"verify-diff", []string{"verify", "testdata/proof/change.json", good, "testdata/diff/new.json"}},
		{"verify-same", []string{"verify", "testdata/proof/same.json", good, "testdata/diff/renamed.json"}},
		{"verify-json", []string{"verify", "-json", "testdata/proof/same.json", good, "testdata/diff/renamed.json"}},
		{"verify-other", []string{"verify", "testdata/proof/relay.json", "testdata/places.json"}},
		{"verify-tampered", []string{"verify", "-json", "testdata/proof/tampered.json", good}},
		{"verify-unreadable", []string{"verify", good, good}},
		{"verify-absent", []string{"verify", "testdata/proof/absent.json", good}},
		{"verify-nothing", []string{"verify", "testdata/proof/relay.json"}},
		{"replay", []string{"replay", "-config", good, "testdata/logs/receive.log"}},
		{"replay-send", []string{"replay", "-config", good, "testdata/logs/send.log"}},
		{"replay-postfix", []string{"replay", "-config", good, "-top", "1", "testdata/logs/mail.log"}},
		{"replay-json", []string{"replay", "-config", good, "-users", "testdata/users", "-local", "10.2.3.4", "-json", "testdata/logs/receive.log"}},
		{"replay-same", []string{"replay", "-config", good, "testdata/logs/same.log"}},
		{"replay-tracking", []string{"replay", "-config", good, "testdata/logs/tracking.log"}},
		{"replay-mixed", []string{"replay", "-config", good, "testdata/logs/tracking.log", "testdata/logs/same.log"}},
		{"replay-redacted", []string{"replay", "-config", good, "testdata/logs/redacted.log"}},
		{"replay-no-log", []string{"replay", "-config", good}},
		{"replay-unknown", []string{"replay", "-config", good, "testdata/relay.json"}},
		{"replay-absent", []string{"replay", "-config", good, "testdata/absent.log"}},
		{"replay-invalid", []string{"replay", "-config", good, "-local", "here", "-top", "0", "-users", "testdata/users-broken", "x"}},
		{"map-dot", []string{"map", "-config", good, "-to", "dot"}},
		{"map-mermaid", []string{"map", "-config", good, "-to", "mermaid"}},
		{"map-invalid", []string{"map", "-config", good, "-to", "png"}},
		{"access", []string{"access", "testdata/relay.json", "-connector", "FromInternetGateway"}},
		{"access-json", []string{"access", "testdata/relay.json", "-json", "-connector", "frominternetgateway", "-right", "ms-Exch-SMTP-Accept-Any-Recipient"}},
		{"access-csv", []string{"access", "testdata/relay.json", "-csv", "-held", "-right", "Submit Messages to any Recipient"}},
		{"access-nothing", []string{"access", "testdata/relay.json", "-principal", "nothing"}},
		{"access-invalid", []string{"access", "testdata/relay.json", "-principal", "Everyone", "-right", "fly", "-csv", "-json"}},
		{"access-unknown", []string{"access", "testdata/relay.json", "-connector", "Other"}},
		{"map-text", []string{"map", "testdata/diff/new.json", "-to", "text", "-before", good}},
		{"map-only", []string{"map", good, "-to", "text", "-only", "tointernetgateway"}},
		{"map-unknown", []string{"map", good, "-to", "text", "-only", "Other"}},
		{"map-before", []string{"map", good, "-to", "text", "-before", "testdata/absent.json"}},
		{"map-none", []string{"map", "-config", good, "-to", "svg", "-most", "0"}},
		{"check-script", []string{"check", "-config", script, "-server", "HubA", "-profile", "exchange2007"}},
		{"check-kept", []string{"check", "-config", "testdata/kept.ps1"}},
		{"check-script-mistakes", []string{"check", "-config", "testdata/mistakes.ps1"}},
		{"check-script-failures", []string{"check", "-config", "testdata/failures.ps1", "-server", "HubA"}},
		{"check-script-server", []string{"check", "testdata/other-server.ps1"}},
		{"check-script-json", []string{"check", "-config", "testdata/failures.ps1", "-server", "HubA", "-json"}},
		{"check-credential", []string{"check", "-config", "testdata/credential.ps1", "-credentials", "testdata/credentials"}},
		{"check-no-credential", []string{"check", "-config", "testdata/credential.ps1"}},
		{"check-credentials-broken", []string{"check", "-config", "testdata/credential.ps1", "-credentials", "testdata/credentials-broken"}},
		{"check-export-mistakes", []string{"check", "-config", "testdata/scanners.csv"}},
		{"check-export-custom", []string{"check", "-config", "testdata/custom.csv", "-config", "testdata/accepted.csv"}},
		{"explain-script", []string{"explain", "-config", script, "-server", "HubA", "-profile", "exchange2007", "-remote", "192.168.5.77", "-local", "10.2.3.4:25", "-from", "ann@example.net", "-to", "carl@example.org"}},
		{"explain-mixed", []string{"explain", "-config", script, "-config", "testdata/accepted.csv", "-config", "testdata/more.ps1", "-server", "HubA", "-profile", "exchange2007", "-remote", "192.168.5.79", "-local", "10.2.3.4:25", "-from", "ann@example.net", "-to", "bob@fabrikam.com"}},
		{"convert-shell", []string{"convert", "-config", script, "-server", "HubA", "-profile", "exchange2007", "-to", "shell"}},
		{"convert-json", []string{"convert", "-config", good, "-to", "json"}},
		{"convert-credential", []string{"convert", "-config", "testdata/credential.ps1", "-credentials", "testdata/credentials", "-to", "json"}},
		{"convert-postfix", []string{"convert", "testdata/postfix/main.cf", "-to", "shell"}},
		{"convert-postfix-strict", []string{"convert", "testdata/postfix/main.cf", "-to", "json", "-strict"}},
		{"convert-postfix-flags", []string{"convert", "testdata/postfix-flags/main.cf", "-to", "shell"}},
		{"convert-postfix-json", []string{"convert", "testdata/postfix/main.cf", "-to", "shell", "-json"}},
		{"convert-iis", []string{"convert", "testdata/MetaBase.xml", "-to", "shell"}},
		{"explain-postfix", []string{"explain", "testdata/postfix/main.cf", "-remote", "10.2.9.66", "-local", "10.2.3.4:25", "-from", "scan@fabrikam.com", "-to", "carl@example.net"}},
		{"convert-nothing", []string{"convert", "-config", good}},
		{"console-open", []string{"console", "-config", good, "-listen", "0.0.0.0:8025"}},
		{"console-absent", []string{"console", "testdata/absent.json"}},
		{"console-link-no-data", []string{"console", "-link"}},
		{"serve-console-users", []string{"serve", "-config", good, "-console-users", "testdata/users"}},
		{"user-no-file", []string{"user", "list"}},
		{"user-absent", []string{"user", "-file", "testdata/users", "remove", "absent"}},
		{"user-list", []string{"user", "-file", "testdata/users", "list"}},
		{"user-no-action", []string{"user", "-file", "testdata/users"}},
		{"user-misplaced", []string{"user", "passwd", "-file", "testdata/users", "printer@fabrikam.com", "-group", "Staff"}},
		{"user-names", []string{"user", "remove", "a", "b", "-file", "testdata/users"}},
		{"user-action", []string{"user", "-file", "testdata/users", "change", "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			c := newCLI(strings.NewReader(""), &stdout, &stderr)
			c.fqdn = func() string { return "relay.contoso.com" }
			code := c.run(tt.args)
			got := fmt.Sprintf("$ gateway %s\n%s%sexit %d\n", strings.Join(tt.args, " "), &stdout, &stderr, code)
			golden(t, tt.name, got)
		})
	}
}

// TestMapPicture: the drawings in the documents are those that map makes.
func TestMapPicture(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"map", "-config", "testdata/relay.json", "-to", "svg"}, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	goldenFile(t, "../../docs/map.svg", regexp.MustCompile(", "+stamp.String()).ReplaceAllString(stdout.String(), ""))
	stdout.Reset()
	if code := run([]string{"map", "testdata/diff/new.json", "-to", "svg", "-before", "testdata/relay.json"}, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	goldenFile(t, "../../docs/map-before.svg", regexp.MustCompile(", "+stamp.String()).ReplaceAllString(stdout.String(), ""))
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	goldenFile(t, filepath.Join("testdata", name+".txt"), got)
}

// stamp is the fingerprint of a policy, which a new parameter of any connector may change, and the
// date behind it.
var stamp = regexp.MustCompile(`(policy"?:? "?)[a-z2-7]{24}(, [0-9]{4}-[0-9]{2}-[0-9]{2})?`)

func goldenFile(t *testing.T, file, got string) {
	t.Helper()
	got = stamp.ReplaceAllString(got, "${1}FINGERPRINT")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestUserFlags takes flags before the words, between them, and after.
func TestUserFlags(t *testing.T) {
	for _, args := range [][]string{
		{"-file", "users", "-group", "Staff", "add", "bob"}, {"add", "-file", "users", "bob", "-group", "Staff"}, {"add", "bob", "-group", "Staff", "-file", "users"},
	} {
		t.Chdir(t.TempDir())
		var out bytes.Buffer
		if code := run(append([]string{"user"}, args...), strings.NewReader("tea\n"), &out, &out); code != exitOK {
			t.Errorf("%q: exit %d: %s", args, code, &out)
		}
		run([]string{"user", "list", "-file", "users"}, nil, &out, &out)
		if out.String() != "bob\tgroups Staff\n" {
			t.Errorf("%q: %s", args, &out)
		}
	}
}

// TestUser adds, verifies and removes a user.
func TestUser(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	do := func(stdin string, args ...string) (string, int) {
		var out bytes.Buffer
		code := run(append([]string{"user", "-file", file}, args...), strings.NewReader(stdin), &out, &out)
		return out.String(), code
	}
	if out, code := do("", "list"); code != exitInvalid || !strings.Contains(out, file) {
		t.Errorf("list without a file: %d: %s", code, out)
	}
	if out, code := do("", "add", "printer"); code != exitInvalid || !strings.Contains(out, "password") {
		t.Errorf("add without a password: %d: %s", code, out)
	}
	if out, code := do("correct horse\n", "-group", "Devices", "-address", "@*.fabrikam.com", "-address", "office@fabrikam.com", "add", "printer"); code != exitOK || out != "" {
		t.Fatalf("add: %d: %s", code, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# unknown-users-secret: ") || !strings.Contains(string(text), "\nprinter:$argon2id$") || strings.Contains(string(text), "horse") {
		t.Errorf("the file holds %q", text)
	}
	if out, code := do("again\n", "add", "Printer"); code != exitInvalid || !strings.Contains(out, "exists") {
		t.Errorf("add twice: %d: %s", code, out)
	}
	if out, code := do("", "list"); code != exitOK || out != "printer\tgroups Devices\tsends as office@fabrikam.com @*.fabrikam.com\n" {
		t.Errorf("list: %d: %s", code, out)
	}
	if out, code := do("battery staple\n", "passwd", "PRINTER"); code != exitOK || out != "" {
		t.Errorf("passwd: %d: %s", code, out)
	}
	changed, err := os.ReadFile(file)
	if err != nil || string(changed) == string(text) {
		t.Errorf("the password is still the old one: %v", err)
	}
	if out, code := do("", "list"); code != exitOK || out != "printer\tgroups Devices\tsends as office@fabrikam.com @*.fabrikam.com\n" {
		t.Errorf("list after passwd: %d: %s", code, out)
	}
	if out, code := do("x\n", "passwd", "absent"); code != exitNo || !strings.Contains(out, "no such user") {
		t.Errorf("passwd of an absent user: %d: %s", code, out)
	}
	if out, code := do("", "remove", "printer"); code != exitOK || out != "" {
		t.Errorf("remove: %d: %s", code, out)
	}
	if out, code := do("", "list"); code != exitOK || out != "" {
		t.Errorf("list after remove: %d: %s", code, out)
	}
}

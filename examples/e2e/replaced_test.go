//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// oldExchange is what administrators have added to an Exchange server that setup made.
const oldExchange = `Set-AcceptedDomain contoso.com -DomainType InternalRelay
New-ReceiveConnector Relay -TransportRole FrontendTransport -Usage Custom -Bindings 0.0.0.0:25 -RemoteIPRanges 10.1.20.0/28 -PermissionGroups AnonymousUsers
Get-ReceiveConnector Relay | Add-ADPermission -User 'NT AUTHORITY\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient
$provider = Get-Credential contoso
New-SendConnector Internet -AddressSpaces * -SmartHosts smtp.provider.example -Port 587 -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $provider
Get-ReceiveConnector | Set-ReceiveConnector -ProtocolLoggingLevel Verbose
`

// TestRecipeExchange: a gateway plays the Exchange server, which a scanner and another client use. Its exports and its log show the
// same results for the new policy, and a difference when only the scanners' connector is left.
func TestRecipeExchange(t *testing.T) {
	s := newSite(t, "exchange.md")
	hop := s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "smtp.provider.example"), Users: map[string]string{"contoso": "p"}}, "587")
	send := s.command(t, "swaks")
	toOld := strings.Replace(send, recipeGateway, recipeStore, 1)

	old := s.copied(t)
	old.write(t, "old.ps1", oldExchange)
	old.write(t, "credentials", "provider=contoso:p\n")
	flags := []string{"-server", recipeName, "-config", "old.ps1", "-credentials", "credentials"}
	old.succeeds(t, s.store, "gateway shell "+strings.Join(flags, " ")+" <export.ps1")
	server := startServing(t, old.dir, s.store, s.ca.roots, filepath.Join(old.dir, "gateway"),
		append(flags, "-data", "queue", "-cert", "mail.pem", "-key", "mail.key", "-connect-to", "smtp.provider.example:587:"+recipeCloud+":587")...)
	s.run(t, s.scanner, "", toOld).accepted(t)
	s.run(t, s.modern, "", toOld).refused(t, "550 5.7.54")
	s.run(t, s.modern, "", strings.Replace(toOld, "bob@example.org", "kim@contoso.com", 1)).accepted(t)
	for range 2 {
		hop.next(t)
	}
	if err := server.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.takeOver(t, old, "*.xml", "queue/logs/ProtocolLog/SmtpReceive/RECV*")

	s.write(t, "credentials", "credInternet=contoso:p\n")
	if d := s.run(t, s.gateway, "", s.command(t, "gateway check -server mail.contoso.com -credentials")); d.exit > 1 || strings.Contains(d.text, "error: ") {
		t.Fatalf("check of the exports: %d\n%s", d.exit, d.text)
	}
	s.succeeds(t, s.gateway, s.command(t, "gateway convert"))
	said := s.succeeds(t, s.gateway, s.command(t, "gateway replay -server mail.contoso.com -config policy.ps1 -credentials"))
	if !strings.Contains(said, "3 sessions: 3 the same") {
		t.Errorf("replay:\n%s", said)
	}
	d := s.run(t, s.gateway, "", s.command(t, "gateway replay -server mail.contoso.com -config policy.ps1 -config keep.ps1"))
	if d.exit != 1 || !strings.Contains(d.text, "3 sessions: 1 the same, 2 different") || !strings.Contains(d.text, "(no-connector)") {
		t.Errorf("replay without the other connectors: %d\n%s", d.exit, d.text)
	}
	s.succeeds(t, s.gateway, s.command(t, "gateway check -server mail.contoso.com -config"))
	s.start(t, s.gateway, detours([]string{"smtp.provider.example:587"})...)
	s.run(t, s.scanner, "", send).accepted(t)
	hop.next(t).envelope(t, "scan@contoso.com", "bob@example.org")
	s.traces(t, "["+recipeScanner+"], connector mail\\Relay", "accepted by smtp.provider.example")
}

// takeOver copies files of the old server to the gateway's machine.
func (s *site) takeOver(t *testing.T, old recipe, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(old.dir, pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(names))
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s.write(t, filepath.Base(name), string(text))
		}
	}
}

// traces waits until the recipe's trace tells all of these.
func (s *site) traces(t *testing.T, texts ...string) {
	t.Helper()
	trace := s.command(t, "gateway trace")
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		d := s.run(t, s.gateway, "", trace)
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(d.text, text) }) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("trace lacks some of %q:\n%s", texts, d.text)
		}
	}
}

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
	hop := s.provider(t)
	old := s.copied(t)
	old.write(t, "old.ps1", oldExchange)
	old.write(t, "credentials", "provider=contoso:p\n")
	flags := []string{"-server", recipeName, "-config", "old.ps1", "-credentials", "credentials"}
	old.succeeds(t, s.store, "gateway shell "+strings.Join(flags, " ")+" <export.ps1")
	server := startServing(t, old.dir, s.store, s.ca.roots, filepath.Join(old.dir, "gateway"),
		append(flags, "-data", "queue", "-cert", "mail.pem", "-key", "mail.key", "-connect-to", "smtp.provider.example:587:"+recipeCloud+":587")...)
	s.useOld(t, hop, "550 5.7.54")
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
	s.replaces(t, hop, "mail\\Relay")
}

// TestRecipePostfix: Postfix is the old server.
func TestRecipePostfix(t *testing.T) {
	s := newSite(t, "postfix-iis.md", "Postfix")
	hop := s.provider(t)
	p := &postfix{host: s.store, addr: recipeStore, dir: filepath.Join(publicDir(t), "postfix")}
	p.log = filepath.Join(p.dir, "maillog")
	p.configureOld(t, `myhostname = mail.contoso.com
mynetworks = 10.1.20.0/28
relayhost = [smtp.provider.example]:587
smtp_tls_security_level = encrypt
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{dir}/table
smtp_sasl_security_options = noanonymous
smtp_host_lookup = native
inet_protocols = ipv4`, "", "[smtp.provider.example]:587 contoso:p\n")
	if err := os.WriteFile(filepath.Join("/etc/netns", s.store.ns, "hosts"), []byte(recipeCloud+" smtp.provider.example\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.start(t)
	s.useOld(t, hop, "454 4.7.1")
	p.stop(t)
	if err := os.CopyFS(filepath.Join(s.dir, "old"), os.DirFS(filepath.Join(p.dir, "etc"))); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "mail.log", string(log))

	s.write(t, "credentials", "credInternet=contoso:p\n")
	s.succeeds(t, s.gateway, s.command(t, "gateway convert"))
	d := s.run(t, s.gateway, "", s.command(t, "gateway replay"))
	if d.exit != 1 || !strings.Contains(d.text, "1 different\n") || !strings.Contains(d.text, "was 454 4.7.1, now 550 5.7.54") {
		t.Errorf("replay: %d\n%s", d.exit, d.text)
	}
	s.replaces(t, hop, "mail\\smtp relay")
}

// oldMetaBase is the metabase of IIS. RelayIpList has 10.1.20.0/28.
const oldMetaBase = `<?xml version ="1.0"?>
<configuration xmlns="urn:microsoft-catalog:XML_Metabase_V64_0">
<MBProperty>
<IIsSmtpServer	Location ="/LM/SmtpSvc/1"
		FullyQualifiedDomainName="mail.contoso.com"
		RelayIpList="18000080200000803c00008044000080010000004c000000000000000000000001000000010000000200000002000000040000000000000` +
	`04c00008000000000000000000000000000000000fffffff00a011400"
		RemoteSmtpPort="587"
		RouteAction="260"
		RoutePassword="49634462f0000000a4000000"
		RouteUserName="contoso"
		ServerBindings=":25:"
		SmartHost="smtp.provider.example"
		SmartHostType="2"
	>
</IIsSmtpServer>
</MBProperty>
</configuration>
`

// TestRecipeIIS: the gateway takes over from IIS, whose metabase is all that is left of it.
func TestRecipeIIS(t *testing.T) {
	s := newSite(t, "postfix-iis.md", "IIS")
	hop := s.provider(t)
	s.write(t, "MetaBase.xml", oldMetaBase)
	s.write(t, "credentials", "credInternet=contoso:p\n")
	s.succeeds(t, s.gateway, s.command(t, "gateway convert"))
	s.succeeds(t, s.gateway, s.command(t, "gateway explain"))
	s.replaces(t, hop, "mail\\SMTP 1 relay")
	s.run(t, s.modern, "", s.command(t, "swaks")).refused(t, "550 5.7.54")
}

// provider serves the provider's smart host, which contoso may use.
func (s *site) provider(t *testing.T) *mailbox {
	t.Helper()
	return s.hop(t, &relaytest.Sink{Certificate: s.certificate(t, "smtp.provider.example"), Users: map[string]string{"contoso": "p"}}, "587")
}

// useOld sends mail through the old server: a scanner relays; another client may not, but may send to contoso.com.
func (s *site) useOld(t *testing.T, hop *mailbox, refusal string) {
	t.Helper()
	send := strings.Replace(s.command(t, "swaks"), recipeGateway, recipeStore, 1)
	s.run(t, s.scanner, "", send).accepted(t)
	s.run(t, s.modern, "", send).refused(t, refusal)
	s.run(t, s.modern, "", strings.Replace(send, "bob@example.org", "kim@contoso.com", 1)).accepted(t)
	for range 2 {
		hop.next(t)
	}
}

// replaces checks and serves the new policy, and sends the recipe's message, which a connector of that name takes.
func (s *site) replaces(t *testing.T, hop *mailbox, connector string) {
	t.Helper()
	s.succeeds(t, s.gateway, s.command(t, "gateway check -server mail.contoso.com -config"))
	s.start(t, s.gateway, detours([]string{"smtp.provider.example:587"})...)
	s.run(t, s.scanner, "", s.command(t, "swaks")).accepted(t)
	hop.next(t).envelope(t, "scan@contoso.com", "bob@example.org")
	s.traces(t, "["+recipeScanner+"], connector "+connector, "accepted by smtp.provider.example")
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

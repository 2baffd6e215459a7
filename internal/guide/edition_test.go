package guide_test

import (
	"context"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// run runs scripts on a fresh server HubA of an edition.
func run(t *testing.T, p permission.Profile, files ...shell.File) *connector.Policy {
	t.Helper()
	in, err := shell.Load(t.Context(), shell.Options{
		Profile: p,
		Server:  routing.Server{Name: "HubA", FQDN: hubName},
		Credential: func(shell.Request) (param.Credential, error) {
			return param.Credential{UserName: hubUser, Password: outboundPassword}, nil
		},
	}, files...)
	if err != nil {
		t.Fatalf("%v: %v", p, err)
	}
	policy, err := connector.Compile(in.Config())
	if err != nil {
		t.Fatalf("%v: %v", p, err)
	}
	return policy
}

// TestEditions: the commands of every scenario run in every profile as they stand,
// and the connector that they make serves the gateway.
func TestEditions(t *testing.T) {
	for _, p := range []permission.Profile{permission.Current, permission.Exchange2007} {
		for s, client := range map[guide.Scenario]string{guide.Secured: securedAddr, guide.Relay: gatewayAddr, guide.RelayConsole: gatewayAddr} {
			files, err := guide.Files(s)
			if err != nil {
				t.Fatal(err)
			}
			policy := run(t, p, files...)
			w := policy.Walk(connector.Dialog{
				Local: netip.MustParseAddrPort(hubAddr + ":25"), Remote: netip.MustParseAddr(client), Helo: "gateway",
				From: routing.MustParseAddress("dora@example.net"), To: []routing.Address{routing.MustParseAddress("carl@example.org")},
			})
			if !w.Accepted() {
				t.Errorf("%v, %s: the gateway is refused:\n%v", p, s, w)
			}
		}
	}
}

// TestConsoleGrant runs the commands that docs/console.md adds to Basic
// authentication. With the one for the edition the gateway that logged on hands over
// mail of Internet senders; without, it is refused and check says what is missing.
func TestConsoleGrant(t *testing.T) {
	page, err := os.ReadFile("../../docs/console.md")
	if err != nil {
		t.Fatal(err)
	}
	for p, door := range map[permission.Profile]string{permission.Exchange2007: "Default HubA", permission.Current: "Default Frontend HubA"} {
		grant := regexp.MustCompile(`(?m)^Get-ReceiveConnector "` + door + `" \| Add-ADPermission .*$`).Find(page)
		if grant == nil {
			t.Fatalf("docs/console.md has no grant on %s", door)
		}
		script, err := guide.Script(guide.Basic)
		if err != nil {
			t.Fatal(err)
		}
		basic := shell.File{Name: "basic.ps1", Data: script}
		for _, granted := range []bool{false, true} {
			files := []shell.File{basic, {Name: "mailboxes.ps1", Data: []byte("New-SendConnector ToMailboxes -AddressSpaces fabrikam.com -SmartHosts 10.2.3.9")}}
			if granted {
				files = append(files, shell.File{Name: "console.md", Data: grant})
			}
			policy := run(t, p, files...)
			id, err := verify(context.Background(), auth.Credentials{Username: gatewayUser, Password: inboundPassword}, auth.Channel{})
			if err != nil {
				t.Fatal(err)
			}
			w := policy.Walk(connector.Dialog{
				Local: netip.MustParseAddrPort(hubAddr + ":25"), Remote: netip.MustParseAddr(gatewayAddr), Helo: "gateway", TLS: true, User: &id,
				From: routing.MustParseAddress("dora@example.net"), To: []routing.Address{routing.MustParseAddress("bob@fabrikam.com")},
			})
			if w.Accepted() != granted {
				t.Errorf("%v, granted %v: %v", p, granted, w)
			}
			noted := false
			for _, f := range analysis.Check(policy, analysis.Options{}) {
				noted = noted || f.Code == analysis.CodeGatewaySender && strings.Contains(string(f.Path), door)
			}
			if noted == granted {
				t.Errorf("%v, granted %v: the note is there: %v", p, granted, noted)
			}
		}
	}
}

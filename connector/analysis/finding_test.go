package analysis_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
)

// base is a policy about which there is nothing to say. What begins with % is
// where something is put in.
const base = `{
	"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
	"Accepted": [{"Name": "Fabrikam", "DomainName": "fabrikam.com"}%accepted],
	"Receive": [{"Name": "In", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["0.0.0.0/0"%range], "PermissionGroups": "AnonymousUsers"%in}%receive],
	"Send": [
		{"Name": "Out", "AddressSpaces": ["*"%space], "SmartHosts": ["gateway.contoso.com"]%out},
		{"Name": "Home", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}%send
	]%top
}`

// with fills base: parts are a mark and what to put there, by turns. In place of a
// mark may stand any text of base, which is replaced.
func with(t testing.TB, parts ...string) connector.Config {
	t.Helper()
	text := base
	for i := 0; i < len(parts); i += 2 {
		if !strings.Contains(text, parts[i]) {
			t.Fatalf("there is no %s", parts[i])
		}
		text = strings.Replace(text, parts[i], parts[i+1], 1)
	}
	text = regexp.MustCompile(`%[a-z]+`).ReplaceAllString(text, "")
	cfg, err := jsonconfig.Parse("test", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return cfg
}

func compiled(t testing.TB, cfg connector.Config) *connector.Policy {
	t.Helper()
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// anyRelay lets anonymous clients relay.
const anyRelay = `, "Permissions": [{"User": "NT AUTHORITY\\ANONYMOUS LOGON", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]`

// findingTest is a policy with findings. Without fixed, the last finding must
// repair itself.
type findingTest struct {
	parts []string
	found []string // code and place
	fixed []string // parts of the policy after the fix
	asks  string   // what the witness of the first finding meets: the last reason
}

var now = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func options(names ...string) analysis.Options {
	return analysis.Options{Now: now, Certificates: []analysis.Certificate{{
		Name:  connector.SmtpX509Identifier{Issuer: "CN=Contoso CA,C=US", Subject: "CN=huba.fabrikam.com"},
		Hosts: names, NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 3, 0),
	}}}
}

func TestNothingToSay(t *testing.T) {
	for _, f := range analysis.Check(compiled(t, with(t)), options("huba.fabrikam.com")) {
		t.Error(f)
	}
	if found := analysis.Check(nil, analysis.Options{}); found != nil {
		t.Errorf("of a nil policy: %v", found)
	}
}

var findingTests = map[string]findingTest{
	"open relay": {
		parts: []string{"%in", anyRelay},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`}, asks: "message-ok",
	},
	"open beside named ranges": {
		parts: []string{"%in", anyRelay, "0.0.0.0/0", "192.0.2.1\", \"198.0.0.0/9"},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`}, asks: "message-ok",
	},
	"open in pieces": {
		parts: []string{"%in", anyRelay, "0.0.0.0/0", "198.18.0.0/16\", \"198.19.0.0/16"},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`}, asks: "message-ok",
	},
	"named relay": {
		parts: []string{"%receive", `, {"Name": "Relay", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/8", "192.0.2.0/24"], "PermissionGroups": "AnonymousUsers"` + anyRelay + "}"},
		found: []string{`relay-anonymous Receive["Relay"]`}, asks: "message-ok",
	},
	"every domain is accepted": {
		parts: []string{"%accepted", `, {"Name": "All", "DomainName": "*", "DomainType": "ExternalRelay"}`},
		found: []string{`accepted-any Accepted["All"]`}, asks: "message-ok",
	},
	"externally secured, open": {
		parts: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers"},
		found: []string{`external-open Receive["In"].RemoteIPRanges`}, asks: "message-ok",
		fixed: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers", "0.0.0.0/0", "192.0.2.1"},
	},
	"externally secured, wide": {
		parts: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers", "0.0.0.0/0", "10.0.0.0/8"},
		found: []string{`external-wide Receive["In"].RemoteIPRanges`}, asks: "message-ok",
		fixed: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers", "0.0.0.0/0", "10.0.0.0/24"},
	},
	"externally secured": {
		parts: []string{"%in", `, "AuthMechanism": "ExternalAuthoritative"`, "AnonymousUsers", "ExchangeServers", "0.0.0.0/0", "10.0.0.1"},
		found: []string{`relay-external Receive["In"]`}, asks: "message-ok", fixed: []string{},
	},
	"partner relays": {
		parts: []string{"%in", `, "DomainSecureEnabled": true, "Permissions": [{"User": "MS Exchange\\Partner Servers", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]`,
			"AnonymousUsers", "AnonymousUsers, Partners", "%top", `, "Transport": {"TLSReceiveDomainSecureList": ["woodgrove.example"]}`},
		found: []string{`relay-partner Receive["In"]`}, asks: "message-ok", fixed: []string{},
	},
	"user relays": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"`, "AnonymousUsers", "ExchangeUsers"},
		found: []string{`relay-user Receive["In"]`}, asks: "message-ok", fixed: []string{},
	},
	"connector behind others": {
		parts: []string{"%receive", `, {"Name": "Net", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/8"], "PermissionGroups": "AnonymousUsers"},
			{"Name": "Halves", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/9", "10.128.0.0/9", "192.0.2.1"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`connector-unreached Receive["Net"]`},
	},
	"range behind others": {
		parts: []string{"%receive", `, {"Name": "Net", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["192.0.2.1", "10.0.0.0/8"], "PermissionGroups": "AnonymousUsers"},
			{"Name": "Halves", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/9", "10.128.0.0/9"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`range-unreached Receive["Net"].RemoteIPRanges[1]`},
	},
	"range in its own halves": {
		parts: []string{"%range", `, "0.0.0.0/1", "128.0.0.0/1"`},
		found: []string{`range-unreached Receive["In"].RemoteIPRanges[0]`},
	},
	"redundant range": {
		parts: []string{"%range", `, "10.0.0.0/8"`},
		found: []string{`range-redundant Receive["In"].RemoteIPRanges[1]`},
	},
	"crossing ranges": {
		parts: []string{"0.0.0.0/0", "10.0.0.0-10.0.0.99", "%receive", `, {"Name": "Other", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.50-10.0.0.200"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`ranges-overlap Receive["Other"].RemoteIPRanges[0]`},
		fixed: []string{"0.0.0.0/0", "10.0.0.0-10.0.0.49", "%receive", `, {"Name": "Other", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.50-10.0.0.200"], "PermissionGroups": "AnonymousUsers"}`},
	},
	"tie": {
		parts: []string{"0.0.0.0/0", "10.0.0.0-10.0.0.99", "%receive", `, {"Name": "Other", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.50-10.0.0.149"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`range-tie Receive["Other"].RemoteIPRanges[0]`},
		fixed: []string{"0.0.0.0/0", "10.0.0.0-10.0.0.49", "%receive", `, {"Name": "Other", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.50-10.0.0.149"], "PermissionGroups": "AnonymousUsers"}`},
	},
	"very address": {
		parts: []string{"%receive", `, {"Name": "Printers", "Bindings": ["0.0.0.0:587", "0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.5"], "PermissionGroups": "AnonymousUsers"}, {"Name": "Inner", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.0.0.0/8"], "PermissionGroups": "AnonymousUsers"}`},
		found: []string{`binding-outranks Receive["Printers"].Bindings[1]`},
	},
	"grant that the group gives": {
		parts: []string{"%in", strings.Replace(anyRelay, "Any-Recipient", "Any-Sender", 1)},
		found: []string{`grant-ineffective Receive["In"].Permissions[0]`},
	},
	"grant to nobody": {
		parts: []string{"%in", strings.Replace(anyRelay, "ANONYMOUS LOGON", "Authenticated Users", 1)},
		found: []string{`grant-ineffective Receive["In"].Permissions[0]`},
	},
	"passwords in the clear": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth"`, "AnonymousUsers", "ExchangeUsers"},
		found: []string{`auth-clear Receive["In"].AuthMechanism`, `relay-user Receive["In"]`},
	},
	"login for nobody": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"`},
		found: []string{`mechanism-unused Receive["In"].AuthMechanism`}, asks: "login-without-submit",
	},
	"certificate for nobody": {
		parts: []string{"%in", `, "DomainSecureEnabled": true`, "%top", `, "Transport": {"TLSReceiveDomainSecureList": ["woodgrove.example"]}`},
		found: []string{`mechanism-unused Receive["In"].DomainSecureEnabled`}, asks: "not-authenticated",
	},
	"unreachable group": {
		parts: []string{"AnonymousUsers", "AnonymousUsers, Partners"},
		found: []string{`group-unreachable Receive["In"].PermissionGroups`},
	},
	"nobody may do anything": {
		parts: []string{"AnonymousUsers", "None"},
		found: []string{`accepts-nothing Receive["In"].PermissionGroups`}, fixed: []string{}, asks: "not-authenticated",
	},
	"custom": {
		parts: []string{"AnonymousUsers", "AnonymousUsers, Custom"},
		found: []string{`group-custom Receive["In"].PermissionGroups`},
	},
	"not enforced": {
		parts: []string{"%in", `, "LongAddressesEnabled": true`},
		found: []string{`not-enforced Receive["In"].LongAddressesEnabled`},
	},
	"mechanism not enforced": {
		parts: []string{"%in", `, "AuthMechanism": "Tls, Integrated"`},
		found: []string{`not-enforced Receive["In"].AuthMechanism`},
	},
	"error policies not enforced": {
		parts: []string{"%out", `, "ErrorPolicies": "DowngradeCustomFailures"`},
		found: []string{`not-enforced Send["Out"].ErrorPolicies`},
	},
	"no partners listed": {
		parts: []string{"%in", `, "DomainSecureEnabled": true`},
		found: []string{`domain-secure-list Receive["In"].DomainSecureEnabled`},
	},
	"name of another": {
		parts: []string{"%in", `, "AuthMechanism": "ExchangeServer", "Fqdn": "mail.fabrikam.com", "Server": "HubA"`,
			`"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}]`, `"Server": "HubA"`},
		found: []string{`not-enforced Receive["In"].AuthMechanism`, `exchange-fqdn Receive["In"].Fqdn`},
	},
	"password in the clear": {
		parts: []string{"%out", `, "SmartHostAuthMechanism": "BasicAuth", "AuthenticationCredential": {"UserName": "a", "Password": "b"}`},
		found: []string{`credential-clear Send["Out"].SmartHostAuthMechanism`},
	},
	"password for nothing": {
		parts: []string{"%out", `, "AuthenticationCredential": {"UserName": "a", "Password": "b"}`},
		found: []string{`credential-unused Send["Out"].AuthenticationCredential`},
	},
	"no extensions": {
		parts: []string{"%out", `, "ForceHELO": true, "RequireTLS": true`},
		found: []string{`force-helo Send["Out"].ForceHELO`},
	},
	"source address": {
		parts: []string{"%out", `, "SourceIPAddress": "10.2.3.4"`},
		found: []string{`edge-only Send["Out"].SourceIPAddress`},
	},
	"sources in two sites": {
		parts: []string{"%out", `, "SourceTransportServers": ["HubA", "HubB"]`, `fabrikam.com"}]`, `fabrikam.com", "Site": "A"}, {"Name": "HubB", "Site": "B"}]`},
		found: []string{`source-sites Send["Out"].SourceTransportServers`}, fixed: []string{},
	},
	"site without servers": {
		parts: []string{"%top", `, "Links": [{"Name": "L", "Sites": ["A", "B"], "Cost": 1}]`},
		found: []string{`site-link Links["L"].Sites[0]`, `site-link Links["L"].Sites[1]`}, fixed: []string{},
	},
	"delay": {
		parts: []string{"%top", `, "Services": [{"Name": "HubA", "DelayNotificationTimeout": "5.00:00:00"}]`},
		found: []string{`delay-notification Services["HubA"].DelayNotificationTimeout`}, fixed: []string{},
	},
	"certificate of another": {
		parts: []string{"%in", `, "Fqdn": "mail.fabrikam.com"`},
		found: []string{`certificate-fqdn Receive["In"].Fqdn`},
	},
	"chosen certificate is missing": {
		parts: []string{"%in", `, "TlsCertificateName": "<I>CN=Contoso CA<S>CN=mail.fabrikam.com"`},
		found: []string{`certificate-fqdn Receive["In"].Fqdn`}, fixed: []string{},
	},
	"chosen certificate": {
		parts: []string{"%in", `, "TlsCertificateName": "<I>CN=Contoso CA, C=US<S>CN=HubA.fabrikam.com", "LongAddressesEnabled": true`},
		found: []string{`not-enforced Receive["In"].LongAddressesEnabled`},
	},
	"no route home": {
		parts: []string{`{"Name": "Home", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}`, `{"Name": "Home", "AddressSpaces": ["other.example"], "SmartHosts": ["10.2.3.9"]}`},
		found: []string{`accepted-unrouted Accepted["Fabrikam"]`}, fixed: []string{}, asks: "need-rcpt",
	},
	"no route below home": {
		parts: []string{`"DomainName": "fabrikam.com"`, `"DomainName": "fabrikam.com", "MatchSubDomains": true`},
		found: []string{`accepted-unrouted Accepted["Fabrikam"]`}, fixed: []string{}, asks: "need-rcpt",
	},
	"no routes": {
		parts: []string{`{"Name": "Out", "AddressSpaces": ["*"%space], "SmartHosts": ["gateway.contoso.com"]%out},
		{"Name": "Home", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["10.2.3.9"]}%send`, ""},
		found: []string{`no-routes Send`}, fixed: []string{},
	},
	"loop": {
		parts: []string{"%accepted", `, {"Name": "Relayed", "DomainName": "relayed.example", "DomainType": "ExternalRelay"}`, `, "SmartHosts": ["gateway.contoso.com"]`, ""},
		found: []string{`relay-loop Accepted["Relayed"]`}, fixed: []string{}, asks: "message-ok",
	},
	"own name": {
		parts: []string{"gateway.contoso.com", `gateway.contoso.com", "HUBA.fabrikam.com`},
		found: []string{`smart-host-self Send["Out"].SmartHosts[1]`},
	},
	"own address": {
		parts: []string{"gateway.contoso.com", `[127.0.0.1]`},
		found: []string{`smart-host-self Send["Out"].SmartHosts[0]`}, fixed: []string{},
	},
	"Send connector behind another": {
		parts: []string{"%send", `, {"Name": "Spare", "AddressSpaces": ["*;5"], "SmartHosts": ["spare.contoso.com"]}`},
		found: []string{`send-unused Send["Spare"]`},
	},
	"address space behind another": {
		parts: []string{"%space", `, "fabrikam.com;5"`},
		found: []string{`space-unused Send["Out"].AddressSpaces[1]`},
	},
	"Send connectors that tie": {
		parts: []string{"%send", `, {"Name": "Also", "AddressSpaces": ["*", "b.example"], "SmartHosts": ["spare.contoso.com"]}`, "%space", `, "c.example"`},
		found: []string{`route-tie Send["Out"].AddressSpaces`, `space-unused Send["Out"].AddressSpaces[0]`}, asks: "",
		fixed: []string{"%send", `, {"Name": "Also", "AddressSpaces": ["*;2", "b.example"], "SmartHosts": ["spare.contoso.com"]}`, "%space", `, "c.example"`},
	},
	"small route": {
		parts: []string{"%out", `, "MaxMessageSize": "1KB"`},
		found: []string{`route-size Send["Out"].MaxMessageSize`, `size-gap Send["Out"].MaxMessageSize`}, fixed: []string{},
	},
	"gap": {
		parts: []string{"%out", `, "MaxMessageSize": "20MB"`},
		found: []string{`size-gap Send["Out"].MaxMessageSize`}, fixed: []string{},
	},
	"acknowledged nothing": {
		parts: []string{"%in", `, "Comment": "Acknowledged open-relay: they are trusted\nreally"`},
		found: []string{`acknowledged-nothing Receive["In"].Comment`},
	},
	"acknowledged no code": {
		parts: []string{"%top", `, "Acknowledged": [{"Code": "opn-relay", "Place": "Receive[\"In\"]", "Reason": "so"}]`},
		found: []string{`acknowledged-nothing Acknowledged[0]`},
	},
	"acknowledged without a reason": {
		parts: []string{"%in", anyRelay + `, "Comment": "Acknowledged open-relay:"`},
		found: []string{`open-relay Receive["In"].RemoteIPRanges`, `acknowledged-noreason Receive["In"].Comment`}, fixed: []string{},
	},
}

func signature(f analysis.Finding) string { return f.Code + " " + f.Place }

func TestFindings(t *testing.T) {
	raised := map[string]bool{}
	for name, tt := range findingTests {
		t.Run(name, func(t *testing.T) {
			cfg := with(t, tt.parts...)
			p := compiled(t, cfg)
			found := analysis.Check(p, options("huba.fabrikam.com"))
			var got []string
			for _, f := range found {
				got = append(got, signature(f))
				raised[f.Code] = true
				if f.Text == "" || f.Fix == "" || f.Severity == 0 {
					t.Errorf("%v lacks something: %+v", f, f)
				}
			}
			if !slices.Equal(got, tt.found) {
				t.Fatalf("got %q, want %q", found, tt.found)
			}
			first := found[0]
			if tt.asks != "" {
				w := p.Walk(first.Witness)
				if last := w.Stages[len(w.Stages)-1]; last.Decision.Reason.String() != tt.asks {
					t.Errorf("witness of %v ends with %v:\n%v", first, last.Decision.Reason, w)
				}
			}
			repairs(t, p, found, tt.fixed != nil)
			if len(tt.fixed) > 0 {
				gone(t, compiled(t, with(t, tt.fixed...)), first)
			}
		})
	}
	raised[analysis.CodeCertificateExpired] = true // TestCertificates
	raised[analysis.CodeCertificateExpires] = true
	for _, code := range analysis.FindingCodes() {
		if !raised[code] {
			t.Errorf("no policy raises %s", code)
		}
	}
}

// repairs applies every fix that is an edit: after it, the finding is gone. At least
// the first finding has one, unless that is for a person to decide.
func repairs(t *testing.T, p *connector.Policy, found []analysis.Finding, manual bool) {
	t.Helper()
	for i, f := range found {
		cfg := p.Config()
		if f.Repair(&cfg) {
			gone(t, compiled(t, cfg), f)
		} else if i == 0 && !manual && f.Severity != analysis.SeverityNote {
			t.Errorf("%v can't repair itself", f)
		}
	}
}

func gone(t *testing.T, p *connector.Policy, f analysis.Finding) {
	t.Helper()
	for _, g := range analysis.Check(p, options("huba.fabrikam.com")) {
		if signature(g) == signature(f) && g.Text == f.Text {
			t.Errorf("after the fix there still is %v", g)
		}
	}
}

func TestCertificates(t *testing.T) {
	p := compiled(t, with(t))
	for _, tt := range []struct {
		from, to time.Time
		names    string
		found    string
	}{
		{now.Add(-time.Hour), now.AddDate(1, 0, 0), "huba.fabrikam.com", ""},
		{now.Add(-time.Hour), now.AddDate(1, 0, 0), "*.fabrikam.com", ""},
		{now.Add(-time.Hour), now.AddDate(1, 0, 0), "*.com", `certificate-fqdn Receive["In"].Fqdn`},
		{now.Add(-time.Hour), now.AddDate(0, 0, 20), "huba.fabrikam.com", "certificate-expires Certificates[0]"},
		{now.Add(-time.Hour), now.AddDate(0, 0, 22), "huba.fabrikam.com", ""},
		{now.AddDate(0, -3, 0), now.Add(-time.Second), "huba.fabrikam.com", "certificate-expired Certificates[0]"},
		{now.Add(time.Hour), now.AddDate(1, 0, 0), "huba.fabrikam.com", "certificate-expired Certificates[0]"},
	} {
		opts := options(tt.names)
		opts.Certificates[0].NotBefore, opts.Certificates[0].NotAfter = tt.from, tt.to
		got := ""
		for _, f := range analysis.Check(p, opts) {
			got += signature(f)
		}
		if got != tt.found {
			t.Errorf("%s until %v: %q, want %q", tt.names, tt.to, got, tt.found)
		}
	}
}

func TestAcknowledged(t *testing.T) {
	for _, parts := range [][]string{
		{"%in", anyRelay + `, "Comment": "For scanners.\r\nAcknowledged open-relay: they are trusted\n"`},
		{"%in", anyRelay, "%top", `, "Acknowledged": [{"Code": "open-relay", "Place": "Receive[\"In\"]", "Reason": "they are trusted"}]`},
		{"%in", anyRelay, "%top", `, "Acknowledged": [{"Code": "open-relay", "Place": "Receive[\"In\"].RemoteIPRanges", "Reason": "they are trusted"}]`},
	} {
		found := analysis.Check(compiled(t, with(t, parts...)), analysis.Options{})
		if len(found) != 1 || found[0].Acknowledged != "they are trusted" {
			t.Errorf("%q: %v", parts, found)
		}
	}
	// Neither another connector's, nor another code, nor half a name will do.
	for _, parts := range [][]string{
		{"%in", anyRelay, "%out", `, "Comment": "Acknowledged open-relay: they are trusted"`},
		{"%in", anyRelay + `, "Comment": "Acknowledged auth-clear: they are trusted"`},
		{"%in", anyRelay, "%top", `, "Acknowledged": [{"Code": "open-relay", "Place": "Receive[\"In\"].Remote", "Reason": "they are trusted"}]`},
		{"%in", anyRelay, "%top", `, "Acknowledged": [{"Code": "open-relay", "Place": "", "Reason": "they are trusted"}]`},
		{"%in", anyRelay + `, "Comment": "Not acknowledged open-relay: they aren't trusted"`},
	} {
		found := analysis.Check(compiled(t, with(t, parts...)), analysis.Options{})
		if found[0].Code != analysis.CodeOpenRelay || found[0].Acknowledged != "" {
			t.Errorf("%q: %v", parts, found)
		}
	}
}

// TestFindingsPage wants a section for every code in the documentation, and no other.
func TestFindingsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, m := range regexp.MustCompile(`(?m)^### (.*)$`).FindAllStringSubmatch(string(page), -1) {
		sections = append(sections, m[1])
	}
	slices.Sort(sections)
	if codes := analysis.FindingCodes(); !slices.Equal(sections, codes) {
		t.Errorf("sections\n%s\nwant\n%s", strings.Join(sections, "\n"), strings.Join(codes, "\n"))
	}
}

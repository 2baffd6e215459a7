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
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// base is a policy about which there is nothing to say. What begins with % is
// where something is put in.
const base = `{
	"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
	"Accepted": [{"Name": "Fabrikam", "DomainName": "fabrikam.com"}%accepted],
	"Receive": [{"Name": "In", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["0.0.0.0/0"%range], "PermissionGroups": "AnonymousUsers"%in}%receive%users],
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
		Name:  param.SmtpX509Identifier{Issuer: "CN=Contoso CA,C=US", Subject: "CN=huba.fabrikam.com"},
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

func signature(f analysis.Finding) string { return string(f.Code) + " " + string(f.Path) }

func TestFindings(t *testing.T) {
	raised := map[source.Code]bool{}
	for name, tt := range findingTests {
		t.Run(name, func(t *testing.T) {
			cfg := with(t, tt.parts...)
			p := compiled(t, cfg)
			found := analysis.Check(p, options("huba.fabrikam.com"))
			var got []string
			for _, f := range found {
				got = append(got, signature(f))
				raised[f.Code] = true
				if f.Detail == "" || f.Fix == "" || f.Severity == 0 || strings.Contains(f.Detail, "invalid") {
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
	raised[analysis.CodeCertificateNoRSA] = true
	raised[analysis.CodeTLSLegacyEnds] = true // TestLegacyTLSEnds
	raised[analysis.CodeTLSLegacyEnded] = true
	raised[analysis.CodeTooLarge] = true           // TestTooLarge
	raised[analysis.CodeAcknowledgedExtent] = true // TestAcknowledgementsLapse
	raised[analysis.CodeAcknowledgedError] = true
	raised[analysis.CodeServesNothing] = true // TestServesNothing
	raised[analysis.CodeFqdnMissing] = true   // TestFqdnMissing
	raised[analysis.CodeUnverified] = true    // TestUnverified
	raised[analysis.CodeVerifiedBehindFilter] = true
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
		} else if i == 0 && !manual && f.Severity != source.SeverityNote {
			t.Errorf("%v can't repair itself", f)
		}
	}
}

func gone(t *testing.T, p *connector.Policy, f analysis.Finding) {
	t.Helper()
	for _, g := range analysis.Check(p, options("huba.fabrikam.com")) {
		if signature(g) == signature(f) && g.Detail == f.Detail {
			t.Errorf("after the fix there still is %v", g)
		}
	}
}

// TestOpenRelayText pins what an error about an open relay says of its clients.
func TestOpenRelayText(t *testing.T) {
	const scanner = `, {"Name": "Scanner", "Bindings": ["10.2.3.4:25"], "RemoteIPRanges": ["10.9.8.7"], "PermissionGroups": "AnonymousUsers"}`
	for _, tt := range []struct {
		parts []string
		want  string
	}{
		{nil, "OPEN RELAY: all clients can relay to any domain without authentication"},
		{[]string{`"0.0.0.0:25"`, `"0.0.0.0:25", "0.0.0.0:26"`, "%users", `, {"Name": "Users", "Bindings": ["0.0.0.0:587"], "RemoteIPRanges": ["10.0.0.0/8"], "PermissionGroups": "ExchangeUsers", "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"}`},
			"OPEN RELAY: any client that reaches 0.0.0.0:25 or 0.0.0.0:26 can relay to any domain without authentication"},
		{[]string{"%receive", scanner},
			"OPEN RELAY: these clients can relay to any domain without authentication:\nall clients on 0.0.0.0:25 (other addresses);\nall clients except 10.9.8.7 on 10.2.3.4:25"},
	} {
		p := compiled(t, with(t, append([]string{"%in", anyRelay}, tt.parts...)...))
		if got := analysis.Check(p, analysis.Options{})[0]; got.Code != analysis.CodeOpenRelay || got.Detail != tt.want {
			t.Errorf("got %v, want %s", got, tt.want)
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
		{now.AddDate(0, -3, 0), now.AddDate(0, 0, 20), "huba.fabrikam.com", "certificate-expires Certificates[0]"},
		{now.AddDate(0, -3, 0), now.AddDate(0, 0, 22), "huba.fabrikam.com", ""},
		{now.AddDate(0, 0, -4), now.AddDate(0, 0, 2), "huba.fabrikam.com", ""}, // of 6 days
		{now.AddDate(0, 0, -5), now.AddDate(0, 0, 1), "huba.fabrikam.com", "certificate-expires Certificates[0]"},
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

// TestCertificateNames: TlsCertificateName finds a certificate as Windows prints its name; otherwise the finding
// says which names there are.
func TestCertificateNames(t *testing.T) {
	opts := options("huba.fabrikam.com")
	opts.Certificates[0].Name = param.SmtpX509Identifier{Issuer: `O=Contoso\, Ltd.,ST=Ohio`, Subject: "CN=huba.fabrikam.com"}
	for name, want := range map[string]string{
		`<I>O=\"Contoso, Ltd.\", S=Ohio<S>CN=huba.fabrikam.com`: "",
		`<I>O=Contoso, S=Ohio<S>CN=huba.fabrikam.com`:           `set it to the name of a certificate, <I>O=Contoso\, Ltd.,ST=Ohio<S>CN=huba.fabrikam.com, or get the certificate`,
	} {
		fix := ""
		for _, f := range analysis.Check(compiled(t, with(t, "%in", `, "TlsCertificateName": "`+name+`"`)), opts) {
			fix += f.Fix
		}
		if fix != want {
			t.Errorf("%s: %q, want %q", name, fix, want)
		}
	}
}

// TestWitnessOfGrant: a grant to all users has a witness that is in this group once.
func TestWitnessOfGrant(t *testing.T) {
	in := `, "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS"` + strings.Replace(anyRelay, "ANONYMOUS LOGON", "Authenticated Users", 1)
	var got [][]permission.SID
	for _, f := range analysis.Check(compiled(t, with(t, "%in", in)), analysis.Options{}) {
		if f.Code == analysis.CodeGrantIneffective {
			got = append(got, f.Witness.User.Principal.SIDs)
		}
	}
	if len(got) != 1 || !slices.Equal(got[0], []permission.SID{permission.SIDAuthenticatedUsers}) {
		t.Errorf("witnesses are in %v", got)
	}
}

// TestCertificateWithoutRSA: devices that get old TLS need a certificate with an RSA key, among those that
// their connector shows.
func TestCertificateWithoutRSA(t *testing.T) {
	const devices, ends = `, "TlsMinimumVersion": "Tls10"`, `, "TlsLegacyEndDate": "2099-12-31"`
	for _, tt := range []struct {
		in        string
		rsa       bool
		other     string // the host of another certificate, with an RSA key; "": there is no other
		wantField string
	}{
		{in: devices, rsa: true},
		{in: devices, wantField: "TlsMinimumVersion"},
		{in: `, "TlsLegacyCipherSuites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]`, wantField: "TlsLegacyCipherSuites"},
		{in: devices, other: "huba.fabrikam.com"},
		{in: devices, other: "mail.fabrikam.com", wantField: "TlsMinimumVersion"},
	} {
		opts := options("huba.fabrikam.com")
		opts.Certificates[0].NoRSA = !tt.rsa
		if tt.other != "" {
			opts.Certificates = append(opts.Certificates, options(tt.other).Certificates...)
		}
		var got []string
		for _, f := range analysis.Check(compiled(t, with(t, "%in", tt.in+ends, "0.0.0.0/0", "10.0.0.0/28")), opts) {
			got = append(got, signature(f))
		}
		var want []string
		if tt.wantField != "" {
			want = []string{`certificate-no-rsa Receive["In"].` + tt.wantField}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", tt, got, want)
		}
	}
	for _, f := range analysis.Check(compiled(t, with(t, "%in", "")), analysis.Options{Certificates: []analysis.Certificate{{Hosts: []string{"huba.fabrikam.com"}, NoRSA: true}}}) {
		t.Errorf("without old TLS: %v", f)
	}
}

func TestAcknowledged(t *testing.T) {
	for _, parts := range [][]string{
		{"%in", anyRelay, "%top", `, "Acknowledged": [{"Code": "open-relay", "Place": "Receive[\"In\"]", "Extent": "0.0.0.0/0", "Reason": "they are trusted"}]`},
		{"%in", anyRelay, "%top", `, "Acknowledged": [{"Code": "open-relay", "Place": "Receive[\"In\"].RemoteIPRanges", "Extent": "0.0.0.0-255.255.255.255", "Reason": "they are trusted"}]`},
	} {
		found := analysis.Check(compiled(t, with(t, parts...)), analysis.Options{})
		if len(found) != 1 || found[0].Acknowledged != "they are trusted" {
			t.Errorf("%q: %v", parts, found)
		}
	}
	// Neither another connector's, nor another code, nor half a name will do.
	for _, parts := range [][]string{
		{"%in", anyRelay, "%out", `, "Comment": "Acknowledged open-relay 0.0.0.0/0: they are trusted"`},
		{"%in", anyRelay + `, "Comment": "Acknowledged auth-clear: they are trusted"`},
		{"%in", anyRelay, "%top", `, "Acknowledged": [{"Code": "open-relay", "Place": "Receive[\"In\"].Remote", "Extent": "0.0.0.0/0", "Reason": "they are trusted"}]`},
		{"%in", anyRelay, "%top", `, "Acknowledged": [{"Code": "open-relay", "Place": "", "Extent": "0.0.0.0/0", "Reason": "they are trusted"}]`},
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
	var sections []source.Code
	for _, m := range regexp.MustCompile(`(?m)^### (.*)$`).FindAllStringSubmatch(string(page), -1) {
		sections = append(sections, source.Code(m[1]))
	}
	slices.Sort(sections)
	if codes := analysis.FindingCodes(); !slices.Equal(sections, codes) {
		t.Errorf("sections\n%v\nwant\n%v", sections, codes)
	}
}

package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/interchange-smtp/interchange/relay/delivery"
)

// serveZone answers DNS queries on this machine, with signatures that it vouches for.
func serveZone(t *testing.T, lines ...string) (address string) {
	t.Helper()
	records := make(map[string][]dns.RR) // "name type"
	key := func(name string, kind uint16) string { return dns.CanonicalName(name) + dns.TypeToString[kind] }
	for _, line := range lines {
		r, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		k := key(r.Header().Name, r.Header().Rrtype)
		records[k] = append(records[k], r)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(query)
		m.AuthenticatedData, m.RecursionAvailable = true, true
		m.Answer = records[key(query.Question[0].Name, query.Question[0].Qtype)]
		_ = w.WriteMsg(m)
	})
	go (&dns.Server{PacketConn: conn, Handler: handler}).ActivateAndServe()
	return conn.LocalAddr().String()
}

// TestRouteTLS: route -tls says what a domain requires now.
func TestRouteTLS(t *testing.T) {
	digest := strings.Repeat("AB", 32)
	address := serveZone(t, "example.org. 300 MX 20 mx2.example.org.", "example.org. 300 MX 10 mx1.example.org.",
		"none.example.org. 300 MX 0 .", "loop.example.org. 300 MX 5 HUB.example.org.", "loop.example.org. 300 MX 9 mx2.example.org.",
		"last.example.org. 300 MX 5 mx2.example.org.", "last.example.org. 300 MX 9 hub.example.org.", "mx1.example.org. 300 A 192.0.2.1", "mx2.example.org. 300 A 192.0.2.2", "_25._tcp.mx1.example.org. 300 TLSA 3 1 1 "+digest, "_25._tcp.mx2.example.org. 300 TLSA 1 1 1 "+digest)
	policy := policyText(t, `{"Send": [{"Name": "Out", "AddressSpaces": ["*"], "Fqdn": "hub.example.org"}, {"Name": "Hosts", "AddressSpaces": ["example.net"], "SmartHosts": ["192.0.2.9"]}]}`)
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{[]string{"-to", "kim@example.org", "-dns", address}, []string{
			"by MX, with TLS as DANE and MTA-STS require\nTLS that example.org requires now:\n  DANE: the MX records are signed\n  MTA-STS: no policy is announced\n",
			"  10 mx1.example.org: TLS with a certificate that fits the TLSA records of mx1.example.org (DANE)\n       TLSA 3 1 1 " + digest + "\n",
			"  20 mx2.example.org: TLS with any certificate (DANE)\n       TLSA 1 1 1 " + digest + " (not usable)\n",
		}},
		{[]string{"-to", "kim@example.org", "-dns-trusted", address, "-json"}, []string{`"dane": "the MX records are signed"`, `"tlsa": [`}},
		{[]string{"-to", "kim@example.net", "-dns", address}, []string{"  not asked: the mail goes to smart hosts\n"}},
		{[]string{"-to", "kim@none.example.org", "-dns", address}, []string{"  error: none.example.org takes no mail (null MX)\n"}},
		{[]string{"-to", "kim@loop.example.org", "-dns", address}, []string{"  error: mail for loop.example.org would come back to this server\n"}},
		{[]string{"-to", "kim@last.example.org", "-dns", address}, []string{"is announced\n  5 mx2.example.org: TLS with any certificate (DANE)\n       TLSA 1 1 1 " + digest + " (not usable)\n"}},
		{[]string{"-to", "kim@[192.0.2.1]", "-dns", address}, []string{"  not asked: the domain is an address\n"}},
	} {
		code, out, errout := ran(append([]string{"route", policy, "-tls"}, tc.args...)...)
		if code != exitOK {
			t.Errorf("%v: exit %d: %s", tc.args, code, errout)
		}
		for _, want := range tc.want {
			if !strings.Contains(out, want) {
				t.Errorf("%v: %s\nwant %s", tc.args, out, want)
			}
		}
	}
	if code, _, errout := ran("route", policy, "-tls", "-to", "kim@example.org", "-dns-trusted", "x"); code != exitInvalid || !strings.Contains(errout, "-dns-trusted x: give the name server's address") {
		t.Errorf("exit %d: %s", code, errout)
	}
}

// TestRouteTLSTerminal: what strangers have written, such as the status of a web server, doesn't control the terminal.
func TestRouteTLSTerminal(t *testing.T) {
	var out strings.Builder
	const attack = "x\x1b[2J\x07\r\nTLS that bank.example requires now:"
	shown := publishedTLS{
		Domain: "example.org", Why: []string{attack}, DANE: attack, STS: attack, Error: attack,
		Hosts: []hostTLS{{Host: attack, Required: attack, Tested: attack, TLSA: []string{attack}}},
	}
	shown.print(&out)
	if n := strings.Count(out.String(), "\n"); n != 8 || strings.ContainsAny(out.String(), "\x1b\x07\r") {
		t.Errorf("%d lines: %q", n, out.String())
	}
}

// TestValidating: which name servers are believed, and are asked for MX records too.
func TestValidating(t *testing.T) {
	for _, tc := range []struct {
		dns, trusted, want string
		shared             bool
	}{
		{"127.0.0.1", "", "127.0.0.1:53", true},
		{"[::1]:5353", "", "[::1]:5353", true},
		{"192.0.2.1", "", "", false},
		{"", "192.0.2.1", "192.0.2.1:53", true},
		{"192.0.2.1", "192.0.2.2:54", "192.0.2.2:54", false},
		{"127.0.0.1", "192.0.2.2", "192.0.2.2:53", false},
		{"127.0.0.1 ::1", "", "127.0.0.1:53", true},
		{"127.0.0.1 192.0.2.1", "", "", false}, // which one answers isn't known before
	} {
		dialing, err := (&dnsFlags{dns: strings.Fields(tc.dns), trusted: strings.Fields(tc.trusted)}).dialing()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if r := dialing.validating; r != nil {
			got = r.Servers[0].String()
		}
		if _, shared := dialing.resolver.(validated); got != tc.want || shared != tc.shared {
			t.Errorf("-dns %q -dns-trusted %q: %s, asked for MX records: %v; want %s, %v", tc.dns, tc.trusted, got, shared, tc.want, tc.shared)
		}
		if any(dialing.published("", nil).TXT) != any(dialing.resolver) {
			t.Errorf("-dns %q -dns-trusted %q: another resolver is asked for TXT records", tc.dns, tc.trusted)
		}
	}
	for _, f := range []dnsFlags{{dns: list{"x"}}, {trusted: list{"y"}}, {dns: list{"x"}, trusted: list{"y"}}} {
		_, err := f.dialing()
		for flag, value := range map[string]list{"-dns x: ": f.dns, "-dns-trusted y: ": f.trusted} {
			want := 0
			if len(value) > 0 {
				want = 1
			}
			if err == nil || strings.Count(err.Error(), flag) != want {
				t.Errorf("%+v: %v", f, err)
			}
		}
	}
}

// TestCheckDANE: a connector that says that it follows DANE needs a name server for it.
func TestCheckDANE(t *testing.T) {
	policy := policyText(t, `{"Send": [{"Name": "Out", "AddressSpaces": ["*"], "DaneEnabled": true}, {"Name": "Other", "AddressSpaces": ["example.net"]}]}`)
	l, err := (&policyFlags{files: list{policy}}).load(&cli{now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if found := l.withoutValidation(); len(found) != 1 || found[0].Path != `Send["Out"].DaneEnabled` {
		t.Errorf("found %v", found)
	}
	if _, out, _ := ran("check", policy, "-dns-trusted", "192.0.2.1"); strings.Contains(out, "validates DNSSEC") {
		t.Errorf("with a name server: %s", out)
	}
	if code, _, errout := ran("check", policy, "-dns-trusted", "x"); code != exitInvalid || !strings.Contains(errout, "-dns-trusted x") {
		t.Errorf("exit %d: %s", code, errout)
	}
}

// policyText writes a policy to a file and returns its path.
func policyText(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ran runs a command and returns what it printed.
func ran(args ...string) (code int, out, errout string) {
	var stdout, stderr strings.Builder
	code = run(args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// TestDetouredPolicies: a domain that is connected to elsewhere requires nothing.
func TestDetouredPolicies(t *testing.T) {
	f := dnsFlags{dns: list{"127.0.0.1:1"}, connectTo: list{"example.org:25:127.0.0.1:2525", "mta-sts.example.com:443:" + tcpServer(t)}}
	dialing, err := f.dialing()
	if err != nil {
		t.Fatal(err)
	}
	policies := dialing.published("", nil)
	defer policies.Close()
	hosts, err := detouredPolicies{policies, dialing}.ForHosts(t.Context(), delivery.MailDomain{Name: "example.org", Hosts: []string{"example.org"}, DANE: true, MTASTS: true})
	if err != nil || len(hosts) != 1 || hosts[0].TLS || hosts[0].Err != nil {
		t.Errorf("%+v, %v", hosts, err)
	}
	c, err := dialing.dialHost(t.Context(), "tcp", "mta-sts.example.com:443")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// tcpServer listens and returns its address.
func tcpServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return netip.MustParseAddrPort(l.Addr().String()).String()
}

// TestPoliciesForgotten: without a queue nothing keeps the MTA-STS policies over a restart, and serve says so.
func TestPoliciesForgotten(t *testing.T) {
	for _, tc := range []struct {
		out  string
		data bool
		want bool
	}{
		{`"AddressSpaces": ["*"]`, false, true},
		{`"AddressSpaces": ["*"]`, true, false},
		{`"AddressSpaces": ["*"], "MtaStsEnabled": false`, false, false},
		{`"AddressSpaces": ["*"], "Enabled": false`, false, false},
		{`"AddressSpaces": ["*"], "SmartHosts": ["192.0.2.1"]`, false, false},
	} {
		args := []string{policyText(t, `{"Server": "mail.fabrikam.com", "Send": [{"Name": "Out", `+tc.out+`}]}`)}
		if tc.data {
			args = append(args, "-data", filepath.Join(t.TempDir(), "data"))
		}
		s := startServing(t, args...)
		if got := strings.Contains(s.said, "\nNo queue (-data): MTA-STS policies"); got != tc.want {
			t.Errorf("%+v: %s", tc, s.said)
		}
		s.end(t)
	}
}

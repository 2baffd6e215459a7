package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// certified writes a policy with a partner and users that have certificates.
func (s *site) certified() {
	s.t.Helper()
	s.write("policy.json", fmt.Appendf(nil, `{"Receive": [{"Name": "Clients", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "DomainSecureEnabled": true,
		"PermissionGroups": "Partners, ExchangeUsers", "TarpitInterval": "00:00:00", "AuthTarpitInterval": "00:00:00", "AuthMechanism": "Tls, ClientCertificate"}],
		"Transport": {"TLSReceiveDomainSecureList": ["contoso.com"]}, "Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}],
		"Send": [{"Name": "Out", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["mailbox.fabrikam.com"]}]}`, s.binding))
	var out bytes.Buffer
	if code := run([]string{"user", "-file", s.file("users"), "add", "scanner.fabrikam.com", "-no-password", "-address", "scanner@fabrikam.com"}, strings.NewReader(""), &out, &out); code != exitOK {
		s.t.Fatal(out.String())
	}
}

// authority writes the certificate of the authority into a file.
func (s *site) authority(name string, ca *relaytest.Authority) {
	s.t.Helper()
	c, err := ca.Issue("any.example")
	if err != nil {
		s.t.Fatal(err)
	}
	chains, err := c.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool()})
	if err != nil {
		s.t.Fatal(err)
	}
	c.Certificate = [][]byte{chains[0][1].Raw}
	text, _ := pemOf(s.t, c)
	s.write(name, text)
}

// TestClientCertificates: a partner's certificate and that of a user do on the wire what
// explain says, with the authority in -client-ca and without it.
func TestClientCertificates(t *testing.T) {
	site := newSite(t)
	site.certified()
	partners, err := relaytest.NewAuthority("Partners CA")
	if err != nil {
		t.Fatal(err)
	}
	site.authority("partners.pem", partners)
	shown := map[string]tls.Certificate{}
	for _, name := range []string{"contoso.com", "scanner.fabrikam.com", "other.example"} {
		c, err := partners.Issue(name)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := pemOf(t, c)
		site.write(name, text)
		shown[name] = c
	}
	for _, known := range []bool{true, false} {
		flags := []string{"-client-ca", site.file("partners.pem")}
		if !known {
			flags = []string{"-client-ca", site.file("cert")}
		}
		s := startServing(t, site.flags(flags...)...)
		for _, row := range []struct {
			name, from string
			external   bool
			code       int
		}{
			{"contoso.com", "bob@contoso.com", false, 250},
			{"other.example", "bob@contoso.com", false, 530},
			{"scanner.fabrikam.com", "scanner@fabrikam.com", true, 250},
			{"contoso.com", "scanner@fabrikam.com", true, 535},
		} {
			want := row.code
			if !known && want == 250 {
				want = 530
				if row.external {
					want = 535
				}
			}
			var out bytes.Buffer
			args := append([]string{"explain", site.file("policy.json"), "-remote", "127.0.0.1", "-local", site.binding, "-tls", "-client-cert", site.file(row.name),
				"-users", site.file("users"), "-from", row.from, "-to", "a@fabrikam.com"}, flags...)
			if row.external {
				args = append(args, "-auth", auth.External)
			}
			if code := run(args, strings.NewReader(""), &out, &out); (code == exitOK) != (want == 250) {
				t.Errorf("known %t, %+v: explain exits with %d: %s", known, row, code, &out)
			}
			said := []string{" proves " + row.name + "\n"}
			switch {
			case !known && row.external:
				said = []string{" proves nothing: it isn't valid now, or its authority is not in -client-ca ", "-auth EXTERNAL: no user logs on with a certificate that proves nothing\n"}
			case !known:
				said = []string{" proves nothing: it isn't valid now, or its authority is not in -client-ca "}
			case want == 535:
				said = append(said, "-auth EXTERNAL: "+site.file("users")+" has no user whose name the certificate proves\n")
			}
			for _, line := range said {
				if !strings.Contains(out.String(), line) {
					t.Errorf("known %t, %+v: explain doesn't say %q: %s", known, row, line, &out)
				}
			}
			cert := shown[row.name]
			conn, err := net.Dial("tcp", site.binding)
			if err != nil {
				t.Fatal(err)
			}
			c := relaytest.NewClient(t, conn)
			c.Expect(220)
			c.Do("EHLO client.example", 250)
			c.StartTLS(&tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{cert}})
			c.Do("EHLO client.example", 250)
			if row.external {
				code := 235
				if want == 535 {
					code = 535
				}
				c.Do("AUTH EXTERNAL =", code)
			}
			if want != 535 {
				c.Do("MAIL FROM:<"+row.from+">", want)
			}
			conn.Close()
		}
		s.end(t)
	}
}

// TestExternalNeedsAuthority: without -client-ca no certificate logs a user on, whichever authority has issued it.
func TestExternalNeedsAuthority(t *testing.T) {
	site := newSite(t)
	site.certified()
	s := startServing(t, site.flags()...)
	if !strings.Contains(s.said, "  EXTERNAL is not offered: no -client-ca\n") {
		t.Errorf("serve says %s", s.said)
	}
	s.stderr.wait(t, "code="+string(codeAuthExternalMissing), 1)
	conn, err := net.Dial("tcp", site.binding)
	if err != nil {
		t.Fatal(err)
	}
	c := relaytest.NewClient(t, conn)
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	c.StartTLS(&tls.Config{InsecureSkipVerify: true})
	if reply := c.Do("EHLO client.example", 250); strings.Contains(reply, auth.External) {
		t.Errorf("EHLO answers\n%s", reply)
	}
	c.Do("AUTH EXTERNAL =", 504)
	for _, row := range []struct {
		shown []string
		code  int
		want  string
	}{
		{[]string{"-client-cert", site.file("cert"), "-auth", auth.External}, exitInvalid, "of the authorities in -client-ca only"},
		{[]string{"-cert-name", "scanner.fabrikam.com", "-auth", auth.External}, exitInvalid, "of the authorities in -client-ca only"},
		{[]string{"-cert-name", "scanner.fabrikam.com", "-auth", auth.External, "-client-ca", site.file("none")}, exitInvalid, "-client-ca " + site.file("none")},
		{[]string{"-cert-name", "scanner.fabrikam.com", "-auth", auth.External, "-client-ca", site.file("cert")}, exitOK, "AUTH EXTERNAL"},
	} {
		var out bytes.Buffer
		args := append([]string{"explain", site.file("policy.json"), "-remote", "127.0.0.1", "-local", site.binding, "-tls",
			"-users", site.file("users"), "-from", "scanner@fabrikam.com", "-to", "a@fabrikam.com"}, row.shown...)
		if code := run(args, strings.NewReader(""), &out, &out); code != row.code || !strings.Contains(out.String(), row.want) {
			t.Errorf("%v: explain exits with %d: %s", row.shown, code, &out)
		}
	}
}

// TestExternalMissing: check finds which flags of serve are missing where users log on with certificates.
func TestExternalMissing(t *testing.T) {
	site := newSite(t)
	site.certified()
	const finding = "so no user can log on with a certificate: give "
	for _, row := range []struct {
		flags []string
		want  string // "": no finding
	}{
		{nil, "-users and -client-ca (auth-external-missing)"},
		{[]string{"-users", site.file("users")}, "-client-ca (auth-external-missing)"},
		{[]string{"-client-ca", site.file("cert")}, "-users (auth-external-missing)"},
		{[]string{"-users", site.file("users"), "-client-ca", site.file("cert"), "-cert", site.file("cert"), "-key", site.file("key")}, ""},
	} {
		code, out, errout := ran(append([]string{"check", site.file("policy.json")}, row.flags...)...)
		if row.want == "" && strings.Contains(out, finding) || row.want != "" && !strings.Contains(out, finding+row.want) {
			t.Errorf("%v: exit %d: %s%s", row.flags, code, out, errout)
		}
	}
	if code, _, errout := ran("check", site.file("policy.json"), "-client-ca", site.file("none")); code != exitInvalid || !strings.Contains(errout, "-client-ca "+site.file("none")) {
		t.Errorf("exit %d: %s", code, errout)
	}
}

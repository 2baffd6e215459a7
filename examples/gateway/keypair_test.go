package main

import (
	"bytes"
	"crypto/tls"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// pair writes a certificate for a host and its key into files.
func (s *site) pair(host, cert, key string) {
	s.t.Helper()
	c, err := s.ca.Issue(host)
	if err != nil {
		s.t.Fatal(err)
	}
	certText, keyText := pemOf(s.t, c)
	for _, name := range []string{cert, key} {
		if err := os.MkdirAll(filepath.Dir(s.file(name)), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	s.write(cert, certText)
	s.write(key, keyText)
}

// hosts are the first names of certificates.
func hosts(all []tls.Certificate) (names []string) {
	for _, c := range all {
		names = append(names, c.Leaf.DNSNames[0])
	}
	return names
}

// Several pairs of -cert and -key, and those of a directory, are read in their order.
func TestKeyPairs(t *testing.T) {
	s := newSite(t)
	s.pair("a.example", "a.pem", "a.key")
	s.pair("b.example", "many/b.crt", "many/b.key")
	s.pair("c.example", "many/c.example/fullchain.pem", "many/c.example/privkey.pem")
	s.pair("d.example", "many/chain.pem", "d.key") // a certificate without its key isn't taken
	all, pairs, err := loadCertificates([]string{s.file("a.pem"), s.file("many"), s.file("cert")}, []string{s.file("a.key"), s.file("key")})
	if got := hosts(all); err != nil || !slices.Equal(got, []string{"a.example", "b.example", "c.example", "first.fabrikam.com"}) || len(pairs) != len(all) {
		t.Errorf("%q, %v, %v", got, pairs, err)
	}
	if shown, err := shownCertificates([]string{s.file("many"), s.file("a.pem")}); err != nil || len(shown) != 3 || shown[1].Domains[0] != "c.example" {
		t.Errorf("shown: %+v, %v", shown, err)
	}
	if err := os.Mkdir(s.file("empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	for want, flags := range map[string][2][]string{
		"give its -key, too":                   {{s.file("a.pem"), s.file("cert")}, {s.file("a.key")}},
		"give its -cert, too":                  {{s.file("many")}, {s.file("a.key")}},
		"the directory has no":                 {{s.file("empty")}, nil},
		"isn't a private key that":             {{s.file("a.pem")}, {s.file("key")}},
		"the file has no PEM private k":        {{s.file("a.pem")}, {s.file("a.pem")}},
		"-cert " + s.file("absent.pem") + ": ": {{s.file("absent.pem")}, {s.file("a.key")}},
	} {
		if _, _, err := loadCertificates(flags[0], flags[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", flags, err, want)
		}
	}
	var out bytes.Buffer
	run([]string{"check", "-cert", s.file("many"), s.file("policy.json")}, nil, &out, &out)
	if !strings.Contains(out.String(), "certificate-fqdn") || strings.Contains(out.String(), "certificate-missing") {
		t.Errorf("check doesn't look at the certificates of a directory: %s", &out)
	}
}

// TestRenew: a gateway uses certificates whose files have changed without being told, chooses
// among them by the client's SNI, and keeps the previous ones if the new ones are broken.
func TestRenew(t *testing.T) {
	site := newSite(t)
	site.pair("first.fabrikam.com", "many/1.pem", "many/1.key")
	args := append(site.flags()[:4:4], "-cert", site.file("many"), "-connect-to", "mailbox.fabrikam.com:25:127.0.0.1:9")
	s := startServing(t, args...)
	shows := func(host string) {
		t.Helper()
		c := site.session(site.binding)
		c.StartTLS(&tls.Config{RootCAs: site.ca.Pool(), ServerName: host})
	}
	s.watch <- time.Now()
	shows("first.fabrikam.com")
	site.pair("second.fabrikam.com", "many/2.pem", "many/2.key")
	s.watch <- time.Now()
	s.stderr.wait(t, `level=INFO msg="certificates renewed" until=20`, 1)
	shows("first.fabrikam.com")
	shows("second.fabrikam.com")
	site.write("many/1.key", []byte("no key"))
	s.watch <- time.Now()
	s.stderr.wait(t, `level=ERROR msg="certificates can't be renewed, still using the previous ones"`, 1)
	s.watch <- time.Now()
	s.watch <- time.Now() // the gateway takes it when it is done with the one before
	if n := strings.Count(s.stderr.String(), "can't be renewed"); n != 1 {
		t.Errorf("the error is logged %d times:\n%s", n, s.stderr)
	}
	shows("first.fabrikam.com")
	site.pair("third.fabrikam.com", "many/1.pem", "many/1.key")
	s.watch <- time.Now()
	s.stderr.wait(t, `msg="certificates renewed"`, 2)
	shows("third.fabrikam.com")
	s.end(t)
}

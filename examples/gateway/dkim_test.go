package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

// records answers for TXT records.
type records map[string][]string

func (r records) LookupTXT(_ context.Context, name string) ([]string, error) {
	list, ok := r[name]
	switch {
	case !ok:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case list == nil:
		return nil, errors.New("timeout")
	}
	return list, nil
}

func runCommand(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	var b bytes.Buffer
	code = run(args, strings.NewReader(""), &b, &b)
	return code, b.String()
}

// TestDKIM makes keys, looks up their records, replaces them, and has check look at them.
func TestDKIM(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dkim")
	code, out := runCommand(t, "dkim", "new", "Contoso.com", "-keys", dir, "-selector", "s1")
	if code != exitOK || !strings.Contains(out, "at once") || !strings.Contains(out, `s1._domainkey.contoso.com. IN TXT ( "v=DKIM1; k=rsa; p=`) ||
		!strings.Contains(out, `s1-ed25519._domainkey.contoso.com. IN TXT "v=DKIM1; k=ed25519; p=`) {
		t.Fatalf("%d: %s", code, out)
	}
	if info, err := os.Stat(filepath.Join(dir, "contoso.com", "s1.pem")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info, err)
	}
	if code, out = runCommand(t, "dkim", "new", "contoso.com", "-keys", dir, "-selector", "s1", "-algorithm", "rsa"); code != exitInvalid || !strings.Contains(out, "exists") {
		t.Errorf("over a key: %d: %s", code, out)
	}
	code, out = runCommand(t, "dkim", "new", "contoso.com", "-keys", dir, "-selector", "s2", "-algorithm", "rsa")
	if from := time.Now().Add(newSignsAfter).UTC().Format("2006-01-02"); code != exitOK || !strings.Contains(out, "from "+from) {
		t.Errorf("a second key: %d: %s", code, out)
	}
	d, err := sign.ReadDirectory(dir)
	if err != nil || len(d.Problems()) > 0 {
		t.Fatal(err, d.Problems())
	}
	dns := records{"s1._domainkey.contoso.com.": nil, "s2._domainkey.contoso.com.": {"v=DKIM1; p="}}
	for domain := range d.Domains() {
		keys, _ := d.Keys(t.Context(), domain)
		for _, k := range keys {
			if k.Selector == "s1" {
				dns[k.Name()+"."] = []string{k.Record()}
			}
		}
		var got []string
		for _, k := range checkRecords(t.Context(), dns, d, []routing.Domain{domain}, time.Now()) {
			text, _, _ := strings.Cut(k.String(), "\n")
			got = append(got, text)
		}
		want := "s1-ed25519._domainkey.contoso.com (ed25519, signs now): there is no TXT record\n" +
			"s1._domainkey.contoso.com (rsa of 2048 bits, signs now): the published record fits\n" +
			"s2._domainkey.contoso.com (rsa of 2048 bits, signs from "
		if text := strings.Join(got, "\n"); !strings.HasPrefix(text, want) || !strings.HasSuffix(text, "the record says that the key was revoked (p= is empty)") {
			t.Errorf("got %s, want %s", text, want)
		}
		later := checkRecords(t.Context(), dns, d, []routing.Domain{domain}, time.Now().Add(72*time.Hour))
		if len(later) != 3 || later[1].State != keyReplaced || later[1].Problem != "" {
			t.Errorf("three days later: %v", later)
		}
	}
}

// TestDKIMMistakes: what is wrong with the command.
func TestDKIMMistakes(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct {
		args, want string
	}{
		{"", "give an action"}, {"new contoso.com", "-keys is missing"}, {"new -keys " + dir, "takes one domain"}, {"new a..b -keys " + dir, "a..b"},
		{"new contoso.com -algorithm dsa -keys " + dir, "-algorithm"}, {"new contoso.com -from tomorrow -keys " + dir, "-from"},
		{"new contoso.com -selector a/b -keys " + dir, "selector"}, {"check -keys " + filepath.Join(dir, "absent"), "absent"}, {"check -dns x -keys " + dir, "-dns"},
	} {
		if code, out := runCommand(t, append([]string{"dkim"}, strings.Fields(tc.args)...)...); code != exitInvalid || !strings.Contains(out, tc.want) {
			t.Errorf("%s: %d: %s", tc.args, code, out)
		}
	}
	runCommand(t, "dkim", "new", "fabrikam.com", "-keys", dir)
	if code, out := runCommand(t, "dkim", "check", "fabrikam.com", "-keys", dir, "-dns", "127.0.0.1:1"); code != exitNo || !strings.Contains(out, "_domainkey.fabrikam.com. on 127.0.0.1:1: ") {
		t.Errorf("%d, without the name server that was asked: %s", code, out)
	}
	if code, out := runCommand(t, "dkim", "check", "contoso.com", "-keys", dir, "-dns", "127.0.0.1:1"); code != exitNo || !strings.Contains(out, "has no keys of this domain") {
		t.Errorf("a domain without keys: %d: %s", code, out)
	}
}

// TestDKIMFindings: check says which mail isn't signed.
func TestDKIMFindings(t *testing.T) {
	dir := t.TempDir()
	keys := filepath.Join(dir, "dkim")
	policy := func(signing string) string {
		path := filepath.Join(dir, signing+".ps1")
		text := "New-AcceptedDomain -Name b -DomainName *.fabrikam.com -DomainType InternalRelay\n" +
			"New-SendConnector -Name Out -AddressSpaces * -SmartHosts 192.0.2.1 -DkimSigning " + signing + "\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	expect := func(what, want string, args ...string) {
		t.Helper()
		_, out := runCommand(t, append(args, "-server", "ex01.contoso.com")...)
		if !strings.Contains(out, want) {
			t.Errorf("%s: %s\nwant %s", what, out, want)
		}
	}
	if code, out := runCommand(t, "dkim", "new", "contoso.com", "-keys", keys, "-algorithm", "ed25519"); code != exitOK {
		t.Fatal(out)
	}
	expect("without keys", "there are no DKIM keys, so all mail leaves without a signature: give -dkim-keys", "check", policy("IfKeyExists"))
	expect("one domain without", "no DKIM key signs now for fabrikam.com, so mail of its authors leaves without a signature", "check", policy("IfKeyExists"), "-dkim-keys", keys)
	expect("required", "no DKIM key signs now for fabrikam.com, so mail of its authors waits", "check", policy("Required"), "-dkim-keys", keys)
	expect("unused", "no Send connector signs with these DKIM keys", "check", policy("None"), "-dkim-keys", keys)
	expect("serve without keys", "DkimSigning is Required, and this server has no DKIM keys", "serve", policy("Required"))
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for of, in := range map[string]string{"contoso.com": keys, "Contoso.COM": t.TempDir()} {
		file := filepath.Join(in, of, "short.pem")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)}), 0o600); err != nil {
			t.Fatal(err)
		}
		expect("short", "warning: "+file+": the RSA key has 1024 bits, and should have 2048 (dkim-key-short)", "check", policy("Required"), "-dkim-keys", in)
	}
	if code, out := runCommand(t, "dkim", "new", "contoso.com", "-keys", keys, "-algorithm", "rsa", "-from", "2020-01-01", "-selector", "good"); code != exitOK {
		t.Fatal(out)
	}
	if _, out := runCommand(t, "check", policy("Required"), "-dkim-keys", keys, "-server", "ex01.contoso.com"); strings.Contains(out, "dkim-key-short") {
		t.Errorf("a short key that was replaced: %s", out)
	}
	if err := os.WriteFile(filepath.Join(keys, "contoso.com", "bad.pem"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("unusable", "bad.pem: the DKIM key can't be used: the file has no PEM private key", "check", policy("Required"), "-dkim-keys", keys)
}

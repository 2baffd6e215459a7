package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestUsageInWords: the flags of every command that take a value say which, and not of
// which Go type it is.
func TestUsageInWords(t *testing.T) {
	withValue := regexp.MustCompile(`(?m)^  -(\S+) (.+)$`)
	inWords := regexp.MustCompile(`^[A-Z:=]+$`)
	for _, cmd := range commands() {
		var stdout bytes.Buffer
		if code := run([]string{cmd.name, "-h"}, nil, &stdout, &stdout); code != exitOK {
			t.Errorf("%s -h: exit %d", cmd.name, code)
		}
		for _, m := range withValue.FindAllStringSubmatch(stdout.String(), -1) {
			if !inWords.MatchString(m[2]) {
				t.Errorf("%s -%s takes a %q: name the value in the usage, in backquotes and capitals", cmd.name, m[1], m[2])
			}
		}
	}
}

// TestCommandsDocumented: the table of docs/gateway.md has every command with its exits.
func TestCommandsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/gateway.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range commands() {
		if cmd.hidden {
			continue
		}
		row := regexp.MustCompile(`(?m)^\| ` + "`" + cmd.name + "`" + ` \| .* \| (.*) \|$`).FindSubmatch(text)
		if row == nil {
			t.Errorf("docs/gateway.md has no row of %s", cmd.name)
		} else if string(row[1]) != cmd.exitText() {
			t.Errorf("docs/gateway.md: %s exits with %s, and its usage says %s", cmd.name, row[1], cmd.exitText())
		}
	}
}

// TestMistakesInWords gives commands wrong files, addresses and flags: they answer with
// exit 2 and say in words what is wrong, without Go's functions and system calls.
func TestMistakesInWords(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the reasons are Unix's")
	}
	good, err := filepath.Abs("testdata/relay.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("dir", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"junk": "junk\n", "empty.json": "", "comma.json": `{"Server": "A" "Edge": true}`, "open.json": `{"Server": `,
		"broken.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"locked.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"wrong.pem":  "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"cred.ps1":   "$mycred = Get-Credential\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := selfSigned("a.example")
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	explain := func(flags ...string) []string {
		return append([]string{"explain", good, "-from", "a@b.example", "-to", "c@d.example"}, flags...)
	}
	tests := []struct {
		want string // part of what is printed
		args []string
	}{
		{"absent.json: no such file or directory", []string{"check", "absent.json"}},
		{"dir: is a directory", []string{"check", "dir"}},
		{"junk/x: not a directory", []string{"check", "junk/x"}},
		{"empty.json:1:1: the file is empty", []string{"check", "empty.json"}},
		{"comma.json:1: this isn't JSON: a comma or } is expected before '\"'", []string{"check", "comma.json"}},
		{"open.json:1: the JSON text ends too early", []string{"check", "open.json"}},
		{"-config needs a value; see gateway check -h", []string{"check", "-config"}},
		{"-profile: unknown profile \"2013\": give Current or Exchange2007", []string{"check", good, "-profile", "2013"}},
		{"-cert junk: the file has no PEM certificate", []string{"check", good, "-cert", "junk", "-key", "key.pem"}},
		{"-cert broken.pem: the certificate is damaged", []string{"check", good, "-cert", "broken.pem", "-key", "key.pem"}},
		{"-cert dir: the directory has no certificate with its key", []string{"check", good, "-cert", "dir", "-key", "key.pem"}},
		{"-key absent: no such file or directory", []string{"check", good, "-cert", "cert.pem", "-key", "absent"}},
		{"-key cert.pem: the file has no PEM private key", []string{"check", good, "-cert", "cert.pem", "-key", "cert.pem"}},
		{"-key locked.pem: the private key is encrypted", []string{"check", good, "-cert", "cert.pem", "-key", "locked.pem"}},
		{"-key wrong.pem: it isn't a private key that belongs to the certificate in cert.pem", []string{"check", good, "-cert", "cert.pem", "-key", "wrong.pem"}},
		{"absent: no such file or directory", []string{"check", "cred.ps1", "-credentials", "absent"}},
		{"-remote: \"1.2.3\" is not an IP address; give one, as in 192.0.2.1", explain("-remote", "1.2.3")},
		{"-remote: \"192.0.2.1:25\" is not an IP address", explain("-remote", "192.0.2.1:25")},
		{"-local: \"10.2.3.4\" is not an IP address with a port; give IP:PORT, as in 10.2.3.4:25", explain("-remote", "10.1.1.1", "-local", "10.2.3.4")},
		{"-cert-name needs -tls", explain("-remote", "10.1.1.1", "-cert-name", "x.example")},
		{"absent: no such file or directory", explain("-remote", "10.1.1.1", "-user", "x", "-users", "absent")},
		{"invalid value \"x\" for flag -size; see gateway explain -h", explain("-size", "x")},
		{"-to: give the recipient's address", []string{"route", good}},
		{"absent: no such file or directory", []string{"diff", good, "absent"}},
		{"dir:1: is a directory", []string{"replay", "-config", good, "dir"}},
		{"dir: is a directory", []string{"user", "list", "-file", "dir"}},
		{"list takes no name; give the file with -file", []string{"user", "list", "users", "-file", "junk"}},
		{"no file can be made in the directory absent: no such file or directory", []string{"user", "add", "-file", "absent/users", "ann"}},
		{"junk/x: not a directory", []string{"queue", "list", "-data", "junk/x"}},
		{"-log dir: is a directory", []string{"serve", good, "-log", "dir"}},
		{"-client-ca absent: no such file or directory", []string{"serve", good, "-client-ca", "absent"}},
		{"data directory junk: not a directory", []string{"serve", good, "-data", "junk"}},
	}
	ugly := regexp.MustCompile(`\b(open|read|mkdir|stat|listen|dial|bind) \S|Parse[A-Z]|x509: |tls: |PEM data|looking for|string\b.*flag|\bwant\b`)
	for _, tt := range tests {
		var out bytes.Buffer
		run(tt.args, strings.NewReader("correct horse\n"), &out, &out)
		if !strings.Contains(out.String(), tt.want) {
			t.Errorf("%q prints\n%swant %s", tt.args, &out, tt.want)
		}
		if found := ugly.FindString(out.String()); found != "" {
			t.Errorf("%q prints %q:\n%s", tt.args, found, &out)
		}
	}
}

package prover_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
)

const small = `{"Receive": [{"Name": "A", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/8"], "PermissionGroups": "AnonymousUsers"}]}`

// certificate returns the text of the certificate of a policy, and the policy's own.
func certificate(t testing.TB, policy string) (certificate, canonical []byte) {
	t.Helper()
	p, err := jsonconfig.Compile("policy.json", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	c, err := prover.Prove(p)
	if err != nil {
		t.Fatal(err)
	}
	if certificate, err = c.Text(); err != nil {
		t.Fatal(err)
	}
	return certificate, text(t, p)
}

// odd spells names in many ways.
const odd = `{"Server":"A","Servers":[{"Name":"A","FQDN":"a.contoso.com"}],
 "Accepted":[{"DomainName":"CONTOSO.com"},{"DomainName":"*.Bücher.example"},{"DomainName":"[IPv6:2001:DB8::1]"},{"DomainName":"ours_1.example"}],
 "Transport":{"TLSReceiveDomainSecureList":["Partner.TEST","bücher.example"],"TLSSendDomainSecureList":["FABRIKAM.com"]},
 "Receive":[{"Name":"R","Bindings":["0.0.0.0:587","[::]:25","[2001:db8::1]:465"],"RemoteIPRanges":["0.0.0.0/0","::ffff:10.0.0.1","::/0","::fff0-::ffff:1:2:3"],"AuthMechanism":"Tls, BasicAuth, BasicAuthRequireTLS","DomainSecureEnabled":true,
  "AllowedSenders":["@Bücher.example","Kim@CONTOSO.com","@*.fabrikam.com"],
  "PermissionGroups":"AnonymousUsers, Partners","Permissions":[{"User":"NT AUTHORITY\\Authenticated Users","ExtendedRights":["ms-Exch-SMTP-Submit"]},{"User":"CONTOSO\\Über","ExtendedRights":["ms-Exch-SMTP-Submit"]},{"User":"S-1-5-21-1-2-3-4","ExtendedRights":["ms-Exch-SMTP-Accept-Any-Sender"]}]}],
 "Send":[{"Name":"S","AddressSpaces":["*","CONTOSO.com","*.Bücher.example","X400:c=us;a=x;1"],"SmartHosts":["10.9.9.9","[2001:db8::5]","MX.contoso.com"]}]}`

// TestSpellings: however a policy spells its names, its certificate is true.
func TestSpellings(t *testing.T) {
	text, policy := certificate(t, odd)
	c, err := proof.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.Verify(c, policy); err != nil {
		t.Error(err)
	}
}

// TestReadIsStrict: a text that isn't exactly a certificate is refused.
func TestReadIsStrict(t *testing.T) {
	good, _ := certificate(t, small)
	if _, err := proof.Read(bytes.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	if _, err := proof.Read(bytes.NewReader(bytes.ReplaceAll(good, []byte("\n"), []byte("\n\t")))); err != nil {
		t.Errorf("with more blanks: %v", err)
	}
	for name, bad := range map[string][]byte{
		"a member twice":  bytes.Replace(good, []byte(`"Rules": 1,`), []byte(`"Rules": 2, "Rules": 1,`), 1),
		"unknown member":  bytes.Replace(good, []byte(`"Rules": 1,`), []byte(`"Rules": 1, "Rule": 1,`), 1),
		"letter case":     bytes.Replace(good, []byte(`"Rules": 1,`), []byte(`"rules": 1,`), 1),
		"missing member":  bytes.Replace(good, []byte(`"Rules": 1,`), nil, 1),
		"another order":   bytes.Replace(good, []byte("\"Format\": 1,\n \"Rules\": 1,"), []byte(`"Rules": 1, "Format": 1,`), 1),
		"something after": append(bytes.Clone(good), '1'),
		"another number":  bytes.Replace(good, []byte(`"Rules": 1,`), []byte(`"Rules": 1.0,`), 1),
		"an escape":       bytes.Replace(good, []byte(`"A"`), []byte(`"\u0041"`), 1),
		"nothing":         nil,
		"another type":    []byte(`[]`),
		"too long":        append(bytes.Clone(good), bytes.Repeat([]byte(" "), proof.MaxBytes)...),
		"too many":        []byte(`{"Policies":[""` + strings.Repeat(`,""`, proof.MaxElements) + `]}`),
	} {
		if bytes.Equal(bad, good) {
			t.Errorf("%s: the text isn't changed", name)
		}
		if _, err := proof.Read(bytes.NewReader(bad)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestErrors: an error says where a certificate is wrong, and what would be right.
func TestErrors(t *testing.T) {
	good, policy := certificate(t, small)
	for _, tt := range []struct{ old, new, want string }{
		{`"Rules": 1`, `"Rules": 2`, "the certificate has format 1 and rules 2, and these are format 1 and rules 1"},
		{`"0.0.0.0-9.255.255.255"`, `"0.0.0.0-9.255.255.254"`, "the listener at 0.0.0.0:25: the clients 10.0.0.0-10.255.255.255 begin at 10.0.0.0, and 9.255.255.255 is the next client without an answer"},
		{`"Witness": "10.0.0.1"`, `"Witness": "11.0.0.1"`, `the listener at 0.0.0.0:25: the clients 10.0.0.0-10.255.255.255: the witness "11.0.0.1" isn't one of them`},
		{`"0.0.0.0-9.255.255.255", "Connectors": [""]`, `"0.0.0.0-9.255.255.255", "Connectors": ["A"]`, `served by "A", and "" is right`},
		{`"200 recipients"`, `"201 recipients"`, `the answer is "201 recipients", and "200 recipients" is right`},
		{`"Differences": 0`, `"Differences": 1`, "the certificate says that 1 answers differ, and 0 do"},
	} {
		bad := strings.Replace(string(good), tt.old, tt.new, 1)
		c, err := proof.Read(strings.NewReader(bad))
		if err != nil || bad == string(good) {
			t.Errorf("%s: %v, or the text isn't changed", tt.new, err)
			continue
		}
		if err := proof.Verify(c, policy); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.new, err, tt.want)
		}
	}
	c, err := proof.Read(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyDiff(c, policy, policy); err == nil {
		t.Error("the certificate of one policy is accepted for two")
	}
	if err := proof.Verify(nil, policy); err == nil {
		t.Error("no certificate is accepted")
	}
}

// A change that only tidies up is proved to be one, and every reader of the certificate can
// check it.
func ExampleDiff() {
	before, err := jsonconfig.Compile("old.json", []byte(`{"Receive": [
		{"Name": "A", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/9", "10.128.0.0/9"]}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := jsonconfig.Compile("new.json", []byte(`{"Receive": [
		{"Name": "Printers", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.0/8"]}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	certificate, err := prover.Diff(before, after)
	if err != nil {
		fmt.Println(err)
		return
	}
	old, _ := jsonconfig.Marshal(before.Config()) // of a policy that compiles
	new, _ := jsonconfig.Marshal(after.Config())
	fmt.Println(certificate.Differences, proof.VerifyDiff(certificate, old, new))
	// Output: 0 <nil>
}

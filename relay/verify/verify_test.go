package verify_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/verify"
	"github.com/interchange-smtp/interchange/routing"
)

// zone is a name server in memory: what "name type" has. "!" is no answer.
type zone struct {
	mu      sync.Mutex
	records map[string][]string
	asked   []string
}

// newZone reads lines "name type value". Without a value the name exists.
func newZone(lines ...string) *zone {
	z := &zone{records: make(map[string][]string)}
	for _, line := range lines {
		z.add(line)
	}
	return z
}

func (z *zone) add(line string) {
	name, rest, _ := strings.Cut(line, " ")
	kind, value, ok := strings.Cut(rest, " ")
	if z.records[name] = nil; ok {
		z.records[name+" "+kind] = append(z.records[name+" "+kind], value)
	}
}

var kinds = map[verify.RecordType]string{verify.TypeA: "A", verify.TypeAAAA: "AAAA", verify.TypeMX: "MX", verify.TypePTR: "PTR", verify.TypeTXT: "TXT"}

func (z *zone) Lookup(ctx context.Context, name string, t verify.RecordType) (verify.Records, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = append(z.asked, name+" "+kinds[t])
	if err := ctx.Err(); err != nil {
		return verify.Records{}, err
	}
	name = strings.ToLower(name)
	_, exists := z.records[name]
	r := verify.Records{NoName: !exists}
	for _, value := range z.records[name+" "+kinds[t]] {
		switch {
		case value == "!":
			return verify.Records{}, errors.New("no answer")
		case t == verify.TypeTXT:
			r.Texts = append(r.Texts, value)
		case t == verify.TypeMX:
			r.Hosts = append(r.Hosts, &net.MX{Host: value})
		case t == verify.TypePTR:
			r.Names = append(r.Names, value)
		default:
			r.Addrs = append(r.Addrs, netip.MustParseAddr(value))
		}
	}
	return r, nil
}

// parse returns a message that the end of the test closes.
func parse(t *testing.T, text string) *message.Message {
	t.Helper()
	m, err := new(message.Pool).Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// sent is an envelope of a client without a connector.
func sent(client, helo, from string) *relay.Envelope {
	env := &relay.Envelope{Envelope: envelope.Envelope{Remote: netip.AddrPortFrom(netip.MustParseAddr(client), 25), Helo: helo}}
	if from != "" {
		env.From = routing.MustParseAddress(from)
	}
	return env
}

// key is a signing key with its record.
type key struct {
	signer crypto.Signer
	record string
}

func rsaKey(t *testing.T, bits int) key {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key{k, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)}
}

func ed25519Key(t testing.TB) key {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key{private, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}
}

// sign signs a message for a domain with the selector s.
func (k key) sign(t testing.TB, domain, text string, change ...func(*dkim.SignOptions)) string {
	t.Helper()
	options := &dkim.SignOptions{Domain: domain, Selector: "s", Signer: k.signer, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "Subject", "To"}}
	for _, f := range change {
		f(options)
	}
	var b strings.Builder
	if err := dkim.Sign(&b, strings.NewReader(text), options); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const mail = "From: Kim <kim@example.com>\r\nTo: lee@contoso.com\r\nSubject: hello\r\n\r\nbody\r\n"

// TestCheck has messages with what is found out about them.
func TestCheck(t *testing.T) {
	long, short, ed := rsaKey(t, 2048), rsaKey(t, 1024), ed25519Key(t)
	base := []string{
		"example.com TXT v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all", "mail.example.com TXT v=spf1 a -all", "mail.example.com A 192.0.2.1",
		"_dmarc.example.com TXT v=DMARC1; p=reject", "_dmarc.list.example.net TXT v=DMARC1; p=none", "a.example.com",
		"s._domainkey.example.com TXT " + long.record, "s._domainkey.a.example.com TXT " + ed.record, "s._domainkey.list.example.net TXT " + short.record,
		"s._domainkey.strict.example.com TXT " + long.record + "; t=y:s", "s._domainkey.revoked.example.com TXT v=DKIM1; p=",
		"s._domainkey.down.example.com TXT !", "s._domainkey.huge.example.com TXT " + long.record + "; n=" + strings.Repeat("x", 9000),
		"down.example.com TXT !", "_dmarc.down.example TXT !",
		"loop.example.com TXT v=spf1 include:loop.example.com -all",
		"_dmarc.example.test TXT v=DMARC1; p=none; np=reject", "there.example.test", "gone.example.test A !",
	}
	signed := long.sign(t, "example.com", mail)
	for _, tt := range []struct {
		name, client, helo, from, text string
		want                           string // results, and Authentication-Results behind the service
	}{
		{"SPF and DKIM", "192.0.2.1", "mail.example.com", "kim@example.com", signed,
			"spf=pass dkim=pass dmarc=pass from=example.com policy=reject"},
		{"IPv6", "2001:db8::1", "mail.example.com", "kim@example.com", mail,
			"spf=pass dkim=none dmarc=pass from=example.com policy=reject"},
		{"IPv4 in IPv6", "::ffff:192.0.2.1", "mail.example.com", "kim@example.com", mail,
			"spf=pass dkim=none dmarc=pass from=example.com policy=reject"},
		{"forged", "203.0.113.9", "mail.example.com", "kim@example.com", mail,
			"spf=fail dkim=none dmarc=fail from=example.com policy=reject"},
		{"forwarded", "203.0.113.9", "relay.example.org", "bounce@example.org", signed,
			"spf=none dkim=pass dmarc=pass from=example.com policy=reject"},
		{"the null sender", "192.0.2.1", "mail.example.com", "", mail,
			"spf=pass dkim=none dmarc=pass from=example.com policy=reject"},
		{"the null sender from an address", "192.0.2.1", "[192.0.2.1]", "", mail,
			"spf=none dkim=none dmarc=fail from=example.com policy=reject"},
		{"a sender at an address", "192.0.2.1", "mail.example.com", "kim@[192.0.2.1]", mail,
			"spf=none dkim=none dmarc=fail from=example.com policy=reject"},
		{"changed on the way", "203.0.113.9", "x.example.org", "a@example.org", signed + "footer\r\n",
			"spf=none dkim=fail dmarc=fail from=example.com policy=reject"},
		{"Ed25519 of a subdomain", "203.0.113.9", "x.example.org", "a@example.org", ed.sign(t, "a.example.com", mail),
			"spf=none dkim=pass dmarc=pass from=example.com policy=reject"},
		{"a list's signature on top", "203.0.113.9", "x.example.org", "a@example.org", short.sign(t, "list.example.net", signed),
			"spf=none dkim=pass dkim=pass dmarc=pass from=example.com policy=reject"},
		{"a list's signature alone", "203.0.113.9", "x.example.org", "a@example.org", short.sign(t, "list.example.net", mail),
			"spf=none dkim=pass dmarc=fail from=example.com policy=reject"},
		{"a revoked key", "203.0.113.9", "x.example.org", "a@example.org", long.sign(t, "revoked.example.com", mail),
			"spf=none dkim=permerror dmarc=fail from=example.com policy=reject"},
		{"no key", "203.0.113.9", "x.example.org", "a@example.org", long.sign(t, "nokey.example.com", mail),
			"spf=none dkim=permerror dmarc=fail from=example.com policy=reject"},
		{"a key record of 9 KB", "203.0.113.9", "x.example.org", "a@example.org", long.sign(t, "huge.example.com", mail),
			"spf=none dkim=permerror dmarc=fail from=example.com policy=reject"},
		{"no answer about the key", "203.0.113.9", "x.example.org", "a@example.org", long.sign(t, "down.example.com", mail),
			"spf=none dkim=temperror dmarc=temperror from=example.com policy=reject"},
		{"no answer about the key, SPF passes", "192.0.2.1", "x.example.org", "a@example.com", long.sign(t, "down.example.com", mail),
			"spf=pass dkim=temperror dmarc=pass from=example.com policy=reject"},
		{"no answer about SPF", "192.0.2.1", "x.example.org", "a@down.example.com", mail,
			"spf=temperror dkim=none dmarc=temperror from=example.com policy=reject"},
		{"no answer about DMARC", "192.0.2.1", "x.example.org", "a@example.org", "From: a@down.example\r\n\r\n",
			"spf=none dkim=none dmarc=temperror from=down.example"},
		{"SPF without an end", "192.0.2.1", "x.example.org", "a@loop.example.com", mail,
			"spf=permerror dkim=none dmarc=fail from=example.com policy=reject"},
		{"a key that isn't for subdomains", "203.0.113.9", "x.example.org", "a@example.org",
			long.sign(t, "strict.example.com", mail, func(o *dkim.SignOptions) { o.Identifier = "@a.strict.example.com" }),
			"spf=none dkim=permerror dmarc=fail from=example.com policy=reject"},
		{"a key for the domain only", "203.0.113.9", "x.example.org", "a@example.org", long.sign(t, "strict.example.com", mail),
			"spf=none dkim=pass dmarc=pass from=example.com policy=reject"},
		{"expired", "203.0.113.9", "x.example.org", "a@example.org",
			long.sign(t, "example.com", mail, func(o *dkim.SignOptions) { o.Expiration = time.Now().Add(-time.Hour) }),
			"spf=none dkim=permerror dmarc=fail from=example.com policy=reject"},
		{"no record", "192.0.2.1", "x.example.org", "a@example.org", "From: a@example.org\r\n\r\n",
			"spf=none dkim=none dmarc=none from=example.org"},
		{"an inherited policy", "192.0.2.1", "x.example.org", "a@example.org", "From: a@a.example.com\r\n\r\n",
			"spf=none dkim=none dmarc=fail from=a.example.com policy=reject"},
		{"a domain that exists", "192.0.2.1", "x.example.org", "a@example.org", "From: a@there.example.test\r\n\r\n",
			"spf=none dkim=none dmarc=fail from=there.example.test policy=none"},
		{"a domain that doesn't exist", "192.0.2.1", "x.example.org", "a@example.org", "From: a@absent.example.test\r\n\r\n",
			"spf=none dkim=none dmarc=fail from=absent.example.test policy=reject"},
		{"no answer whether a domain exists", "192.0.2.1", "x.example.org", "a@example.org", "From: a@gone.example.test\r\n\r\n",
			"spf=none dkim=none dmarc=temperror from=gone.example.test"},
		{"a domain in Unicode", "192.0.2.1", "x.example.org", "a@example.org", "From: a@b\u00fccher.example.com\r\n\r\n",
			"spf=none dkim=none dmarc=fail from=xn--bcher-kva.example.com policy=reject"},

		// Whose message is it?
		{"no From", "192.0.2.1", "x.example.org", "a@example.com", "Subject: a\r\n\r\n", "spf=pass dkim=none dmarc=permerror"},
		{"two From fields", "192.0.2.1", "x.example.org", "a@example.com", "From: a@example.com\r\nFrom: a@example.net\r\n\r\n", "spf=pass dkim=none dmarc=permerror"},
		{"the same From field twice", "192.0.2.1", "x.example.org", "a@example.com", "From: a@example.com\r\nFrom: a@example.com\r\n\r\n", "spf=pass dkim=none dmarc=permerror"},
		{"a second From above a signature", "203.0.113.9", "x.example.org", "a@example.org", "From: ceo@contoso.com\r\n" + signed, "spf=none dkim=pass dmarc=permerror"},
		{"two authors of one domain", "192.0.2.1", "x.example.org", "a@example.com", "From: a@example.com, b@EXAMPLE.com\r\n\r\n", "spf=pass dkim=none dmarc=pass from=example.com policy=reject"},
		{"two authors of two domains", "192.0.2.1", "x.example.org", "a@example.com", "From: a@example.com, b@example.net\r\n\r\n", "spf=pass dkim=none dmarc=permerror"},
		{"a group without authors", "192.0.2.1", "x.example.org", "a@example.com", "From: nobody-there:;\r\n\r\n", "spf=pass dkim=none dmarc=permerror"},
		{"an author at an address", "192.0.2.1", "x.example.org", "a@example.com", "From: a@[192.0.2.1]\r\n\r\n", "spf=pass dkim=none dmarc=permerror"},
		{"a From that can't be read", "192.0.2.1", "x.example.org", "a@example.com", "From: <<a@example.com\r\n\r\n", "spf=pass dkim=none dmarc=permerror"},
	} {
		v := &verify.Verifier{Resolver: newZone(base...)}
		r := v.Check(context.Background(), sent(tt.client, tt.helo, tt.from), parse(t, tt.text))
		if got := r.String(); got != tt.want {
			t.Errorf("%s: %s, want %s (%v %v %v)", tt.name, got, tt.want, r.SPF.Err, r.DKIM, r.DMARC.Err)
		}
	}
}

// TestLimitedBodyAttack: a signature of a part of the body, to which a sender can append what it
// likes, never passes.
func TestLimitedBodyAttack(t *testing.T) {
	k := rsaKey(t, 1024)
	signed := k.sign(t, "example.com", mail)
	signed = strings.Replace(signed, "v=1;", "v=1; l=4;", 1)
	v := &verify.Verifier{Resolver: newZone("s._domainkey.example.com TXT " + k.record)}
	r := v.Check(context.Background(), sent("192.0.2.1", "x.example.org", ""), parse(t, signed))
	if len(r.DKIM) != 1 || r.DKIM[0].Value != "policy" {
		t.Errorf("got %+v", r.DKIM)
	}
}

// TestFalseSignatureAttack: a field in front of a valid signature that only one of two readers takes
// for a signature never lends that signature its domain.
func TestFalseSignatureAttack(t *testing.T) {
	k := ed25519Key(t)
	signed := k.sign(t, "attacker.example", mail)
	for _, name := range []string{"DKIM-Signature", "DKIM-Signature\x01", "\x01DKIM-Signature", "DKIM-Signature\x7f", "\xffDKIM-Signature", "DKIM-Signature\u00a0", "DKIM-Signature ",
		"DKIM-\u017fignature", "\rDKIM-Signature", " \r\n DKIM-Signature", " DKIM-Signature", "DKIM-Signature\r\n ", "DKIM-Signature: v=1\r X", "X: y\rDKIM-Signature", "X: y\n\nDKIM-Signature"} {
		v := &verify.Verifier{Resolver: newZone("_dmarc.example.com TXT v=DMARC1; p=reject", "s._domainkey.attacker.example TXT "+k.record)}
		for _, text := range []string{
			name + ": v=1; a=ed25519-sha256; d=example.com; s=s; h=from; bh=AAAA; b=AAAA\r\n" + signed,
			name + ": v=1; a=ed25519-sha256; d=example.com; s=s; h=from; bh=AAAA; b=AAAA\r" + signed,
			strings.Replace(signed, "DKIM-Signature:", name+": d=example.com\r\nDKIM-Signature:", 1),
			strings.Replace(signed, "DKIM-Signature: ", "DKIM-Signature: d=example.com;", 1),
		} {
			r := v.Check(context.Background(), sent("192.0.2.1", "x.attacker.example", "a@attacker.example"), parse(t, text))
			for _, s := range r.DKIM {
				if s.Value == "pass" && s.Domain != "attacker.example" {
					t.Errorf("%q: pass of %+v", text, s)
				}
			}
			if r.DMARC.Value == "pass" {
				t.Errorf("%q: %s", text, r.String())
			}
		}
	}
}

// FuzzSignatures: whatever stands in front of a valid signature, nothing else passes.
func FuzzSignatures(f *testing.F) {
	f.Add("DKIM-Signature\x01: d=example.com; s=s\r\n")
	f.Add("X: y\r\n\tDKIM-Signature: d=example.com\n")
	k := ed25519Key(f)
	signed := k.sign(f, "attacker.example", mail)
	v := &verify.Verifier{Resolver: newZone("_dmarc.example.com TXT v=DMARC1; p=reject", "s._domainkey.attacker.example TXT "+k.record)}
	f.Fuzz(func(t *testing.T, front string) {
		r := v.Check(context.Background(), sent("192.0.2.1", "x.attacker.example", "a@attacker.example"), parse(t, front+signed))
		for _, s := range r.DKIM {
			if s.Value == "pass" && (s.Domain != "attacker.example" || s.Selector != "s") {
				t.Errorf("pass of %+v", s)
			}
		}
	})
}

// TestManySignatures: eight signatures are checked, and a ninth that would pass isn't.
func TestManySignatures(t *testing.T) {
	k := rsaKey(t, 1024)
	const bad = "DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=; b=\r\n"
	v := &verify.Verifier{Resolver: newZone("s._domainkey.example.com TXT " + k.record)}
	r := v.Check(context.Background(), sent("192.0.2.1", "x.example.org", ""), parse(t, strings.Repeat(bad, 11)+k.sign(t, "example.com", mail)))
	if len(r.DKIM) != 8 || r.More != 4 || strings.Contains(r.String(), "pass") || !strings.HasSuffix(r.String(), " (4 further signatures not checked)") {
		t.Errorf("%d checked, %d more: %v", len(r.DKIM), r.More, r.String())
	}
}

// TestHeavyAttack: a signature that names thousands of fields, or a header that has them, costs
// nothing.
func TestHeavyAttack(t *testing.T) {
	k := rsaKey(t, 1024)
	v := &verify.Verifier{Resolver: newZone("s._domainkey.example.com TXT " + k.record)}
	for name, text := range map[string]string{
		"names":  "DKIM-Signature: v=1; d=example.com; h=from" + strings.Repeat(":a", 5000) + "\r\n" + mail,
		"fields": k.sign(t, "example.com", strings.Repeat("A: b\r\n", 2000)+mail),
	} {
		r := v.Check(context.Background(), sent("192.0.2.1", "x.example.org", ""), parse(t, text))
		if len(r.DKIM) != 1 || r.DKIM[0].Value != "permerror" {
			t.Errorf("%s: %+v", name, r.DKIM)
		}
	}
}

// TestQuestionsAreBounded: a record that makes SPF look up as much as it may.
func TestQuestionsAreBounded(t *testing.T) {
	z := newZone("example.com TXT v=spf1 mx:a.example mx:b.example mx:c.example mx:d.example mx:e.example mx:f.example mx:g.example mx:h.example mx:i.example mx:j.example -all")
	for d := 'a'; d <= 'j'; d++ {
		for i := range 10 {
			z.add(fmt.Sprintf("%c.example MX h%d.%c.example", d, i, d))
			z.add(fmt.Sprintf("h%d.%c.example A 198.51.100.%d", i, d, i))
		}
	}
	v := &verify.Verifier{Resolver: z}
	r := v.Check(context.Background(), sent("2001:db8::1", "x.example.org", "a@example.com"), parse(t, mail))
	n := 0
	for _, question := range z.asked {
		if !strings.HasPrefix(question, "_dmarc.") { // these are counted apart
			n++
		}
	}
	if n > 150 || len(z.asked)-n > 100 {
		t.Errorf("%d questions, %d of DMARC", n, len(z.asked)-n)
	}
	if r.SPF.Value != "temperror" {
		t.Errorf("SPF of 210 look-ups is %+v", r.SPF)
	}
}

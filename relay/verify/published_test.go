package verify_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/relay/verify"
	"github.com/interchange-smtp/interchange/routing"
)

// The letter that RFC 6376 and RFC 8463 sign.
const (
	joesHeader = `From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>
`
	joesBody = `
Hi.

We lost the game. Are you hungry yet?

Joe.
`
)

// rfc6376 is the message of RFC 6376, appendix A.3, with the key of appendix C: RSA of 1024 bits, simple
// canonicalization.
const (
	rfc6376 = `DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
      c=simple/simple; q=dns/txt; i=joe@football.example.com;
      h=Received : From : To : Subject : Date : Message-ID;
      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
      4bmp/YzhwvcubU4=;
Received: from client1.football.example.com  [192.0.2.1]
      by submitserver.example.com with SUBMISSION;
      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
` + joesHeader + joesBody

	rfc6376Key = "brisbane._domainkey.example.com TXT v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ" +
		"KBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v" +
		"/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
)

// rfc8463 is the message of RFC 8463, appendix A.3, with an Ed25519 and an RSA signature, relaxed canonicalization.
// The records are those of appendix A.2.
const (
	rfc8463 = `DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
` + joesHeader + joesBody

	rfc8463Ed25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	rfc8463RSA     = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi" +
		"Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
)

// The private keys of RFC 8463, appendix A.1, which everybody knows.
const (
	rfc8463Seed    = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
	rfc8463Private = `-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
-----END RSA PRIVATE KEY-----
`
)

// signatures returns the results of the signatures of a message by the records of a zone, as "selector pass".
func signatures(t *testing.T, text string, records ...string) string {
	t.Helper()
	v := &verify.Verifier{Resolver: newZone(records...)}
	r := v.Check(t.Context(), sent("192.0.2.1", "client.example", ""), parse(t, text))
	var all []string
	for _, s := range r.DKIM {
		all = append(all, s.Selector+" "+s.Value)
	}
	return strings.Join(all, ", ")
}

// TestPublishedSignatures: the messages of the RFCs verify, and don't once anything that is signed differs.
func TestPublishedSignatures(t *testing.T) {
	const brisbane, test = "brisbane._domainkey.football.example.com TXT ", "test._domainkey.football.example.com TXT "
	records := []string{rfc6376Key, brisbane + rfc8463Ed25519, test + rfc8463RSA}
	for _, tc := range []struct {
		name     string
		old, new string // the change
		simple   string // the result of RFC 6376's message
		relaxed  string // of RFC 8463's
	}{
		{"as published", "", "", "brisbane pass", "brisbane pass, test pass"},
		{"blanks in a field", "Subject: Is", "Subject:   Is", "brisbane fail", "brisbane pass, test pass"},
		{"blanks in the body", "game. Are", "game. \tAre", "brisbane fail", "brisbane pass, test pass"},
		{"a blank at the end of a line", "Hi.\r\n", "Hi. \r\n", "brisbane fail", "brisbane pass, test pass"},
		{"empty lines at the end", "Joe.\r\n", "Joe.\r\n\r\n\r\n", "brisbane pass", "brisbane pass, test pass"},
		{"a word", "lost", "won", "brisbane fail", "brisbane fail, test fail"},
		{"the subject", "dinner", "lunch", "brisbane fail", "brisbane fail, test fail"},
		{"a second subject", "Subject:", "Subject: x\r\nSubject:", "brisbane pass", "brisbane fail, test fail"}, // RFC 8463's names it once more
		{"the author", "joe@football", "jim@football", "brisbane fail", "brisbane fail, test fail"},
		{"a field that isn't signed", "Message-ID", "X-Mailer: a\r\nMessage-ID", "brisbane pass", "brisbane pass, test pass"},
		{"no date", "Date: ", "X-Date: ", "brisbane fail", "brisbane fail, test fail"},
	} {
		for published, want := range map[string]string{rfc6376: tc.simple, rfc8463: tc.relaxed} {
			header, letter, _ := strings.Cut(strings.ReplaceAll(published, "\n", "\r\n"), "From:")
			letter = "From:" + letter
			if changed := strings.Replace(letter, tc.old, tc.new, 1); changed == letter && tc.old != "" {
				t.Fatalf("%s changes nothing", tc.name)
			} else if got := signatures(t, header+changed, records...); got != want {
				t.Errorf("%s: %s, want %s", tc.name, got, want)
			}
		}
	}
	whole := strings.ReplaceAll(rfc8463, "\n", "\r\n")
	if got := signatures(t, whole, brisbane+rfc8463RSA, test+rfc8463Ed25519); got != "brisbane permerror, test permerror" {
		t.Errorf("with each other's keys: %s", got)
	}
	if got := signatures(t, whole, test+"v=DKIM1; p="); got != "brisbane permerror, test permerror" {
		t.Errorf("without one key and with the other revoked: %s", got)
	}
}

// publishedKeys are the keys of RFC 8463 for every domain that asks.
type publishedKeys []sign.Key

// Keys implements sign.Keys.
func (k publishedKeys) Keys(context.Context, routing.Domain) ([]sign.Key, error) { return k, nil }

// TestPublishedKeys: the private keys of RFC 8463 have the records that it publishes, and what package sign signs
// with them verifies by these.
func TestPublishedKeys(t *testing.T) {
	domain := routing.MustParseDomain("football.example.com")
	seed, err := base64.StdEncoding.DecodeString(rfc8463Seed)
	if err != nil {
		t.Fatal(err)
	}
	ed, err := sign.NewKey(domain, "brisbane", time.Time{}, ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	rsa, err := sign.ParsePEM(domain, "test", []byte(rfc8463Private))
	if err != nil {
		t.Fatal(err)
	}
	if ed.Record() != rfc8463Ed25519 || rsa.Record() != rfc8463RSA {
		t.Errorf("other records:\n%s\n%s", ed.Record(), rsa.Record())
	}
	p, err := connector.Compile(connector.Config{Send: []connector.Send{{Name: "out", DkimSigning: param.DkimRequired,
		AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}}}})
	if err != nil {
		t.Fatal(err)
	}
	out := p.Route(routing.MustParseAddress("suzie@shopping.example.net"), 0, nil).Outbound
	m := parse(t, strings.ReplaceAll(joesHeader+joesBody, "\n", "\r\n"))
	if err := (&sign.Signer{Keys: publishedKeys{ed, rsa}}).Sign(t.Context(), out, new(envelope.Envelope), m); err != nil {
		t.Fatal(err)
	}
	signed, err := io.ReadAll(m.Open())
	if err != nil {
		t.Fatal(err)
	}
	records := []string{"brisbane._domainkey.football.example.com TXT " + rfc8463Ed25519, "test._domainkey.football.example.com TXT " + rfc8463RSA}
	if got := signatures(t, string(signed), records...); got != "test pass, brisbane pass" {
		t.Errorf("%s:\n%s", got, signed)
	}
	if got := signatures(t, strings.Replace(string(signed), "lost", "won", 1), records...); got != "test fail, brisbane fail" {
		t.Errorf("changed: %s", got)
	}
}

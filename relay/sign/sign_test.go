package sign_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/sign"
	"github.com/interchange-smtp/interchange/routing"
)

const letter = "From: Kim <kim@contoso.com>\r\nTo: ann@fabrikam.com\r\nSubject: a\r\n folded   one\r\nDate: Sun, 29 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@contoso.com>\r\n\r\nHello  there \r\n\r\n\r\n"

// rsaKey is made once, because it takes a while.
var rsaKey = sync.OnceValue(func() crypto.Signer {
	k, err := sign.Generate(sign.RSA)
	if err != nil {
		panic(err)
	}
	return k
})

// edKey is the key of RFC 8463, appendix A.2.
var edKey = func() crypto.Signer {
	seed, err := base64.StdEncoding.DecodeString("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
	if err != nil {
		panic(err)
	}
	return ed25519.NewKeyFromSeed(seed)
}()

func key(t testing.TB, domain, selector string, from time.Time, signer crypto.Signer) sign.Key {
	t.Helper()
	k, err := sign.NewKey(routing.MustParseDomain(domain), selector, from, signer)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// keys are keys in memory; a domain with an error has keys that can't be used.
type keys map[string]any

func (k keys) Keys(_ context.Context, domain routing.Domain) ([]sign.Key, error) {
	switch v := k[domain.String()].(type) {
	case []sign.Key:
		return v, nil
	case error:
		return nil, v
	}
	return nil, nil
}

// txt returns the records of all keys.
func (k keys) txt(name string) ([]string, error) {
	for _, v := range k {
		list, _ := v.([]sign.Key)
		for _, one := range list {
			if one.Name() == name {
				return []string{one.Record()}, nil
			}
		}
	}
	return nil, errors.New("there is no record at " + name)
}

func outbound(t testing.TB, signing param.DkimSigning) *connector.Outbound {
	t.Helper()
	p, err := connector.Compile(connector.Config{Send: []connector.Send{{
		Name: "out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, DkimSigning: signing,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return p.Route(routing.MustParseAddress("a@fabrikam.com"), 0, nil).Outbound
}

func parse(t testing.TB, text string) *message.Message {
	t.Helper()
	m, err := new(message.Pool).Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func text(t testing.TB, m *message.Message) string {
	t.Helper()
	b, err := io.ReadAll(m.Open())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// verify returns the signatures that verify, as "selector.domain algorithm".
func verify(t testing.TB, k keys, signed string) string {
	t.Helper()
	list, err := dkim.VerifyWithOptions(strings.NewReader(signed), &dkim.VerifyOptions{LookupTXT: k.txt})
	if err != nil {
		t.Fatalf("%v: %q", err, signed)
	}
	var good []string
	for _, v := range list {
		if v.Err != nil {
			good = append(good, v.Err.Error())
		} else {
			good = append(good, v.Domain)
		}
	}
	return strings.Join(good, ", ")
}

// TestSign: a message gets a signature by each algorithm for the domain of its author, or waits, or leaves as
// it is.
func TestSign(t *testing.T) {
	k := keys{
		"contoso.com":  []sign.Key{key(t, "contoso.com", "r1", time.Time{}, rsaKey()), key(t, "contoso.com", "e1", time.Time{}, edKey)},
		"locked.com":   errors.New("permission denied"),
		"later.com":    []sign.Key{key(t, "later.com", "e", time.Now().Add(time.Hour), edKey)},
		"one.test":     []sign.Key{key(t, "one.test", "e", time.Time{}, edKey)},
		"sub.one.test": []sign.Key{},
	}
	for _, tc := range []struct {
		from              string
		ifExists, require string // verified domains, or the error
	}{
		{"From: Kim <kim@contoso.com>", "contoso.com, contoso.com", "contoso.com, contoso.com"},
		{"From: Kim <kim@CONTOSO.com>, <ann@contoso.com>", "contoso.com, contoso.com", "contoso.com, contoso.com"},
		{"From: kim@one.test", "one.test", "one.test"},
		{"From: kim@scanner.sub.one.test", "one.test", "one.test"},
		{"From: kim@locked.com", "the DKIM keys of locked.com can't be used", "the DKIM keys of locked.com can't be used"},
		{"From: kim@x.locked.com", "the DKIM keys of locked.com can't be used", "the DKIM keys of locked.com can't be used"},
		{"From: kim@later.com", "", "later.com has no DKIM key that signs now"},
		{"From: kim@fabrikam.com", "", "fabrikam.com has no DKIM key that signs now"},
		{"From: kim@contoso.com, ann@fabrikam.com", "", "550 5.6.0"},
		{"From: kim@contoso.com\r\nFrom: kim@contoso.com", "", "550 5.6.0"},
		{"From: kim@[192.0.2.1]", "", "550 5.6.0"},
		{"From: kim", "", "550 5.6.0"},
		{"Subject: a", "", "550 5.6.0"},
		{" x\r\nFrom: kim@contoso.com", "", "550 5.6.0"},
	} {
		for signing, want := range map[param.DkimSigning]string{param.DkimSigningNone: "", param.DkimIfKeyExists: tc.ifExists, param.DkimRequired: tc.require} {
			whole := tc.from + "\r\nTo: ann@fabrikam.com\r\n\r\nHello\r\n"
			m := parse(t, whole)
			err := (&sign.Signer{Keys: k}).Sign(t.Context(), outbound(t, signing), new(envelope.Envelope), m)
			got := ""
			if err != nil {
				got = err.Error()
				if refused := new(relay.Error); errors.As(err, &refused) {
					got = fmt.Sprint(refused.Reply)
				}
				if !strings.Contains(got, want) || want == "" {
					t.Errorf("%s, %v: %v, want %q", tc.from, signing, err, want)
				}
			} else if got = verify(t, k, text(t, m)); got != want {
				t.Errorf("%s, %v: verified %q, want %q", tc.from, signing, got, want)
			}
			if !strings.HasSuffix(text(t, m), whole) {
				t.Errorf("%s, %v: the message changed: %q", tc.from, signing, text(t, m))
			}
		}
	}
	if err := new(sign.Signer).Sign(t.Context(), outbound(t, param.DkimRequired), new(envelope.Envelope), parse(t, letter)); err == nil {
		t.Error("without keys a message that must be signed passes")
	}
}

// TestAttacks: fields and text that are added to a signed message, or changed, break its signatures; what
// relays do to a message doesn't.
func TestAttacks(t *testing.T) {
	k := keys{"contoso.com": []sign.Key{key(t, "contoso.com", "e", time.Time{}, edKey)}}
	m := parse(t, letter)
	if err := (&sign.Signer{Keys: k}).Sign(t.Context(), outbound(t, param.DkimIfKeyExists), new(envelope.Envelope), m); err != nil {
		t.Fatal(err)
	}
	signed := text(t, m)
	for name, change := range map[string]func(s string) string{
		"Received":    func(s string) string { return "Received: from a by b\r\n" + s },
		"list":        func(s string) string { return "List-Id: <a.b>\r\nList-Unsubscribe: <mailto:a@b>\r\n" + s },
		"refolded":    func(s string) string { return strings.Replace(s, "a\r\n folded   one", "a folded one", 1) },
		"blanks":      func(s string) string { return strings.Replace(s, "Hello  there \r\n", "Hello there\r\n", 1) },
		"empty lines": func(s string) string { return s + "\r\n\r\n" },
	} {
		if got := verify(t, k, change(signed)); got != "contoso.com" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, name := range []string{
		"From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "Sender", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "In-Reply-To", "References",
	} {
		added := name + ": text/html\r\n"
		for where, attacked := range map[string]string{"in front": added + signed, "behind": strings.Replace(signed, "\r\n\r\nHello", "\r\n"+added+"\r\nHello", 1)} {
			if got := verify(t, k, attacked); got == "contoso.com" {
				t.Errorf("a second %s %s goes unnoticed", name, where)
			}
		}
	}
	for _, attacked := range []string{signed + "more\r\n", strings.Replace(signed, "Hello", "Hell", 1), strings.Replace(signed, "kim@", "tim@", 1)} {
		if got := verify(t, k, attacked); got == "contoso.com" {
			t.Errorf("a change goes unnoticed: %q", attacked)
		}
	}
	if strings.Contains(signed, "l=") || !strings.Contains(signed, "c=relaxed/relaxed") {
		t.Errorf("the signature: %q", signed)
	}
}

// TestLifetime: signatures hold a week, or as long as the Signer says.
func TestLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keys{"contoso.com": []sign.Key{key(t, "contoso.com", "e", time.Time{}, edKey)}}
		for lifetime, want := range map[time.Duration]string{
			0:         fmt.Sprintf("x=%d;", time.Now().Add(7*24*time.Hour).Unix()),
			time.Hour: fmt.Sprintf("x=%d;", time.Now().Add(time.Hour).Unix()),
			-1:        "",
		} {
			m := parse(t, letter)
			if err := (&sign.Signer{Keys: k, Lifetime: lifetime}).Sign(t.Context(), outbound(t, param.DkimRequired), new(envelope.Envelope), m); err != nil {
				t.Fatal(err)
			}
			if got := m.Header().Get("DKIM-Signature"); !strings.Contains(got, want) || strings.Contains(got, "x=") != (want != "") {
				t.Errorf("%v: %s, want %s", lifetime, got, want)
			}
		}
	})
}

// TestManyFields: the list of fields stays on one line of 998 bytes, whatever the message repeats.
func TestManyFields(t *testing.T) {
	k := keys{"contoso.com": []sign.Key{key(t, "contoso.com", "e", time.Time{}, edKey)}}
	m := parse(t, strings.Repeat("Content-Transfer-Encoding: 7bit\r\nList-Unsubscribe: <a>\r\n", 100)+letter)
	if err := (&sign.Signer{Keys: k}).Sign(t.Context(), outbound(t, param.DkimRequired), new(envelope.Envelope), m); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text(t, m)) {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes: %.100s", len(line), line)
		}
	}
	if got := verify(t, k, text(t, m)); got != "contoso.com" {
		t.Error(got)
	}
}

// TestSigning: of each algorithm the key that has begun last signs.
func TestSigning(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	all := []sign.Key{
		key(t, "contoso.com", "future", now.Add(1), edKey), key(t, "contoso.com", "old", time.Time{}, edKey),
		key(t, "contoso.com", "now", now, edKey), key(t, "contoso.com", "older", now.Add(-day), edKey),
		key(t, "contoso.com", "a", now.Add(-day), rsaKey()), key(t, "contoso.com", "b", now.Add(-day), rsaKey()), {},
	}
	for at, want := range map[time.Time]string{
		now: "b now", now.Add(1): "b future", now.Add(-1): "b older", now.Add(-2 * day): "old", {}: "old",
	} {
		var got []string
		for _, k := range sign.Signing(all, at) {
			got = append(got, k.Selector)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("at %v: %v, want %s", at, got, want)
		}
	}
}

// TestKeysAreRefused: keys that DKIM has no use for.
func TestKeysAreRefused(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	short.N.Rsh(short.N, 1)
	domain := routing.MustParseDomain("contoso.com")
	for name, err := range map[string]error{
		"short":       second(sign.NewKey(domain, "s", time.Time{}, short)),
		"no key":      second(sign.NewKey(domain, "s", time.Time{}, nil)),
		"no domain":   second(sign.NewKey(routing.Domain{}, "s", time.Time{}, edKey)),
		"a literal":   second(sign.NewKey(routing.MustParseDomain("[192.0.2.1]"), "s", time.Time{}, edKey)),
		"no selector": second(sign.NewKey(domain, "", time.Time{}, edKey)),
		"a bad one":   second(sign.NewKey(domain, "a b", time.Time{}, edKey)),
		"a path":      second(sign.NewKey(domain, "../a", time.Time{}, edKey)),
		"algorithm":   second(sign.Generate("ecdsa")),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestNothingShowsTheKey prints a key in every way.
func TestNothingShowsTheKey(t *testing.T) {
	k := key(t, "contoso.com", "e", time.Time{}, edKey)
	private := []byte(edKey.(ed25519.PrivateKey))
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, v := range []any{k, &k, []sign.Key{k}, struct{ hidden sign.Key }{k}} {
			out := fmt.Sprintf(format, v)
			if strings.Contains(out, fmt.Sprint(private[0], private[1], private[2])) || strings.Contains(out, fmt.Sprintf("%x", private[:4])) || bytes.Contains([]byte(out), private[:4]) ||
				strings.Contains(out, fmt.Sprintf("%d %d", private[0], private[1])) {
				t.Errorf("%s shows the key: %s", format, out)
			}
		}
	}
}

// FuzzSign: whatever the message is, only signatures are put in front of it, and they verify.
func FuzzSign(f *testing.F) {
	for _, s := range []string{
		letter, "From: kim@contoso.com\r\n", "From: kim@contoso.com\r\n\r\n", "From : kim@contoso.com\r\n\r\n.\r\n", " junk\r\nFrom: kim@contoso.com\r\n\r\n \r\n",
		"From: kim@contoso.com\r\nno colon\r\n x\r\n\r\n\t a \t\r\n\r\n", "From:kim@contoso.com\r\nSUBJECT:\r\n\r\n\r\n\r\na", "From: kim@contoso.com\r\n\r\na\nb\rc\x00\xff",
	} {
		f.Add(s)
	}
	k := keys{"contoso.com": []sign.Key{key(f, "contoso.com", "e", time.Time{}, edKey)}}
	out := outbound(f, param.DkimIfKeyExists)
	f.Fuzz(func(t *testing.T, s string) {
		m := parse(t, s)
		before := text(t, m)
		if err := (&sign.Signer{Keys: k}).Sign(t.Context(), out, new(envelope.Envelope), m); err != nil {
			if text(t, m) != before {
				t.Fatalf("%v, but the message changed", err)
			}
			return
		}
		// Bare CR and LF are read differently by every program, and don't reach a next hop; the empty line is added.
		if bare := strings.ReplaceAll(s, "\r\n", ""); strings.ContainsAny(bare, "\r\n") || !strings.Contains(before, "\r\n\r\n") {
			return
		}
		added, ok := strings.CutSuffix(text(t, m), before)
		if !ok {
			t.Fatalf("%q became %q", before, text(t, m))
		}
		if added == "" {
			return
		}
		if got := verify(t, k, text(t, m)); !strings.HasPrefix(got, "contoso.com") {
			t.Fatalf("%q: %s", text(t, m), got)
		}
	})
}

// FuzzParsePEM: a key that can be read is written as the same again, time included, and an error
// doesn't quote the key.
func FuzzParsePEM(f *testing.F) {
	domain := routing.MustParseDomain("contoso.com")
	text, err := key(f, "contoso.com", "e", time.Time{}, edKey).MarshalPEM()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("", string(text))
	f.Add("Signs-From: 2026-12-06\n", string(text))
	f.Add("Signs-From: 2026-12-06T08:00:00.25+01:00\r\n", string(text))
	f.Add("Signs-From: 9999-12-31T23:59:59-23:59\n", string(text))
	f.Add("Signs-From: soon\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", string(text))
	f.Add("", strings.ReplaceAll(string(text), "PRIVATE", "RSA PRIVATE"))
	f.Fuzz(func(t *testing.T, before, after string) {
		k, err := sign.ParsePEM(domain, "e", []byte(before+after))
		if err != nil {
			if body := strings.Split(string(text), "\n")[1]; len(err.Error()) > 200 || strings.Contains(err.Error(), body) && !strings.Contains(before, body) {
				t.Fatal(err)
			}
			return
		}
		again, err := k.MarshalPEM()
		if err != nil {
			t.Fatal(err)
		}
		same, err := sign.ParsePEM(domain, "e", again)
		if err != nil || !same.From.Equal(k.From) || same.Record() != k.Record() {
			t.Fatalf("%s\nis the key %s from %v, %v", again, same.Record(), same.From, err)
		}
	})
}

package mailheader_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/internal/mailheader"
)

var day = time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))

func TestReceived(t *testing.T) {
	r := mailheader.Received{
		Helo: "gw.fabrikam.com", Remote: netip.MustParseAddr("::ffff:192.168.5.77"),
		By: "hub.contoso.com", Local: netip.MustParseAddr("2001:db8::1"),
		ESMTP: true, TLS: true, Auth: true, Cipher: "TLS1.3 TLS_AES_128_GCM_SHA256",
		ID: "18c3", For: "u@contoso.com", Time: day,
	}
	const want = "Received: from gw.fabrikam.com ([192.168.5.77])\r\n" +
		"\tby hub.contoso.com ([IPv6:2001:db8::1]) with ESMTPSA (TLS1.3 TLS_AES_128_GCM_SHA256)\r\n" +
		"\tid 18c3\r\n\tfor <u@contoso.com>; Fri, 2 Jan 2026 03:04:05 +0100"
	if got := r.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestProtocol(t *testing.T) {
	for _, tc := range []struct {
		r    mailheader.Received
		want string
	}{
		{mailheader.Received{}, "SMTP"},
		{mailheader.Received{TLS: true, Auth: true}, "SMTP"},
		{mailheader.Received{ESMTP: true}, "ESMTP"},
		{mailheader.Received{ESMTP: true, TLS: true}, "ESMTPS"},
		{mailheader.Received{ESMTP: true, Auth: true}, "ESMTPA"},
		{mailheader.Received{ESMTP: true, UTF8: true, TLS: true, Auth: true}, "UTF8SMTPSA"},
	} {
		if got := tc.r.Protocol(); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.r, got, tc.want)
		}
	}
}

func FuzzReceived(f *testing.F) {
	f.Add("gw.fabrikam.com", "u@contoso.com", "id")
	f.Add("a\r\nX-Org-A: b", "u>; x\r\n@c", "i d")           // new lines
	f.Add("BY", "0", "0")                                    // a client's name that is a word of the field
	f.Add("a) by evil (", `"a\"b"@c`, "x;y")                 // out of the comment
	f.Add("[1.2.3.4]", "\u00fc@x", strings.Repeat("x", 999)) // literal, UTF-8, long
	line := regexp.MustCompile(`^(Received: |\t)[ -~\xa0-\x{10FFFF}]{0,900}$`)
	f.Fuzz(func(t *testing.T, helo, rcpt, id string) {
		r := mailheader.Received{Helo: helo, Remote: netip.MustParseAddr("192.0.2.1"),
			By: "hub.contoso.com", ESMTP: true, UTF8: len(id)%2 == 0, For: rcpt, ID: id, Time: day}
		field := r.String() + "\r\n"
		for l := range strings.Lines(field) {
			if !line.MatchString(strings.TrimSuffix(l, "\r\n")) {
				t.Fatalf("%q in %q", l, field)
			}
		}
		h := read(t, field+"\r\n")
		if h.Hops() != 1 || h.LocalHops("hub.contoso.com") != 1 {
			t.Fatalf("%q has %d hops, %d local", field, h.Hops(), h.LocalHops("hub.contoso.com"))
		}
	})
}

func TestHops(t *testing.T) {
	h := read(t, "Received: from a (by hub.contoso.com) by HUB.contoso.com with SMTP; x\r\n"+
		"received : from b\r\n\tby other.example\r\n"+
		"Received: from \"by hub.contoso.com\" (a (b) \\) by x)\r\n by\r\n hub.contoso.com;x\r\n"+
		"X-Received: by hub.contoso.com\r\nReceived:\r\nReceived: by\r\nReceived: (open by hub.contoso.com\r\n\r\n")
	h.Filter(func(string) bool { return false })
	if h.Hops() != 6 || h.LocalHops("hub.contoso.com") != 2 {
		t.Errorf("%d hops, %d local; want 6, 2", h.Hops(), h.LocalHops("hub.contoso.com"))
	}
}

// Only a field with a "from" clause counts as a relay's.
func TestRelays(t *testing.T) {
	for field, want := range map[string]int{
		"from a by b with SMTP; x":                1,
		"FROM a":                                  1,
		"(by way of c)\r\n\tfrom a\r\n\tby b; x":  1,
		"by copier (sSMTP sendmail emulation); x": 0,
		"(from root@copier)\r\n\tby copier; x":    0,
		"(spooler invoked by uid 0); x":           0,
		"by copier \"from a\"; x":                 0,
		"by copier (Postfix, from userid 0)":      0,
		"by fromage.example":                      0,
		"":                                        0,
	} {
		h := read(t, "Received: "+field+"\r\nX-Received: from a\r\n\r\n")
		if got := h.Relays(); got != want {
			t.Errorf("%q is that of %d relays, want %d", field, got, want)
		}
	}
}

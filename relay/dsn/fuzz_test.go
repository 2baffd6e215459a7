package dsn_test

import (
	"io"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// FuzzReport puts anything wherever strangers can write. Whatever it is, the
// report parses, has exactly its parts and recipients and no long line, and is
// ASCII if it says so; of an original that is returned whole the body
// is there.
func FuzzReport(f *testing.F) {
	f.Add(uint8(1), false, false, false, "rfc822;a+2Bb@c", "Q+7", "mx.example", "550 5.1.1 no", "5.1.1", message)
	f.Add(uint8(1), true, true, true, `utf-8;gr\x{FC}\x{DF}e@c`, "a", "[2001:db8::1]", "451 4.7.1 grüße", "4.4.7", "Subject: grüße\r\n\r\nx")
	f.Add(uint8(2), false, false, true, "rfc822;", "+", "192.0.2.1", "\r\nA: b", "\n", "A\nB\rC\r\n\n\r")
	f.Add(uint8(3), true, false, false, "x;\\x{0A}", "\x00", "a b", "250", "2.1.5", strings.Repeat("x", 3000)) // a long line
	f.Add(uint8(4), false, true, false, ";", "=", "", "", "...", "Message-ID: <a@b>\r\nReferences: <c@d>\r\n\r\n--=_\r\n")
	f.Fuzz(func(t *testing.T, kind uint8, utf8, originalUTF8, eight bool, orcpt, envid, host, reply, status, original string) {
		r := report()
		r.Kind, r.UTF8, r.Original.EnvID, r.Until = dsn.Kind(kind%4)+dsn.Failed, utf8, envid, noon
		r.Recipients = append(r.Recipients, dsn.Recipient{Recipient: envelope.Recipient{To: address("ö@b.example"), ORcpt: orcpt}, Host: host, Reply: reply, Status: status, Tried: noon})
		r.Original.Size, r.Original.UTF8 = int64(len(original)), originalUTF8
		if eight {
			r.Original.Body = envelope.EightBitMIME
		}
		reader, err := r.Reader(strings.NewReader(original))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		p := parse(t, &r, string(raw))
		own := strings.TrimSuffix(string(raw), p.third) // as long as nothing of it is encoded
		if i := strings.Index(own, "\r\nContent-Description: Undelivered"); i >= 0 {
			own = own[:i]
		}
		if !utf8 && strings.ContainsFunc(own, func(c rune) bool { return c > '~' }) {
			t.Fatalf("not ASCII:\n%q", own)
		}
		if len(p.types) != 3 || len(p.message) > 3 || len(p.rcpts[1]) > 8 {
			t.Fatalf("%v\n%q", p.types, raw)
		}
		_, body, found := strings.Cut(original, "\r\n\r\n")
		if found && p.types[2] == "message/rfc822" && !strings.HasSuffix(squeeze(p.third), squeeze(body)) {
			t.Fatalf("the original is %q", p.third)
		}
	})
}

// squeeze takes out what a report may change about an original.
func squeeze(s string) string {
	return strings.NewReplacer("\r", "", "\n", "", " ", "").Replace(s)
}

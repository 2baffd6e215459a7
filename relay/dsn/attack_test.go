package dsn_test

import (
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

func quoted(r io.Reader) io.Reader { return quotedprintable.NewReader(r) }

// TestInjection puts line ends and fields wherever strangers can write, and wants
// the report to have the fields that it always has and no other.
func TestInjection(t *testing.T) {
	names := map[string]bool{"Date": true, "From": true, "To": true, "Subject": true, "Message-Id": true, "In-Reply-To": true, "References": true,
		"Auto-Submitted": true, "Mime-Version": true, "Content-Type": true, "Content-Transfer-Encoding": true}
	fields := map[string]bool{"Original-Recipient": true, "Final-Recipient": true, "Action": true, "Status": true, "Remote-Mta": true,
		"Diagnostic-Code": true, "Last-Attempt-Date": true, "Will-Retry-Until": true}
	for _, evil := range []string{"\r\nBcc: x@y.example", "\nBcc: x", "\rBcc: x", "\r\n\r\n--x\r\n", "\r\n\r\nFinal-Recipient: rfc822; x", "\x00\x07\x1b[2J",
		"\u2028Bcc: x", "\u0085Bcc: x", "\u202eevil", "\v\f", "(", "\\", "\"", strings.Repeat("A", 5000), strings.Repeat("ä", 3000), strings.Repeat("a ", 3000)} {
		for _, utf8 := range []bool{false, true} {
			for _, kind := range []dsn.Kind{dsn.Failed, dsn.Delayed} {
				r := report()
				r.Kind, r.UTF8, r.Until = kind, utf8, noon
				r.Original.EnvID = evil
				r.Recipients = []dsn.Recipient{
					{Recipient: envelope.Recipient{To: address("a@b.example"), ORcpt: "rfc822;" + evil}, Host: "mx.example" + evil, Status: "5.1.1" + evil, Reply: "550 5.1.1 no" + evil},
					{Recipient: envelope.Recipient{To: address(`"a \"b\\ c"@b.example`), ORcpt: "utf-8;" + evil}, Host: evil, Status: evil, Reply: evil, Tried: noon},
					{Recipient: envelope.Recipient{To: address("c@d.example"), ORcpt: evil + ";x"}, Reply: "550" + evil},
					{Recipient: envelope.Recipient{To: address("c@d.example"), ORcpt: "rfc822;a+0D+0ABcc:+20x"}},
				}
				original := "Message-ID: <a@b" + evil + ">\r\nReferences: <c" + evil + "@d>\r\nSubject: " + evil + "\r\n\r\nbody" + evil
				p := read(t, r, strings.NewReader(original))
				for name, values := range p.header {
					if !names[name] || len(values) != 1 {
						t.Errorf("%q: the header has %s: %q", evil, name, values)
					}
				}
				for name := range p.message {
					if name != "Original-Envelope-Id" && name != "Reporting-Mta" && name != "Arrival-Date" {
						t.Errorf("%q: the message has %s", evil, name)
					}
				}
				for _, rcpt := range p.rcpts {
					for name, values := range rcpt {
						if !fields[name] || len(values) != 1 {
							t.Errorf("%q: the recipient has %s: %q", evil, name, values)
						}
					}
				}
				if got := p.rcpts[1].Get("Final-Recipient"); got != `rfc822; "a \"b\\ c"@b.example` {
					t.Errorf("%s", got)
				}
				if p.rcpts[3].Get("Original-Recipient") != "" || strings.Contains(p.text, "\nBcc") || strings.ContainsAny(p.text, "\x00\x07\x1b\u2028\u202e") {
					t.Errorf("%q:\n%q", evil, p.text)
				}
			}
		}
	}
}

// TestIdentifiers wants the original's identifiers repeated only if they are some.
func TestIdentifiers(t *testing.T) {
	long := "<" + strings.Repeat("a", 250) + "@b>"
	var many, last []string
	for i := range 15 {
		many = append(many, fmt.Sprintf("<%d@b>", i))
	}
	last = many[5:]
	for header, want := range map[string]string{
		"Message-ID: <a@b>\r\n":                                     "<a@b>",
		"message-id:\r\n <a@b>\r\nX: y\r\n":                         "<a@b>",
		"Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n":                "<a@b>",
		"Message-ID: <a@b> <c@d>\r\n":                               "",
		"Message-ID: a@b\r\n":                                       "",
		"Message-ID: <a>\r\n":                                       "",
		"Message-ID: <a@b@c>\r\n":                                   "",
		"Message-ID: <a@\x00b>\r\n":                                 "",
		"Message-ID: <ä@b>\r\n":                                     "",
		"Message-ID: " + long + "\r\n":                              "",
		"Message-ID: <a@[192.0.2.1]>\r\n":                           "<a@[192.0.2.1]>",
		"Subject: x\r\n\r\nMessage-ID: <a@b>\r\n":                   "",
		"References: <x@y> bad " + long + "\r\nMessage-ID: <a@b>\n": "<x@y> <a@b>",
		"References: <x@y>\r\n":                                     "",
		"Message-ID: <a@b>\r\nReferences: " + strings.Join(many, "\r\n\t") + "\r\n": strings.Join(last, " ") + " <a@b>",
	} {
		p := read(t, report(), strings.NewReader(header+"\r\nbody\r\n"))
		got := strings.Join(strings.Fields(p.header.Get("References")), " ")
		parent := p.header.Get("In-Reply-To")
		if got != want || (parent == "") != (want == "") || parent != "" && !strings.HasSuffix(want, parent) {
			t.Errorf("%q: %q, %q", header, got, parent)
		}
	}
}

// TestHeaderFirewall wants nothing of the inside shown to a sender, however it is
// written.
func TestHeaderFirewall(t *testing.T) {
	const secret = "Received: from 10.0.0.1\r\n\tby inside\r\nX-MS-Exchange-Organization-SCL: -1\r\nx-ms-exchange-FOREST-x : y\r\n" +
		"A: b\nX-MS-Exchange-Organization-AuthAs: Internal\rX-MS-Exchange-CrossPremises-x: y\r\nResent-To: z\r\n"
	for _, ret := range []envelope.Return{envelope.ReturnFull, envelope.ReturnHeader} {
		for _, filler := range []string{"", strings.Repeat("X-Filler: 1\r\n", 20000)} {
			r := report()
			r.Original.Return = ret
			p := read(t, r, strings.NewReader("Subject: 1\r\n"+secret+filler+"Message-ID: <a@b>\r\n\r\nReceived: in the body\r\n"))
			header, _, _ := strings.Cut(p.third, "\r\n\r\n")
			for _, name := range []string{"received", "x-ms-", "resent", "inside"} {
				if strings.Contains(strings.ToLower(header), name) {
					t.Errorf("%s: %q is in\n%.500s", ret, name, header)
				}
			}
			if !strings.HasPrefix(header, "Subject: 1\r\nA: b\r\n") || strings.Contains(p.third, "in the body") != (ret == envelope.ReturnFull && filler == "") {
				t.Errorf("%s: %.500q", ret, p.third)
			}
		}
	}
}

// TestLongLines wants lines of an original broken where no host would take them,
// within no character, and nothing else about them changed.
func TestLongLines(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", 998), strings.Repeat("a", 999), strings.Repeat("a", 99999), strings.Repeat("ä", 5000), strings.Repeat("x€😀", 3000), strings.Repeat("\x80", 5000)} {
		r := report()
		r.UTF8, r.Original.UTF8 = true, true
		for _, original := range []string{"A: " + text + "\r\nB: c\r\n\r\nd\r\n", "A: b\r\n\r\n" + text + "\r\n"} {
			p := read(t, r, strings.NewReader(original))
			if got := strings.ReplaceAll(p.third, "\r\n ", ""); got != original {
				t.Errorf("%.20q: %d bytes of %d are left", text, len(got), len(original))
			}
			if text[0] != 0x80 {
				for line := range strings.Lines(p.third) {
					if strings.ToValidUTF8(line, "") != line {
						t.Fatalf("%.20q: a character is broken", text)
					}
				}
			}
		}
	}
}

// TestHugeHeader bounds what a report returns of a header that never ends.
func TestHugeHeader(t *testing.T) {
	r := report()
	r.Kind = dsn.Delayed
	for _, line := range []string{"X: y\r\n", strings.Repeat("x", 5000) + "\r\n", "x"} {
		p := read(t, r, strings.NewReader(strings.Repeat(line, 1<<20/len(line))))
		if n := len(p.third); n > 129<<10 || n < 120<<10 || len(line) > 1 && !strings.HasSuffix(p.third, "\r\n") {
			t.Errorf("%.10q: %d bytes", line, n)
		}
	}
}

// zeros is an original that ends after n bytes.
type zeros struct{ n, most int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.n)
	z.most = max(z.most, n)
	for i := range p[:n] {
		p[i] = "a\r\n"[(z.n-i)%3]
	}
	z.n -= n
	return n, nil
}

// TestStreams wants a large original read in pieces, and many recipients written
// one by one.
func TestStreams(t *testing.T) {
	r := report()
	r.MaxSize, r.Original.Size, r.Original.Body = 30<<20, 30<<20, envelope.EightBitMIME
	for range 20000 {
		r.Recipients = append(r.Recipients, r.Recipients[0])
	}
	source := &zeros{n: 30 << 20}
	reader, err := r.Reader(io.MultiReader(strings.NewReader("A: b\r\n\r\n"), source))
	if err != nil {
		t.Fatal(err)
	}
	if source.n < 30<<20-256<<10 {
		t.Errorf("%d bytes of the original are left before the first of the report", source.n)
	}
	n, err := io.Copy(io.Discard, reader)
	if err != nil || n < 30<<20+20000*300 || source.most > 64<<10 {
		t.Errorf("%d bytes, %v; read up to %d at once", n, err, source.most)
	}
}

// TestLongAddress holds addresses of the greatest length.
func TestLongAddress(t *testing.T) {
	for _, local := range []string{strings.Repeat("a", 550), strings.Repeat("ä", 270), `"` + strings.Repeat(`\"`, 270) + `"`, `"a  b   c"`} {
		to, err := routing.ParseAddress(local + "@b.example")
		if err != nil {
			t.Fatal(err)
		}
		for _, utf8 := range []bool{false, true} {
			r := report()
			r.UTF8 = utf8
			r.Recipients[0].To = to
			if to.IsASCII() {
				r.Original.From, r.Postmaster = to, to
			}
			p := read(t, r, strings.NewReader(message))
			if got := p.rcpts[0].Get("Final-Recipient"); to.IsASCII() && got != "rfc822; "+to.String() || !strings.Contains(p.text, "<") {
				t.Errorf("%s", got)
			}
			if to.IsASCII() && p.header.Get("To") != "<"+to.String()+">" {
				t.Errorf("To: %s", p.header.Get("To"))
			}
		}
	}
}

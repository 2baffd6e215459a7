package dsn_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/relay/dsn"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/routing"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	address = routing.MustParseAddress
)

const message = "Message-ID: <1@contoso.com>\r\nSubject: hello\r\nReferences: <0@contoso.com>\r\n\r\nThe body.\r\n"

// report is a report of a failure, which tests change.
func report() dsn.Report {
	return dsn.Report{
		Kind: dsn.Failed, ID: "R-1", Date: noon.Add(time.Hour), MTA: "Relay.Contoso.com",
		Postmaster: address("postmaster@contoso.com"), Arrived: noon,
		Recipients: []dsn.Recipient{{Recipient: envelope.Recipient{To: address("lee@fabrikam.com"), ORcpt: "rfc822;Lee+2BOld@fabrikam.com"}, Host: "mx.fabrikam.com",
			Reply: "550 5.1.1 User unknown", Tried: noon.Add(time.Minute)}},
		Original: envelope.Envelope{From: address("kim@contoso.com"), EnvID: "Q+2B7+20x", Size: int64(len(message))}, MaxSize: 1 << 20,
	}
}

// parsed is a report taken apart.
type parsed struct {
	raw     string
	header  mail.Header
	text    string
	message textproto.MIMEHeader // the fields about the message
	rcpts   []textproto.MIMEHeader
	types   []string // of the parts
	third   string   // decoded
	codings []string // of the parts
}

// read takes a report apart and fails the test if it isn't one.
func read(t testing.TB, r dsn.Report, original io.Reader) parsed {
	t.Helper()
	reader, err := r.Reader(original)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, &r, string(raw))
}

func parse(t testing.TB, r *dsn.Report, raw string) parsed {
	t.Helper()
	p := parsed{raw: raw}
	checkLines(t, raw)
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	p.header = m.Header
	global := ""
	if r.UTF8 {
		global = "global-"
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["report-type"] != global+"delivery-status" {
		t.Fatalf("%s %v %v", kind, params, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		coding := part.Header.Get("Content-Transfer-Encoding")
		p.types, p.codings = append(p.types, part.Header.Get("Content-Type")), append(p.codings, coding)
		body := io.Reader(part)
		if coding == "quoted-printable" {
			body = quoted(part)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		switch len(p.types) {
		case 1:
			p.text = string(data)
		case 2:
			p.fields(t, data)
		case 3:
			p.third = string(data)
		default:
			t.Fatalf("a part too many:\n%s", raw)
		}
	}
	if len(p.rcpts) != len(r.Recipients) {
		t.Fatalf("%d recipients instead of %d:\n%s", len(p.rcpts), len(r.Recipients), raw)
	}
	return p
}

func (p *parsed) fields(t testing.TB, data []byte) {
	t.Helper()
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(data, "\r\n\r\n"...))))
	var err error
	if p.message, err = r.ReadMIMEHeader(); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	for {
		h, err := r.ReadMIMEHeader()
		if len(h) > 0 {
			p.rcpts = append(p.rcpts, h)
		}
		if err != nil || len(h) == 0 {
			return
		}
	}
}

// checkLines wants CRLF line ends, no long lines and no bare controls.
func checkLines(t testing.TB, raw string) {
	t.Helper()
	for line := range strings.Lines(raw) {
		text, ended := strings.CutSuffix(line, "\r\n")
		if !ended || len(text) > 998 || strings.ContainsAny(text, "\r\n") {
			t.Fatalf("a bad line of %d bytes: %.200q", len(line), line)
		}
	}
}

func TestFields(t *testing.T) {
	p := read(t, report(), strings.NewReader(message))
	for name, want := range map[string]string{
		"From": "Mail Delivery <postmaster@contoso.com>", "To": "<kim@contoso.com>", "Date": "Sun, 01 Mar 2026 13:00:00 +0000",
		"Message-Id": "<R-1@relay.contoso.com>", "In-Reply-To": "<1@contoso.com>", "References": "<0@contoso.com> <1@contoso.com>",
		"Auto-Submitted": "auto-replied", "Mime-Version": "1.0", "Content-Transfer-Encoding": "7bit",
		"Subject": "Undeliverable: your message was not delivered",
	} {
		if got := p.header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	same(t, p.message, map[string]string{"Original-Envelope-Id": "Q+7 x", "Reporting-Mta": "dns; relay.contoso.com",
		"Arrival-Date": "Sun, 01 Mar 2026 12:00:00 +0000"})
	same(t, p.rcpts[0], map[string]string{"Original-Recipient": "rfc822; Lee+Old@fabrikam.com", "Final-Recipient": "rfc822; lee@fabrikam.com",
		"Action": "failed", "Status": "5.1.1", "Remote-Mta": "dns; mx.fabrikam.com", "Diagnostic-Code": "smtp; 550 5.1.1 User unknown",
		"Last-Attempt-Date": "Sun, 01 Mar 2026 12:01:00 +0000"})
	for _, want := range []string{"relay.contoso.com", "<lee@fabrikam.com>", "mx.fabrikam.com said:", "550 5.1.1 User unknown", "mistakes in the address", "postmaster@contoso.com"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("%q is missing in\n%s", want, p.text)
		}
	}
	if got := fmt.Sprint(p.types); got != "[text/plain; charset=us-ascii message/delivery-status message/rfc822]" || p.third != message {
		t.Errorf("%s\n%q", got, p.third)
	}
}

// same compares a header with all of its fields.
func same(t *testing.T, got textproto.MIMEHeader, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if len(got[name]) != 1 || got[name][0] != text {
			t.Errorf("%s: %q, want %q", name, got[name], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d fields instead of %d: %v", len(got), len(want), got)
	}
}

func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		kind                dsn.Kind
		reply, status, host string
		want, diagnostic    string
	}{
		{dsn.Failed, "550 5.7.1 no", "", "a.example", "5.7.1", "smtp; 550 5.7.1 no"},
		{dsn.Failed, "550 no", "", "a.example", "5.0.0", "smtp; 550 no"},
		{dsn.Failed, "451 4.3.0 later", "4.4.7", "a.example", "4.4.7", "smtp; 451 4.3.0 later"},
		{dsn.Failed, "451 later", "", "a.example", "4.0.0", "smtp; 451 later"},
		{dsn.Failed, "550 2.0.0 odd", "", "a.example", "5.0.0", "smtp; 550 2.0.0 odd"},
		{dsn.Failed, "connection refused", "5.4.1", "", "5.4.1", "x-interchange; connection refused"},
		{dsn.Failed, "connection refused", "", "a.example", "5.0.0", "x-interchange; connection refused"},
		{dsn.Failed, "550-5.1.1 two lines", "", "a.example", "5.1.1", "smtp; 550-5.1.1 two lines"},
		{dsn.Delayed, "451 4.7.1 greylisted", "", "a.example", "4.7.1", "smtp; 451 4.7.1 greylisted"},
		{dsn.Delayed, "550 5.1.1 odd", "5.1.1", "a.example", "4.0.0", "smtp; 550 5.1.1 odd"},
		{dsn.Delayed, "", "", "", "4.0.0", ""},
		{dsn.Relayed, "250 2.0.0 OK", "", "[192.0.2.1]", "2.0.0", "smtp; 250 2.0.0 OK"},
		{dsn.Relayed, "250 OK", "2.1.5", "a.example", "2.1.5", "smtp; 250 OK"},
		{dsn.Delivered, "250 OK", "5.1.1", "a.example", "2.0.0", "smtp; 250 OK"},
		{dsn.Delivered, "250 OK", "2.1.5.7", "a.example", "2.0.0", "smtp; 250 OK"},
	} {
		r := report()
		r.Kind, r.Until = tt.kind, noon.Add(48*time.Hour)
		r.Recipients[0].Reply, r.Recipients[0].Status, r.Recipients[0].Host = tt.reply, tt.status, tt.host
		p := read(t, r, strings.NewReader(message))
		got := p.rcpts[0]
		if got.Get("Action") != tt.kind.String() || got.Get("Status") != tt.want || got.Get("Diagnostic-Code") != tt.diagnostic {
			t.Errorf("%v %q: %v", tt.kind, tt.reply, got)
		}
		if until := got.Get("Will-Retry-Until"); (until == "Tue, 03 Mar 2026 12:00:00 +0000") != (tt.kind == dsn.Delayed) {
			t.Errorf("%v: retried until %q", tt.kind, until)
		}
		if strings.Contains(p.text, "until Tue, 03 Mar") != (tt.kind == dsn.Delayed) || p.header.Get("Subject") == "" {
			t.Errorf("%v:\n%s", tt.kind, p.text)
		}
		if whole := p.third == message; whole != (tt.kind == dsn.Failed) {
			t.Errorf("%v returns %q", tt.kind, p.third)
		}
	}
}

// TestAdvice wants senders told what they can do, after failures only.
func TestAdvice(t *testing.T) {
	for status, want := range map[string]string{
		"4.4.7": "Send it again later", "5.1.1": "mistakes in the address", "5.1.10": "mistakes in the address", "5.2.2": "mailbox is full",
		"5.2.3": "too large", "5.3.4": "too large", "5.4.6": "went round in a loop", "5.4.4": "No route to the recipient", "5.7.1": "for reasons of policy",
		"5.6.1": "the form of the message", "5.0.0": "If sending it again doesn't help",
	} {
		r := report()
		r.Recipients[0].Status, r.Recipients[0].Reply = status, ""
		if p := read(t, r, nil); !strings.Contains(strings.Join(strings.Fields(p.text), " "), want) || !strings.Contains(p.text, "The host was mx.fabrikam.com.") {
			t.Errorf("%s:\n%s", status, p.text)
		}
		r.Kind = dsn.Relayed
		if p := read(t, r, nil); strings.Contains(strings.Join(strings.Fields(p.text), " "), want) {
			t.Errorf("relayed, %s:\n%s", status, p.text)
		}
	}
}

// TestCures: a report on a failure or a delay says what the administrator can do about the reply, on lines of its own.
func TestCures(t *testing.T) {
	for advice, want := range map[string]string{
		"Switch it on with Set-CASMailbox.":  "For your administrator: Switch it on with Set-CASMailbox.",
		"Log on.\r\nBcc: a@fabrikam.com\x1b": "For your administrator: Log on. Bcc: a@fabrikam.com?",
		"":                                   "",
	} {
		for _, kind := range []dsn.Kind{dsn.Failed, dsn.Delayed, dsn.Relayed} {
			r := report()
			r.Kind, r.Recipients[0].Advice = kind, advice
			text := strings.Join(strings.Fields(read(t, r, nil).text), " ")
			if has := strings.Contains(text, "For your administrator:"); has != (advice != "" && kind != dsn.Relayed) || has && !strings.Contains(text, want) {
				t.Errorf("%v, %q:\n%s", kind, advice, text)
			}
		}
	}
}

func TestWants(t *testing.T) {
	for _, tt := range []struct {
		notify envelope.Notify
		want   string
	}{
		{0, "failed delayed"},
		{envelope.NotifyNever, ""},
		{envelope.NotifySuccess, "relayed delivered"},
		{envelope.NotifyFailure, "failed"},
		{envelope.NotifyDelay, "delayed"},
		{envelope.NotifyFailure | envelope.NotifyDelay, "failed delayed"},
		{envelope.NotifySuccess | envelope.NotifyFailure | envelope.NotifyDelay, "failed delayed relayed delivered"},
		{envelope.NotifyNever | envelope.NotifySuccess | envelope.NotifyFailure, ""},
		{1 << 7, ""},
	} {
		var got []string
		for k := range dsn.Delivered + 2 {
			if dsn.Wants(tt.notify, k) {
				got = append(got, k.String())
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q: %v, want %s", tt.notify, got, tt.want)
		}
	}
}

// TestOriginal walks what is returned of the original, and under which names.
func TestOriginal(t *testing.T) {
	const header, all = "Message-ID: <1@contoso.com>\r\nSubject: hello\r\nReferences: <0@contoso.com>\r\n", message
	utf8Message := "Subject: grüße\r\n\r\nkörper\r\n"
	for name, tt := range map[string]struct {
		set        func(r *dsn.Report)
		original   string
		kind, want string
		coding     string
		body       envelope.BodyType
	}{
		"full":             {func(r *dsn.Report) { r.Original.Return = envelope.ReturnFull }, all, "message/rfc822", all, "7bit", envelope.SevenBit},
		"header":           {func(r *dsn.Report) { r.Original.Return = envelope.ReturnHeader }, all, "text/rfc822-headers", header, "7bit", envelope.SevenBit},
		"delayed":          {func(r *dsn.Report) { r.Kind, r.Original.Return = dsn.Delayed, envelope.ReturnFull }, all, "text/rfc822-headers", header, "7bit", envelope.SevenBit},
		"relayed":          {func(r *dsn.Report) { r.Kind, r.Original.Return = dsn.Relayed, envelope.ReturnFull }, all, "text/rfc822-headers", header, "7bit", envelope.SevenBit},
		"at the limit":     {func(r *dsn.Report) { r.MaxSize = r.Original.Size }, all, "message/rfc822", all, "7bit", envelope.SevenBit},
		"above it":         {func(r *dsn.Report) { r.MaxSize = r.Original.Size - 1 }, all, "text/rfc822-headers", header, "7bit", envelope.SevenBit},
		"no limit given":   {func(r *dsn.Report) { r.MaxSize = 0 }, all, "text/rfc822-headers", header, "7bit", envelope.SevenBit},
		"binary":           {func(r *dsn.Report) { r.Original.Body = envelope.BinaryMIME }, all, "text/rfc822-headers", header, "7bit", envelope.SevenBit},
		"8 bit":            {func(r *dsn.Report) { r.Original.Body = envelope.EightBitMIME }, "A: b\r\n\r\n\xe4\r\n", "message/rfc822", "A: b\r\n\r\n\xe4\r\n", "8bit", envelope.EightBitMIME},
		"8 bit, header":    {func(r *dsn.Report) { r.Original.Body, r.Original.Return = envelope.EightBitMIME, envelope.ReturnHeader }, "A: b\xe4\r\n\r\n\xe4\r\n", "text/rfc822-headers", "A: b\xe4\r\n", "quoted-printable", envelope.SevenBit},
		"UTF-8":            {func(r *dsn.Report) { r.UTF8, r.Original.UTF8 = true, true }, utf8Message, "message/global", utf8Message, "8bit", envelope.EightBitMIME},
		"UTF-8, header":    {func(r *dsn.Report) { r.UTF8, r.Original.UTF8, r.Original.Return = true, true, envelope.ReturnHeader }, utf8Message, "message/global-headers", "Subject: grüße\r\n", "8bit", envelope.EightBitMIME},
		"UTF-8 into ASCII": {func(r *dsn.Report) { r.Original.UTF8 = true }, utf8Message, "message/global-headers", "Subject: grüße\r\n", "quoted-printable", envelope.SevenBit},
		"bad UTF-8":        {func(r *dsn.Report) { r.UTF8, r.Original.UTF8, r.Original.Return = true, true, envelope.ReturnHeader }, "A: \xff\r\n\r\n", "message/global-headers", "A: ?\r\n", "8bit", envelope.EightBitMIME},
		"no body":          {func(r *dsn.Report) { r.Original.Return = envelope.ReturnHeader }, "A: b\r\nC: d", "text/rfc822-headers", "A: b\r\nC: d", "7bit", envelope.SevenBit},
		"no header":        {func(r *dsn.Report) { r.Original.Return = envelope.ReturnHeader }, "\r\nbody\r\n", "text/rfc822-headers", "", "7bit", envelope.SevenBit},
		"nothing":          {func(*dsn.Report) {}, "", "message/rfc822", "", "7bit", envelope.SevenBit},
		"line ends":        {func(*dsn.Report) {}, "A: b\nC: d\rE: f\r\n\r\n\n.\r\r\n", "message/rfc822", "A: b\r\nC: d\r\nE: f\r\n\r\n\r\n.\r\n\r\n", "7bit", envelope.SevenBit},
		"controls":         {func(r *dsn.Report) { r.Original.Return = envelope.ReturnHeader }, "A: b\x00\x1b\r\n\r\n", "text/rfc822-headers", "A: b\x00\x1b\r\n", "quoted-printable", envelope.SevenBit},
	} {
		r := report()
		tt.set(&r)
		p := read(t, r, iotest.OneByteReader(strings.NewReader(tt.original)))
		if len(p.types) != 3 || p.types[2] != tt.kind || p.third != tt.want || p.codings[2] != tt.coding || r.Body() != tt.body {
			t.Errorf("%s: %v %v %v\n%q", name, p.types, p.codings, r.Body(), p.third)
		}
		if want := map[bool]string{true: "8bit", false: "7bit"}[tt.body == envelope.EightBitMIME]; p.header.Get("Content-Transfer-Encoding") != want {
			t.Errorf("%s: the report is %s", name, p.header.Get("Content-Transfer-Encoding"))
		}
		if !r.UTF8 && tt.body == envelope.SevenBit && strings.ContainsFunc(p.raw, func(c rune) bool { return c >= utf8.RuneSelf }) {
			t.Errorf("%s: 8-bit bytes in\n%q", name, p.raw)
		}
	}
	if p := read(t, report(), nil); len(p.types) != 2 || p.header.Get("In-Reply-To") != "" {
		t.Errorf("without an original: %v", p.types)
	}
}

// TestUTF8 walks addresses that aren't ASCII, in both kinds of reports.
func TestUTF8(t *testing.T) {
	for _, tt := range []struct {
		utf8         bool
		to, orcpt    string
		final, first string
	}{
		{true, "grüße@bücher.example", `utf-8;gr\x{FC}\x{DF}e@x.example`, "utf-8; grüße@xn--bcher-kva.example", "utf-8; grüße@x.example"},
		{false, "grüße@bücher.example", `utf-8;gr\x{FC}\x{DF}e@x.example`, `utf-8; gr\x{FC}\x{DF}e@xn--bcher-kva.example`, `utf-8; gr\x{FC}\x{DF}e@x.example`},
		{true, "a@b.example", "utf-8;grüße@x.example", "rfc822; a@b.example", "utf-8; grüße@x.example"},
		{false, "a@b.example", `UTF-8;a\x{2B}b@x.example`, "rfc822; a@b.example", `utf-8; a\x{2B}b@x.example`},
		{true, "a@b.example", `utf-8;a\x{0A}Action: x@x.example`, "rfc822; a@b.example", `utf-8; a\x{0A}Action:\x{20}x@x.example`},
		{true, "a@b.example", `utf-8;a\x{D800}@x.example`, "rfc822; a@b.example", ""},
		{true, "a@b.example", `utf-8;a\x{FFFFFF}@x.example`, "rfc822; a@b.example", ""},
		{true, "a@b.example", `utf-8;a\b@x.example`, "rfc822; a@b.example", ""},
		{true, "a@b.example", "utf-8;a\xff@x.example", "rfc822; a@b.example", ""},
		{true, "a@b.example", "utf-8;", "rfc822; a@b.example", ""},
	} {
		r := report()
		r.UTF8 = tt.utf8
		r.Recipients[0].To, r.Recipients[0].ORcpt = address(tt.to), tt.orcpt
		r.Recipients[0].Reply = "550 5.1.1 grüße\u202e\u0007"
		p := read(t, r, strings.NewReader(message))
		got := p.rcpts[0]
		if got.Get("Final-Recipient") != tt.final || got.Get("Original-Recipient") != tt.first {
			t.Errorf("%+v: %q %q", tt, got.Get("Final-Recipient"), got.Get("Original-Recipient"))
		}
		want := map[bool]string{true: "smtp; 550 5.1.1 grüße??", false: "smtp; 550 5.1.1 gr??e??"}[tt.utf8]
		if got.Get("Diagnostic-Code") != want {
			t.Errorf("%q", got.Get("Diagnostic-Code"))
		}
	}
}

// TestRefuses wants an error for what no report can be made of.
func TestRefuses(t *testing.T) {
	for want, set := range map[string]func(r *dsn.Report){
		"0 is not a kind":       func(r *dsn.Report) { r.Kind = 0 },
		"5 is not a kind":       func(r *dsn.Report) { r.Kind = 5 },
		"no sender":             func(r *dsn.Report) { r.Original.From = routing.Address{} },
		"the postmaster is not": func(r *dsn.Report) { r.Postmaster = routing.Address{} },
		"the reporting server":  func(r *dsn.Report) { r.MTA = "a\r\nb" },
		"other characters":      func(r *dsn.Report) { r.ID = "a\r\nb" },
		"more than 64":          func(r *dsn.Report) { r.ID = strings.Repeat("a", 65) },
		"isn't ASCII":           func(r *dsn.Report) { r.Original.From = address("ä@contoso.com") },
		"no recipients":         func(r *dsn.Report) { r.Recipients = nil },
		"recipient 2 is not":    func(r *dsn.Report) { r.Recipients = append(r.Recipients, dsn.Recipient{}) },
	} {
		r := report()
		set(&r)
		if reader, err := r.Reader(strings.NewReader(message)); err == nil || reader != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	r := report()
	r.UTF8, r.Original.From = true, address("ä@contoso.com")
	if got := read(t, r, strings.NewReader(message)).header.Get("To"); got != "<ä@contoso.com>" {
		t.Errorf("To: %s", got)
	}
}

// TestBrokenOriginal wants an error of the original to be one of the report: half
// a report must not pass for one.
func TestBrokenOriginal(t *testing.T) {
	broken := errors.New("broken")
	for _, ret := range []envelope.Return{envelope.ReturnFull, envelope.ReturnHeader} {
		for _, start := range []string{"", "A: b\r\n", "A: b\r\n" + strings.Repeat("C: d\r\n", 20000)} {
			r := report()
			r.Original.Return = ret
			reader, err := r.Reader(io.MultiReader(strings.NewReader(start), iotest.ErrReader(broken)))
			if err == nil {
				_, err = io.ReadAll(reader)
			}
			if !errors.Is(err, broken) {
				t.Errorf("%s after %d bytes: %v", ret, len(start), err)
			}
		}
	}
}

// TestDefaults checks that omitted values are generated or missing, not empty.
func TestDefaults(t *testing.T) {
	r := dsn.Report{Kind: dsn.Delayed, MTA: "localhost", Postmaster: address("postmaster@localhost"), Original: envelope.Envelope{From: address("a@b.example")},
		Recipients: []dsn.Recipient{{Recipient: envelope.Recipient{To: address("c@d.example")}}}}
	p, q := read(t, r, strings.NewReader("")), read(t, r, strings.NewReader(""))
	same(t, p.message, map[string]string{"Reporting-Mta": "dns; localhost"})
	same(t, p.rcpts[0], map[string]string{"Final-Recipient": "rfc822; c@d.example", "Action": "delayed", "Status": "4.0.0"})
	if p.header.Get("Message-Id") == q.header.Get("Message-Id") || p.header.Get("Content-Type") == q.header.Get("Content-Type") {
		t.Error("two reports have one Message-ID or boundary")
	}
	if date, err := p.header.Date(); err != nil || time.Since(date) > time.Hour {
		t.Errorf("Date: %v %v", date, err)
	}
}

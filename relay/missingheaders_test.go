package relay_test

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// scan is what a device sends that knows no better.
const scan = "To: bob@contoso.com\r\nSubject: Scan\r\n\r\nSee the attachment.\r\n"

// completed serves the connectors of the guide, changed by each of changes.
func completed(t *testing.T, changes ...func(*connector.Receive)) *world {
	receive := []connector.Receive{defaultHub(), fromSecuredGateway(), fromAnonymousGateway(anyRecipient())}
	for i := range receive {
		for _, change := range changes {
			change(&receive[i])
		}
	}
	return serve(t, policy(t, receive...), nil)
}

// submit sends data from sender and returns the reply and what arrived behind our
// Received field.
func submit(t *testing.T, w *world, c *relaytest.Client, sender, data string) (reply string, arrived letter) {
	t.Helper()
	c.Do("MAIL FROM:<"+sender+">", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	reply = send(c, data, 250)
	arrived = w.mailbox.last(t)
	_, behind, _ := strings.Cut(arrived.data, "\r\n\tid "+arrived.env.ID)
	_, behind, _ = strings.Cut(behind, "\r\n\tfor <"+inside+">")
	_, behind, _ = strings.Cut(behind, "\r\n")
	arrived.data = behind
	return reply, arrived
}

// Clients that submit their own mail get the header that they left out, and the
// reply, the log and the next hop have the same Message-ID.
func TestMissingHeaders(t *testing.T) {
	for name, connect := range map[string]func(w *world) *relaytest.Client{
		"anonymous relay":    func(w *world) *relaytest.Client { return w.hello(gateway, hub) },
		"externally secured": func(w *world) *relaytest.Client { return w.hello(secured, hub) },
		"logged on": func(w *world) *relaytest.Client {
			c := w.encrypted(stranger, hub)
			c.Do("AUTH PLAIN "+plain(userName, password), 235)
			return c
		},
	} {
		w := completed(t)
		reply, m := submit(t, w, connect(w), userName, scan)
		id := "<" + m.env.ID + "@" + hubName + ">"
		if !strings.HasPrefix(reply, "2.6.0 "+id+" [InternalId="+m.env.ID) {
			t.Errorf("%s: the reply %q doesn't name %s", name, reply, id)
		}
		w.waitFor("message-id=" + id)
		added, rest, _ := strings.Cut(m.data, "To: ")
		if "To: "+rest != scan {
			t.Errorf("%s: the rest became %q", name, rest)
		}
		want := regexp.MustCompile(`^Message-ID: ` + regexp.QuoteMeta(id) + `\r\nDate: (.*)\r\nFrom: <` + userName + `>\r\n$`)
		date := want.FindStringSubmatch(added)
		if date == nil {
			t.Fatalf("%s: added %q, want %s", name, added, want)
		}
		if _, err := mail.ParseDate(date[1]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A client that doesn't submit, or has another relay in front, gets no fields added.
func TestHeadersLeftAlone(t *testing.T) {
	off := func(r *connector.Receive) { r.AddMissingHeadersEnabled = param.Value(false) }
	const received = "Received: from a by b; Mon, 1 Jan 2007 00:00:00 +0100\r\n"
	const mailbox = "From a Mon Jan  1 00:00:00 2007\r\n"
	for name, tt := range map[string]struct {
		from, data string
		changes    []func(*connector.Receive)
	}{
		"from the Internet":          {stranger, mailbox + scan, nil},
		"another relay had it":       {gateway, received + scan, nil},
		"behind empty lines, too":    {gateway, "\r\n" + received + scan, nil},
		"turned off":                 {gateway, mailbox + scan, []func(*connector.Receive){off}},
		"signed":                     {gateway, mailbox + "DKIM-Signature: v=1; h=from:date:message-id\r\n" + scan, nil},
		"signed, long ago":           {gateway, mailbox + "DomainKey-Signature: a=rsa-sha1\r\n" + scan, nil},
		"sealed":                     {gateway, mailbox + "ARC-Seal: i=1\r\n" + scan, nil},
		"sent once more":             {gateway, mailbox + "Resent-From: a@contoso.com\r\nMessage-ID: 1\r\nDate: x\r\n" + scan, nil},
		"complete":                   {gateway, "Message-ID: <1@a>\r\nDate: 1 Jan 07 00:00 EST\r\nFrom: the front desk\r\n" + scan, nil},
		"complete, with a second ID": {gateway, "Message-ID: <1@a>\r\nMessage-ID: <2@a>\r\nDate: Mon, 1 Jan 2007 00:00:00 +0100\r\nFrom: x\r\n" + scan, nil},
	} {
		w := completed(t, tt.changes...)
		_, m := submit(t, w, w.hello(tt.from, hub), "someone@contoso.com", tt.data)
		if want := strings.TrimPrefix(tt.data, "\r\n"); m.data != want {
			t.Errorf("%s: %q became %q", name, want, m.data)
		}
	}
}

// What may be read one way only is mended, and only what is missing is added.
func TestMendedMessages(t *testing.T) {
	const added = "Message-ID: <ID>\r\nDate: DATE\r\n"
	const from = "From: <someone@contoso.com>\r\n"
	date := regexp.MustCompile(`(?m)^Date: \w{3}, \d+ \w{3} 20\d\d \d\d:\d\d:\d\d [-+]\d{4}\r$`)
	for name, tt := range map[string]struct{ sender, data, want string }{
		"line of a mailbox file": {"someone@contoso.com", "From someone@contoso.com Mon Jan  1 00:00:00 2007\r\nFrom: a@contoso.com\r\n" + scan,
			added + "From: a@contoso.com\r\n" + scan},
		"From without its colon": {"someone@contoso.com", "From someone@contoso.com\r\n" + scan, added + from + scan},
		"empty lines in front":   {"someone@contoso.com", "\r\n\r\nFrom: a@contoso.com\r\n" + scan, added + "From: a@contoso.com\r\n" + scan},
		"no empty line":          {"someone@contoso.com", "From: a@contoso.com\r\nSubject: x\r\nHello Bob.\r\n", added + "From: a@contoso.com\r\nSubject: x\r\n\r\nHello Bob.\r\n"},
		"text alone":             {"someone@contoso.com", "Hello Bob.\r\n", added + from + "\r\nHello Bob.\r\n"},
		"empty header":           {"someone@contoso.com", "\r\nHello Bob.\r\n", added + from + "\r\nHello Bob.\r\n"},
		"nothing":                {"someone@contoso.com", "", added + from},
		"fields without a value": {"someone@contoso.com", "Message-ID:\r\nDate: \r\nFrom: a@contoso.com\r\n" + scan, added + "From: a@contoso.com\r\n" + scan},
		"a report":               {"", scan, added + scan},
		"a date and a From of its": {"someone@contoso.com", "Date: Mon, 1 Jan 2007 00:00:00 EST\r\nFrom: a@contoso.com\r\n" + scan,
			"Message-ID: <ID>\r\nDate: Mon, 1 Jan 2007 00:00:00 EST\r\nFrom: a@contoso.com\r\n" + scan},
		"neither of them well-formed": {"someone@contoso.com", "Date: 01.01.2007 00:00\r\nMessage-ID: <4711>\r\nFrom: a@contoso.com\r\n" + scan, added + "From: a@contoso.com\r\n" + scan},
		"identifier without brackets": {"someone@contoso.com", "Message-ID: 1@copier\r\nFrom: a@contoso.com\r\n" + scan,
			"Message-ID: <1@copier>\r\nDate: DATE\r\nFrom: a@contoso.com\r\n" + scan},
		"handed on by the program that wrote it": {"someone@contoso.com", "Received: by copier (sSMTP from root); Mon, 1 Jan 2007 00:00:00 +0100\r\nFrom: a@contoso.com\r\n" + scan,
			added + "Received: by copier (sSMTP from root); Mon, 1 Jan 2007 00:00:00 +0100\r\nFrom: a@contoso.com\r\n" + scan},
		"byte order mark": {"someone@contoso.com", "\uFEFFFrom: a@contoso.com\r\n" + scan, added + "From: a@contoso.com\r\n" + scan},
	} {
		w := completed(t)
		_, m := submit(t, w, w.hello(gateway, hub), tt.sender, tt.data)
		got := strings.Replace(m.data, m.env.ID+"@"+hubName, "ID", 1)
		if got = date.ReplaceAllString(got, "Date: DATE\r"); got != tt.want {
			t.Errorf("%s: %q became %q, want %q", name, tt.data, got, tt.want)
		}
	}
}

// A header behind empty lines passes the firewall and the check of its authors
// like every other.
func TestMendedHeaderIsJudged(t *testing.T) {
	w := completed(t)
	_, m := submit(t, w, w.hello(gateway, hub), "someone@contoso.com", "\r\nX-MS-Exchange-Organization-SCL: -1\r\n\r\nText\r\n")
	if !strings.Contains(m.data, "\r\n\r\nX-MS-Exchange-Organization-SCL: -1\r\n\r\nText\r\n") {
		t.Errorf("text became a header: %q", m.data)
	}
	w = completed(t)
	_, m = submit(t, w, w.hello(gateway, hub), "someone@contoso.com", "\r\nFrom: a@contoso.com\r\nX-MS-Exchange-Organization-SCL: -1\r\n\r\nText\r\n")
	if strings.Contains(m.data, "Organization") {
		t.Errorf("the firewall lets pass: %q", m.data)
	}
	w = completed(t)
	c := w.encrypted(stranger, hub)
	c.Do("AUTH PLAIN "+plain(userName, password), 235)
	c.Do("MAIL FROM:<"+userName+">", 250)
	c.Do("RCPT TO:<"+inside+">", 250)
	send(c, "\r\nFrom: "+inside+"\r\nSubject: not mine\r\n\r\nText\r\n", 550)
}

// The log of an explained connector has the decision on the header.
func TestMissingHeadersExplained(t *testing.T) {
	for data, want := range map[string]string{
		"Received: by copier\r\n" + scan:   "missing-headers: Message-ID, Date and From are added where they are missing: the client may relay",
		"Received: from a by b\r\n" + scan: "missing-headers: nothing is added to the header: another relay had the message before",
	} {
		w := serve(t, policy(t, fromAnonymousGateway(anyRecipient())), func(s *relay.Server) {
			s.Explain = func(string) bool { return true }
		})
		submit(t, w, w.hello(gateway, hub), "someone@contoso.com", data)
		w.waitFor(want)
	}
}

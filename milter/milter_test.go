package milter_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/milter"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

const bob, amy = "bob@contoso.com", "amy@contoso.com"

func policyConfig() connector.Config {
	return connector.Config{
		Server: "HubA", Servers: []routing.Server{{Name: "HubA", FQDN: "hub.contoso.com"}},
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}},
		Receive: []connector.Receive{{
			Name: "Internet", Bindings: []netip.AddrPort{netip.MustParseAddrPort("10.2.3.4:25")}, RemoteIPRanges: []param.Range{param.MustParseRange("0.0.0.0/0")},
			PermissionGroups: param.Value(permission.AnonymousUsers), TarpitInterval: param.Value(time.Duration(0)),
		}},
	}
}

// asked returns a Milter that asks f.
func asked(f *filter) *milter.Milter {
	return &milter.Milter{Address: "inet:127.0.0.1:1", Dial: f.dial}
}

// TestSeen: the filter sees the session as Postfix would show it.
func TestSeen(t *testing.T) {
	f := &filter{}
	w := serve(t, asked(f))
	c := w.client()
	c.Do("MAIL FROM:<ann@example.net> SIZE=100 BODY=8BITMIME", 250)
	c.Do("RSET", 250)
	if code, text := mail(c, bob, amy); code != 250 {
		t.Fatal(code, text)
	}
	f.mu.Lock()
	heard := slices.Clone(f.heard)
	f.mu.Unlock()
	for i, h := range heard { // the id differs each time
		if m, ok := strings.CutPrefix(h, "DMi|"); ok {
			heard[i] = "DMi|ID" + m[strings.Index(m, "|"):]
		}
		if strings.HasPrefix(h, "DEi|") {
			heard[i] = "DEi|ID|"
		}
		if strings.HasPrefix(h, "DCj|") {
			heard[i], _, _ = strings.Cut(h, "|{client_port}")
		}
		if strings.HasPrefix(h, "Cunknown|4") {
			heard[i] = "Cunknown|4" + h[len("Cunknown|4")+2:]
		}
	}
	want := []string{
		"DCj|hub.contoso.com|{daemon_name}|Internet|{daemon_addr}|10.2.3.4|v|Interchange|{client_addr}|192.0.2.7", "Cunknown|4192.0.2.7|",
		"Hclient.example|",
		"DMi|ID|{mail_addr}|ann@example.net|", "M<ann@example.net>|SIZE=100|BODY=8BITMIME|", "A",
		"DMi|ID|{mail_addr}|ann@example.net|", "M<ann@example.net>|",
		"DR{rcpt_addr}|bob@contoso.com|", "R<bob@contoso.com>|", "DR{rcpt_addr}|amy@contoso.com|", "R<amy@contoso.com>|",
		"LSubject|one|", "LSubject|two|", "LFolded|a\n\tb|", "N", "BHello.\r\n.\r\n", "DEi|ID|", "E",
	}
	// The fields that this server adds may be there, too.
	heard = slices.DeleteFunc(heard, func(h string) bool {
		return strings.HasPrefix(h, "LMessage-Id|") || strings.HasPrefix(h, "LMessage-ID|") || strings.HasPrefix(h, "LDate|") || strings.HasPrefix(h, "LFrom|") || strings.HasPrefix(h, "LReturn-Path|")
	})
	if !slices.Equal(heard, want) {
		t.Errorf("heard\n%q\nwant\n%q", heard, want)
	}
	c.Do("QUIT", 221)
}

// TestVerdicts: what each answer at each stage means for the client.
func TestVerdicts(t *testing.T) {
	tests := []struct {
		command, answer string
		code            int
		text            string
	}{
		{"M", "r", 550, "5.7.1 Command rejected"},
		{"M", "t", 451, "4.7.1 Service unavailable, try again later"},
		{"M", "y450 4.7.1 Greylisted, come back\x00", 450, "4.7.1 Greylisted, come back"},
		{"M", "y554 no\x00", 554, "5.7.1 no"},
		{"M", "y554 5.6.0 a\nb\x00", 554, "5.6.0 a"},
		{"M", "y554 4.6.0 a\x01b\xffc\x00", 554, "5.7.1 4.6.0 abc"},
		{"M", "y250 2.0.0 fine\x00", 451, "4.7.1 Service unavailable, try again later"},
		{"M", "y999 \x00", 451, "4.7.1 Service unavailable, try again later"},
		{"R", "r", 550, "5.7.1 Command rejected"},
		{"L", "r", 550, "5.7.1 Command rejected"},
		{"N", "t", 451, "4.7.1 Service unavailable, try again later"},
		{"B", "y552 5.3.4 Too large\x00", 552, "5.3.4 Too large"},
		{"E", "r", 550, "5.7.1 Command rejected"},
		{"E", "z", 451, "4.7.1 Service unavailable, try again later"}, // no answer of the protocol
		{"M", "yxxx no\x00", 451, "4.7.1 Service unavailable, try again later"},
		{"E", "hno value", 451, "4.7.1 Service unavailable, try again later"},

		{"M", "a", 250, ""}, {"R", "a", 250, ""}, {"L", "a", 250, ""}, {"E", "a", 250, ""}, {"C", "a", 250, ""}, {"H", "a", 250, ""},
	}
	for _, tt := range tests {
		f := &filter{answers: map[string][]string{tt.command: {tt.answer}}}
		w := serve(t, asked(f))
		code, text := mail(w.client(), bob)
		if code != tt.code || tt.text != "" && text != tt.text {
			t.Errorf("%s %q: %d %s; want %d %s", tt.command, tt.answer, code, text, tt.code, tt.text)
		}
		if (code == 250) != (w.count() == 1) {
			t.Errorf("%s %q: %d messages", tt.command, tt.answer, w.count())
		}
		if tt.code == 250 && tt.command != "E" && f.has("E") {
			t.Errorf("%s %q: the filter is asked although it has accepted", tt.command, tt.answer)
		}
	}
	// A refusal of the connection or of EHLO comes in place of their replies.
	f := &filter{answers: map[string][]string{"H": {"r"}}}
	c := serve(t, asked(f)).Dial("192.0.2.7")
	c.Do("EHLO client.example", 550)
	f = &filter{answers: map[string][]string{"C": {"y554 5.7.1 Go away\x00"}}}
	conn, err := serve(t, asked(f)).Network.Dial(t.Context(), netip.MustParseAddr("192.0.2.7"), netip.MustParseAddrPort("10.2.3.4:25"))
	if err != nil {
		t.Fatal(err)
	}
	if text := relaytest.NewClient(t, conn).Expect(554); text != "5.7.1 Go away" {
		t.Error(text)
	}
}

// TestDiscard: the client believes the message accepted, and it goes nowhere.
func TestDiscard(t *testing.T) {
	for _, command := range []string{"M", "R", "L", "B", "E"} {
		w := serve(t, asked(&filter{answers: map[string][]string{command: {"d"}}}))
		if code, text := mail(w.client(), bob); code != 250 || w.count() > 0 && len(w.last().to) > 0 {
			t.Errorf("%s: %d %s, %d messages", command, code, text, w.count())
		}
	}
}

// TestOneRecipient: a recipient that the filter refuses is refused alone.
func TestOneRecipient(t *testing.T) {
	w := serve(t, asked(&filter{answers: map[string][]string{"R<" + amy + ">": {"y550 5.1.1 No such user\x00"}}}))
	c := w.client()
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+amy+">", 550)
	c.Do("RCPT TO:<"+bob+">", 250)
	c.Do("DATA", 354)
	c.Send("Subject: x", "", "x", ".")
	c.Expect(250)
	if l := w.last(); !slices.Equal(l.to, []string{bob}) {
		t.Errorf("%v", l)
	}
}

// TestChanges: everything that a filter may change at the end.
func TestChanges(t *testing.T) {
	tests := []struct {
		changes []string
		want    func(letter) bool
	}{
		{[]string{"hX-Spam\x00yes\n\tno\x00"}, func(l letter) bool { return strings.Contains(l.data, "\r\nX-Spam: yes\r\n\tno\r\n\r\nHello.") }},
		{[]string{"hX-Spam\x00yes\nBcc: x\x00"}, func(l letter) bool { return strings.Contains(l.data, "\r\nX-Spam: yes\r\n\tBcc: x\r\n\r\nHello.") }},
		{[]string{"i" + index(0) + "X-First\x00 a\x00", "i" + index(1) + "X-Top\x00b\x00"}, func(l letter) bool { return strings.HasPrefix(l.data, "X-Top: b\r\nX-First: a\r\nReceived:") }},
		{[]string{"i" + index(99) + "X-Last\x00a\x00"}, func(l letter) bool { return strings.Contains(l.data, "\r\nX-Last: a\r\n\r\nHello.") }},
		{[]string{"m" + index(2) + "subject\x00three\x00"}, func(l letter) bool { return strings.Contains(l.data, "Subject: one\r\nsubject: three\r\n") }},
		{[]string{"m" + index(1) + "Subject\x00\x00"}, func(l letter) bool {
			return !strings.Contains(l.data, "one") && strings.Contains(l.data, "Subject: two")
		}},
		{[]string{"m" + index(3) + "Subject\x00\x00", "m" + index(1) + "Received\x00\x00"}, func(l letter) bool { return strings.HasPrefix(l.data, "Received: from client.example") }},
		{[]string{"m" + index(3) + "Subject\x00more\x00"}, func(l letter) bool { return strings.Contains(l.data, "\r\nSubject: more\r\n\r\nHello.") }},
		{[]string{"bGood", "b bye.\n", "bEnd.\r\n"}, func(l letter) bool { return strings.HasSuffix(l.data, "\r\n\r\nGood bye.\r\nEnd.\r\n") }},
		{[]string{"e<boss@example.net>\x00"}, func(l letter) bool { return l.from == "boss@example.net" }},
		{[]string{"e<>\x00SIZE=3\x00"}, func(l letter) bool { return l.from == "" || l.from == "<>" }},
		{[]string{"+<amy@contoso.com>\x00", "+amy@contoso.com\x00", "-<BOB@contoso.com>\x00"}, func(l letter) bool { return slices.Equal(l.to, []string{amy}) }},
		{[]string{"-<bob@contoso.com>\x00"}, func(l letter) bool { return l.to == nil }},
		{[]string{"qtoo \rmuch\x00"}, func(l letter) bool {
			return strings.HasPrefix(l.data, "X-Milter-Quarantine: too ?much\r\nReceived:") && !strings.Contains(l.data, "forged")
		}},
		{nil, func(l letter) bool {
			return strings.HasSuffix(l.data, "Hello.\r\n.\r\n") && !strings.Contains(l.data, "forged")
		}},
	}
	for i, tt := range tests {
		w := serve(t, asked(&filter{answers: map[string][]string{"E": append(slices.Clone(tt.changes), "p", "c")}}))
		if code, text := mail(w.client(), bob); code != 250 || !tt.want(w.last()) {
			t.Errorf("row %d: %q: %d %s, %q", i, tt.changes, code, text, w.last())
		}
	}
	// Changes that make no message, and no address, refuse it for now.
	for _, change := range []string{"+not an address\x00", "e<x y>\x00", "hX Spam\x00yes\x00", "hX-Spam:\x00yes\x00", "hX\x00a\rb\x00", "ba\x00b", "m" + index(1) + "Subject\x00a\rb\x00"} {
		w := serve(t, asked(&filter{answers: map[string][]string{"E": {change, "c"}}}))
		if code, text := mail(w.client(), bob); code != 451 || w.count() != 0 {
			t.Errorf("%q: %d %s, %q", change, code, text, w.last())
		}
	}
}

// TestReach: a filter can be asked if it is there and speaks the protocol.
func TestReach(t *testing.T) {
	f := &filter{down: true}
	if err := asked(f).Reach(t.Context()); err == nil || err.Error() != "connection refused" {
		t.Errorf("a filter that is away: %v", err)
	}
	for _, version := range []uint32{2, 6} {
		f = &filter{version: version}
		if err := asked(f).Reach(t.Context()); err != nil || f.conns == 0 {
			t.Errorf("version %d: %v, %d connections", version, err, f.conns)
		}
	}
	if err := (&milter.Milter{Address: "127.0.0.1:1"}).Reach(t.Context()); err == nil {
		t.Error("an address without a kind can be reached")
	}
	silent := &milter.Milter{Address: "inet:127.0.0.1:1", Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		return ours, theirs.Close()
	}}
	if err := silent.Reach(t.Context()); err == nil {
		t.Error("a filter that hangs up can be asked")
	}
}

// TestAway: the DefaultAction decides while the filter can't be asked, and it is asked again
// for the next message.
func TestAway(t *testing.T) {
	for action, want := range map[milter.Action]int{milter.TempFail: 451, milter.Accept: 250, milter.Reject: 550} {
		f := &filter{down: true}
		m := asked(f)
		m.DefaultAction = action
		w := serve(t, m)
		c := w.client()
		if code, text := mail(c, bob); code != want {
			t.Errorf("%v: %d %s; want %d", action, code, text, want)
		}
		f.mu.Lock()
		f.down = false
		f.mu.Unlock()
		c.Do("RSET", 250)
		if code, text := mail(c, bob); code != 250 || !f.has("Hclient.example") || !f.has("E") {
			t.Errorf("%v, back again: %d %s", action, code, text)
		}
		// It fails in the midst of a message.
		f.mu.Lock()
		f.answers = map[string][]string{"N": {"?"}}
		f.mu.Unlock()
		if code, text := mail(c, bob); code != want {
			t.Errorf("%v, in a message: %d %s; want %d", action, code, text, want)
		}
		// And at a recipient: the transaction can't go on without it.
		f.mu.Lock()
		f.answers = map[string][]string{"R<" + amy + ">": {"?"}}
		f.mu.Unlock()
		if code, text := mail(c, amy, bob); code != want {
			t.Errorf("%v, at RCPT: %d %s; want %d", action, code, text, want)
		}
	}
}

// TestSilent: a filter that doesn't answer costs the time that it may take.
func TestSilent(t *testing.T) {
	for _, command := range []string{"C", "H", "M", "R", "L", "E"} {
		m := asked(&filter{answers: map[string][]string{command: {""}}})
		m.ConnectTimeout, m.CommandTimeout, m.MessageTimeout = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
		if code, text := mail(serve(t, m).client(), bob); code != 451 {
			t.Errorf("%s: %d %s", command, code, text)
		}
	}
}

// TestOldFilter: one that speaks version 2 of the protocol, and one that leaves steps out.
func TestOldFilter(t *testing.T) {
	for _, f := range []*filter{{version: 2}, {options: 1<<0 | 1<<1 | 1<<4 | 1<<6 | 1<<7}} {
		f.answers = map[string][]string{"E": {"hX-Seen\x00yes\x00", "c"}}
		if f.options != 0 {
			f.answers["L"] = []string{""}
		}
		w := serve(t, asked(f))
		if code, text := mail(w.client(), bob); code != 250 || !strings.Contains(w.last().data, "X-Seen: yes") {
			t.Errorf("version %d: %d %s", f.version, code, text)
		}
		if f.options != 0 && (f.has("C") || f.has("H") || f.has("B") || f.has("N")) {
			t.Errorf("steps that it doesn't need: %q", f.heard)
		}
	}
}

// TestSkipAndQuarantine: the program's own decisions.
func TestSkipAndQuarantine(t *testing.T) {
	f := &filter{answers: map[string][]string{"E": {"qspam\x00", "c"}}}
	m := asked(f)
	m.Skip = func(env *relay.Envelope) bool { return env.From.IsNull() }
	m.Quarantine = func(_ context.Context, env *relay.Envelope, _ *message.Message, reason string) error {
		if reason != "spam" {
			return errors.New(reason)
		}
		env.To = nil
		return nil
	}
	w := serve(t, m)
	c := w.client()
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<"+bob+">", 250)
	c.Do("DATA", 354)
	c.Send("Subject: report", "", "x", ".")
	c.Expect(250)
	if f.has("M") || w.count() != 1 {
		t.Error("a skipped transaction is asked about")
	}
	if code, text := mail(c, bob); code != 250 || w.count() != 1 {
		t.Errorf("%d %s, %d messages", code, text, w.count())
	}
}

// TestTwoFilters: the second sees what the first has changed.
func TestTwoFilters(t *testing.T) {
	first, second := &filter{answers: map[string][]string{"E": {"hX-First\x00yes\x00", "qa\x00", "c"}}}, &filter{answers: map[string][]string{"E": {"qb\x00", "c"}}}
	w := serve(t, asked(first), asked(second))
	if code, text := mail(w.client(), bob); code != 250 || !second.has("LX-First|yes") || !second.has("LX-Milter-Quarantine|a") {
		t.Errorf("%d %s", code, text)
	}
	if !strings.HasPrefix(w.last().data, "X-Milter-Quarantine: b\r\nX-Milter-Quarantine: a\r\nReceived:") {
		t.Errorf("%q", w.last().data)
	}
}

// TestEnd: the connection to the filter ends with the client's.
func TestEnd(t *testing.T) {
	f := &filter{}
	w := serve(t, asked(f))
	c := w.client()
	c.Do("MAIL FROM:<ann@example.net>", 250)
	c.Close()
	for begin := time.Now(); !f.has("Q"); time.Sleep(time.Millisecond) { // the connection's end comes from the network
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the filter isn't told that the client has gone")
		}
	}
	if !f.has("A") {
		t.Error("the transaction isn't aborted")
	}
}

func TestAddress(t *testing.T) {
	for address, ok := range map[string]bool{
		"inet:127.0.0.1:11332": true, "inet:rspamd.contoso.com:11332": true, "inet:[::1]:8891": true, "inet6:[::1]:8891": true, "unix:/run/x.sock": true, "local:/run/x.sock": true,
		"": false, "inet:": false, "inet:127.0.0.1": false, "inet::25": false, "unix:": false, "127.0.0.1:25": false, "tcp:127.0.0.1:25": false,
	} {
		if err := (&milter.Milter{Address: address}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
	if code, _ := mail(serve(t, &milter.Milter{}).client(), bob); code != 451 {
		t.Errorf("the zero Milter: %d", code)
	}
}

func TestAction(t *testing.T) {
	for name, want := range map[string]milter.Action{"tempfail": milter.TempFail, "Accept": milter.Accept, "REJECT": milter.Reject} {
		if a, err := milter.ParseAction(name); err != nil || a != want || !strings.EqualFold(a.String(), name) {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
	for _, name := range []string{"", "quarantine", "shutdown"} {
		if _, err := milter.ParseAction(name); err == nil {
			t.Errorf("%q is an action", name)
		}
	}
	if text := milter.Action(7).String(); text != "Action(7)" {
		t.Error(text)
	}
}

func Example() {
	rspamd := &milter.Milter{Address: "inet:127.0.0.1:11332", DefaultAction: milter.Accept}
	server := relay.Server{Hooks: []relay.Hooks{rspamd.Hooks()}}
	fmt.Println(rspamd.Check(), len(server.Hooks))
	// Output: <nil> 1
}

// FuzzChanges: whatever a filter asks for at the end, the message stays one: it is taken with
// the body that it had, unless that is changed, or refused.
func FuzzChanges(f *testing.F) {
	f.Add([]byte("hX-Spam\x00yes\x00"), []byte("c"))
	f.Add([]byte("i"+index(1)+"X\x00\r\n\r\nbody\x00"), []byte("a"))
	f.Add([]byte("m"+index(1)+"Subject\x00a\n\nb\x00"), []byte("c"))
	f.Add([]byte("qa\r\nBcc: x\x00"), []byte("y550 5.7.1\r\n250 no\x00"))
	f.Fuzz(func(t *testing.T, change, end []byte) {
		if len(change) == 0 || len(end) == 0 || strings.ContainsRune("bp", rune(change[0])) || strings.ContainsRune("bp", rune(end[0])) || len(change)+len(end) > 1<<16 {
			t.Skip()
		}
		m := asked(&filter{answers: map[string][]string{"E": {string(change), string(end), "c"}}})
		m.MessageTimeout = 5 * time.Second
		w := serve(t, m)
		code, _ := mail(w.client(), bob)
		_ = w.Close()
		switch l := w.last(); {
		case code == 250 && len(l.to) > 0 && !strings.HasSuffix(l.data, "\r\n\r\nHello.\r\n.\r\n"):
			t.Fatalf("%q", l.data)
		case code == 250 && len(l.to) > 0 && strings.Count(l.data, "\r\n\r\n") != 1:
			t.Fatalf("the header ends elsewhere: %q", l.data)
		case code != 250 && (code < 400 || w.count() > 0):
			t.Fatalf("%d, %d messages", code, w.count())
		}
	})
}

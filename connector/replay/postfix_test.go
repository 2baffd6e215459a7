package replay_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/permission"
)

// postfix replays lines of smtpd, qmgr and smtp, without their stamps.
func postfix(t *testing.T, lines ...string) *replay.Report {
	t.Helper()
	var log strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&log, "Mar  2 00:00:01 mx1 postfix/%s\n", l)
	}
	r := replay.New(policy(t, permission.Current), replay.Options{})
	if err := r.Read("mail.log", strings.NewReader(log.String())); err != nil {
		t.Fatal(err)
	}
	return r.Report()
}

func TestPostfix(t *testing.T) {
	const (
		connect = "smtpd[1]: connect from x[203.0.113.9]"
		client  = "smtpd[1]: ABCDEF: client=x[203.0.113.9]"
		from    = "qmgr[2]: ABCDEF: from=<ann@example.net>, size=1000, nrcpt=1 (queue active)"
		toBob   = "smtp[3]: ABCDEF: to=<bob@fabrikam.com>, relay=10.2.3.9[10.2.3.9]:25, status=sent (250 ok)"
		removed = "qmgr[2]: ABCDEF: removed"
	)
	tests := []struct {
		name  string
		lines []string
		want  string // the differences
	}{
		{"taken by both", []string{connect, client, from, toBob, removed}, ""},
		{"several attempts count once", []string{connect, client, from, toBob, from, toBob, removed}, ""},
		{"relayed, which the policy doesn't", []string{connect, client, from,
			"smtp[3]: ABCDEF: to=<carl@example.org>, relay=mx[198.51.100.1]:25, status=sent (250 ok)", removed},
			"verdict rcpt 250>550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"},
		{"the alias is what the client wrote", []string{connect, client, from,
			"smtp[3]: ABCDEF: to=<x@elsewhere.example>, orig_to=<bob@fabrikam.com>, relay=10.2.3.9[10.2.3.9]:25, status=sent (250 ok)"}, ""},
		{"another next hop", []string{connect, client, from,
			"smtp[3]: ABCDEF: to=<bob@fabrikam.com>, relay=old[10.2.3.8]:25, status=sent (250 ok)"},
			"route route old[10.2.3.8]:25>ToMailboxes"},
		{"too large", []string{connect, client,
			"qmgr[2]: ABCDEF: from=<ann@example.net>, size=99999, nrcpt=1 (queue active)", toBob},
			"verdict mail 250>552 5.3.4 Message size exceeds fixed maximum message size"},
		{"refused by both in other words", []string{connect,
			"smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 554 5.7.1 <carl@example.org>: Relay access denied; from=<> to=<carl@example.org> proto=ESMTP helo=<x>"},
			"reply rcpt 554 5.7.1>550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"},
		{"refused for what the policy allows", []string{connect,
			"smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 554 5.7.1 <bob@fabrikam.com>: Relay access denied; from=<> to=<bob@fabrikam.com> proto=ESMTP helo=<x>"},
			"verdict rcpt 554 5.7.1>250 2.1.5 Recipient OK"},
		{"refused for now, as Postfix does by default", []string{connect,
			"smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 454 4.7.1 <bob@fabrikam.com>: Relay access denied; from=<> to=<bob@fabrikam.com> proto=ESMTP helo=<x>"},
			"verdict rcpt 454 4.7.1>250 2.1.5 Recipient OK"},
		{"greylisted", []string{connect,
			"smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 450 4.7.1 <bob@fabrikam.com>: Recipient address rejected: Greylisted; from=<> to=<bob@fabrikam.com> proto=ESMTP helo=<x>"}, ""},
		{"a block list is not the policy's", []string{connect,
			"smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using bl.example; from=<> to=<bob@fabrikam.com> proto=ESMTP helo=<x>"}, ""},
		{"a recipient refused in a message that is taken", []string{connect, client,
			"smtpd[1]: ABCDEF: reject: RCPT from x[203.0.113.9]: 550 5.1.1 <no@fabrikam.com>: Recipient address rejected: User unknown; from=<ann@example.net> to=<no@fabrikam.com> proto=ESMTP helo=<x>",
			from, toBob, removed}, ""},
		{"logged in without TLS, which the policy doesn't take", []string{connect,
			"smtpd[1]: ABCDEF: client=x[203.0.113.9], sasl_method=LOGIN, sasl_username=printer@fabrikam.com",
			"qmgr[2]: ABCDEF: from=<printer@fabrikam.com>, size=1, nrcpt=1", toBob},
			"verdict auth 235>504 5.7.4 Unrecognized authentication type"},
		{"logged in under TLS", []string{connect,
			"smtpd[1]: Anonymous TLS connection established from x[203.0.113.9]: TLSv1.3 with cipher X (256/256 bits)",
			"smtpd[1]: ABCDEF: client=x[203.0.113.9], sasl_method=LOGIN, sasl_username=printer@fabrikam.com",
			"qmgr[2]: ABCDEF: from=<printer@fabrikam.com>, size=1, nrcpt=1",
			"smtp[3]: ABCDEF: to=<carl@example.org>, relay=mx[198.51.100.1]:25, status=sent"}, ""},
		{"limits aren't logged", []string{connect,
			"smtpd[1]: NOQUEUE: reject: MAIL from x[203.0.113.9]: 552 5.3.4 Message size exceeds fixed limit; from=<a@b.example> proto=ESMTP helo=<x>"}, ""},
		{"no connector listens there", []string{"submission/smtpd[1]: connect from x[203.0.113.9]"}, "connector connect 220>no connector"},
		{"a bounce is no session", []string{from, toBob, removed}, ""},
		{"a quoted address with brackets", []string{connect, client,
			`qmgr[2]: ABCDEF: from=<"a> b"@example.net>, size=1000, nrcpt=1 (queue active)`, toBob}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := postfix(t, tt.lines...)
			var got []string
			for _, d := range r.Differences {
				got = append(got, fmt.Sprintf("%s %s %s>%s", d.Kind, d.Stage, d.Was, d.Now))
			}
			if strings.Join(got, "\n") != tt.want || r.Malformed > 0 {
				t.Errorf("got %q, want %q\n%s", got, tt.want, r)
			}
		})
	}
}

// A log that Postfix 3.7 wrote about sessions of all kinds.
func TestPostfixLog(t *testing.T) {
	text, err := os.ReadFile("testdata/postfix-3.7.log")
	if err != nil {
		t.Fatal(err)
	}
	cfg := policy(t, permission.Current).Config()
	cfg.Receive[0].Bindings = append(cfg.Receive[0].Bindings, netip.MustParseAddrPort("10.2.3.4:587"))
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := replay.New(p, replay.Options{})
	if err := r.Read("mail.log", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	got := r.Report()
	var kinds []string
	for _, d := range got.Differences {
		kinds = append(kinds, fmt.Sprintf("%d %s %s %s", d.Count, d.Kind, d.Stage, d.Reason))
	}
	want := []string{
		"3 route route undecided",     // to bob, who is elsewhere by the policy
		"1 reply rcpt relay-denied",   // refused by both
		"1 verdict rcpt relay-denied", // what mynetworks let pass
	}
	if got.Sessions != 8 || got.Malformed != 0 || got.Outside != 3 || got.Messages != 4 || !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q\n%v", kinds, want, got)
	}
}

// What counts and can't be read is malformed; what doesn't count is not.
func TestPostfixMalformed(t *testing.T) {
	r := postfix(t, "smtpd[1]: connect from unknown[unknown]", "smtpd[1]: connect from x[1.2.3.4",
		"smtpd[1]: lost connection after DATA from x[1.2.3.4]", "cleanup[4]: ABCDEF: message-id=<>", "anvil[5]: statistics: max")
	if r.Malformed != 1 {
		t.Errorf("%d malformed: %v", r.Malformed, r.Problems)
	}
}

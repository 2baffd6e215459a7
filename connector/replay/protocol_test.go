package replay_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/replay"
	"github.com/interchange-smtp/interchange/permission"
)

// exchange replays one session of a Receive connector, given by event, data
// and context. It connects, greets and says EHLO by itself.
func exchange(t *testing.T, head, name, remote string, lines ...string) *replay.Report {
	t.Helper()
	log := head
	for i, l := range append([]string{"+,,", ">,220 ready,", "<,EHLO client.example,", ">,250-hello,", ">,250 SIZE,"}, lines...) {
		log += fmt.Sprintf("2026-03-02T00:00:00.000Z,%s,1,%d,10.2.3.4:25,%s:1,%s\r\n", name, i, remote, l)
	}
	r := replay.New(policy(t, permission.Current), replay.Options{})
	if err := r.Read("recv.log", strings.NewReader(log)); err != nil {
		t.Fatal(err)
	}
	return r.Report()
}

func TestExchange(t *testing.T) {
	const stranger, scanner = "203.0.113.9", "192.168.5.9"
	mail := []string{"<,MAIL FROM:<ann@example.net>,", ">,250 2.1.0 Sender OK,"}
	tests := []struct {
		name      string
		connector string
		remote    string
		lines     []string
		want      string // the differences
	}{
		{"as before", `HUBA\default huba`, stranger, append(mail, "<,RCPT TO:<bob@fabrikam.com>,", ">,250 2.1.5 OK,"), ""},
		{"another connector", `HUBA\Internet`, stranger, mail, `connector connect HUBA\Internet>Default HubA`},
		{"now let through", "Relay", scanner, append(mail, "<,RCPT TO:<carl@example.org>,", `>,550 5.7.54 SMTP; Unable to relay,`),
			"verdict rcpt 550 5.7.54>250 Recipient OK"},
		{"now refused", "Default HubA", stranger, append(mail, "<,RCPT TO:<carl@example.org>,", ">,250 2.1.5 OK,"),
			"verdict rcpt 250 2.1.5>550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"},
		{"now refused for want of a route", "Relay", scanner, append(mail, "<,RCPT TO:<dan@example.net>,", ">,250 2.1.5 OK,"),
			"route rcpt 250 2.1.5>451 Unable to route"},
		{"refused otherwise", "Default HubA", stranger, append(mail, "<,RCPT TO:<carl@example.org>,", ">,550 5.7.1 Unable to relay,"),
			"reply rcpt 550 5.7.1>550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"},
		{"after a refused MAIL nothing is judged", "Default HubA", stranger,
			[]string{"<,MAIL FROM:<ann@example.net> SIZE=99999,", ">,250 2.1.0 OK,", "<,RCPT TO:<carl@example.org>,", ">,250 2.1.5 OK,"},
			"verdict mail 250 2.1.0>552 5.3.4 Message size exceeds fixed maximum message size"},
		{"pipelined", "Default HubA", stranger,
			[]string{"<,MAIL FROM:<ann@example.net>,", "<,RCPT TO:<bob@fabrikam.com>,", "<,RCPT TO:<carl@example.org>,", "<,DATA,",
				">,250 2.1.0 OK,", ">,250 2.1.5 OK,", ">,550 5.7.54 no,", ">,354 go on,", ">,250 2.6.0 4096 bytes in 0.1 Queued,"}, ""},
		{"too large by the size in the reply", "Default HubA", stranger,
			append(mail, "<,RCPT TO:<bob@fabrikam.com>,", ">,250 2.1.5 OK,", "<,DATA,", ">,354 go on,", `>,"250 2.6.0 <x> [InternalId=1, Hostname=x] 99999 bytes in 0.1, 1 KB/sec Queued",`),
			"verdict data 250 2.6.0>552 5.3.4 Message size exceeds fixed maximum message size"},
		{"too large by its chunks", "Default HubA", stranger,
			append(mail, "<,RCPT TO:<bob@fabrikam.com>,", ">,250 2.1.5 OK,", "<,BDAT 60000,", ">,250 2.0.0 ok,", "<,BDAT 9999 LAST,", ">,250 2.6.0 Queued,"),
			"verdict data 250 2.6.0>552 5.3.4 Message size exceeds fixed maximum message size"},
		{"content is not the policy's", "Default HubA", stranger,
			append(mail, "<,RCPT TO:<bob@fabrikam.com>,", ">,250 2.1.5 OK,", "<,DATA,", ">,354 go on,", ">,554 5.7.1 spam,"), ""},
		{"nor unknown mailboxes, nor load", "Default HubA", stranger,
			append(mail, "<,RCPT TO:<no@fabrikam.com>,", ">,550 5.1.10 RecipientNotFound,", "<,RCPT TO:<bob@fabrikam.com>,", ">,452 4.3.1 Insufficient resources,"), ""},
		{"a mechanism that isn't offered", "Default HubA", stranger,
			[]string{"<,AUTH NTLM,", ">,334 <authentication response>,", `*,CONTOSO\ann,authenticated`, ">,235 2.7.0 OK,"},
			"verdict auth 235 2.7.0>504 5.7.4 Unrecognized authentication type"},
		{"a user by name", "Submission", "10.1.1.1",
			[]string{"<,AUTH LOGIN,", ">,334 <authentication response>,", ">,334 <authentication response>,",
				"*,SMTPSubmit SMTPAcceptAnyRecipient BypassAntiSpam AcceptRoutingHeaders,Set Session Permissions", "*,printer@fabrikam.com,authenticated", ">,235 2.7.0 OK,",
				"<,MAIL FROM:<printer@fabrikam.com>,", ">,250 2.1.0 OK,", "<,RCPT TO:<carl@example.org>,", ">,250 2.1.5 OK,"}, ""},
		{"an exchange of Exchange's own", "Default HubA", stranger, []string{"<,X-EXPS GSSAPI,", ">,235 <authentication information>,",
			"<,MAIL FROM:<a@fabrikam.com>,", ">,250 OK,", "<,RCPT TO:<carl@example.org>,", ">,250 OK,"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := exchange(t, "", tt.connector, tt.remote, append(tt.lines, "-,,Local")...)
			var got []string
			for _, d := range r.Differences {
				got = append(got, fmt.Sprintf("%s %s %s>%s", d.Kind, d.Stage, d.Was, d.Now))
			}
			if strings.Join(got, "\n") != tt.want || r.Malformed > 0 || r.Sessions != 1 {
				t.Errorf("got %q, want %q\n%s", got, tt.want, r)
			}
		})
	}
}

// Our own log escapes what isn't printable, and says so by its header.
func TestOwnLog(t *testing.T) {
	const line = `<,MAIL FROM:<gr\xC3\xBC\xC3\x9Fe@fabrikam.com>,`
	for head, want := range map[string]string{"#Software: Interchange\r\n": "?", "#Software: Microsoft Exchange Server\r\n": `\xC3`} {
		r := exchange(t, head, "Submission", "10.1.1.1", line, ">,250 2.1.0 OK,")
		if len(r.Differences) != 1 { // anonymous sessions may not submit there
			t.Fatalf("%v", r)
		}
		if got := r.Differences[0].Examples[0].Subject; strings.Contains(want, `\`) && got != "<>" || want == "?" && !strings.Contains(got, "gr?") {
			t.Errorf("%s: the sender is %q", head, got)
		}
	}
}

// Options.Local stands in for the address of the old server, in its family.
func TestLocal(t *testing.T) {
	for local, want := range map[string]string{"10.2.3.4": "Default HubA", "::ffff:10.2.3.4": "Default HubA", "2001:db8::4": "", "10.2.3.5": ""} {
		for _, log := range []string{
			"2026-03-02T00:00:00.000Z,x,1,0,192.0.2.99:25,203.0.113.9:1,+,,\n",
			"Mar  2 00:00:01 mx1 postfix/smtpd[1]: connect from x[203.0.113.9]\n",
		} {
			r := replay.New(policy(t, permission.Current), replay.Options{Local: netip.MustParseAddr(local)})
			if err := r.Read("log", strings.NewReader(log)); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, u := range r.Report().Receive {
				if u.Sessions > 0 {
					got = u.Name
				}
			}
			// Postfix logs no address, so without one of the client's family the
			// policy's own binding is taken.
			if strings.Contains(log, "postfix") && local == "2001:db8::4" {
				want = "Default HubA"
			}
			if got != want {
				t.Errorf("%s: %q takes %s, want %q", local, got, log, want)
			}
		}
	}
}

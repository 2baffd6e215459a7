package replay_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/replay"
)

// read replays texts, each a file, against the policy of these tests.
func readAll(t *testing.T, files ...string) *replay.Report {
	t.Helper()
	r := replay.New(policy(t, 0), replay.Options{})
	for _, text := range files {
		if err := r.Read("log", strings.NewReader(text)); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	return r.Report()
}

const receiveHeader = "#Software: Microsoft Exchange Server\r\n#Version: 15.0.0.0\r\n#Log-type: SMTP Receive Protocol Log\r\n" +
	"#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\r\n"

// conversation is a session of a Receive connector's log with these events and data.
func conversation(name string, lines ...string) string {
	var b strings.Builder
	for i := 0; i < len(lines); i += 2 {
		b.WriteString("2026-03-02T09:00:00.000Z,HUBA\\Default HubA," + name + ",0,10.2.3.4:25,192.0.2.55:4711," + lines[i] + "," + lines[i+1] + ",\r\n")
	}
	return b.String()
}

// whole is a session with the same result as before.
func whole(name string) string {
	return conversation(name, "+", "", ">", "220 huba.fabrikam.com Microsoft ESMTP MAIL Service ready", "<", "EHLO mail.example.net", ">", "250 huba.fabrikam.com Hello",
		"<", "QUIT", ">", "221 2.0.0 Service closing transmission channel", "-", "")
}

// TestForeignLogs wants logs that tell nothing of what clients said to be named, and
// never to count as sessions with the same result.
func TestForeignLogs(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       replay.Format
	}{
		{"tracking", "#Software: Microsoft Exchange Server\r\n#Version: 15.01.2507.006\r\n#Log-type: Message Tracking Log\r\n#Date: 2026-03-02T00:00:00.000Z\r\n" +
			"#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,internal-message-id,message-id\r\n" +
			"2026-03-02T09:00:00.000Z,192.0.2.1,mail,10.2.3.4,HUBA,,HUBA\\Default HubA,SMTP,RECEIVE,4711,<a@b>\r\n", replay.FormatTracking},
		{"tracking, without its head", "#Fields: date-time,client-ip,event-id,message-id\r\n2026-03-02T09:00:00.000Z,192.0.2.1,RECEIVE,<a@b>\r\n", replay.FormatTracking},
		{"tracking, exported", "#TYPE Microsoft.Exchange.Management.TransportLogSearchTasks.MessageTrackingEvent\r\n\"Timestamp\",\"ClientIp\",\"EventId\",\"MessageId\"\r\n\"3/2/2026 9:00:00 AM\",\"192.0.2.1\",\"RECEIVE\",\"<a@b>\"\r\n", replay.FormatTracking},
		{"connectivity", "#Log-type: Transport Connectivity Log\r\n#Fields: date-time,session,source,Destination,direction,description\r\n2026-03-02T09:00:00.000Z,08D1,SMTP,fabrikam.com,+,DnsConnectorDelivery\r\n", replay.FormatConnectivity},
		{"agent", "#Log-type: Transport Agent Log\r\n#Fields: Timestamp,SessionId,LocalEndpoint,RemoteEndpoint,Agent,Event,Action,SmtpResponse\r\n2026-03-02T09:00:00.000Z,08D1,10.2.3.4:25,192.0.2.1:4711,Content Filter Agent,OnEndOfData,RejectMessage,550\r\n", replay.FormatAgent},
		{"message trace", "Received,SenderAddress,RecipientAddress,Subject,Status\r\n2026-03-02T09:00:00,ann@example.net,bob@fabrikam.com,Hello,Delivered\r\n", replay.FormatTrace},
		{"message trace, extended", "\"origin_timestamp_utc\",\"sender_address\",\"recipient_status\"\r\n\"2026-03-02T09:00:00.0000000Z\",\"ann@example.net\",\"bob@fabrikam.com##Receive, Deliver\"\r\n", replay.FormatTrace},
		{"IIS", "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2026-03-02 09:00:00\r\n#Fields: date time c-ip cs-username cs-method cs-uri-query\r\n2026-03-02 09:00:00 192.0.2.1 mail EHLO +mail\r\n", replay.FormatW3C},
		{"IIS in its own form", "192.0.2.1, mail, 3/2/2026, 9:00:00, SMTPSVC1, HUBA, 10.2.3.4, 0, 29, 200, 250, 0, EHLO, -, +mail,\r\n", replay.FormatIIS},
		{"queue", "#Software: Microsoft Exchange Server\r\n#Log-type: Transport Queue Log\r\n#Fields: Timestamp,SequenceNumber,EventId,QueueId\r\n2026-03-02T09:00:00.000Z,1,QueueStats,HUBA\\9\r\n", replay.FormatQueue},
		{"another", "#Software: Microsoft Exchange Server\r\n#Log-type: Active Manager Log\r\n#Fields: date-time,what\r\n2026-03-02T09:00:00.000Z,it\r\n", replay.FormatOther},
		{"empty", "", replay.FormatEmpty},
		{"blank", "\r\n \r\n", replay.FormatEmpty},
	} {
		got := readAll(t, tt.text)
		if got.Files[0].Format != tt.want || got.Sessions != 0 || got.Malformed != 0 || got.Judged() != 0 || got.Same() {
			t.Errorf("%s: it is said to be a %s log, sessions %d, malformed %d, same %v:\n%v", tt.name, got.Files[0].Format, got.Sessions, got.Malformed, got.Same(), got)
		}
		both := readAll(t, tt.text, receiveHeader+whole("A"))
		if both.Judged() != 1 || both.Alike != 1 {
			t.Errorf("%s beside a protocol log: %v", tt.name, both)
		}
		if want := tt.want == replay.FormatEmpty; both.Same() != want {
			t.Errorf("%s beside a protocol log: all the same: %v, want %v", tt.name, both.Same(), want)
		}
		kind := string(tt.want) + " log"
		if tt.want == replay.FormatOther {
			kind += " (Active Manager Log)"
		}
		if text := both.String(); !strings.Contains(text, "log: "+kind) {
			t.Errorf("%s: the report doesn't name it:\n%s", tt.name, text)
		}
	}
}

// TestUnjudged wants sessions that can't be judged, or not to their end, not to count
// as those with the same result.
func TestUnjudged(t *testing.T) {
	hello := []string{"+", "", ">", "220 huba.fabrikam.com ready", "<", "EHLO mail.example.net", ">", "250 huba.fabrikam.com Hello"}
	say := func(more ...string) string { return conversation("A", append(hello[:8:8], more...)...) }
	for _, tt := range []struct{ name, text, counted string }{
		{"begun before", conversation("A", "<", "MAIL FROM:<ann@example.net>", ">", "250 2.1.0 Sender OK", "-", ""), "partial"},
		{"sender taken out", say("<", "MAIL FROM:<***>", ">", "250 2.1.0 Sender OK", "-", ""), "removed"},
		{"recipient taken out", say("<", "MAIL FROM:<>", ">", "250 2.1.0 Sender OK", "<", "RCPT TO:<[redacted]>", ">", "250 2.1.5 Recipient OK", "-", ""), "removed"},
		{"commands taken out", say("<", "", ">", "250 2.1.0 Sender OK", "-", ""), "removed"},
		{"answers taken out", say("<", "MAIL FROM:<ann@example.net>", ">", "(removed)", "-", ""), "removed"},
		{"between servers", say("<", "X-ANONYMOUSTLS", ">", "220 2.0.0 SMTP server ready", "-", ""), "private"},
		{"no Receive connector", "#Log-type: SMTP Send Protocol Log\r\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\r\n" +
			"2026-03-02T09:00:00.000Z,Intra-Organization SMTP Send Connector,B,0,10.2.3.4:9999,192.0.2.1:25,+,,\r\n" +
			"2026-03-02T09:00:00.000Z,Intra-Organization SMTP Send Connector,B,1,10.2.3.4:9999,192.0.2.1:25,-,,\r\n", "silent"},
	} {
		got := readAll(t, receiveHeader+tt.text)
		counts := map[string]int64{"partial": got.Partial, "removed": got.Removed, "private": got.Private, "silent": got.Silent}
		if got.Sessions != 1 || got.Unjudged != 1 || counts[tt.counted] != 1 || got.Judged() != 0 || got.Same() {
			t.Errorf("%s: %v", tt.name, got)
		}
		if text := got.String(); !strings.Contains(text, "1 session: 0 the same, 0 different, 1 not judged") {
			t.Errorf("%s:\n%s", tt.name, text)
		}
		both := readAll(t, receiveHeader+tt.text, receiveHeader+whole("C")+whole("D"))
		if both.Sessions != 3 || both.Unjudged != 1 || both.Judged() != 2 {
			t.Errorf("%s beside others: %v", tt.name, both)
		}
	}
	mail := "Mar  2 09:00:00 mx postfix/smtpd[1]: connect from a.example.net[192.0.2.1]\nMar  2 09:00:00 mx postfix/smtpd[1]: 4XyZ1a2b3c: client=a.example.net[192.0.2.1]\n" +
		"Mar  2 09:00:01 mx postfix/qmgr[2]: 4XyZ1a2b3c: from=<***>, size=4096, nrcpt=1 (queue active)\nMar  2 09:00:01 mx postfix/smtpd[1]: disconnect from a.example.net[192.0.2.1]\n" +
		"Mar  2 09:00:02 mx postfix/qmgr[2]: 4XyZ1a2b3c: removed\n"
	if got := readAll(t, mail); got.Sessions != 1 || got.Removed != 1 || got.Same() {
		t.Errorf("a mail log without senders: %v", got)
	}
	got := readAll(t, receiveHeader+strings.ReplaceAll(whole("A"), "192.0.2.55", "x.x.x.x"))
	if got.Hidden == 0 || got.Hidden != got.Malformed || got.Judged() != 0 || !strings.Contains(got.String(), "without the addresses of client and server") {
		t.Errorf("without addresses: %v", got)
	}
}

// TestAnnouncements checks that the lines of the gateway before its protocol log are not
// taken for lines of it.
func TestAnnouncements(t *testing.T) {
	said := "Receive connector \"Default HubA\" at [10.2.3.4:25] for [0.0.0.0-255.255.255.255]: Tls; AnonymousUsers\n  LOGIN and PLAIN are not offered: no -users, -passwd or -ldap\n" +
		"  OAUTHBEARER and XOAUTH2 are not offered: no -tokens file\n  EXTERNAL is not offered: no -client-ca\n  STARTTLS is not offered: no -cert\n" +
		"Mail is shown to the milter at inet:127.0.0.1:11332; while it is away: tempfail\nMetrics are at http://127.0.0.1:9091/metrics\nWhether clients can be served is at http://127.0.0.1:9091/ready\n" +
		"Mail is queued in data\ngateway: ready\n"
	log := strings.Replace(receiveHeader, "Microsoft Exchange Server", "Interchange", 1)
	got := readAll(t, said+log+whole("A")+said+whole("B"), said)
	if got.Malformed != 0 || got.Alike != 2 || got.Files[0].Format != replay.FormatReceive || got.Files[1].Format != replay.FormatEmpty {
		t.Errorf("%v\n%+v", got, got.Problems)
	}
}

func quoted(name string) string { return `"` + name + `"` }

// TestUnlogged wants a connector not to be called unused for which there is no log.
func TestUnlogged(t *testing.T) {
	cfg := policy(t, 0).Config()
	for i := range cfg.Receive {
		cfg.Receive[i].ProtocolLoggingLevel = param.LoggingNone
		if cfg.Receive[i].Name == "Relay" {
			cfg.Receive[i].ProtocolLoggingLevel = param.LoggingVerbose
		}
	}
	p, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	unlogged := func(text string) map[string]bool {
		t.Helper()
		r := replay.New(p, replay.Options{})
		if err := r.Read("log", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		report := r.Report()
		found := map[string]bool{}
		for _, u := range report.Receive {
			found[u.Name] = u.Unlogged
			if u.Unlogged && (len(u.UnusedRanges) > 0 || len(u.UnusedGrants) > 0 || u.Narrowest != nil) {
				t.Errorf("%s: advice about what isn't known: %+v", u.Name, u)
			}
		}
		words := report.String()
		_, never, _ := strings.Cut(words, "Receive connectors never used: ")
		never, _, _ = strings.Cut(never, "\n")
		for _, u := range report.Receive {
			if want := u.Sessions == 0 && !u.Unlogged && !u.Elsewhere; want != strings.Contains(never, quoted(u.Name)) {
				t.Errorf("never used: %s, but %+v", never, u)
			}
			_, off, _ := strings.Cut(words, "(protocol logging is off for them): ")
			off, _, _ = strings.Cut(off, "\n")
			if u.LoggingOff != strings.Contains(off, quoted(u.Name)) || u.LoggingOff && !u.Unlogged {
				t.Errorf("%+v is told as\n%s", u, words)
			}
			if u.Elsewhere != strings.Contains(words, "another connector serves now: "+quoted(u.Name)) {
				t.Errorf("%+v is told as\n%s", u, words)
			}
		}
		return found
	}
	if got := unlogged(receiveHeader + whole("A")); !got["Secured"] || !got["Submission"] || got["Relay"] || got["Default HubA"] {
		t.Errorf("by a protocol log: %v", got)
	}
	if got := unlogged(receiveHeader + strings.ReplaceAll(whole("A"), "Default HubA", "Secured")); got["Secured"] || !got["Submission"] {
		t.Errorf("by a protocol log that has it: %v", got)
	}
	hidden := strings.ReplaceAll(strings.ReplaceAll(whole("B"), "192.0.2.55", "x.x.x.x"), "Default HubA", "Relay")
	if got := unlogged(receiveHeader + whole("A") + hidden); !got["Relay"] || got["Default HubA"] {
		t.Errorf("by a protocol log without the addresses of some: %v", got)
	}
	if got := unlogged(strings.ReplaceAll(receiveHeader+whole("A"), ",", ";")); !got["Relay"] || !got["Default HubA"] {
		t.Errorf("by a log that can't be read: %v", got)
	}
	if got := unlogged(receiveHeader); !got["Relay"] {
		t.Errorf("by a log without sessions: %v", got)
	}
	mail := "Mar  2 09:00:00 mx postfix/smtpd[1]: connect from a.example.net[192.0.2.1]\nMar  2 09:00:00 mx postfix/smtpd[1]: 4XyZ1a2b3c: client=a.example.net[192.0.2.1]\n" +
		"Mar  2 09:00:01 mx postfix/qmgr[2]: 4XyZ1a2b3c: from=<a@example.net>, size=4096, nrcpt=1 (queue active)\nMar  2 09:00:02 mx postfix/qmgr[2]: 4XyZ1a2b3c: removed\n"
	if got := unlogged(mail); got["Secured"] || got["Submission"] {
		t.Errorf("by a mail log: %v", got)
	}
	send := "#Log-type: SMTP Send Protocol Log\r\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\r\n"
	if got := unlogged(send); !got["Secured"] || !got["Relay"] || !got["Default HubA"] {
		t.Errorf("by a log of Send connectors: %v", got)
	}
}

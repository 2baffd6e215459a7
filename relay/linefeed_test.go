package relay_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

func allowLinefeeds(r *connector.Receive) { r.BareLinefeedRejectionEnabled = param.Value(false) }

// Where bare line feeds are allowed, every next hop gets one message with CRLF
// at every place where the client wrote LF, whatever the client tried with dots,
// by whichever way the message comes and goes. The header firewall has looked at
// the lines that the next hop sees.
func TestBareLinefeedToNextHop(t *testing.T) {
	const evil = "MAIL FROM:<evil@contoso.com>\r\nRCPT TO:<ceo@contoso.com>\r\nDATA\r\nsmuggled\r\n"
	const header = "From: b@contoso.com\nX-MS-Exchange-Organization-SCL: -1\nReceived: from x\n by y; z\n" +
		"Message-ID: <1@contoso.com>\nDate: Mon, 1 Jan 2007 00:00:00 +0000\n\n"
	for _, body := range []string{
		"one\ntwo\n\nthree\r\n",
		"one\n.\n" + evil,
		"one\n.\r\n" + evil,
		"one\n\n.\r\n" + evil,
		"one\r\n\n.\n" + evil,
		"one\n..\n.two\r\n" + evil,
		strings.Repeat("a line of the long one\n", 5000) + ".\n" + evil, // too long for one write, so by BDAT
	} {
		want := withCRLF(body)
		for way, send := range map[string]func(c *relaytest.Client, data string){
			"DATA": func(c *relaytest.Client, data string) {
				c.Do("DATA", 354)
				c.SendRaw(strings.ReplaceAll(data, "\r\n.", "\r\n..") + ".\r\n")
			},
			"BDAT": func(c *relaytest.Client, data string) {
				c.SendRaw("BDAT " + strconv.Itoa(len(data)) + " LAST\r\n" + data)
			},
		} {
			for _, omit := range []string{"", "CHUNKING", "PIPELINING"} {
				sink := &relaytest.Sink{Omit: []string{omit}}
				c := through(t, connector.Send{}, sink, allowLinefeeds).hello(gateway, hub)
				c.Do("MAIL FROM:<b@contoso.com>", 250)
				c.Do("RCPT TO:<"+elsewhere+">", 250)
				send(c, header+body)
				c.Expect(250)
				c.Do("QUIT", 221)
				m := sink.Messages()
				if len(m) != 1 {
					t.Errorf("%s, hop without %q, %.20q: %d messages arrived", way, omit, body, len(m))
					continue
				}
				head, got, _ := strings.Cut(string(m[0].Data), "\r\n\r\n")
				if got != want || withCRLF(head) != head {
					t.Errorf("%s, hop without %q, %.20q: %.300q arrived behind %q, want %.300q", way, omit, body, got, head, want)
				}
				if strings.Contains(head, "Organization") || !strings.Contains(head, "\r\nReceived: from x\r\n by y; z\r\n") {
					t.Errorf("%s: the header firewall left %q", way, head)
				}
			}
		}
	}
}

// withCRLF returns s with every LF behind a CR of its own.
func withCRLF(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

package replay_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/replay"
)

// exchangeLog is a protocol log of n sessions, eight at a time, one message
// each.
func exchangeLog(n int) []byte {
	var b bytes.Buffer
	b.WriteString("#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\r\n")
	script := []struct{ event, data, context string }{
		{"+", "", ""},
		{"*", "SMTPSubmit SMTPAcceptAnySender SMTPAcceptAuthoritativeDomainSender AcceptRoutingHeaders", "Set Session Permissions"},
		{">", `"220 huba.fabrikam.com Microsoft ESMTP MAIL Service ready at Mon, 2 Mar 2026 00:00:00 +0000"`, ""},
		{"<", "EHLO client.example.net", ""},
		{">", "250-huba.fabrikam.com Hello [203.0.113.9]", ""},
		{">", "250-SIZE 37748736", ""},
		{">", "250-PIPELINING", ""},
		{">", "250 CHUNKING", ""},
		{"<", "MAIL FROM:<ann@example.net> SIZE=4096", ""},
		{"*", "08DE781234567890;2026-03-02T00:00:00.017Z;1", "receiving message"},
		{">", "250 2.1.0 Sender OK", ""},
		{"<", "RCPT TO:<bob@fabrikam.com>", ""},
		{">", "250 2.1.5 Recipient OK", ""},
		{"<", "DATA", ""},
		{">", "354 Start mail input; end with <CRLF>.<CRLF>", ""},
		{">", `"250 2.6.0 <1@x> [InternalId=1, Hostname=huba.fabrikam.com] 4096 bytes in 0.102, 39.189 KB/sec Queued mail for delivery"`, ""},
		{"<", "QUIT", ""},
		{">", "221 2.0.0 Service closing transmission channel", ""},
		{"-", "", "Local"},
	}
	const abreast = 8
	for first := 0; first < n; first += abreast {
		for seq, l := range script {
			for id := first; id < min(first+abreast, n); id++ {
				client := netip.AddrFrom4([4]byte{203, 0, byte(id >> 8), byte(id)})
				fmt.Fprintf(&b, "2026-03-02T00:00:00.000Z,HUBA\\Default HubA,08DE78%010d,%d,10.2.3.4:25,%v:50123,%s,%s,%s\r\n", id, seq, client, l.event, l.data, l.context)
			}
		}
	}
	return b.Bytes()
}

// postfixLog is a mail log of n connections with one message each.
func postfixLog(n int) []byte {
	var b bytes.Buffer
	for id := range n {
		const stamp = "2026-03-02T00:11:00.123456+01:00 mx1 postfix/"
		client := fmt.Sprintf("client.example.net[%v]", netip.AddrFrom4([4]byte{203, 0, byte(id >> 8), byte(id)}))
		queue := fmt.Sprintf("4XyZ%06d", id)
		fmt.Fprintf(&b, stamp+"smtpd[%d]: connect from %s\n", id%64, client)
		fmt.Fprintf(&b, stamp+"smtpd[%d]: %s: client=%s\n", id%64, queue, client)
		fmt.Fprintf(&b, stamp+"cleanup[70]: %s: message-id=<%d@client.example.net>\n", queue, id)
		fmt.Fprintf(&b, stamp+"qmgr[71]: %s: from=<ann@example.net>, size=4096, nrcpt=1 (queue active)\n", queue)
		fmt.Fprintf(&b, stamp+"smtpd[%d]: disconnect from %s ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5\n", id%64, client)
		fmt.Fprintf(&b, stamp+"smtp[72]: %s: to=<bob@fabrikam.com>, relay=10.2.3.9[10.2.3.9]:25, delay=1, delays=0.1/0/0.5/0.4, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n", queue)
		fmt.Fprintf(&b, stamp+"qmgr[71]: %s: removed\n", queue)
	}
	return b.Bytes()
}

func BenchmarkRead(b *testing.B) {
	p := policy(b, 0)
	for name, log := range map[string][]byte{"exchange": exchangeLog(5000), "postfix": postfixLog(10000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(log)))
			lines := bytes.Count(log, []byte("\n"))
			for b.Loop() {
				r := replay.New(p, replay.Options{})
				if err := r.Read("log", bytes.NewReader(log)); err != nil {
					b.Fatal(err)
				}
				if got := r.Report(); !got.Same() || got.Malformed > 0 {
					b.Fatal(got)
				}
			}
			b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// TestAllocations bounds what a line costs: a session allocates, a line that
// says nothing to a policy does not.
func TestAllocations(t *testing.T) {
	p := policy(t, 0)
	session := string(exchangeLog(1))
	head, tail, _ := strings.Cut(session, "\r\n2026-03-02T00:00:00.000Z,HUBA\\Default HubA,08DE780000000000,2,")
	remark := "\r\n2026-03-02T00:00:00.000Z,HUBA\\Default HubA,08DE780000000000,2,10.2.3.4:25,203.0.0.0:50123,*,,\"a remark, with a comma\""
	measure := func(n int) float64 {
		log := head + strings.Repeat(remark, n) + "\r\n2026-03-02T00:00:00.000Z,HUBA\\Default HubA,08DE780000000000,2," + tail
		return testing.AllocsPerRun(5, func() {
			r := replay.New(p, replay.Options{})
			if err := r.Read("log", strings.NewReader(log)); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := measure(10), measure(10_000); many > few+2 {
		t.Errorf("10,000 lines that say nothing cost %v allocations, 10 cost %v", many, few)
	}
	log := exchangeLog(1001)
	all := testing.AllocsPerRun(5, func() {
		r := replay.New(p, replay.Options{})
		if err := r.Read("log", bytes.NewReader(log)); err != nil {
			t.Fatal(err)
		}
	})
	if each := all / 1001; each > 20 {
		t.Errorf("a session costs %v allocations", each)
	}
}

// What is kept is bounded, whatever is in the log.
func TestBounds(t *testing.T) {
	var log strings.Builder
	for i := range 10_000 { // connections that never end
		fmt.Fprintf(&log, "2026-03-02T00:00:00.000Z,connector %d,%d,0,10.2.3.4:25,10.9.%d.%d:1,+,,\n", i, i, i>>8, i&255)
	}
	r := replay.New(policy(t, 0), replay.Options{MaxOpen: 100, MaxClients: 100})
	if err := r.Read("log", strings.NewReader(log.String())); err != nil {
		t.Fatal(err)
	}
	got := r.Report()
	if got.Evicted != 9_900 || got.Sessions != 10_000 || len(got.LogConnectors) > 4097 || len(got.Differences) > 1000 || got.MoreDifferences == 0 {
		t.Errorf("%d evicted of %d, %d connectors, %d differences", got.Evicted, got.Sessions, len(got.LogConnectors), len(got.Differences))
	}
	if u := got.Receive[3]; u.Complete || u.Narrowest != nil || u.Sessions != 10_000 {
		t.Errorf("%+v", u)
	}
}

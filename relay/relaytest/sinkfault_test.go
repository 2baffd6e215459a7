package relaytest_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// steps is a conversation with a usual Sink, and the stage of each command.
var steps = []struct {
	stage relaytest.Stage
	line  string
	code  int
}{
	{relaytest.StageConnect, "", 220},
	{relaytest.StageHello, "EHLO x", 250},
	{relaytest.StageMail, "MAIL FROM:<a@contoso.com>", 250},
	{relaytest.StageReset, "RSET", 250},
	{"", "MAIL FROM:<a@contoso.com>", 250},
	{relaytest.StageRcpt, "RCPT TO:<b@fabrikam.com>", 250},
	{relaytest.StageDataInit, "DATA", 354},
	{relaytest.StageBody, "A: b\r\n\r\n..\r\n.", 0},
	{relaytest.StageData, "", 0},
	{relaytest.StageStored, "", 250},
}

// upTo goes through steps up to the command whose answer the script of stage
// has, which is left to the caller.
func upTo(c *relaytest.Client, stage relaytest.Stage) {
	for _, step := range steps {
		if step.line != "" {
			c.Send(step.line)
		}
		if step.stage == stage {
			return
		}
		if step.code != 0 {
			c.Expect(step.code)
		}
	}
}

// answerAt makes a Sink answer once at a stage.
func answerAt(stage relaytest.Stage, answer string) *relaytest.Sink {
	done := false
	return &relaytest.Sink{Script: func(s relaytest.Stage, _ string) string {
		if s != stage || done {
			return ""
		}
		done = true
		return answer
	}}
}

// TestSinkFaults: every answer at every stage, and what is recorded then.
func TestSinkFaults(t *testing.T) {
	for _, step := range steps {
		if step.stage == "" {
			continue
		}
		for _, answer := range []string{relaytest.Drop, relaytest.Close, relaytest.Hang, relaytest.Endless,
			relaytest.Raw("what?\r\n"), "450 4.2.0 later", "550 5.1.1 no"} {
			t.Run(string(step.stage)+" "+answer, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testSinkFault(t, step.stage, answer) })
			})
		}
	}
}

// testSinkFault is one of them.
func testSinkFault(t *testing.T, stage relaytest.Stage, answer string) {
	sink := answerAt(stage, answer)
	c := connect(t, sink)
	upTo(c, stage)
	switch answer {
	case relaytest.Drop, relaytest.Close:
		c.Closed()
	case relaytest.Hang:
		_ = c.Conn.SetReadDeadline(time.Now().Add(time.Hour))
		b, err := io.ReadAll(c.Conn)
		if len(b) > 0 || err == nil {
			t.Errorf("heard %q, %v", b, err)
		}
	case relaytest.Endless:
		var b [1 << 20]byte
		_, err := io.ReadFull(c.Conn, b[:])
		if err != nil || strings.Count(string(b[:]), "250-and so on\r\n") < 1<<16 {
			t.Errorf("%v after %.99q", err, b)
		}
	default:
		want, raw := strings.CutPrefix(answer, relaytest.Raw(""))
		if seen := readLine(t, c); strings.TrimSpace(seen) != strings.TrimSpace(want) {
			t.Errorf("heard %q, want %q", seen, want)
		}
		if stage == relaytest.StageConnect || stage == relaytest.StageBody {
			if !raw {
				c.Closed()
			}
			break
		}
		if stage == relaytest.StageHello {
			c.Do("EHLO again", 250)
		}
		c.Do("RSET", 250)
		c.Do("MAIL FROM:<>", 250) // the conversation goes on
	}
	want := 0
	if stage == relaytest.StageStored || stage == relaytest.StageBody && answer == relaytest.Raw("what?\r\n") {
		want = 1
	}
	synctest.Wait()
	if n := len(sink.Messages()); n != want {
		t.Errorf("%d messages recorded, want %d", n, want)
	}
}

// readLine reads one line without a look at what it says.
func readLine(t *testing.T, c *relaytest.Client) string {
	t.Helper()
	var line []byte
	for !strings.HasSuffix(string(line), "\n") {
		var b [1]byte
		if _, err := io.ReadFull(c.Conn, b[:]); err != nil {
			t.Fatalf("%v behind %q", err, line)
		}
		line = append(line, b[0])
	}
	return string(line)
}

func TestSinkUnexpectedSuccess(t *testing.T) {
	sink := answerAt(relaytest.StageDataInit, "250 2.0.0 taken")
	c := connect(t, sink)
	upTo(c, relaytest.StageDataInit)
	c.Expect(250)
	c.Do("Subject: x", 500) // no message was asked for
	c.Do("DATA", 354)
	c.SendRaw("A: b\r\n.\r\n")
	c.Expect(250)
	if m := sink.Messages(); len(m) != 1 || string(m[0].Data) != "A: b\r\n" {
		t.Errorf("recorded %v", m)
	}
}

func TestSinkParameters(t *testing.T) {
	sink := &relaytest.Sink{}
	c := connect(t, sink)
	upTo(c, relaytest.StageHello)
	if text := c.Expect(250); !strings.Contains(text, "DSN") {
		t.Errorf("EHLO: %s", text)
	}
	c.Do("MAIL FROM:<a@contoso.com> RET=HDRS ENVID=a+20b SIZE=8", 250)
	c.Do(`RCPT TO:<"b> "@fabrikam.com> NOTIFY=NEVER`, 250)
	c.Do("RCPT TO:<c@fabrikam.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c+40x", 250)
	c.Do("DATA", 354)
	c.SendRaw("A: b\r\n.\r\n")
	c.Expect(250)
	m := sink.Messages()[0]
	if m.MailParams != "RET=HDRS ENVID=a+20b SIZE=8" || m.EnvID != "a b" || m.Ret != "HDRS" || m.Size != 8 ||
		m.To[0] != `"b> "@fabrikam.com` || m.RcptParams[0] != "NOTIFY=NEVER" || m.RcptParams[1] != "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c+40x" {
		t.Errorf("recorded %+v", m)
	}
}

func TestSinkOmits(t *testing.T) {
	sink := &relaytest.Sink{Omit: []string{"DSN", "SIZE", "CHUNKING", "SMTPUTF8", "8BITMIME"}}
	c := connect(t, sink)
	upTo(c, relaytest.StageHello)
	text := c.Expect(250)
	for _, keyword := range sink.Omit {
		if strings.Contains(text, keyword) {
			t.Errorf("%s is offered: %s", keyword, text)
		}
	}
	for _, param := range []string{"SIZE=1", "RET=FULL", "ENVID=x", "SMTPUTF8", "BODY=8BITMIME"} {
		c.Do("MAIL FROM:<> "+param, 555)
	}
	c.Do("MAIL FROM:<>", 250)
	c.Do("RCPT TO:<b@fabrikam.com> NOTIFY=NEVER", 555)
	c.Do("RCPT TO:<b@fabrikam.com>", 250)
	c.Do("BDAT 1 LAST", 501)
	c.Closed()
}

func TestSinkCountsConnections(t *testing.T) {
	var n relaytest.Network
	sink := &relaytest.Sink{}
	go sink.Serve(listen(t, &n, hub.String()))
	defer sink.Close()
	dial := func() *relaytest.Client {
		conn, err := n.Dial(t.Context(), gateway, hub)
		if err != nil {
			t.Fatal(err)
		}
		c := relaytest.NewClient(t, conn)
		c.Expect(220)
		return c
	}
	first, second := dial(), dial()
	for _, c := range []*relaytest.Client{first, second} {
		c.Do("QUIT", 221)
		c.Closed()
	}
	if sink.Connections() != 2 || sink.Peak() != 2 {
		t.Errorf("%d connections, %d at one time, want 2 and 2", sink.Connections(), sink.Peak())
	}
}

// TestSinkLongLines: a line is what CRLF ends, in how many parts it may come.
func TestSinkLongLines(t *testing.T) {
	sink := &relaytest.Sink{}
	c := connect(t, sink)
	upTo(c, relaytest.StageDataInit)
	c.Expect(354)
	want := ""
	for n := 4090; n < 4100; n++ { // a reader's buffer ends somewhere there
		want += strings.Repeat("x", n) + "\r\n.\n.\r.\r\n"
	}
	c.SendRaw(strings.ReplaceAll(want, "\r\n.", "\r\n..") + ".\r\n")
	c.Expect(250)
	if m := sink.Messages(); len(m) != 1 || string(m[0].Data) != want {
		t.Errorf("%d messages recorded, or one that was changed", len(m))
	}
}

// FuzzSink: whatever a client says, the Sink ends when the client does, and
// records nothing but what came before a dot or a last chunk.
func FuzzSink(f *testing.F) {
	f.Add("EHLO x\r\nMAIL FROM:<a@contoso.com>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nA: b\r\n\r\n..\r\n.\r\nQUIT\r\n") // a message
	f.Add("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\nBDAT 3\r\nabcBDAT 0 LAST\r\n")                         // in chunks
	f.Add("EHLO x\r\nMAIL FROM:<> ENVID=+4 BODY=\r\nRCPT TO:<\"\\\r\nBDAT -1\r\nBDAT 9999999999 LAST\r\nx")          // mistakes
	f.Add("AUTH\r\nAUTH PLAIN =\r\nAUTH LOGIN *\r\nSTARTTLS\r\nMAIL FROM:\r\n.\r\n\xff\x00")                         // and more of them
	f.Fuzz(func(t *testing.T, said string) {
		near, far := relaytest.NewPipe(hub, hub)
		l := &once{conn: far}
		sink := &relaytest.Sink{MaxSize: 1 << 16, InsecureAuth: true}
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			_, _ = io.Copy(io.Discard, near) // a reset is an end, too
		}()
		if err := sink.Serve(l); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(near, said) // the Sink may have ended by then
		_ = near.CloseWrite()
		<-heard
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
		for _, m := range sink.Messages() {
			if len(m.To) == 0 || len(m.To) != len(m.RcptParams) || len(m.Data) > 1<<16 {
				t.Errorf("recorded %+v", m)
			}
			if !strings.Contains(said, ".\r\n") && !strings.Contains(strings.ToUpper(said), "LAST") {
				t.Errorf("recorded a message without an end: %q", said)
			}
		}
	})
}

// once is a listener with one connection.
type once struct {
	conn net.Conn
}

// Accept returns the connection, and then that there is no more.
func (o *once) Accept() (net.Conn, error) {
	c := o.conn
	if o.conn = nil; c == nil {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close implements net.Listener.
func (o *once) Close() error { return nil }

// Addr implements net.Listener.
func (o *once) Addr() net.Addr { return net.TCPAddrFromAddrPort(hub) }

package delivery_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// lmtpHello is how a scripted LMTP server begins. Lines with ">" are read, the others written.
const lmtpHello = "220 box LMTP\n>LHLO hub.contoso.com\n250-box\n250-PIPELINING\n250 ENHANCEDSTATUSCODES\n"

// lmtpMail takes a transaction with three recipients, up to the final dot.
const lmtpMail = ">MAIL FROM:<a@contoso.com>\n>RCPT TO:<1@box.example>\n>RCPT TO:<2@box.example>\n>RCPT TO:<3@box.example>\n" +
	"250 ok\n250 ok\n250 ok\n250 ok\n" + lmtpData
const lmtpData = ">DATA\n354 go\n!body\n"

// lmtpTo returns a transport to servers that play the scripts, one for each connection, and its next
// hop.
func lmtpTo(t *testing.T, scripts ...string) (*delivery.LMTP, delivery.NextHop) {
	t.Helper()
	var mu sync.Mutex
	l := &delivery.LMTP{Network: "unix", Address: "/run/lmtp"}
	l.Dial = func(context.Context, string, string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if len(scripts) == 0 {
			return nil, errors.New("connection refused")
		}
		near, far := relaytest.NewPipe(netip.MustParseAddrPort("10.0.0.1:4000"), netip.MustParseAddrPort("10.0.0.2:24"))
		go playLMTP(far, scripts[0])
		scripts = scripts[1:]
		return near, nil
	}
	t.Cleanup(func() { l.Close() })
	return l, boxHop(t, connector.Send{})
}

// boxHop returns the next hop of a Send connector for box.example.
func boxHop(t *testing.T, s connector.Send) delivery.NextHop {
	t.Helper()
	s.Name, s.Fqdn, s.AddressSpaces = "Mailboxes", "hub.contoso.com", []routing.AddressSpace{routing.MustParseAddressSpace("box.example")}
	p, err := connector.Compile(connector.Config{Send: []connector.Send{s}})
	if err != nil {
		t.Fatal(err)
	}
	hop, err := delivery.NextHopFor(p, routing.MustParseAddress("1@box.example"), 0)
	if err != nil {
		t.Fatal(err)
	}
	return hop.AllDomains()
}

// playLMTP plays a script, and then closes the connection; "!hang" waits until the client has done so.
func playLMTP(c net.Conn, script string) {
	defer c.Close()
	br := bufio.NewReader(c)
	for step := range strings.Lines(script) {
		switch step = strings.TrimSuffix(step, "\n"); {
		case step == "!hang":
			_, _ = io.Copy(io.Discard, br)
		case step == "!body":
			for line := ""; line != ".\r\n"; {
				var err error
				if line, err = br.ReadString('\n'); err != nil {
					return
				}
			}
		case step == "!endless":
			for {
				if _, err := io.WriteString(c, "250-"+strings.Repeat("x", 1000)+"\r\n"); err != nil {
					return
				}
			}
		case strings.HasPrefix(step, ">"):
			line, err := br.ReadString('\n')
			if err != nil || !strings.HasPrefix(line, step[1:]) {
				return
			}
		default:
			if _, err := io.WriteString(c, step+"\r\n"); err != nil {
				return
			}
		}
	}
}

// sendLMTP sends letter to three recipients. The result is each Outcome, and "hop" if the next hop as a
// whole failed.
func sendLMTP(t *testing.T, l delivery.Transport, hop delivery.NextHop) string {
	t.Helper()
	var to []envelope.Recipient
	for _, n := range []string{"1", "2", "3"} {
		to = append(to, envelope.Recipient{To: routing.MustParseAddress(n + "@box.example")})
	}
	env := &envelope.Envelope{From: routing.MustParseAddress("a@contoso.com")}
	outcomes, err := l.Send(context.Background(), hop, env, to, strings.NewReader(letter))
	var list []string
	for _, o := range outcomes {
		list = append(list, strings.Fields(said(t, o.Err))[0])
	}
	if err != nil {
		list = append(list, "hop")
	}
	return strings.Join(list, " ")
}

// TestLMTPReplies: each recipient gets its own reply. One without a reply is tried again, whatever the
// server does.
func TestLMTPReplies(t *testing.T) {
	long := "250 " + strings.Repeat("x", 100_000) + "\n"
	tests := []struct{ name, script, want string }{
		{"all", lmtpHello + lmtpMail + "250 ok\n250 ok\n250 ok\n!hang", "ok ok ok"},
		{"over quota", lmtpHello + lmtpMail + "250 ok\n452 4.2.2 full\n550 5.2.1 disabled\n!hang", "ok 451 550"},
		{"refused at RCPT", lmtpHello + strings.Replace(lmtpMail, "250 ok\n250 ok\n250 ok\n250 ok\n", "250 ok\n250 ok\n550 no\n250 ok\n", 1) +
			"452 4.2.2 full\n250 ok\n!hang", "451 550 ok"},
		{"all refused at RCPT", lmtpHello + strings.Replace(lmtpMail, "250 ok\n250 ok\n250 ok\n250 ok\n", "250 ok\n550 no\n450 no\n550 no\n", 1) +
			"!hang", "550 451 550"},
		{"MAIL refused", lmtpHello + strings.Replace(lmtpMail, "250 ok\n250 ok\n250 ok\n250 ok\n", "550 no\n503 no\n503 no\n503 no\n", 1) + "!hang", "550 550 550"},
		{"DATA refused", lmtpHello + strings.Replace(lmtpMail, "354 go\n!body", "554 no\n!hang", 1), "554 554 554"},
		{"hangs up between replies", lmtpHello + lmtpMail + "250 ok\n", "ok 451 451"},
		{"hangs up before replies", lmtpHello + lmtpMail, "451 451 451"},
		{"too few replies", lmtpHello + lmtpMail + "250 ok\n250 ok\n!hang", "ok ok 451"},
		{"too many replies", lmtpHello + lmtpMail + "250 ok\n250 ok\n250 ok\n250 ok\n!hang", "ok ok ok"},
		{"replies before the end", lmtpHello + strings.Replace(lmtpMail, "354 go\n", "354 go\n250 ok\n250 ok\n250 ok\n", 1) + "!hang", "451 451 451"},
		{"no reply", lmtpHello + lmtpMail + "250 ok\nI think so\n250 ok\n!hang", "ok 451 451"},
		{"intermediate reply", lmtpHello + lmtpMail + "354 go\n250 ok\n250 ok\n!hang", "451 451 451"},
		{"shuts down", lmtpHello + lmtpMail + "250 ok\n421 4.3.2 bye\n", "ok 451 451"},
		{"a refusal in several lines", lmtpHello + lmtpMail + "250-ok\n550 5.1.1 no\n250 ok\n250 ok\n!hang", "550 ok ok"},
		{"long lines", lmtpHello + lmtpMail + long + long + long + "!hang", "ok ok ok"},
		{"endless", lmtpHello + lmtpMail + "250 ok\n!endless", "ok 451 451"},
		{"without pipelining", strings.Replace(lmtpHello, "250-PIPELINING\n", "", 1) +
			">MAIL\n250 ok\n>RCPT\n250 ok\n>RCPT\n550 no\n>RCPT\n250 ok\n" + lmtpData + "250 ok\n452 4.2.2 full\n!hang", "ok 550 451"},
		{"hangs up at RCPT", lmtpHello + ">MAIL\n>RCPT\n>RCPT\n>RCPT\n250 ok\n550 no\n", "550 451 451"},
		{"hangs up at MAIL", lmtpHello + ">MAIL\n", "451 451 451 hop"},
		{"SMTP", "220 box ESMTP\n>LHLO\n500 5.5.1 what?\n!hang", "451 451 451 hop"},
		{"busy", "421 4.3.2 later\n", "451 451 451 hop"},
		{"silent", "!hang", "451 451 451 hop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, hop := lmtpTo(t, tt.script)
				if got := sendLMTP(t, l, hop); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			})
		})
	}
	l, hop := lmtpTo(t)
	if got := sendLMTP(t, l, hop); got != "451 451 451 hop" {
		t.Errorf("without a server: %s", got)
	}
}

// TestLMTPKept: a connection is used again; one that is dead, or sent too many replies, is replaced.
func TestLMTPKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := lmtpMail + "250 ok\n250 ok\n250 ok\n"
		l, hop := lmtpTo(t, lmtpHello+taken+taken, lmtpHello+taken+"250 one more\n!hang", lmtpHello+taken+"!hang")
		for i := range 4 {
			synctest.Wait() // the server has hung up, if it does
			if got := sendLMTP(t, l, hop); got != "ok ok ok" {
				t.Errorf("message %d: %s", i, got)
			}
		}
		synctest.Wait()
		if got := sendLMTP(t, l, hop); got != "451 451 451" && got != "451 451 451 hop" {
			t.Errorf("without a server: %s", got)
		}
	})
}

// TestLMTPLogs: connections by LMTP are in both logs, and the outcomes say which connection it was.
func TestLMTPLogs(t *testing.T) {
	l, _ := lmtpTo(t, lmtpHello+lmtpMail+"250 ok\n452 4.2.2 full\n250 ok\n!hang")
	hop := boxHop(t, connector.Send{ProtocolLoggingLevel: param.LoggingVerbose})
	var connectivity, said []string
	sessions := make(map[string]bool)
	l.ConnectivityLog = func(line event.ConnectivityLine) {
		sessions[line.Session] = true
		connectivity = append(connectivity, line.Source+" "+line.Destination+" "+string(line.Direction)+" "+line.Description)
	}
	l.ProtocolLog = func(line event.Line) {
		sessions[line.Session] = true
		said = append(said, string(line.Event)+line.Data+line.Context)
	}
	to := []envelope.Recipient{{To: routing.MustParseAddress("1@box.example")}, {To: routing.MustParseAddress("2@box.example")}, {To: routing.MustParseAddress("3@box.example")}}
	env := &envelope.Envelope{From: routing.MustParseAddress("a@contoso.com")}
	outcomes, err := l.Send(context.Background(), hop, env, to, strings.NewReader(letter))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for _, o := range outcomes {
		if sessions[o.Session] = true; o.Session == "" || len(sessions) != 1 {
			t.Errorf("the outcome names the session %q, the logs have %v", o.Session, sessions)
		}
	}
	if got := sendLMTP(t, l, hop); got != "451 451 451 hop" { // there is no server
		t.Error(got)
	}
	for _, want := range []string{
		"Mailboxes /run/lmtp + DeliveryAgent /run/lmtp", "Mailboxes /run/lmtp > Established connection to /run/lmtp (localhost)", "Mailboxes /run/lmtp - Messages: 1 Bytes: ",
		"Mailboxes /run/lmtp + DeliveryAgent /run/lmtp", "Mailboxes /run/lmtp > Failed connection to /run/lmtp (connection refused)", "Mailboxes /run/lmtp - Messages: 0 Bytes: 0 (",
	} {
		if len(connectivity) == 0 || !strings.HasPrefix(connectivity[0], want) {
			t.Fatalf("%q, want %q", connectivity, want)
		}
		connectivity = connectivity[1:]
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"*attempting to connect\n+\n<220 box LMTP\n>LHLO hub.contoso.com", ">RCPT TO:<2@box.example>", "\n<452 4.2.2 full", "\n-Local\n*attempting to connect\n*Failed to connect. Error: "} {
		if !strings.Contains(all, want) {
			t.Errorf("the protocol log lacks %q:\n%s", want, all)
		}
	}
	if strings.Contains(all, "Subject") {
		t.Errorf("the protocol log has the message:\n%s", all)
	}
}

// TestLMTPNotSent: a message that can't be read, and a connector that requires TLS or authentication.
func TestLMTPNotSent(t *testing.T) {
	l, hop := lmtpTo(t, lmtpHello+lmtpMail+"250 ok\n250 ok\n250 ok\n!hang")
	to := []envelope.Recipient{{To: routing.MustParseAddress("1@box.example")}}
	broken := io.MultiReader(strings.NewReader(letter), iotest.ErrReader(errors.New("bad sector")))
	outcomes, err := l.Send(context.Background(), hop, new(envelope.Envelope), to, broken)
	if err != nil || len(outcomes) != 1 || !strings.HasPrefix(said(t, outcomes[0].Err), "451") {
		t.Errorf("%v, %v", outcomes, err)
	}
	strict := boxHop(t, connector.Send{RequireTLS: true, SmartHosts: []param.SmartHost{param.MustParseSmartHost("10.0.0.2")}})
	if got := sendLMTP(t, l, strict); got != "451 451 451 hop" || l.Check(strict.Connector()) == nil {
		t.Errorf("RequireTLS: %s", got)
	}
	if err := l.Check(hop.Connector()); err != nil {
		t.Error(err)
	}
}

// mailStore is a go-smtp backend with a full mailbox.
type mailStore struct {
	mu   sync.Mutex
	mail map[string]string // by recipient
}

func (m *mailStore) NewSession(*smtp.Conn) (smtp.Session, error) { return &mailSession{store: m}, nil }

type mailSession struct {
	store *mailStore
	to    []string
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}
func (s *mailSession) Data(io.Reader) error { return errors.New("not used in LMTP") }
func (s *mailSession) Reset()               { s.to = nil }
func (s *mailSession) Logout() error        { return nil }

func (s *mailSession) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for _, to := range s.to {
		if to == "2@box.example" {
			status.SetStatus(to, &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "Mailbox full"})
			continue
		}
		s.store.mail[to] = string(text)
		status.SetStatus(to, nil)
	}
	return nil
}

// TestLMTPServer delivers to a real LMTP server on a Unix socket, which offers CHUNKING and BINARYMIME,
// too.
func TestLMTPServer(t *testing.T) {
	store := &mailStore{mail: make(map[string]string)}
	server := smtp.NewServer(store)
	server.LMTP, server.EnableBINARYMIME = true, true
	socket := filepath.Join(t.TempDir(), "lmtp")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip(err) // a system without Unix sockets
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	l := &delivery.LMTP{Network: "unix", Address: socket}
	t.Cleanup(func() { l.Close() })
	hop := boxHop(t, connector.Send{})
	for range 3 {
		if got := sendLMTP(t, l, hop); got != "ok 451 ok" {
			t.Errorf("got %s", got)
		}
	}
	store.mu.Lock()
	if len(store.mail) != 2 || store.mail["1@box.example"] != letter || store.mail["3@box.example"] != letter {
		t.Errorf("mail: %q", store.mail)
	}
	store.mu.Unlock()
	text := strings.Repeat("0123456789\r\n", 100_000)
	env := &envelope.Envelope{From: routing.MustParseAddress("a@contoso.com")}
	to := []envelope.Recipient{{To: routing.MustParseAddress("4@box.example")}}
	outcomes, err := l.Send(context.Background(), hop, env, to, strings.NewReader(letter+text))
	store.mu.Lock()
	defer store.mu.Unlock()
	if err != nil || outcomes[0].Err != nil || outcomes[0].Host != "localhost" || outcomes[0].Addr != socket || store.mail["4@box.example"] != letter+text {
		t.Errorf("a long message: %v, %v", outcomes, err)
	}
}

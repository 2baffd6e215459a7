package delivery_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

const letter = "From: a@contoso.com\r\nSubject: hello\r\n\r\n.body\r\n"

// world is a Sender on the server hub.contoso.com at 10.2.3.4, in a network
// of its own.
type world struct {
	t      *testing.T
	net    relaytest.Network
	dns    relaytest.Resolver
	sender delivery.Sender
	policy *connector.Policy
	log    strings.Builder
}

// toHosts is a Send connector for everything to smart hosts.
func toHosts(hosts ...string) connector.Send {
	s := connector.Send{Name: "out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}}
	for _, h := range hosts {
		s.SmartHosts = append(s.SmartHosts, param.MustParseSmartHost(h))
	}
	return s
}

func newWorld(t *testing.T, sends ...connector.Send) *world {
	t.Helper()
	return worldOf(t, connector.Config{Send: sends})
}

// worldOf is newWorld with more than Send connectors.
func worldOf(t *testing.T, cfg connector.Config) *world {
	t.Helper()
	w := &world{t: t}
	cfg.Server = "hub"
	cfg.Servers = []routing.Server{{Name: "hub", FQDN: "hub.contoso.com", Site: "one"}, {Name: "far", FQDN: "far.contoso.com", Site: "one"}}
	policy, err := connector.Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.policy = policy
	w.sender.Resolver = &w.dns
	w.sender.Dial = w.net.Host(netip.MustParseAddr("10.2.3.4")).Dial
	w.sender.Local = func(a netip.Addr) bool { return a == netip.MustParseAddr("10.2.3.4") }
	w.sender.Logger = slog.New(slog.NewTextHandler(&w.log, nil))
	w.sender.SetTimeouts(smtpclient.Timeouts{Greeting: time.Minute, Command: time.Minute, DataInit: time.Minute, Block: time.Minute, Final: time.Minute})
	t.Cleanup(func() { w.sender.Close() })
	return w
}

// sink runs a next hop.
func (w *world) sink(address string, s *relaytest.Sink) *relaytest.Sink {
	w.t.Helper()
	l := w.listen(address)
	go s.Serve(l)
	w.t.Cleanup(func() { s.Close() })
	return s
}

func (w *world) listen(address string) net.Listener {
	w.t.Helper()
	l, err := w.net.Listen(address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { l.Close() })
	return l
}

// hop plays the scripts, one on each connection: lines that begin with ">"
// are waited for, all others said. "!close" closes.
func (w *world) hop(address string, scripts ...[]string) *hop {
	l := w.listen(address)
	h := &hop{done: make(chan struct{})}
	go func() {
		defer close(h.done)
		defer l.Close() // who calls once more is refused
		for _, script := range scripts {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.play(c, script)
			c.Close()
		}
	}()
	w.t.Cleanup(func() {
		w.sender.Close()
		l.Close()
		<-h.done
	})
	return h
}

// hop is a scripted next hop.
type hop struct {
	mu    sync.Mutex
	heard strings.Builder
	done  chan struct{}
}

func (h *hop) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.heard.String()
}

func (h *hop) play(c net.Conn, script []string) {
	br := bufio.NewReader(c)
	line := func() (string, error) {
		l, err := br.ReadString('\n')
		h.mu.Lock()
		defer h.mu.Unlock()
		h.heard.WriteString(l)
		return l, err
	}
	for _, step := range script {
		if step == "!close" {
			return
		}
		want, expects := strings.CutPrefix(step, ">")
		if !expects {
			if _, err := io.WriteString(c, step); err != nil {
				return
			}
			continue
		}
		for l := ""; !strings.HasPrefix(l, want); {
			var err error
			if l, err = line(); err != nil {
				return
			}
		}
	}
	for {
		if _, err := line(); err != nil {
			return
		}
	}
}

// newEnvelope returns an Envelope of a Server without recipients.
func newEnvelope() *relay.Envelope {
	return &relay.Envelope{Inbound: new(connector.Inbound), Envelope: envelope.Envelope{ID: "id1", From: routing.MustParseAddress("a@contoso.com")}}
}

// begin begins a transaction.
func (w *world) begin(env *relay.Envelope) relay.Transaction {
	w.t.Helper()
	env.Policy = w.policy
	tx, err := w.sender.Begin(context.Background(), env)
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

// rcpt begins a transaction with recipients, and returns it with the answers.
func (w *world) rcpt(env *relay.Envelope, to ...string) (relay.Transaction, []string) {
	w.t.Helper()
	tx := w.begin(env)
	var answers []string
	for _, a := range to {
		r := envelope.Recipient{To: routing.MustParseAddress(a)}
		answers = append(answers, said(w.t, tx.Rcpt(context.Background(), r)))
	}
	return tx, answers
}

// data hands over the message and ends the transaction.
func (w *world) data(tx relay.Transaction, body string) string {
	defer tx.Close()
	_, err := tx.Deliver(context.Background(), strings.NewReader(body))
	return said(w.t, err)
}

// handOver makes one attempt at the next hop of the address to.
func (w *world) handOver(ctx context.Context, to string, env *relay.Envelope, body io.Reader) ([]delivery.Outcome, error) {
	return w.sender.Send(ctx, w.nextHop(to), &env.Envelope, env.To, body)
}

// send makes one attempt, and returns what is said of the first recipient who
// doesn't get the message.
func (w *world) send(to ...string) string {
	w.t.Helper()
	env := envelopeTo(to...)
	outcomes, _ := w.handOver(context.Background(), to[0], env, strings.NewReader(letter))
	for _, o := range outcomes {
		if o.Err != nil {
			return said(w.t, o.Err)
		}
	}
	return "ok"
}

// relay is a whole transaction with a client that waits. It returns what that
// hears first that isn't 250.
func (w *world) relay(to ...string) string {
	w.t.Helper()
	tx, answers := w.rcpt(newEnvelope(), to...)
	for _, answer := range answers {
		if answer != "ok" {
			tx.Close()
			return answer
		}
	}
	return w.data(tx, letter)
}

// said returns the reply that the client gets.
func said(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return "ok"
	}
	var e *relay.Error
	if !errors.As(err, &e) || e.Reply.Code < 400 || e.Reply.Code > 599 {
		t.Fatalf("%v has no reply for the client", err)
	}
	r := e.Reply
	return fmt.Sprintf("%d %d.%d.%d %s", r.Code, r.Enhanced[0], r.Enhanced[1], r.Enhanced[2], r.Text)
}

// expect compares the beginning of what was said.
func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// refuse makes a Sink refuse at a stage.
func refuse(stage relaytest.Stage, argument, reply string) func(relaytest.Stage, string) string {
	return func(s relaytest.Stage, a string) string {
		if s == stage && (argument == "" || a == argument) {
			return reply
		}
		return ""
	}
}

// issuerShown answers a client up to TLS and returns who issued its certificate.
func issuerShown(c net.Conn, server tls.Certificate) string {
	br := bufio.NewReader(c)
	for _, line := range []string{"220 hop\r\n", "250-hop\r\n250 STARTTLS\r\n", "220 go\r\n"} {
		if _, err := io.WriteString(c, line); err != nil {
			return err.Error()
		}
		if line == "220 go\r\n" {
			break
		}
		if _, err := br.ReadString('\n'); err != nil {
			return err.Error()
		}
	}
	tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAnyClientCert})
	if err := tc.Handshake(); err != nil {
		return err.Error()
	}
	return tc.ConnectionState().PeerCertificates[0].Issuer.CommonName
}

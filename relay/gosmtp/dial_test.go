package gosmtp_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

const smartHost = "192.0.2.1:25"

// outside is the network with next hops, and the way to it.
type outside struct {
	t       *testing.T
	network relaytest.Network
	dns     relaytest.Resolver
	sender  delivery.Sender
	out     *connector.Outbound
}

// toSmartHost is a Send connector to smartHost.
func toSmartHost(change func(*connector.Send)) connector.Send {
	s := connector.Send{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
		SmartHosts: []param.SmartHost{param.MustParseSmartHost("gw.fabrikam.com")}}
	if change != nil {
		change(&s)
	}
	return s
}

// authenticated is a change for toSmartHost.
func authenticated(m auth.Mechanism) func(*connector.Send) {
	return func(s *connector.Send) {
		s.SmartHostAuthMechanism, s.AuthenticationCredential = m, &param.Credential{UserName: "hub", Password: password}
	}
}

func newOutside(t *testing.T, send connector.Send) *outside {
	t.Helper()
	o := &outside{t: t}
	policy, err := connector.Compile(connector.Config{Server: "hub.contoso.com", Send: []connector.Send{send},
		Transport: connector.Transport{TLSSendDomainSecureList: []string{"secure.example.net"}}})
	if err != nil {
		t.Fatal(err)
	}
	for out := range policy.Send() {
		o.out = out
	}
	o.dns.AddHost("gw.fabrikam.com", netip.MustParseAddr("192.0.2.1"))
	o.sender.Resolver, o.sender.Dial = &o.dns, o.network.Host(netip.MustParseAddr("10.2.3.4")).Dial
	o.sender.Local = func(netip.Addr) bool { return false }
	_, o.sender.RootCAs = issue(t, "x")
	return o
}

// listen listens for a next hop.
func (o *outside) listen(address string) net.Listener {
	o.t.Helper()
	l, err := o.network.Listen(address)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = l.Close() })
	return l
}

// sink runs a next hop.
func (o *outside) sink(address string, s *relaytest.Sink) *relaytest.Sink {
	o.t.Helper()
	l := o.listen(address)
	go s.Serve(l)
	o.t.Cleanup(func() { _ = s.Close() })
	return s
}

// certified returns a Sink with a certificate for names.
func certified(t *testing.T, names ...string) *relaytest.Sink {
	certificate, _ := issue(t, names...)
	return &relaytest.Sink{Certificate: &certificate}
}

// submit sends a message.
func submit(c *smtp.Client) error {
	return c.SendMail(amy, []string{elsewhere}, strings.NewReader(message))
}

// A client is within TLS and authenticated, and other settings of the connector hold.
func TestDial(t *testing.T) {
	o := newOutside(t, toSmartHost(authenticated(auth.BasicAuthRequireTLS)))
	sink := certified(t, "gw.fabrikam.com")
	sink.Users = map[string]string{"hub": password}
	o.sink(smartHost, sink)
	c, err := gosmtp.Dial(t.Context(), o.out, routing.Domain{}, &o.sender)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the client goes on as any other
		if err := submit(c); err != nil {
			t.Fatal(err)
		}
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.Quit() // the host may close first
	for _, m := range sink.Messages() {
		if m.User != "hub" || !m.TLS || m.Helo != "hub.contoso.com" || m.Body != "8BITMIME" || string(m.Data) != message {
			t.Errorf("%v", m)
		}
	}
	if n := len(sink.Messages()); n != 2 {
		t.Errorf("%d messages", n)
	}
}

// The domain's mail exchangers, and another one if the first doesn't answer.
func TestDialDomain(t *testing.T) {
	o := newOutside(t, toSmartHost(func(s *connector.Send) { s.SmartHosts, s.DomainSecureEnabled = nil, true }))
	for i, name := range []string{"mx1.example.net", "mx2.example.net"} {
		o.dns.AddHost(name, netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}))
		for _, domain := range []string{"example.net", "secure.example.net"} {
			o.dns.AddMX(domain, uint16(i), name)
		}
	}
	sink := o.sink("198.51.100.1:25", certified(t, "other.example.net"))
	if _, err := gosmtp.Dial(t.Context(), o.out, routing.Domain{}, &o.sender); err == nil {
		t.Error("no domain is needed")
	}
	c, err := gosmtp.Dial(t.Context(), o.out, routing.MustParseDomain("example.net"), &o.sender)
	if err != nil {
		t.Fatal(err)
	}
	if err := submit(c); err != nil || !sink.Messages()[0].TLS {
		t.Errorf("%v, %v", err, sink.Messages())
	}
	_ = c.Close()
	if _, err := gosmtp.Dial(t.Context(), o.out, routing.MustParseDomain("secure.example.net"), &o.sender); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a secured domain with another's certificate: %v", err)
	}
}

// What a connector says about TLS and logons, and which certificate of the host is enough.
func TestDialChecks(t *testing.T) {
	level := func(l param.TlsAuthLevel, domain string) func(*connector.Send) {
		return func(s *connector.Send) { s.RequireTLS, s.TlsAuthLevel, s.TlsDomain = true, l, domain }
	}
	require := func(s *connector.Send) { s.RequireTLS = true }
	expired := func(t *testing.T) *relaytest.Sink {
		a, _ := authority()
		certificate, err := a.IssueExpired("gw.fabrikam.com")
		if err != nil {
			t.Fatal(err)
		}
		return &relaytest.Sink{Certificate: &certificate}
	}
	named := func(names ...string) func(*testing.T) *relaytest.Sink {
		return func(t *testing.T) *relaytest.Sink { return certified(t, names...) }
	}
	clear := func(*testing.T) *relaytest.Sink { return new(relaytest.Sink) }
	for name, tc := range map[string]struct {
		send func(*connector.Send)
		sink func(*testing.T) *relaytest.Sink
		ok   bool
	}{
		"in the clear":                     {nil, clear, true},
		"opportunistic":                    {nil, expired, true},
		"required":                         {require, expired, true},
		"required, not offered":            {require, clear, false},
		"valid":                            {level(param.CertificateValidation, ""), named("x.example"), true},
		"expired":                          {level(param.CertificateValidation, ""), expired, false},
		"of the domain":                    {level(param.DomainValidation, "*.fabrikam.com"), named("gw.fabrikam.com"), true},
		"of another domain":                {level(param.DomainValidation, "*.fabrikam.com"), named("gw.example.com"), false},
		"credentials, of another host":     {authenticated(auth.BasicAuthRequireTLS), named("gw.example.com"), false},
		"credentials, in the clear":        {authenticated(auth.BasicAuthRequireTLS), clear, false},
		"credentials, AUTH is not offered": {authenticated(auth.BasicAuth), clear, false},
		"disabled":                         {func(s *connector.Send) { s.Enabled = param.Value(false) }, clear, false},
	} {
		o := newOutside(t, toSmartHost(tc.send))
		sink := o.sink(smartHost, tc.sink(t))
		if strings.HasPrefix(name, "credentials, ") && !strings.Contains(name, "not offered") {
			sink.Users = map[string]string{"hub": password}
		}
		c, err := gosmtp.Dial(t.Context(), o.out, routing.Domain{}, &o.sender)
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			_ = c.Close()
		}
	}
}

// Attackers on the way to a host strip, refuse and break TLS. They hear neither credentials
// nor mail, and the caller gets no client.
func TestDialUnderAttack(t *testing.T) {
	for name, script := range map[string][]string{
		"STARTTLS stripped": {"220 hop\r\n", ">EHLO", "250-hop\r\n250-AUTH LOGIN PLAIN\r\n250 PIPELINING\r\n"},
		"STARTTLS refused":  {"220 hop\r\n", ">EHLO", "250-hop\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n", ">STARTTLS", "454 4.7.0 not now\r\n"},
		"STARTTLS unknown":  {"220 hop\r\n", ">EHLO", "250-hop\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n", ">STARTTLS", "502 what\r\n"},
		"no EHLO":           {"220 hop\r\n", ">EHLO", "502 what\r\n", ">HELO", "250 hop\r\n"},
		"no handshake":      {"220 hop\r\n", ">EHLO", "250-hop\r\n250 starttls\r\n", ">STARTTLS", "220 go\r\n", "no TLS\r\n"},
		"bytes behind 220":  {"220 hop\r\n", ">EHLO", "250-hop\r\n250 STARTTLS\r\n", ">STARTTLS", "220 go\r\n250-hop\r\n250 AUTH LOGIN\r\n"},
	} {
		for _, send := range []func(*connector.Send){authenticated(auth.BasicAuthRequireTLS), func(s *connector.Send) { s.RequireTLS = true }} {
			o := newOutside(t, toSmartHost(send))
			hop := &scripted{script: script}
			l := o.listen(smartHost)
			go hop.serve(l)
			if _, err := gosmtp.Dial(t.Context(), o.out, routing.Domain{}, &o.sender); err == nil {
				t.Errorf("%s: there is a client", name)
			}
			_ = l.Close()
			if heard := hop.said(); strings.Contains(heard, "AUTH") || strings.Contains(heard, "MAIL") || strings.Count(heard, "EHLO") == 0 {
				t.Errorf("%s: the host heard %q", name, heard)
			}
		}
	}
}

// scripted is a host that says what its script says, to each caller.
type scripted struct {
	script []string
	mu     sync.Mutex
	heard  strings.Builder
}

func (s *scripted) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard.String()
}

func (s *scripted) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.talk(c)
	}
}

func (s *scripted) talk(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	line := func() (string, error) {
		l, err := r.ReadString('\n')
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard.WriteString(l)
		return l, err
	}
	for _, step := range s.script {
		if want, heard := strings.CutPrefix(step, ">"); heard {
			for l, err := "", error(nil); !strings.HasPrefix(l, want); {
				if l, err = line(); err != nil {
					return
				}
			}
			continue
		}
		if _, err := io.WriteString(c, step); err != nil {
			return
		}
	}
	for {
		if _, err := line(); err != nil {
			return
		}
	}
}

// ForceHELO: the host never hears EHLO, and the client knows no extensions.
func TestDialForceHELO(t *testing.T) {
	o := newOutside(t, toSmartHost(func(s *connector.Send) { s.ForceHELO = true }))
	hop := &scripted{script: []string{"220 hop\r\n", ">HELO hub.contoso.com", "250 hop\r\n", ">MAIL FROM:<" + amy + ">\r\n", "250 ok\r\n"}}
	l := o.listen(smartHost)
	go hop.serve(l)
	c, err := gosmtp.Dial(t.Context(), o.out, routing.Domain{}, &o.sender)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail(amy, nil); err != nil || strings.Contains(hop.said(), "EHLO") {
		t.Errorf("%v; the host heard %q", err, hop.said())
	}
}

// ctx ends Dial, and a host that stops reading doesn't hold the client for ever.
func TestDialTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutside(t, toSmartHost(nil))
		l := o.listen(smartHost)
		hop := &scripted{script: []string{"220 hop\r\n", ">EHLO", ">never"}}
		go hop.serve(l)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := gosmtp.Dial(ctx, o.out, routing.Domain{}, &o.sender); err == nil {
			t.Error("Dial doesn't end with ctx")
		}
		_ = l.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		o := newOutside(t, toSmartHost(nil))
		hang := make(chan struct{})
		defer close(hang)
		o.sink(smartHost, &relaytest.Sink{Script: func(stage relaytest.Stage, _ string) string {
			if stage == relaytest.StageBody {
				<-hang
			}
			return ""
		}})
		c, err := gosmtp.Dial(t.Context(), o.out, routing.Domain{}, &o.sender)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Mail(amy, nil); err != nil {
			t.Fatal(err)
		}
		if err := c.Rcpt(elsewhere, nil); err != nil {
			t.Fatal(err)
		}
		data, err := c.Data()
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for err == nil && time.Since(start) < time.Hour {
			_, err = data.Write(make([]byte, 64<<10))
		}
		if err == nil {
			t.Error("the client writes to a host that doesn't read")
		}
	})
}

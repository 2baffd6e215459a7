package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// world has the servers around HubA.
type world struct {
	network        relaytest.Network
	names          relaytest.Resolver
	ca             *relaytest.Authority
	hubCertificate tls.Certificate
	arrived        chan string // what arrived, and where
	servers        []*smtp.Server
}

// newWorld starts the gateway and the mailbox server.
func newWorld() (*world, error) {
	w := &world{arrived: make(chan string, 1)}
	var err error
	if w.ca, err = relaytest.NewAuthority("Quickstart"); err != nil {
		return nil, err
	}
	if w.hubCertificate, err = w.ca.Issue("huba.fabrikam.com"); err != nil {
		return nil, err
	}
	gatewayCertificate, err := w.ca.Issue("smtpgateway1.contoso.com")
	if err != nil {
		return nil, err
	}
	w.names.AddHost("smtpgateway1.contoso.com", gatewayAddr)
	gateway := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &gatewaySession{session{where: "the external gateway", arrived: w.arrived}}, nil
	}))
	gateway.Domain = "smtpgateway1.contoso.com"
	gateway.TLSConfig = &tls.Config{Certificates: []tls.Certificate{gatewayCertificate}}
	mailbox := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{where: "the mailbox server", arrived: w.arrived}, nil
	}))
	mailbox.Domain = "mailbox.fabrikam.com"
	if err := w.start(gateway, gatewayAddr); err != nil {
		return nil, err
	}
	return w, w.start(mailbox, mailboxAddr)
}

func (w *world) start(server *smtp.Server, addr netip.Addr) error {
	l, err := w.network.Listen(netip.AddrPortFrom(addr, 25).String())
	if err != nil {
		return err
	}
	w.servers = append(w.servers, server)
	go server.Serve(l)
	return nil
}

func (w *world) close() {
	for _, server := range w.servers {
		server.Close()
	}
}

// verify is HubA's knowledge of passwords.
func (w *world) verify(_ context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	if (c.Username != gatewayUser && c.Username != annUser) || c.Password.Reveal() != password {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	return identity(c.Username), nil
}

// identity is that of a user whose name is also the only address to send as.
func identity(name string) auth.Identity {
	return auth.Identity{
		Principal: permission.Authenticated(name),
		Addresses: []routing.Address{routing.MustParseAddress(name)},
	}
}

// session is a go-smtp session that takes everything.
type session struct {
	where    string
	user     string
	from, to string
	arrived  chan string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	received, _, _ := strings.Cut(string(text), ";")
	received = strings.Join(strings.Fields(received), " ")
	login := "without a logon"
	if s.user != "" {
		login = "logged on as " + s.user
	}
	s.arrived <- fmt.Sprintf("arrived at %s (%s) from <%s> for <%s>\n      %s", s.where, login, s.from, s.to, received)
	return nil
}

func (s *session) Reset() { s.from, s.to = "", "" }

func (s *session) Logout() error { return nil }

// gatewaySession is one that also lets HubA log on.
type gatewaySession struct{ session }

func (s *gatewaySession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *gatewaySession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, word string) error {
		if name != hubUser || word != password {
			return errors.New("no such user, or another password")
		}
		s.user = name
		return nil
	}), nil
}

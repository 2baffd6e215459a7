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
	gateway, err := w.ca.Issue("smtpgateway1.contoso.com")
	if err != nil {
		return nil, err
	}
	w.names.AddHost("smtpgateway1.contoso.com", gatewayAddr)
	return w, errors.Join(
		w.start("the external gateway", "smtpgateway1.contoso.com", gatewayAddr, &tls.Config{Certificates: []tls.Certificate{gateway}}),
		w.start("the mailbox server", "mailbox.fabrikam.com", mailboxAddr, nil))
}

// start starts a server; config is for STARTTLS, nil for a server without it.
func (w *world) start(where, name string, addr netip.Addr, config *tls.Config) error {
	l, err := w.network.Listen(netip.AddrPortFrom(addr, 25).String())
	if err != nil {
		return err
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{where: where, arrived: w.arrived}, nil
	}))
	server.Domain, server.TLSConfig = name, config
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

// session is a go-smtp session that takes everything. Within TLS HubA can log on.
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

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, word string) error {
		if name != hubUser || word != password {
			return errors.New("no such user, or another password")
		}
		s.user = name
		return nil
	}), nil
}

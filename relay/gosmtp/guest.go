package gosmtp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/relay"
)

// guest is the state of a connection that a Handler keeps: the session in which the client has
// logged on.
type guest struct {
	mu      sync.Mutex
	helo    string
	visitor *visitor
	session smtp.Session // nil: the client hasn't logged on
	busy    bool         // a transaction uses session
	over    bool         // the connection has ended
}

// guestKey is the key of a connection's guest in its context.
type guestKey struct{}

// errNoGuest is the error of Verify without Hooks.
var errNoGuest = errors.New("a gosmtp.Handler that is the Verifier needs its Hooks among those of the Server")

// Hooks returns the functions by which h keeps the session of a client that logs on. The Server
// needs them if h is its Verifier.
func (h *Handler) Hooks() relay.Hooks {
	return relay.Hooks{
		Connect: func(ctx context.Context, _ *relay.Conn) (context.Context, error) {
			g := new(guest)
			context.AfterFunc(ctx, g.leave)
			return context.WithValue(ctx, guestKey{}, g), nil
		},
		Hello: func(ctx context.Context, c *relay.Conn) error {
			if g, ok := ctx.Value(guestKey{}).(*guest); ok {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.helo = c.Helo
			}
			return nil
		},
	}
}

// Verify implements auth.Verifier: a new session of the Backend checks the password, by PLAIN or
// LOGIN. A temporary *smtp.SMTPError means that it can't be checked now; any other error refuses
// the client.
func (h *Handler) Verify(ctx context.Context, c auth.Credentials, ch auth.Channel) (auth.Identity, error) {
	g, ok := ctx.Value(guestKey{}).(*guest)
	if !ok {
		return auth.Identity{}, errNoGuest
	}
	v := newVisitor(ch.Local, ch.Remote, g.name())
	session, err := h.Backend.NewSession(v.conn())
	if err != nil {
		return auth.Identity{}, err
	}
	id, err := h.logOn(session, c)
	if err != nil {
		_ = session.Logout() // go-smtp ignores the error too
		return auth.Identity{}, err
	}
	g.keep(v, session)
	return id, nil
}

// logOn returns who proves to session to be the user of c.
func (h *Handler) logOn(session smtp.Session, c auth.Credentials) (auth.Identity, error) {
	s, ok := session.(smtp.AuthSession)
	if !ok {
		return auth.Identity{}, errors.New("the sessions of the backend check no passwords")
	}
	if err := exchangeWith(s, c); err != nil {
		return auth.Identity{}, err
	}
	if h.Identify != nil {
		return h.Identify(s)
	}
	return auth.Named(c.Username), nil
}

// exchangeWith makes the client's side of an exchange with s.
func exchangeWith(s smtp.AuthSession, c auth.Credentials) error {
	password := c.Password.Reveal()
	mechanism, responses := auth.Plain, [][]byte{[]byte("\x00" + c.Username + "\x00" + password)}
	if offered := s.AuthMechanisms(); !slices.Contains(offered, auth.Plain) {
		if !slices.Contains(offered, auth.Login) {
			return fmt.Errorf("the backend offers %q, neither PLAIN nor LOGIN", offered)
		}
		mechanism, responses = auth.Login, [][]byte{nil, []byte(c.Username), []byte(password)}
	}
	server, err := s.Auth(mechanism)
	if err != nil {
		return err
	}
	for _, response := range responses {
		if _, done, err := server.Next(response); err != nil || done {
			return logonError(err)
		}
	}
	return fmt.Errorf("the backend has not finished %s", mechanism)
}

// name returns the client's name.
func (g *guest) name() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.helo
}

// keep makes session the one in which the client has logged on, in place of an earlier one.
func (g *guest) keep(v *visitor, session smtp.Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.logOut()
	g.visitor, g.session = v, session
	if g.over {
		g.logOut()
	}
}

// enter returns the session of the client for a transaction; nil if it has not logged on.
func (g *guest) enter(env *relay.Envelope) smtp.Session {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.session != nil {
		g.visitor.env, g.busy = env, true
	}
	return g.session
}

// exit ends the transaction.
func (g *guest) exit() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.visitor.env, g.busy = nil, false
	if g.over {
		g.logOut()
	}
}

// leave ends the session when the connection ends, or when its transaction does.
func (g *guest) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over = true; !g.busy {
		g.logOut()
	}
}

// logOut ends the session, if there is one. The caller holds mu.
func (g *guest) logOut() {
	if g.session != nil {
		_ = g.session.Logout() // go-smtp ignores the error too
		g.visitor, g.session = nil, nil
	}
}

// Command gosmtpmiddleware puts a policy in front of a go-smtp backend that exists already
// and has users of its own:
//
//	MAIL_PASSWORD=secret gosmtpmiddleware -listen 10.2.3.4:587 -user ann@fabrikam.com connectors.ps1
package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"flag"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/routing"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:2525", "`ADDRESS` to serve; a binding of the policy")
	user := flag.String("user", "ann@fabrikam.com", "the `NAME` of the user with the password MAIL_PASSWORD")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	loaded, err := load.Files(ctx, load.Options{}, flag.Args()...)
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	if err := run(ctx, l, loaded.Policy, mailboxes{*user, os.Getenv("MAIL_PASSWORD"), os.Stdout}); err != nil {
		log.Fatal(err)
	}
}

// run serves own behind the policy until ctx ends.
func run(ctx context.Context, l net.Listener, policy *connector.Policy, own smtp.Backend) error {
	guarded := &gosmtp.Backend{Policy: policy, Next: own, Identify: identify}
	server := guarded.NewServer() // in place of smtp.NewServer(own)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(guarded.Listener(l)) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(guarded.Shutdown(grace), server.Close()) // idle clients get 421
}

// identify says to the policy who has logged on to the backend.
func identify(s smtp.AuthSession) (auth.Identity, error) {
	user := s.(*session).user
	address, err := routing.ParseAddress(user)
	return auth.Identity{Principal: permission.Authenticated(user), Addresses: []routing.Address{address}}, err
}

// mailboxes is the backend that existed before. It knows nothing of policies.
type mailboxes struct {
	user, password string
	out            io.Writer
}

func (m mailboxes) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{mailboxes: m}, nil }

type session struct {
	mailboxes
	user string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.mailboxes.user || subtle.ConstantTimeCompare([]byte(password), []byte(s.password)) == 0 {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *session) Data(r io.Reader) error               { _, err := io.Copy(s.out, r); return err }
func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }

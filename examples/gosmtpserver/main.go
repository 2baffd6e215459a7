// Command gosmtpserver is a mail server made with go-smtp that accepts what a policy
// allows, in files of Exchange commands or JSON, and prints the mail:
//
//	gosmtpserver -listen 10.2.3.4:25 connectors.ps1
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:2525", "`ADDRESS` to serve; a binding of the policy")
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
	if err := run(ctx, l, loaded.Policy, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, l net.Listener, policy *connector.Policy, out io.Writer) error {
	backend := &gosmtp.Backend{Policy: policy, Next: mailbox{out}}
	server := backend.NewServer()
	server.Domain = "mail.fabrikam.com"
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(backend.Listener(l)) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(backend.Shutdown(grace), server.Close()) // idle clients get 421
}

// mailbox prints messages. It is asked only what the policy allows, so it checks nothing.
type mailbox struct{ out io.Writer }

func (m mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{out: m.out}, nil }

// session is one client's.
type session struct {
	out  io.Writer
	from string
	to   []string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error   { s.to = append(s.to, to); return nil }
func (s *session) Reset()                                      { s.from, s.to = "", nil }
func (s *session) Logout() error                               { return nil }

// Data gets the message with a Received field, and without fields that the client may not set.
func (s *session) Data(r io.Reader) error {
	message, err := io.ReadAll(r) // the connector's MaxMessageSize is the limit
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "From %s to %s\n%s\n", s.from, s.to, message)
	return err // the client gets 451, and only the log the text
}

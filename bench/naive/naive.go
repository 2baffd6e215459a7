// Package naive is a relay on go-smtp without policy, header or logging: it has a
// pool of connections to one next hop, and passes on the hop's answers. The gateway is
// compared with it.
package naive

import (
	"io"
	"net"

	"github.com/emersion/go-smtp"
)

// Serve relays messages that arrive at l to the address hop until l is closed.
func Serve(l net.Listener, hop string) error {
	pool := make(chan *smtp.Client, 1000)
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{hop: hop, pool: pool}, nil
	}))
	s.Domain = "naive.example"
	return s.Serve(l)
}

type session struct {
	hop  string
	pool chan *smtp.Client
	from string
	to   []string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = append(s.to, to); return nil }

func (s *session) Reset() { s.from, s.to = "", nil }

func (s *session) Logout() error { return nil }

func (s *session) Data(r io.Reader) error {
	c, err := s.client()
	if err != nil {
		return &smtp.SMTPError{Code: 451, Message: "no next hop"}
	}
	if err := s.send(c, r); err != nil {
		c.Close()
		return &smtp.SMTPError{Code: 451, Message: "next hop failed"}
	}
	select {
	case s.pool <- c:
	default:
		c.Close()
	}
	return nil
}

func (s *session) client() (*smtp.Client, error) {
	select {
	case c := <-s.pool:
		return c, nil
	default:
		return smtp.Dial(s.hop)
	}
}

func (s *session) send(c *smtp.Client, r io.Reader) error {
	if err := c.Mail(s.from, nil); err != nil {
		return err
	}
	for _, to := range s.to {
		if err := c.Rcpt(to, nil); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	return w.Close()
}

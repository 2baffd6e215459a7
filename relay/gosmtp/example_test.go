package gosmtp_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/gosmtp"
	"github.com/interchange-smtp/interchange/routing"
)

// printer is an smtp.Backend without any checks.
type printer struct{}

func (printer) NewSession(*smtp.Conn) (smtp.Session, error) { return printer{}, nil }

func (printer) Reset()        {}
func (printer) Logout() error { return nil }

func (printer) Mail(from string, _ *smtp.MailOptions) error { fmt.Println("from", from); return nil }
func (printer) Rcpt(to string, _ *smtp.RcptOptions) error   { fmt.Println("to", to); return nil }

func (printer) Data(r io.Reader) error {
	n, err := io.Copy(io.Discard, r)
	fmt.Println("message:", n > 0)
	return err
}

// contoso is the policy of a server at an address that accepts mail for contoso.com only.
func contoso(at net.Addr) *connector.Policy {
	policy, err := connector.Compile(connector.Config{
		Server: "hub.contoso.com",
		Receive: []connector.Receive{{
			Name:             "Internet",
			Bindings:         []netip.AddrPort{netip.MustParseAddrPort(at.String())},
			RemoteIPRanges:   []param.Range{param.MustParseRange("0.0.0.0/0")},
			PermissionGroups: param.Value(permission.AnonymousUsers),
			TarpitInterval:   param.Value(time.Duration(0)),
		}},
		Accepted: []routing.AcceptedDomain{{DomainName: "contoso.com"}},
	})
	if err != nil {
		panic(err)
	}
	return policy
}

// A policy in front of a backend: the server accepts mail for contoso.com only.
func ExampleBackend() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := contoso(l.Addr())
	backend := &gosmtp.Backend{Policy: policy, Next: printer{}}
	server := backend.NewServer()
	go server.Serve(backend.Listener(l))
	defer server.Close()

	client, err := smtp.Dial(l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.Mail("amy@example.com", nil))
	fmt.Println(client.Rcpt("nick@example.net", nil))
	fmt.Println(client.Rcpt("kim@contoso.com", nil))
	data, err := client.Data()
	if err == nil {
		io.Copy(data, strings.NewReader("Subject: hello\r\n\r\n"))
		err = data.Close()
	}
	fmt.Println(err)
	// Output:
	// from amy@example.com
	// <nil>
	// SMTP error 550: SMTP; Unable to relay recipient in non-accepted domain
	// to kim@contoso.com
	// <nil>
	// message: true
	// <nil>
}

// The same backend behind the server of package relay, which needs no settings.
func ExampleHandler() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &relay.Server{Policy: contoso(l.Addr()), Handler: &gosmtp.Handler{Backend: printer{}}}
	go server.Serve(l)
	defer server.Close()

	client, err := smtp.Dial(l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	message := "Subject: hello\r\n\r\n"
	fmt.Println(client.SendMail("amy@example.com", []string{"nick@example.net"}, strings.NewReader(message)))
	fmt.Println(client.Reset())
	fmt.Println(client.SendMail("amy@example.com", []string{"kim@contoso.com"}, strings.NewReader(message)))
	// Output:
	// from amy@example.com
	// SMTP error 550: SMTP; Unable to relay recipient in non-accepted domain
	// <nil>
	// from amy@example.com
	// to kim@contoso.com
	// message: true
	// <nil>
}

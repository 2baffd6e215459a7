package relay_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// issued returns a certificate for a name.
func issued(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	ca, _ := certificates()
	cert, err := ca.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	return &cert
}

// shown is the first name of the certificate that the server has shown.
func shown(c *relaytest.Client) string {
	return c.Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].DNSNames[0]
}

// manager has a certificate for one host, as an ACME client has that knows its hosts.
type manager struct {
	host string
	cert *tls.Certificate

	mu    sync.Mutex
	asked []string
}

func (m *manager) GetCertificate(in *connector.Inbound, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, hello.ServerName)
	if hello.ServerName != m.host || in.Name() != "Default HubA" || hello.Context().Err() != nil {
		return nil, errors.New("the host " + hello.ServerName + " is not configured")
	}
	return m.cert, nil
}

// TestGetCertificate checks for which names GetCertificate is asked, and when Certificates
// are used.
func TestGetCertificate(t *testing.T) {
	dynamic, other := issued(t, hubName), issued(t, "other.contoso.com")
	const dynamicName, otherName = "<I>CN=Fabrikam CA<S>CN=" + hubName, "<I>CN=Fabrikam CA<S>CN=other.contoso.com"
	for _, c := range []struct {
		what, name, sni string
		manager         *manager
		static          []tls.Certificate
		asked           []string
		want            string // the name shown, or a part of the error
	}{
		{what: "no name", manager: &manager{host: hubName, cert: dynamic}, asked: []string{hubName}, want: hubName},
		{what: "its name", sni: hubName, manager: &manager{host: hubName, cert: dynamic}, asked: []string{hubName}, want: hubName},
		{what: "an unknown name", sni: "mx.example.net", manager: &manager{host: hubName, cert: dynamic}, asked: []string{"mx.example.net", hubName}, want: hubName},
		{what: "another known name", sni: "other.contoso.com", manager: &manager{host: "other.contoso.com", cert: other}, asked: []string{"other.contoso.com"}, want: "other.contoso.com"},
		{what: "before Certificates", manager: &manager{host: hubName, cert: dynamic}, static: []tls.Certificate{*other}, asked: []string{hubName}, want: hubName},
		{what: "nil", manager: &manager{host: hubName}, static: []tls.Certificate{*other}, asked: []string{hubName}, want: "other.contoso.com"},
		{what: "nil for a name", sni: hubName, manager: &manager{host: hubName}, static: []tls.Certificate{*other, *dynamic}, asked: []string{hubName}, want: hubName},
		{what: "nil and no other", manager: &manager{host: hubName}, asked: []string{hubName}, want: "no certificate for " + hubName},
		{what: "an error", manager: &manager{host: "elsewhere.example"}, static: []tls.Certificate{*other}, asked: []string{hubName}, want: "no certificate for " + hubName + ": the host " + hubName + " is not configured"},
		{what: "the policy's name", name: dynamicName, manager: &manager{host: hubName, cert: dynamic}, asked: []string{hubName}, want: hubName},
		{what: "not the policy's name", name: otherName, manager: &manager{host: hubName, cert: dynamic}, static: []tls.Certificate{*dynamic, *other}, asked: []string{hubName}, want: "other.contoso.com"},
		{what: "nowhere the policy's name", name: otherName, manager: &manager{host: hubName, cert: dynamic}, static: []tls.Certificate{*dynamic}, asked: []string{hubName}, want: "TlsCertificateName " + otherName + ": no certificate has that name"},
		{what: "an empty certificate", manager: &manager{host: hubName, cert: new(tls.Certificate)}, asked: []string{hubName}, want: "it is empty"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := defaultHub()
			r.TlsCertificateName = c.name
			r.RequireTLS = true // can be served without Certificates
			w := serve(t, policy(t, r), func(s *relay.Server) { s.Certificates, s.GetCertificate = c.static, c.manager.GetCertificate })
			client := w.hello(stranger, hub)
			client.Do("STARTTLS", 220)
			conn := tls.Client(client.Conn, &tls.Config{ServerName: c.sni, InsecureSkipVerify: true})
			if err := conn.Handshake(); err != nil {
				w.waitForEnd()
				if !strings.Contains(w.log.String(), c.want) {
					t.Errorf("%v; the log lacks %q:\n%s", err, c.want, w.log)
				}
			} else if got := conn.ConnectionState().PeerCertificates[0].DNSNames[0]; got != c.want {
				t.Errorf("%s is shown, want %s", got, c.want)
			}
			if !slices.Equal(c.manager.asked, c.asked) {
				t.Errorf("asked for %q, want %q", c.manager.asked, c.asked)
			}
		})
	}
}

// TestGetCertificateImplicitly: port 465 needs no Certificates either.
func TestGetCertificateImplicitly(t *testing.T) {
	r := defaultHub()
	r.Bindings = append(r.Bindings, at("0.0.0.0:465"))
	m := &manager{host: hubName, cert: issued(t, hubName)}
	w := serve(t, policy(t, r), func(s *relay.Server) { s.Certificates, s.GetCertificate = nil, m.GetCertificate })
	c := relaytest.NewClient(t, w.dial(stranger, "10.2.3.4:465"))
	c.Handshake(&tls.Config{ServerName: hubName, RootCAs: w.ca.Pool()})
	c.Expect(220)
}

// renewed returns certificates for the hub from a new authority, and a configuration of
// clients that trust it only.
func renewed(t *testing.T) ([]tls.Certificate, *tls.Config) {
	t.Helper()
	ca, err := relaytest.NewAuthority("Renewed CA")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue(hubName)
	if err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{cert}, &tls.Config{RootCAs: ca.Pool(), ServerName: hubName}
}

// TestSetCertificates: sessions under TLS go on, and each handshake that begins later has
// the new certificate, on new connections and on open ones; those with an earlier policy
// keep theirs.
func TestSetCertificates(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), nil)
	next, trust := renewed(t)
	earlier := w.hello(stranger, hub)
	if err := w.server.SetPolicy(policy(t, defaultHub())); err != nil {
		t.Fatal(err)
	}
	under, open := w.encrypted(stranger, hub), w.hello(stranger, hub)
	under.Do("MAIL FROM:<>", 250)
	under.Do("RCPT TO:<"+inside+">", 250)
	if err := w.server.SetCertificates(next); err != nil {
		t.Fatal(err)
	}
	send(under, message, 250)
	under.Do("NOOP", 250)
	open.StartTLS(trust)
	w.hello(stranger, hub).StartTLS(trust)
	earlier.StartTLS(&tls.Config{RootCAs: w.ca.Pool(), ServerName: hubName})
	if err := w.server.SetPolicy(policy(t, defaultHub())); err != nil {
		t.Fatal(err)
	}
	w.hello(stranger, hub).StartTLS(trust)
}

// TestSetCertificatesFails: nothing changes if a connector's certificate isn't there, and
// STARTTLS can't be taken from open connections.
func TestSetCertificatesFails(t *testing.T) {
	named := defaultHub()
	named.TlsCertificateName = "<I>CN=Fabrikam CA<S>CN=" + hubName
	off := fromAnonymousGateway()
	off.Enabled, off.TlsCertificateName = param.Value(false), "<I>CN=Nobody<S>CN=nowhere"
	w := serve(t, policy(t, named, off), nil)
	next, _ := renewed(t)
	for _, certs := range [][]tls.Certificate{next, nil, {{}}} {
		if err := w.server.SetCertificates(certs); !errors.Is(err, source.CodeCertificateUnusable) || !strings.Contains(err.Error(), `Receive["Default HubA"]: `) {
			t.Errorf("%d certificates: %v", len(certs), err)
		}
	}
	w.encrypted(stranger, hub)

	w = serve(t, policy(t, defaultHub()), nil)
	w.encrypted(stranger, hub)
	if err := w.server.SetCertificates(nil); !errors.Is(err, relay.ErrNoCertificate) || !errors.Is(err, source.CodeCertificateMissing) {
		t.Errorf("no certificates: %v", err)
	}
	w.encrypted(stranger, hub)
}

// TestFirstCertificate: a Server without a certificate gets one; new connections are
// offered STARTTLS, and open ones are not disturbed.
func TestFirstCertificate(t *testing.T) {
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) { s.Certificates = nil })
	before := w.hello(stranger, hub)
	next, trust := renewed(t)
	if err := w.server.SetCertificates(next); err != nil {
		t.Fatal(err)
	}
	if ehlo := before.Do("EHLO client.contoso.com", 250); strings.Contains(ehlo, "STARTTLS") {
		t.Errorf("offered to an open connection: %q", ehlo)
	}
	before.Do("STARTTLS", 500)
	w.hello(stranger, hub).StartTLS(trust)
}

// TestCertificatesBeforeServing: a Server may get its certificates before it serves.
func TestCertificatesBeforeServing(t *testing.T) {
	next, trust := renewed(t)
	w := serve(t, policy(t, defaultHub()), func(s *relay.Server) {
		if err := s.SetCertificates(next); err != nil {
			t.Fatal(err)
		}
	})
	w.hello(stranger, hub).StartTLS(trust)
	if err := new(relay.Server).SetCertificates(next); err == nil {
		t.Error("a Server without a policy has certificates")
	}
}

// TestSetCertificatesDuringHandshakes renews certificates while clients begin TLS; every
// handshake has one of them.
func TestSetCertificatesDuringHandshakes(t *testing.T) {
	r := defaultHub()
	r.Bindings = append(r.Bindings, at("0.0.0.0:465"))
	w := serve(t, policy(t, r), nil)
	sets := [][]tls.Certificate{{*issued(t, "one.example")}, {*issued(t, "two.example")}}
	if err := w.server.SetCertificates(sets[0]); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var renewals sync.WaitGroup
	renewals.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := w.server.SetCertificates(sets[i%2]); err != nil {
				t.Error(err)
			}
		}
	})
	var clients sync.WaitGroup
	errs := make(chan error, 100)
	for range 4 {
		clients.Go(func() {
			for range 10 {
				conn := tls.Client(w.dial(stranger, "10.2.3.4:465"), &tls.Config{InsecureSkipVerify: true})
				if err := conn.Handshake(); err != nil {
					errs <- err
				} else if name := conn.ConnectionState().PeerCertificates[0].DNSNames[0]; name != "one.example" && name != "two.example" {
					errs <- fmt.Errorf("shown %s", name)
				}
				conn.Close()
			}
		})
	}
	clients.Wait()
	close(stop)
	renewals.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}

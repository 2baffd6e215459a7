package observed_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestOffersOnTheWire compares the extensions that EHLO offers with the replies of a relay.
func TestOffersOnTheWire(t *testing.T) {
	authority, err := relaytest.NewAuthority("wire")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Issue("hub.contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	compared := map[bool]int{}
	for i := range *count / 40 {
		p := anyPolicy(rand.New(rand.NewPCG(uint64(i), 77)), i)
		if len(p.Bindings()) == 0 {
			continue
		}
		q := read(t, p)
		server := relaytest.NewServer(t, p, relay.HandlerFunc(func(context.Context, *relay.Envelope, io.Reader) error { return nil }), func(s *relay.Server) {
			s.Certificates = []tls.Certificate{certificate}
			s.ClientCAs = authority.Pool()
			s.Verifier = auth.Methods{Passwords: noUser{}, Tokens: noUser{}, Certificates: noUser{}}
		})
		d := newDrawer(rand.New(rand.NewPCG(uint64(i), 78)), q)
		for range 20 {
			s := d.session()
			got := q.Offers(s.Local, s.Remote, s.TLS)
			if len(got) == 0 || s.Local.Addr().BitLen() != s.Remote.BitLen() || s.Local.Addr().Is4In6() || s.Remote.Is4In6() {
				continue
			}
			if s.TLS && s.Local.Port() != 465 && !slices.Contains(q.Offers(s.Local, s.Remote, false), "STARTTLS") {
				continue
			}
			if want := heard(t, server, s, &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate}}); !slices.Equal(got, want) {
				t.Errorf("%s\n%v to %v, TLS %v\nsemantics: %q\nthe relay: %q", textOf(t, p), s.Remote, s.Local, s.TLS, got, want)
				return
			}
			compared[s.TLS]++
		}
	}
	if compared[false] < *count/40 || compared[true] < *count/40 {
		t.Errorf("compared without and with TLS: %v", compared)
	}
}

// heard returns the extensions that a relay offers.
func heard(t *testing.T, server *relaytest.Server, s observed.Session, config *tls.Config) (all []string) {
	conn, err := server.Network.Dial(t.Context(), s.Remote, s.Local)
	if err != nil {
		t.Fatal(err)
	}
	c := relaytest.NewClient(t, conn)
	defer c.Close()
	if s.Local.Port() == 465 {
		c.Handshake(config)
	}
	c.Expect(220)
	if s.TLS && s.Local.Port() != 465 {
		c.Do("EHLO client.example", 250)
		c.StartTLS(config)
	}
	_, lines, _ := strings.Cut(c.Do("EHLO client.example", 250), "\n")
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if mechanisms, ok := strings.CutPrefix(line, "AUTH "); ok {
			for _, name := range strings.Fields(mechanisms) {
				all = append(all, "AUTH "+name)
			}
		} else {
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return all
}

// noUser stands for a server that can check passwords, tokens and certificates, and
// accepts none.
type noUser struct{}

var errNoUser = errors.New("no client logs on in this test")

func (noUser) Verify(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
	return auth.Identity{}, errNoUser
}

func (noUser) VerifyToken(context.Context, auth.BearerToken, auth.Channel) (auth.Identity, error) {
	return auth.Identity{}, errNoUser
}

func (noUser) VerifyCertificate(context.Context, string, auth.Channel) (auth.Identity, error) {
	return auth.Identity{}, errNoUser
}

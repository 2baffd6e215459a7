//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// stage is the two organisations and the Internet: HubA with a
// configuration from testdata, Postfix as the external gateway, the mailbox
// server behind HubA, and the Internet behind the gateway.
type stage struct {
	ca                             *authority
	hub, gateway, office, stranger *host
	mailboxes, internet            *mailbox
	postfix                        *postfix
}

// newStage builds everything but HubA itself.
func newStage(t *testing.T, cfg gatewayConfig) *stage {
	t.Helper()
	net := newNetwork(t)
	s := &stage{
		ca:       newAuthority(t),
		hub:      net.host(t, "hub", hubAddr, hubOtherAddr),
		gateway:  net.host(t, "gateway", gatewayAddr, securedAddr),
		office:   net.host(t, "office", officeAddr, storeAddr, dnsAddr),
		stranger: net.host(t, "stranger", strangerAddr),
	}
	serveDNS(t, s.office, dnsAddr+":53", zone{
		hosts: map[string]string{gatewayName: gatewayAddr, "mx.partner.example": internetAddr},
		mx:    map[string]string{"partner.example": "mx.partner.example"},
	})
	s.mailboxes = newMailbox(t, s.office, storeAddr+":25")
	s.internet = newMailbox(t, net.host(t, "internet", internetAddr), internetAddr+":25")
	s.postfix = startPostfix(t, s.gateway, s.ca, cfg)
	return s
}

// viaGateway gives the external gateway a message for HubA, as a user that may send to
// any recipient.
func (s *stage) viaGateway(t *testing.T, from, to string, more ...string) dialog {
	t.Helper()
	args := []string{"--server", gatewayAddr, "--from", from, "--to", to,
		"--tls", "--auth", "PLAIN", "--auth-user", gatewayUser, "--auth-password", gatewayPassword}
	return s.stranger.swaks(t, append(args, more...)...)
}

// fromOffice gives HubA a message from a user who authenticates.
func (s *stage) fromOffice(t *testing.T, to string, more ...string) dialog {
	t.Helper()
	args := []string{"--server", hubAddr, "--from", annUser, "--to", to,
		"--tls", "--auth", "LOGIN", "--auth-user", annUser, "--auth-password", annPassword}
	return s.office.swaks(t, append(args, more...)...)
}

// outbound sends a message from the office by way of HubA and a gateway that
// knows HubA by its address.
func (s *stage) outbound(t *testing.T) {
	t.Helper()
	s.fromOffice(t, "carl@example.org").accepted(t)
	m := s.internet.next(t)
	m.envelope(t, annUser, "carl@example.org")
	hops := m.fields("Received")
	if len(hops) != 2 || !strings.Contains(hops[0], "by "+gatewayName) || !strings.Contains(hops[0], "["+hubAddr+"]") {
		t.Errorf("not by way of the gateway: Received %q", hops)
	}
}

// toHub gives HubA a message from an address of h, without authentication.
func toHub(t *testing.T, h *host, source, local, from, to string, more ...string) dialog {
	t.Helper()
	args := []string{"--server", local, "--local-interface", source, "--from", from, "--to", to}
	return h.swaks(t, append(args, more...)...)
}

// talk opens an SMTP session with HubA from an address of h.
func talk(t *testing.T, h *host, source string) *relaytest.Client {
	t.Helper()
	c := relaytest.NewClient(t, h.dial(t, source, hubAddr+":25"))
	c.Expect(220)
	c.Do("EHLO client.example", 250)
	return c
}

//go:build linux

package e2e

import (
	"testing"
)

// TestPeers checks the stage without the gateway: Postfix accepts mail
// from swaks by its own rules and sends it on from the right address.
func TestPeers(t *testing.T) {
	net := newNetwork(t)
	hub := net.host(t, "hub", hubAddr)
	gateway := net.host(t, "gateway", gatewayAddr, securedAddr)
	stranger := net.host(t, "stranger", strangerAddr)
	internet := net.host(t, "internet", internetAddr)

	outside := newMailbox(t, internet, internetAddr+":25")
	inside := newMailbox(t, hub, hubAddr+":25")
	startPostfix(t, gateway, newAuthority(t), gatewayConfig{source: securedAddr})

	to := func(rcpt string, more ...string) dialog {
		return stranger.swaks(t, append([]string{"--server", gatewayAddr, "--from", "a@example.net", "--to", rcpt}, more...)...)
	}
	to("b@fabrikam.com").accepted(t)
	got := inside.next(t)
	got.envelope(t, "a@example.net", "b@fabrikam.com")
	if got.Remote.Addr().String() != securedAddr {
		t.Errorf("it came from %s", got.Remote)
	}
	to("b@example.org").refused(t, "554 5.7.1")
	to("b@example.org", "--tls", "--auth", "LOGIN", "--auth-user", gatewayUser, "--auth-password", gatewayPassword).accepted(t)
	outside.next(t).envelope(t, "a@example.net", "b@example.org")
}

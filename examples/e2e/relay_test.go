//go:build linux

package e2e

import (
	"testing"
)

// TestAnonymousRelay is the third scenario: one address may relay to anybody
// through one local address, after the right was granted by hand.
func TestAnonymousRelay(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr})
	startHub(t, s.hub, s.ca, "testdata/relay.json")

	t.Run("to anybody", func(t *testing.T) {
		s.viaGateway(t, "dora@example.net", "carl@partner.example").accepted(t)
		m := s.internet.next(t)
		m.envelope(t, "dora@example.net", "carl@partner.example")
		m.came(t, gatewayAddr, "ESMTP")
		s.viaGateway(t, "dora@example.net", "bob@fabrikam.com").accepted(t)
		s.mailboxes.next(t).envelope(t, "dora@example.net", "bob@fabrikam.com")
		toHub(t, s.gateway, gatewayAddr, hubAddr, "dora@example.net", "carl@partner.example").accepted(t)
		s.internet.next(t).envelope(t, "dora@example.net", "carl@partner.example")
	})
	t.Run("without organisation headers", func(t *testing.T) {
		toHub(t, s.gateway, gatewayAddr, hubAddr, "dora@example.net", "bob@fabrikam.com", "--data", internal(t)).accepted(t)
		m := s.mailboxes.next(t)
		for _, name := range []string{"X-MS-Exchange-Organization-SCL", "X-MS-Exchange-Organization-AuthAs", "X-MS-Exchange-Forest-RulesExecuted"} {
			if len(m.fields(name)) != 0 {
				t.Errorf("%s came through:\n%s", name, m.Data)
			}
		}
		if len(m.fields("X-Mailer")) != 1 || len(m.fields("Subject")) != 1 {
			t.Errorf("other fields are gone:\n%s", m.Data)
		}
	})
	t.Run("office to the Internet", func(t *testing.T) { s.outbound(t) })
	t.Run("size limit", func(t *testing.T) {
		toHub(t, s.gateway, gatewayAddr, hubAddr, "dora@example.net", "bob@fabrikam.com", "--data", large(t)).refused(t, "552 5.3.4")
	})
	t.Run("refused from other addresses", func(t *testing.T) {
		toHub(t, s.gateway, securedAddr, hubAddr, "dora@example.net", "carl@partner.example").refused(t, "530 5.7.57")
		toHub(t, s.stranger, strangerAddr, hubAddr, "dora@example.net", "carl@partner.example").refused(t, "530 5.7.57")
	})
	t.Run("refused at another local address", func(t *testing.T) {
		toHub(t, s.gateway, gatewayAddr, hubOtherAddr, "dora@example.net", "carl@partner.example").refused(t, "530 5.7.57")
	})
	s.mailboxes.nothing(t)
	s.internet.nothing(t)
}

// TestAnonymousRelayUngranted is the same without the right: accepted domains
// only.
func TestAnonymousRelayUngranted(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr})
	startHub(t, s.hub, s.ca, "testdata/ungranted.json")

	toHub(t, s.gateway, gatewayAddr, hubAddr, "dora@example.net", "bob@fabrikam.com").accepted(t)
	s.mailboxes.next(t).envelope(t, "dora@example.net", "bob@fabrikam.com")
	toHub(t, s.gateway, gatewayAddr, hubAddr, "dora@example.net", "carl@partner.example").refused(t, "550 5.7.54")
	s.internet.nothing(t)
}

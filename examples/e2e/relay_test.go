//go:build linux

package e2e

import (
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// TestAnonymousRelay is the third scenario: one address may relay to any recipient
// through one local address, after Add-ADPermission has granted the right. All of it is
// configured with the guide's commands, or only the last step after the console's.
func TestAnonymousRelay(t *testing.T) {
	for _, scenario := range []guide.Scenario{guide.Relay, guide.RelayConsole} {
		t.Run(string(scenario), func(t *testing.T) {
			s := newStage(t, gatewayConfig{source: gatewayAddr})
			startHub(t, s.hub, s.ca, scenarioFlags(t, scenario)...)
			s.relays(t)
		})
	}
}

// relays checks that the third scenario allows what it should and nothing else.
func (s *stage) relays(t *testing.T) {

	t.Run("to any recipient", func(t *testing.T) {
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
		toHub(t, s.gateway, securedAddr, hubAddr, "dora@example.net", "carl@partner.example").refused(t, "530 5.7.1")
		toHub(t, s.stranger, strangerAddr, hubAddr, "dora@example.net", "carl@partner.example").refused(t, "530 5.7.1")
	})
	t.Run("refused at another local address", func(t *testing.T) {
		toHub(t, s.gateway, gatewayAddr, hubOtherAddr, "dora@example.net", "carl@partner.example").refused(t, "530 5.7.1")
	})
	s.mailboxes.nothing(t)
	s.internet.nothing(t)
}

// TestAnonymousRelayUngranted: without the right mail for accepted domains only is
// accepted.
func TestAnonymousRelayUngranted(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr})
	startHub(t, s.hub, s.ca, "-config", "testdata/ungranted.json")

	toHub(t, s.gateway, gatewayAddr, hubAddr, "dora@example.net", "bob@fabrikam.com").accepted(t)
	s.mailboxes.next(t).envelope(t, "dora@example.net", "bob@fabrikam.com")
	toHub(t, s.gateway, gatewayAddr, hubAddr, "dora@example.net", "carl@partner.example").refused(t, "550 5.7.54")
	s.internet.nothing(t)
}

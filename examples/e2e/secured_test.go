//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// large is a message over the size limit of the scenarios' connectors, which
// is 1 MB.
func large(t *testing.T) string {
	t.Helper()
	return messageFile(t, append([]string{"Subject: large", ""}, strings.Split(strings.Repeat(strings.Repeat("x", 70)+"\n", 20_000), "\n")...)...)
}

// internal is a message with the fields of Exchange's own servers.
func internal(t *testing.T) string {
	t.Helper()
	return messageFile(t,
		"X-MS-Exchange-Organization-SCL: -1",
		"X-MS-Exchange-Organization-AuthAs: Internal",
		"X-MS-Exchange-Forest-RulesExecuted: huba",
		"X-Mailer: mine",
		"Subject: internal", "", "Hello.")
}

// TestExternallySecured is the second scenario: everything from the gateway's
// end of the secured network is trusted, and nothing else. It uses Exchange 2007, the
// guide's edition, which trusts organisation headers from there too.
func TestExternallySecured(t *testing.T) {
	s := newStage(t, gatewayConfig{source: securedAddr})
	startHub(t, s.hub, s.ca, scenarioFlags(t, guide.Secured)...)

	t.Run("to any recipient", func(t *testing.T) {
		s.viaGateway(t, "dora@example.net", "bob@fabrikam.com").accepted(t)
		m := s.mailboxes.next(t)
		m.envelope(t, "dora@example.net", "bob@fabrikam.com")
		m.came(t, securedAddr, "ESMTP")
		s.viaGateway(t, "dora@example.net", "carl@partner.example").accepted(t)
		s.internet.next(t).envelope(t, "dora@example.net", "carl@partner.example")
	})
	t.Run("over the size limit", func(t *testing.T) {
		s.viaGateway(t, "dora@example.net", "bob@fabrikam.com", "--data", large(t)).accepted(t)
		if m := s.mailboxes.next(t); len(m.Data) < 1<<20 {
			t.Errorf("%d bytes arrived", len(m.Data))
		}
	})
	t.Run("as an internal sender", func(t *testing.T) {
		s.viaGateway(t, annUser, "bob@fabrikam.com").accepted(t)
		s.mailboxes.next(t).envelope(t, annUser, "bob@fabrikam.com")
	})
	t.Run("with its headers", func(t *testing.T) {
		s.viaGateway(t, annUser, "bob@fabrikam.com", "--data", internal(t)).accepted(t)
		m := s.mailboxes.next(t)
		for _, name := range []string{"X-MS-Exchange-Organization-SCL", "X-MS-Exchange-Organization-AuthAs", "X-MS-Exchange-Forest-RulesExecuted", "X-Mailer"} {
			if len(m.fields(name)) != 1 {
				t.Errorf("%s is gone:\n%s", name, m.Data)
			}
		}
	})
	t.Run("without AUTH", func(t *testing.T) {
		d := toHub(t, s.gateway, securedAddr, hubAddr, "dora@example.net", "bob@fabrikam.com", "--quit-after", "EHLO")
		d.accepted(t)
		if d.offers("AUTH") || d.offers("STARTTLS") {
			t.Errorf("AUTH or TLS is offered:\n%s", d.text)
		}
	})
	t.Run("office to the Internet", func(t *testing.T) { s.outbound(t) })
	t.Run("refused from other addresses", func(t *testing.T) {
		for _, to := range []string{"bob@fabrikam.com", "carl@example.org"} {
			toHub(t, s.gateway, gatewayAddr, hubAddr, annUser, to).refused(t, "530 5.7.1")
			toHub(t, s.stranger, strangerAddr, hubAddr, annUser, to).refused(t, "530 5.7.1")
		}
	})
	s.mailboxes.nothing(t)
	s.internet.nothing(t)
}

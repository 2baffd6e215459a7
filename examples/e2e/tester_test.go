//go:build linux

package e2e

import (
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// TestTester: a tester says by XCLIENT that it is the external gateway, and gets what the gateway would get. No other client can.
func TestTester(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr})
	startHub(t, s.hub, s.ca, append(scenarioFlags(t, guide.Relay), "-xclient-from", officeAddr)...)
	relay := func(h *host, source string, more ...string) dialog {
		return toHub(t, h, source, hubAddr, "dora@example.net", "carl@partner.example", more...)
	}
	as := []string{"--xclient-addr", gatewayAddr, "--xclient-port", "4711"}

	relay(s.office, officeAddr).refused(t, "530 5.7.1")
	relay(s.office, officeAddr, as...).accepted(t)
	m := s.internet.next(t)
	m.envelope(t, "dora@example.net", "carl@partner.example")
	m.came(t, gatewayAddr, "ESMTP")
	relay(s.office, officeAddr, append(as, "--xclient-destaddr", hubOtherAddr)...).refused(t, "530 5.7.1")
	relay(s.office, officeAddr, append(as, "--xclient-login", annUser, "--xclient-no-verify")...).refused(t, "501 5.5.4")

	if d := relay(s.stranger, strangerAddr, as...); d.exit == 0 || d.offers("XCLIENT") {
		t.Errorf("a stranger may use XCLIENT:\n%s", d.text)
	}
	talk(t, s.stranger, strangerAddr).Do("XCLIENT ADDR="+gatewayAddr, 500)
	s.internet.nothing(t)
}

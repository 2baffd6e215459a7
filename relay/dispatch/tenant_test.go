package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/dispatch"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/routing"
)

// tenantConnector is the Send connector of a tenant. No address space matches it.
func tenantConnector(tenant, host string) connector.Send {
	s := byDNS()
	s.Name, s.SmartHosts = "Out "+tenant, smartHosts(host)
	s.AddressSpaces = []routing.AddressSpace{routing.MustParseAddressSpace("Tenant:" + tenant)}
	return s
}

// TestSendConnector: the mail of each tenant leaves by its own connector, also after a restart
// and a retry; without that connector it waits and leaves by no other.
func TestSendConnector(t *testing.T) {
	for _, in := range []string{deliverFirst, queueFirst} {
		bubble(t, func(t *testing.T) {
			fallback := byDNS()
			limited := tenantConnector("small", "192.0.2.3")
			limited.MaxMessageSize = 100
			cfg := config(fallback, tenantConnector("contoso", "192.0.2.1"), tenantConnector("fabrikam", "192.0.2.2"), limited)
			w := newWorld(t, cfg, func(w *world) {
				w.tune = func(d *dispatch.Dispatcher) {
					d.SendConnector = func(env *envelope.Envelope, _ routing.Address) string {
						tenant, _, ok := strings.Cut(env.User, `\`)
						if !ok {
							return ""
						}
						return "OUT " + tenant
					}
				}
			})
			contoso, other := w.sink("192.0.2.1", &relaytest.Sink{}), w.sink("192.0.2.9", &relaytest.Sink{}, "b.example", "contoso.com")
			as := func(user string) func(*relay.Envelope) {
				return func(env *relay.Envelope) { env.User = user }
			}
			expect(t, "contoso", w.mailFrom(in, "a@contoso.com", letter, as(`contoso\kim`), "1@b.example"), "250")
			expect(t, "without a user", w.mailFrom(in, "a@contoso.com", letter, as(""), "1@b.example"), "250")
			expect(t, "fabrikam, whose smart host is down", w.mailFrom(in, "a@contoso.com", letter, as(`fabrikam\lee`), "2@b.example"), "250")
			expect(t, "no such connector", w.mailFrom(in, "a@contoso.com", letter, as(`tailspin\pat`), "3@b.example"), "250")
			expect(t, "too large", w.mailFrom(in, "a@contoso.com", letter+strings.Repeat("x\r\n", 100), as(`small\jo`), "4@b.example"), "552 5.3.4")
			app := dispatch.Mail{From: address("a@contoso.com"), To: []envelope.Recipient{rcpt("1@b.example")}, User: `contoso\app`}
			if _, err := w.d.Enqueue(t.Context(), app, strings.NewReader(letter)); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
			arrived(t, "contoso", contoso, 2)
			arrived(t, "the policy's own", other, 1)
			w.stop()
			fabrikam := w.sink("192.0.2.2", &relaytest.Sink{})
			w.start()
			time.Sleep(time.Hour)
			arrived(t, "fabrikam after a restart", fabrikam, 1)
			arrived(t, "the policy's own, later", other, 1)
			if q := w.queued(); q != "3@b.example waiting" {
				t.Errorf("queued: %q", q)
			}
			time.Sleep(72 * time.Hour) // the report on the last one leaves by the policy
			if m := other.Messages(); len(m) < 2 || m[len(m)-1].From != "" {
				t.Errorf("the policy's own got %d messages", len(m))
			}
		})
	}
}

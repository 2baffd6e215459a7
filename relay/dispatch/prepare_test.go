package dispatch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/message"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestReportsArePrepared: what signs messages signs the delivery reports of this server too.
func TestReportsArePrepared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, config(byDNS()))
		w.sender.Prepare = func(_ context.Context, _ *connector.Outbound, env *envelope.Envelope, m *message.Message) error {
			return m.Header().Prepend("X-Prepared: report " + map[bool]string{true: "yes", false: "no"}[env.Report])
		}
		w.sink("192.0.2.1", hopB(), "b.example")
		home := w.sink("192.0.2.2", &relaytest.Sink{}, "contoso.com")
		expect(t, "reply", w.mail(first, "bad@b.example"), "250")
		time.Sleep(time.Minute)
		m := home.Messages()
		if len(m) != 1 || !strings.HasPrefix(string(m[0].Data), "X-Prepared: report yes\r\n") {
			t.Errorf("the report: %+v", m)
		}
	})
}

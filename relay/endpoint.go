package relay

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"sync/atomic"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// endpoints is a policy with everything that the Server prepares for it. Apart from
// the counters it doesn't change.
type endpoints struct {
	Config      // Certificates is guarded by Server.policyMu
	byConnector map[*connector.Inbound]*endpoint
}

// endpoint is a Receive connector prepared for serving.
type endpoint struct {
	in          *connector.Inbound
	settings    *connector.Receive
	smtp        smtpserver.Config          // the part that is the same for all connections
	tls         atomic.Pointer[tls.Config] // of handshakes from now on; nil: no certificate
	methods     auth.Methods
	clientCAs   *x509.CertPool
	rate        int // MaxConnectionRatePerMinute of the policy
	connections *limits.Connections
	messages    *limits.MessageRate
}

// banner returns the greeting without its code.
func (ep *endpoint) banner(now time.Time) string {
	if ep.settings.Banner != "" {
		return strings.TrimPrefix(ep.settings.Banner, "220 ")
	}
	return reply.BannerText(ep.in.Fqdn(), now.Format(time.RFC1123Z))
}

package relay

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/smtpserver"
)

// endpoints is a policy with everything that the Server prepares for it. Apart from
// the counters it doesn't change.
type endpoints struct {
	policy       *connector.Policy
	verifier     auth.Verifier
	certificates []tls.Certificate
	byConnector  map[*connector.Inbound]*endpoint
}

// endpoint is a Receive connector prepared for serving.
type endpoint struct {
	in          *connector.Inbound
	settings    *connector.Receive
	smtp        smtpserver.Config // the part that is the same for all connections
	tls         *tls.Config       // nil: no certificate
	verifier    auth.Verifier
	connections *connectionCounter
	messages    *messageRate
}

// banner returns the greeting without its code.
func (ep *endpoint) banner(now time.Time) string {
	if ep.settings.Banner != "" {
		return strings.TrimPrefix(ep.settings.Banner, "220 ")
	}
	return reply.BannerText(ep.in.Fqdn(), now.Format(time.RFC1123Z))
}

// allow counts a message and reports whether MessageRateLimit allows it. It calls user
// only if users are counted.
func (ep *endpoint) allow(source netip.Addr, user func() string, now time.Time) bool {
	limit := ep.settings.MessageRateLimit
	if limit == param.Unlimited || limit == 0 {
		return true
	}
	by := ep.settings.MessageRateSource.Or(param.RateByIPAddress)
	ok := true
	if by&param.RateByIPAddress != 0 {
		ok = ep.messages.allow(rateKey{addr: source}, int(limit), now)
	}
	if ok && by&param.RateByUser != 0 {
		ok = ep.messages.allow(rateKey{user: user()}, int(limit), now)
	}
	return ok
}

package observed_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
)

// TestOffers compares what EHLO offers, as far as a session says it, and the settings by
// which the server offers the rest.
func TestOffers(t *testing.T) {
	randomPolicies(t, func(r *rand.Rand, p *connector.Policy) {
		q := read(t, p)
		d := newDrawer(r, q)
		for range 20 {
			local, remote, tls := pick(r, locals), pick(r, d.clients), r.IntN(2) == 0
			got := q.Offers(local, remote, tls)
			if want := offered(p, local, remote, tls); !slices.Equal(got, want) {
				t.Errorf("%s\n%v to %v, TLS %v\nsemantics: %q\nsession:   %q", textOf(t, p), remote, local, tls, got, want)
				return
			}
		}
	})
}

func offered(p *connector.Policy, local netip.AddrPort, remote netip.Addr, tls bool) []string {
	in := p.Select(local, remote, nil)
	if in == nil || local.Port() == 465 && !tls {
		return nil
	}
	s := in.Open(auth.Channel{Local: local, TLS: tls, Further: auth.WithoutPassword()}, nil)
	var all []string
	for _, name := range s.SASL() {
		all = append(all, "AUTH "+name)
	}
	if s.OffersTLS() {
		all = append(all, "STARTTLS")
	}
	c := in.Settings()
	for keyword, on := range map[string]bool{
		"PIPELINING": c.PipeliningEnabled.Or(false), "DSN": c.DeliveryStatusNotificationEnabled.Or(false), "SMTPUTF8": c.SmtpUtf8Enabled.Or(false),
		"ENHANCEDSTATUSCODES": c.EnhancedStatusCodesEnabled.Or(false), "8BITMIME": c.EightBitMimeEnabled.Or(false),
		"BINARYMIME": c.BinaryMimeEnabled.Or(false), "CHUNKING": c.ChunkingEnabled.Or(false),
	} {
		if on {
			all = append(all, keyword)
		}
	}
	switch size := c.SizeEnabled.String(); {
	case size == "Enabled":
		all = append(all, strings.TrimSuffix(fmt.Sprintf("SIZE %d", s.MaxSize()), " 0"))
	case strings.HasPrefix(size, "Enabled"):
		all = append(all, "SIZE")
	}
	slices.Sort(all)
	return all
}

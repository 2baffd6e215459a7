package verify

import (
	"context"
	"net/netip"
	"strings"

	"blitiri.com.ar/go/spf"

	"github.com/interchange-smtp/interchange/routing"
)

// checkSPF checks both identities of SPF for a client (RFC 7208 section 2). The sender's is the
// one that DMARC uses.
func checkSPF(ctx context.Context, l *lookups, client netip.Addr, helo string, from routing.Address) (hello, sender SPF) {
	client = client.Unmap().WithZone("")
	name := heloDomain(helo)
	if name != "" {
		hello = identity(ctx, l, client, name, "postmaster@"+name, name)
	}
	switch domain := from.Domain(); {
	case from == (routing.Address{}):
		// Of a null sender the name in EHLO is looked at (section 2.4).
		if sender = hello; name == "" {
			sender.Value = string(spf.None)
		}
	case !domain.IsValid() || domain.IsLiteral():
		sender.Value = string(spf.None)
	default:
		sender = identity(ctx, l, client, name, from.Local()+"@"+domain.String(), domain.String())
	}
	return hello, sender
}

// identity checks one identity.
func identity(ctx context.Context, l *lookups, client netip.Addr, helo, sender, domain string) SPF {
	value, err := spf.CheckHostWithSender(client.AsSlice(), helo, sender, spf.WithContext(ctx), spf.WithResolver(l))
	s := SPF{Value: string(value), Domain: domain}
	if value == spf.TempError || value == spf.PermError {
		s.Err = err // of the others it says only what matched
	}
	return s
}

// heloDomain returns the name in EHLO if it is a domain of two labels or more, in lower case; ""
// otherwise, also for an address literal.
func heloDomain(helo string) string {
	d, err := routing.ParseDomain(strings.TrimSuffix(helo, "."))
	if err != nil || d.IsLiteral() || d.SingleLabel() {
		return ""
	}
	return d.String()
}

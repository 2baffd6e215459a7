package semantics

import (
	"fmt"
	"net/netip"
	"slices"
)

// Offers returns the extensions that EHLO offers an anonymous client, sorted:
// keywords with their value, and "AUTH " with the name of a mechanism for each one. SCRAM
// is left out: it is offered where PLAIN is, once every user has keys. EXTERNAL is offered
// to clients that show a certificate only. Without a connector, and in the clear where
// connections begin with TLS, nothing is offered.
func (p *Policy) Offers(local netip.AddrPort, remote netip.Addr, tls bool) []string {
	c := p.serving(local, remote)
	if c == nil || beginsWithTLS(local) && !tls {
		return nil
	}
	t := &talk{policy: p, receiver: c, identity: p.identify(c, tls, nil), tls: tls}
	all := append(c.keywords(), t.offersSize()...)
	for _, mechanism := range c.logons(tls) {
		all = append(all, "AUTH "+mechanism)
	}
	if c.mechanism["Tls"] && !tls {
		all = append(all, "STARTTLS")
	}
	slices.Sort(all)
	return all
}

// logons returns the mechanisms of AUTH. With RequireTLS, AUTH isn't offered before TLS.
// docs/receive.md "How clients may authenticate".
func (c *receiver) logons(tls bool) []string {
	if c.mechanism["ExternalAuthoritative"] || c.RequireTLS && !tls {
		return nil
	}
	var all []string
	if c.mechanism["BasicAuth"] && (tls || !c.mechanism["BasicAuthRequireTLS"]) {
		all = append(all, "LOGIN", "PLAIN")
	}
	if c.mechanism["OAuth"] && tls {
		all = append(all, "OAUTHBEARER", "XOAUTH2")
	}
	if c.mechanism["ClientCertificate"] && tls {
		all = append(all, "EXTERNAL")
	}
	return all
}

// keywords are the other extensions. docs/cmdlets.md "New-ReceiveConnector, …", the
// parameters that say "Offers".
func (c *receiver) keywords() []string {
	var all []string
	for _, k := range []struct {
		offered bool
		keyword string
	}{
		{c.pipelining, "PIPELINING"}, {c.dsn, "DSN"}, {c.enhanced, "ENHANCEDSTATUSCODES"}, {c.eightBitMime, "8BITMIME"},
		{c.binaryMime, "BINARYMIME"}, {c.chunking, "CHUNKING"}, {c.utf8, "SMTPUTF8"},
	} {
		if k.offered {
			all = append(all, k.keyword)
		}
	}
	return all
}

// offersSize returns the keyword SIZE, with the limit that applies to the session.
// docs/cmdlets.md "New-ReceiveConnector, …", SizeEnabled; docs/differences.md "SIZE in
// the reply to EHLO".
func (t *talk) offersSize() []string {
	limit := t.policy.maxReceiveSize()
	if !t.may(bypassSize) {
		limit = min(limit, t.maxSize)
	}
	switch {
	case t.SizeEnabled == "Disabled":
		return nil
	case t.SizeEnabled == "EnabledWithoutValue" || limit == unlimited:
		return []string{"SIZE"}
	}
	return []string{fmt.Sprintf("SIZE %d", limit)}
}

package semantics

import (
	"fmt"
	"net/netip"
	"slices"
)

// Offers returns the extensions that EHLO offers a client that hasn't logged on, sorted:
// keywords with their value, and "AUTH " with the name of a mechanism for each one. SCRAM is left out:
// it is offered where PLAIN is, once every user has keys. Without a connector, and in
// the clear where connections begin with TLS, nothing is offered.
func (p *Policy) Offers(local netip.AddrPort, remote netip.Addr, tls bool) []string {
	c := p.serving(local, remote)
	if c == nil || beginsWithTLS(local) && !tls {
		return nil
	}
	all := c.keywords(p.maxReceiveSize())
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
func (c *receiver) keywords(maxReceiveSize int64) []string {
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
	switch c.SizeEnabled {
	case "", "Enabled":
		// docs/differences.md "SIZE in the reply to EHLO"
		return append(all, fmt.Sprintf("SIZE %d", min(c.maxSize, maxReceiveSize)))
	case "EnabledWithoutValue":
		return append(all, "SIZE")
	}
	return all
}

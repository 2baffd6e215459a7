package semantics

import (
	"cmp"
	"fmt"
	"slices"
)

// The values of the enumerations that decide something. docs/cmdlets.md
// "New-ReceiveConnector, …" and "New-AcceptedDomain, …", column Values.
var (
	profiles   = []string{"", "Exchange2007"}
	usages     = []string{"", "Custom", "Client", "Internal", "Internet", "Partner"}
	roles      = []string{"", "HubTransport", "FrontendTransport"}
	sizeModes  = []string{"", "Disabled", "Enabled", "EnabledWithoutValue"}
	kinds      = []string{"", Authoritative, InternalRelay, "ExternalRelay"}
	groups     = []string{"AnonymousUsers", "ExchangeUsers", "ExchangeServers", "ExchangeLegacyServers", "Partners", "Custom"}
	mechanisms = []string{
		"Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS", "ExchangeServer", "ExternalAuthoritative", "OAuth", "ClientCertificate",
	}
)

// maxCost keeps the sum of costs in its type.
const maxCost = 1<<31 - 1

// checkValues refuses values that no rule knows, so that none is passed over.
func (d *document) checkValues() error {
	if err := oneOf("Profile", d.Profile, profiles); err != nil {
		return err
	}
	for _, r := range d.Receive {
		err := cmp.Or(oneOf("Usage", r.Usage, usages), oneOf("TransportRole", r.TransportRole, roles), oneOf("SizeEnabled", r.SizeEnabled, sizeModes),
			someOf("AuthMechanism", Or(r.AuthMechanism, "None"), mechanisms), someOf("PermissionGroups", Or(r.PermissionGroups, "None"), groups))
		if err != nil {
			return fmt.Errorf("the Receive connector %q: %w", r.Name, err)
		}
	}
	for _, l := range d.Links {
		if l.Cost < 1 || l.Cost > maxCost || l.MaxSize < 0 {
			return fmt.Errorf("the site link %q: the cost must be 1 to %d, and the size 0 or more", l.Name, maxCost)
		}
	}
	for _, a := range d.Accepted {
		if err := oneOf("DomainType", a.DomainType, kinds); err != nil {
			return fmt.Errorf("the accepted domain %q: %w", a.DomainName, err)
		}
	}
	if _, err := ParseSize(cmp.Or(d.Transport.MaxReceiveSize, "Unlimited")); err != nil {
		return fmt.Errorf("MaxReceiveSize: %w", err)
	}
	if _, err := parseLimit(cmp.Or(d.Transport.MaxRecipientEnvelopeLimit, "Unlimited")); err != nil {
		return fmt.Errorf("MaxRecipientEnvelopeLimit: %w", err)
	}
	return nil
}

// oneOf refuses a value that isn't among the known ones. "" stands for the default.
func oneOf(name, value string, known []string) error {
	if !slices.Contains(known, value) {
		return fmt.Errorf("%s: %q is unknown", name, value)
	}
	return nil
}

// someOf refuses flags that aren't among the known ones.
func someOf(name, value string, known []string) error {
	for flag := range flags(value) {
		if err := oneOf(name, flag, known); err != nil {
			return err
		}
	}
	return nil
}

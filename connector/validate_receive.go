package connector

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/order"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/ascii"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// receiveRules are the rules for one Receive connector. Those about several
// connectors are in validate_bindings.go.
var receiveRules = []func(*receiveCheck){
	(*receiveCheck).values,
	(*receiveCheck).bindings,
	(*receiveCheck).ranges,
	(*receiveCheck).checkKnownMechanisms,
	(*receiveCheck).checkBasicAuthRequireTLS,
	(*receiveCheck).checkNeedTLS,
	(*receiveCheck).checkRequireTLS,
	(*receiveCheck).checkLegacyTLS,
	(*receiveCheck).checkExternalAuthoritative,
	(*receiveCheck).checkDomainSecure,
	(*receiveCheck).checkExchangeServerFqdn,
	(*receiveCheck).names,
	(*receiveCheck).checkTimeoutOrder,
	(*receiveCheck).checkBinaryMime,
	(*receiveCheck).checkBanner,
	(*receiveCheck).checkRewriteAddresses,
	(*receiveCheck).checkSenderRules,
	(*receiveCheck).checkSuppressXAnonymousTls,
	(*receiveCheck).checkLimits,
	(*receiveCheck).checkEdge,
	(*receiveCheck).checkCustomGroup,
	(*receiveCheck).checkNothingGranted,
	(*receiveCheck).unreachableGroups,
	(*receiveCheck).notEnforced,
}

// receiveCheck checks one Receive connector.
type receiveCheck struct {
	connectorValidator
	given  Receive // as configured
	r      Receive // with its defaults
	server routing.Server
	listed bool // server is one of Servers
	mech   auth.Mechanism
	groups permission.Group
}

// newReceiveCheck prepares the connector at path.
func newReceiveCheck(v *validator, path source.Path, given Receive) receiveCheck {
	c := receiveCheck{connectorValidator: connectorValidator{v, path}, given: given, r: v.cfg.receiveDefaults(given)}
	c.server, c.listed = v.cfg.server(given.Server)
	c.mech = c.r.AuthMechanism.Or(auth.None)
	c.groups = c.r.PermissionGroups.Or(0)
	return c
}

// run applies the rules that look at one connector.
func (c *receiveCheck) run() {
	c.name(c.path, c.given.Name)
	c.knownServer(c.path+".Server", c.given.Server)
	for _, rule := range receiveRules {
		rule(c)
	}
}

// values refuses values of enumerations that no parser returns.
func (c *receiveCheck) values() { receiveParameters.enumerations(c.validator, c.path, &c.r) }

func (c *receiveCheck) bindings() {
	if len(c.r.Bindings) == 0 {
		c.bad("Bindings", CodeBindingsMissing, "usage %s has no default; give the addresses to listen on, as in 0.0.0.0:25", c.r.Usage)
	}
	for i, b := range c.r.Bindings {
		if err := param.CheckBinding(b); err != nil {
			c.bad(source.Path("Bindings").Index(i), CodeBindingInvalid, "%w", err)
		}
		for j, earlier := range c.r.Bindings[:i] {
			if plainAddrPort(earlier) == plainAddrPort(b) {
				c.bad(source.Path("Bindings").Index(i), CodeBindingDuplicate, "%v is Bindings[%d] already; leave it out", b, j)
			}
		}
	}
}

func (c *receiveCheck) ranges() {
	if len(c.r.RemoteIPRanges) == 0 {
		c.bad("RemoteIPRanges", CodeRangesMissing, "usage %s has no default; give the addresses that may connect, as in 192.0.2.0/24", c.r.Usage)
	}
	for i, r := range c.r.RemoteIPRanges {
		if !r.IsValid() {
			c.bad(source.Path("RemoteIPRanges").Index(i), CodeRangeInvalid, "it is the zero Range, which holds no address")
		}
	}
}

// checkKnownMechanisms: a mechanism must be known. The parser refuses None together
// with other mechanisms.
func (c *receiveCheck) checkKnownMechanisms() {
	if !c.mech.IsValid() {
		c.bad("AuthMechanism", CodeAuthInvalid, "%v has unknown flags", c.mech)
	}
}

// checkBasicAuthRequireTLS: BasicAuthRequireTLS needs BasicAuth and Tls.
func (c *receiveCheck) checkBasicAuthRequireTLS() {
	if c.mech.Has(auth.BasicAuthRequireTLS) && !c.mech.Has(auth.BasicAuth|auth.TLS) {
		c.bad("AuthMechanism", CodeAuthNeedsTLS, "BasicAuthRequireTLS needs BasicAuth and Tls beside it; give Tls, BasicAuth, BasicAuthRequireTLS")
	}
}

// checkNeedTLS: OAuth and ClientCertificate need Tls.
func (c *receiveCheck) checkNeedTLS() {
	for _, m := range []auth.Mechanism{auth.OAuth, auth.ClientCertificate} {
		if c.mech.Has(m) && !c.mech.Has(auth.TLS) {
			c.bad("AuthMechanism", CodeAuthNeedsTLS, "%v needs Tls beside it; give Tls, %v", m, m)
		}
	}
}

// checkRequireTLS: RequireTLS needs Tls.
func (c *receiveCheck) checkRequireTLS() {
	if c.r.RequireTLS && !c.mech.Has(auth.TLS) {
		c.bad("RequireTLS", CodeRequireTLS, "it needs Tls in AuthMechanism; without Tls no client can use STARTTLS")
	}
}

// checkLegacyTLS: old TLS needs TLS, suites need a version that has them, and an end date something to end.
func (c *receiveCheck) checkLegacyTLS() {
	if c.r.AllowsLegacyTLS() && !c.mech.Has(auth.TLS) && !slices.ContainsFunc(c.r.Bindings, order.ImplicitTLS) {
		field := source.Path("TlsMinimumVersion")
		if len(c.r.legacySuites()) > 0 {
			field = "TlsLegacyCipherSuites"
		}
		c.doubt(field, CodeTLSLegacyUnused, "it has no effect without Tls in AuthMechanism, because no client can use STARTTLS")
	}
	if len(c.r.TlsLegacyCipherSuites) > 0 && c.r.TlsMinimumVersion == param.Tls13 {
		c.doubt("TlsLegacyCipherSuites", CodeTLSLegacyUnused, "it has no effect, because TlsMinimumVersion Tls13 has cipher suites of its own")
	}
	if c.r.TlsLegacyEndDate.IsValid() && !c.r.AllowsLegacyTLS() {
		c.doubt("TlsLegacyEndDate", CodeTLSLegacyUnused, "it has no effect without TlsMinimumVersion Tls10 or Tls11, or TlsLegacyCipherSuites")
	}
}

// checkExternalAuthoritative: the only other mechanism allowed is Tls, and
// ExchangeServers is needed.
func (c *receiveCheck) checkExternalAuthoritative() {
	if !c.mech.Has(auth.ExternalAuthoritative) {
		return
	}
	if c.mech&^(auth.ExternalAuthoritative|auth.TLS) != 0 {
		c.bad("AuthMechanism", CodeExternalExclusive, "only Tls may stand beside ExternalAuthoritative")
	}
	if !c.groups.Has(permission.ExchangeServers) {
		c.bad("PermissionGroups", CodeExternalGroups, "AuthMechanism ExternalAuthoritative needs ExchangeServers")
	}
}

// checkDomainSecure: domain security is mutual TLS.
func (c *receiveCheck) checkDomainSecure() {
	if !c.r.DomainSecureEnabled {
		return
	}
	if !c.mech.Has(auth.TLS) {
		c.bad("DomainSecureEnabled", CodeDomainSecure, "AuthMechanism must hold Tls")
	}
	if c.mech.Has(auth.ExternalAuthoritative) {
		c.bad("DomainSecureEnabled", CodeDomainSecure, "AuthMechanism must not hold ExternalAuthoritative")
	}
	if len(c.cfg.Transport.TLSReceiveDomainSecureList) == 0 {
		c.doubt("DomainSecureEnabled", CodeDomainSecureList, "it has no effect until Transport.TLSReceiveDomainSecureList names the partners' domains")
	}
}

// checkExchangeServerFqdn: servers authenticate each other by name. The FQDN of a
// server that isn't listed is unknown, so it gets only a warning.
func (c *receiveCheck) checkExchangeServerFqdn() {
	if !c.mech.Has(auth.ExchangeServer) || c.given.Fqdn == "" ||
		strings.EqualFold(c.given.Fqdn, c.server.FQDN) || strings.EqualFold(c.given.Fqdn, c.server.Name) {
		return
	}
	if host, _, _ := strings.Cut(c.given.Fqdn, "."); c.server.FQDN == "" && strings.EqualFold(host, c.server.Name) {
		return // the server is listed by name only, and this may be its FQDN
	}
	report := c.bad
	if !c.listed {
		report = c.doubt
	}
	report("Fqdn", CodeExchangeFqdn, "AuthMechanism holds ExchangeServer, so leave Fqdn empty or give the server's own name, %s or %s",
		serverFQDN(c.server), c.server.Name)
}

// names checks the parameters that hold names.
func (c *receiveCheck) names() {
	c.fqdn(c.path+".Fqdn", c.given.Fqdn)
	c.fqdn(c.path+".ServiceDiscoveryFqdn", c.given.ServiceDiscoveryFqdn)
	c.trustedServices()
	c.certificate(c.path+".TlsCertificateName", c.given.TlsCertificateName)
	c.permissions(c.path+".Permissions", c.given.Permissions)
	if d := c.given.DefaultDomain; d != "" {
		if _, ok := c.cfg.acceptedDomain(d); !ok {
			c.bad("DefaultDomain", CodeDefaultDomain, "%q is not one of the accepted domains", d)
		}
	}
}

// checkTimeoutOrder: the inactivity timeout must come first to have an effect.
func (c *receiveCheck) checkTimeoutOrder() {
	if idle, total := c.r.ConnectionInactivityTimeout, c.r.ConnectionTimeout; idle >= total {
		c.bad("ConnectionInactivityTimeout", CodeTimeoutOrder, "%s must be shorter than ConnectionTimeout, %s",
			param.FormatTimeSpan(idle), param.FormatTimeSpan(total))
	}
}

// checkBinaryMime: BINARYMIME needs CHUNKING (RFC 3030 section 3).
func (c *receiveCheck) checkBinaryMime() {
	if c.r.BinaryMimeEnabled.Or(true) && !c.r.ChunkingEnabled.Or(true) {
		c.bad("BinaryMimeEnabled", CodeBinaryMime, "it needs ChunkingEnabled; enable that or disable this")
	}
}

// checkBanner: a greeting is a 220 reply of one line (RFC 5321 section 4.5.3.1.5
// limits it to 512 bytes with CRLF).
func (c *receiveCheck) checkBanner() {
	switch b := c.given.Banner; {
	case b == "":
	case !strings.HasPrefix(b, "220 "):
		c.bad("Banner", CodeBannerInvalid, `it must begin with "220 "`)
	case len(b) > 510 || !ascii.IsPrintable(b):
		c.bad("Banner", CodeBannerInvalid, "it must be one line of up to 510 printable ASCII characters")
	}
}

// checkRewriteAddresses: every next hop must be able to take the addresses.
func (c *receiveCheck) checkRewriteAddresses() {
	check := func(field source.Path, text string) {
		switch a, err := routing.ParseAddress(text); {
		case text == "":
		case err != nil:
			c.bad(field, CodeRewriteAddress, "%w", err)
		case !a.IsValid() || !a.IsASCII():
			c.bad(field, CodeRewriteAddress, "%q is not an ASCII address with a domain; give one as in scanner@contoso.com", text)
		}
	}
	check("RewriteSender", c.given.RewriteSender)
	check("RewriteFrom", c.given.RewriteFrom)
}

// checkSenderRules: AllowedSenders restricts anonymous clients, and RewriteSender and
// RewriteFrom concern these and users.
func (c *receiveCheck) checkSenderRules() {
	for i, s := range c.given.AllowedSenders {
		if !s.IsValid() {
			c.bad(source.Path("AllowedSenders").Index(i), source.CodeValueInvalid, "it is the zero Sender, which covers no address")
		}
	}
	external := c.mech.Has(auth.ExternalAuthoritative)
	doubt := func(field source.Path, given bool) {
		if given && external {
			c.doubt(field, CodeSenderRules, "it has no effect: AuthMechanism ExternalAuthoritative trusts every client with every sender")
		}
	}
	doubt("AllowedSenders", len(c.given.AllowedSenders) > 0)
	doubt("RewriteSender", c.given.RewriteSender != "")
	doubt("RewriteFrom", c.given.RewriteFrom != "")
	anonymous := func(g permission.Grant) bool { return g.To == permission.SIDAnonymous && g.Allow != 0 }
	if len(c.given.AllowedSenders) > 0 && !external && !c.groups.Has(permission.AnonymousUsers) && !slices.ContainsFunc(c.given.Permissions, anonymous) {
		c.doubt("AllowedSenders", CodeSenderRules, "it has no effect: no client may send without logging on; give AnonymousUsers in PermissionGroups")
	}
}

// checkSuppressXAnonymousTls: without X-ANONYMOUSTLS servers can't encrypt, so they
// must be configured to authenticate without encryption.
func (c *receiveCheck) checkSuppressXAnonymousTls() {
	if c.r.SuppressXAnonymousTls && !c.cfg.Transport.UseDowngradedExchangeServerAuth {
		c.bad("SuppressXAnonymousTls", CodeSuppressTLS, "it needs Transport.UseDowngradedExchangeServerAuth")
	}
}

// checkLimits checks numbers, sizes and time spans.
func (c *receiveCheck) checkLimits() { receiveParameters.limits(c.validator, c.path, &c.r) }

// checkEdge: an Edge server has no directory, so it has neither users that log on nor
// legacy servers.
func (c *receiveCheck) checkEdge() {
	if !c.server.Edge {
		return
	}
	if c.r.Usage == param.UsageClient {
		c.bad("Usage", CodeNotOnEdge, "usage Client isn't available on the Edge server %s; give another", c.server.Name)
		return
	}
	if g := c.groups & (permission.ExchangeUsers | permission.ExchangeLegacyServers); g != 0 {
		c.bad("PermissionGroups", CodeNotOnEdge, "%v aren't available on the Edge server %s; leave them out", g, c.server.Name)
	}
}

// checkCustomGroup: Custom is how Exchange shows grants of Add-ADPermission.
func (c *receiveCheck) checkCustomGroup() {
	if c.groups.Has(permission.Custom) && len(c.given.Permissions) == 0 {
		c.doubt("PermissionGroups", CodeGroupCustom, "Custom grants nothing by itself; the grants belong in Permissions")
	}
}

// checkNothingGranted: a connector without grants is legal, but refuses all mail.
func (c *receiveCheck) checkNothingGranted() {
	if c.groups&^permission.Custom == 0 && len(c.given.Permissions) == 0 {
		c.doubt("PermissionGroups", CodeAcceptsNothing, "no permission group or grant is set, so the connector refuses all mail; give PermissionGroups or Permissions")
	}
}

// unreachableGroups warns of groups that no client can become a member of. It accepts
// the presets except that of Partner, which also needs DomainSecureEnabled.
func (c *receiveCheck) unreachableGroups() {
	if _, given := c.given.PermissionGroups.Get(); !given && c.r.Usage != param.UsagePartner {
		return
	}
	if c.groups.Has(permission.ExchangeUsers) && !c.mech.LogsOn() && !c.mech.Has(auth.Integrated) {
		c.doubt("PermissionGroups", CodeGroupUnreachable, "no client can become a member of ExchangeUsers without BasicAuth, OAuth or ClientCertificate in AuthMechanism")
	}
	if c.groups.Has(permission.ExchangeServers) && c.mech&(auth.ExchangeServer|auth.ExternalAuthoritative) == 0 {
		c.doubt("PermissionGroups", CodeGroupUnreachable, "no client can become a member of ExchangeServers without ExternalAuthoritative or ExchangeServer in AuthMechanism")
	}
	if c.groups.Has(permission.Partners) && !c.r.DomainSecureEnabled {
		c.doubt("PermissionGroups", CodeGroupUnreachable, "no client can become a member of Partners without DomainSecureEnabled")
	}
}

// notEnforced warns of parameters that are kept but have no effect here.
func (c *receiveCheck) notEnforced() {
	r := &c.given
	if m, _ := r.AuthMechanism.Get(); m&(auth.Integrated|auth.ExchangeServer) != 0 {
		c.doubt("AuthMechanism", CodeNotEnforced, "%v in it has no effect: NTLM, Kerberos and X-EXPS don't exist here",
			m&(auth.Integrated|auth.ExchangeServer))
	}
	receiveParameters.notEnforced(c.validator, c.path, r)
}

package connector

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// explainHop appends to t how mail to the domain goes to the next hop: the demands on TLS, the logon
// and the limits, as far as there are any.
func (out *Outbound) explainHop(to routing.Domain, t *Trace) {
	step := func(c Check, pass bool, text string, basis []Basis) {
		t.add(Step{Check: c, Pass: pass, about: about{subject: text}, of: subject{policy: out.policy, out: out}, hop: basis})
	}
	if len(out.settings.SmartHosts) == 0 {
		if demand := out.TLS(to, param.SmartHost{}); demand != (HopTLS{}) {
			step(checkHopTLS, !demand.Never, "the mail exchangers of "+to.String()+" is "+demand.String(), out.tlsBasis(to))
		}
		return
	}
	for _, host := range out.settings.SmartHosts {
		if demand := out.TLS(to, host); demand != (HopTLS{}) {
			step(checkHopTLS, !demand.Never, host.String()+" is "+demand.String(), out.tlsBasis(to))
		}
		if text := out.settings.logonText(host); text != "" {
			step(checkLogon, true, text, []Basis{out.basis("SmartHostAuthMechanism"), out.credentialBasis(host)})
		}
	}
	if text := out.settings.limitsText(); text != "" {
		step(checkSmartHostLimits, true, text, out.limitsBasis())
	}
}

// tlsBasis returns the parameters that are given and decide about TLS with the next hop of mail to the
// domain.
func (out *Outbound) tlsBasis(to routing.Domain) (all []Basis) {
	names := []string{"RequireTLS", "TlsAuthLevel", "TlsDomain", "IgnoreSTARTTLS", "ForceHELO"}
	if out.settings.Port == implicitPort {
		names = append(names, "Port")
	}
	if out.settings.LogsOn() {
		names = append(names, "SmartHostAuthMechanism", "LogonWithoutCertificateCheck")
	}
	secured := out.Secured(to)
	if secured {
		names = append(names, "DomainSecureEnabled")
	}
	for _, name := range names {
		if b := out.basis(name); b.Origin == OriginGiven {
			all = append(all, b)
		}
	}
	if secured {
		all = append(all, out.policy.transportBasis("TLSSendDomainSecureList"))
	}
	return all
}

// logonText says how a smart host is logged on to; "" if it isn't.
func (s *Send) logonText(host param.SmartHost) string {
	c := s.CredentialFor(host)
	switch {
	case c == nil || !s.LogsOn():
		return ""
	case s.SmartHostAuthMechanism.Has(auth.OAuth):
		return fmt.Sprintf("%s as %q with an OAuth token", host, c.UserName)
	}
	return fmt.Sprintf("%s as %q with a password, by SCRAM-SHA-256 or else by LOGIN or PLAIN", host, c.UserName)
}

// credentialBasis returns the parameter that has the credential for a smart host, with its user name.
func (out *Outbound) credentialBasis(host param.SmartHost) Basis {
	s := &out.settings
	c := s.CredentialFor(host)
	b := Basis{Path: out.path + ".AuthenticationCredential", Value: c.UserName}
	if c != s.AuthenticationCredential {
		b.Path = out.path.Field(source.Named("SmartHostCredentials", host.String()))
	}
	return b
}

// limitsText says which limits the queue keeps for the smart hosts, "" without any.
func (s *Send) limitsText() string {
	var limits []string
	for _, l := range []struct {
		limit param.Limit
		what  string
	}{
		{s.SmartHostMaxConnections, "connections at a time"},
		{s.SmartHostMessageRateLimit, "messages in any minute"},
		{s.SmartHostRecipientRateLimit, "recipients in any 24 hours"},
	} {
		if l.limit != param.Unlimited {
			limits = append(limits, l.limit.String()+" "+l.what)
		}
	}
	return strings.Join(limits, ", ")
}

// limitsBasis returns the limits for smart hosts, with SmartHostLimits if that fills some of them in.
func (out *Outbound) limitsBasis() []Basis {
	preset := out.settings.SmartHostLimits
	var all []Basis
	for _, name := range []string{"SmartHostMaxConnections", "SmartHostMessageRateLimit", "SmartHostRecipientRateLimit"} {
		b := out.basis(name)
		if b.Origin == OriginDefault && preset != param.SmartHostLimitsNone {
			b.Origin, b.Limits = OriginPreset, preset
		}
		all = append(all, b)
	}
	if preset != param.SmartHostLimitsNone {
		all = append([]Basis{out.basis("SmartHostLimits")}, all...)
	}
	return all
}

package mutation

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

const sendNoun = "SendConnector."

// onSend is an operator on one Send connector.
func onSend(name, parameter string, apply func(*rand.Rand, *connector.Send) bool) Operator {
	return Operator{name, []string{sendNoun + parameter}, func(r *rand.Rand, c *connector.Config) bool {
		p := in(r, c.Send)
		return p != nil && apply(r, p)
	}}
}

// sendOperators change Send connectors in ways that drawing a value rarely does.
func sendOperators() []Operator {
	return []Operator{
		{"send-add", []string{sendNoun + "AddressSpaces"}, func(r *rand.Rand, c *connector.Config) bool {
			c.Send = append(c.Send, connector.Send{Name: one(r, []string{"added", "s0a", "zz"}), AddressSpaces: []routing.AddressSpace{space(r)}})
			return true
		}},
		{"send-remove", []string{sendNoun + "Enabled"}, func(r *rand.Rand, c *connector.Config) bool { return remove(r, &c.Send, 0) }},
		onSend("send-rename", "Name", func(r *rand.Rand, s *connector.Send) bool {
			s.Name = one(r, []string{"a", "m", "s0a", "s1a", "zz"})
			return true
		}),
		onSend("send-cost", "AddressSpaces", func(r *rand.Rand, s *connector.Send) bool {
			a := in(r, s.AddressSpaces)
			if a == nil {
				return false
			}
			text, _, _ := strings.Cut(a.String(), ";")
			*a = routing.MustParseAddressSpace(text + ";" + strconv.Itoa(1+r.IntN(6)))
			return true
		}),
		onSend("send-hosts", "SmartHosts", func(r *rand.Rand, s *connector.Send) bool {
			s.DNSRoutingEnabled, s.DaneEnabled, s.MtaStsEnabled, s.DomainSecureEnabled = param.Setting[bool]{}, param.Setting[bool]{}, param.Setting[bool]{}, false
			s.SmartHosts = []param.SmartHost{param.MustParseSmartHost(one(r, texts[schema.SmartHost]))}
			return true
		}),
		onSend("send-dns", "DNSRoutingEnabled", func(_ *rand.Rand, s *connector.Send) bool {
			s.DNSRoutingEnabled, s.SmartHosts, s.SmartHostCredentials, s.SmartHostAuthMechanism = param.Value(true), nil, nil, auth.None
			return true
		}),
		onSend("send-logon", "SmartHostAuthMechanism", func(r *rand.Rand, s *connector.Send) bool {
			s.SmartHostAuthMechanism = one(r, []auth.Mechanism{auth.None, auth.BasicAuth, auth.BasicAuthRequireTLS, auth.OAuth, auth.ExchangeServer, auth.ExternalAuthoritative})
			if s.AuthenticationCredential == nil {
				s.AuthenticationCredential = credential(r)
			}
			return len(s.SmartHosts) > 0
		}),
		onSend("send-credential", "AuthenticationCredential", func(r *rand.Rand, s *connector.Send) bool {
			if s.AuthenticationCredential = credential(r); s.SmartHostAuthMechanism == auth.None {
				s.SmartHostAuthMechanism = auth.BasicAuth
			}
			return len(s.SmartHosts) > 0
		}),
		onSend("send-host-credential", "SmartHostCredentials", func(r *rand.Rand, s *connector.Send) bool {
			h := in(r, s.SmartHosts)
			if h == nil {
				return false
			}
			s.SmartHostCredentials = slices.DeleteFunc(slices.Clone(s.SmartHostCredentials), func(c param.SmartHostCredential) bool { return c.Host == *h })
			if r.IntN(3) > 0 {
				s.SmartHostCredentials = append(s.SmartHostCredentials, param.SmartHostCredential{Host: *h, Credential: *credential(r)})
			}
			return true
		}),
		onSend("send-tls", "TlsAuthLevel", func(r *rand.Rand, s *connector.Send) bool {
			s.RequireTLS, s.IgnoreSTARTTLS, s.TlsDomain = true, false, ""
			s.TlsAuthLevel = param.TlsAuthLevel(r.IntN(3))
			return true
		}),
		onSend("send-tls-domain", "TlsDomain", func(r *rand.Rand, s *connector.Send) bool {
			s.RequireTLS, s.IgnoreSTARTTLS, s.TlsAuthLevel = true, false, param.DomainValidation
			s.TlsDomain = one(r, texts[schema.Subdomains])
			return true
		}),
		onSend("send-domain-secure", "DomainSecureEnabled", func(_ *rand.Rand, s *connector.Send) bool {
			s.DomainSecureEnabled, s.IgnoreSTARTTLS = !s.DomainSecureEnabled, false
			return len(s.SmartHosts) == 0
		}),
		onSend("send-size", "MaxMessageSize", func(r *rand.Rand, s *connector.Send) bool {
			s.MaxMessageSize = one(r, []param.Size{99_999, 100_000, 100_001, 200_000, 300_000, param.UnlimitedSize})
			return true
		}),
		onSend("send-port", "Port", func(r *rand.Rand, s *connector.Send) bool { s.Port = one(r, []int{25, 465, 587, 2526}); return true }),
	}
}

func space(r *rand.Rand) routing.AddressSpace {
	return routing.MustParseAddressSpace(one(r, texts[schema.Space]))
}

// credential draws a user with one password, which a text doesn't show.
func credential(r *rand.Rand) *param.Credential {
	name := one(r, []string{"us", "them"})
	return &param.Credential{UserName: name, Password: auth.Secret("of " + name)}
}

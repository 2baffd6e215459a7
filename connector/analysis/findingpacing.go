package analysis

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// pacedServices are the hosts of mail services that limit what one account sends.
var pacedServices = map[string]param.SmartHostLimits{
	"smtp.office365.com":        param.SmartHostLimitsMicrosoft365,
	"smtp-legacy.office365.com": param.SmartHostLimitsMicrosoft365,
	"smtp.office365.us":         param.SmartHostLimitsMicrosoft365,
	"smtp.partner.outlook.cn":   param.SmartHostLimitsMicrosoft365,
	"smtp.gmail.com":            param.SmartHostLimitsGoogle,
	"smtp-relay.gmail.com":      param.SmartHostLimitsGoogle,
}

// pacing finds the Send connectors to such hosts that keep no limits.
func (c *checker) pacing() {
	for i, out := range c.outbounds {
		s := out.Settings()
		unlimited := s.SmartHostMaxConnections == param.Unlimited && s.SmartHostMessageRateLimit == param.Unlimited && s.SmartHostRecipientRateLimit == param.Unlimited
		if !s.Enabled.Or(true) || !out.Local() || !unlimited {
			continue
		}
		for j, host := range s.SmartHosts {
			limits := pacedServices[host.Domain().String()]
			if limits == param.SmartHostLimitsNone {
				continue
			}
			c.report(Finding{
				Diagnostic: source.Diagnostic{
					Code: CodeSmartHostUnpaced, Severity: source.SeverityNote, Path: (source.Element("Send", i, out.Name()) + ".SmartHosts").Index(j),
					Detail: fmt.Sprintf("%v limits what one account sends and blocks it for a while if it sends more, and the connector keeps no limits; set SmartHostLimits to %v", host, limits),
					Fix:    fmt.Sprintf("set SmartHostLimits to %v", limits),
				},
				Witness: c.leaving(out),
				edit: sendEdit(i, out, func(s *connector.Send) bool {
					was := s.SmartHostLimits
					s.SmartHostLimits = limits
					return was != limits
				}),
			})
			break
		}
	}
}

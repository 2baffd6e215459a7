package main

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// withoutQueue returns the connectors with limits for their smart hosts, which only a queue keeps.
func (l *loaded) withoutQueue() (unkept source.Diagnostics) {
	for out := range l.Policy.Send() {
		s := out.Settings()
		if !s.Enabled.Or(true) || !out.Local() || len(s.SmartHosts) == 0 {
			continue
		}
		for _, limit := range []struct {
			field source.Path
			set   bool
		}{
			{"SmartHostLimits", s.SmartHostLimits != param.SmartHostLimitsNone},
			{"SmartHostMaxConnections", s.SmartHostMaxConnections != param.Unlimited},
			{"SmartHostMessageRateLimit", s.SmartHostMessageRateLimit != param.Unlimited},
			{"SmartHostRecipientRateLimit", s.SmartHostRecipientRateLimit != param.Unlimited},
		} {
			if !limit.set {
				continue
			}
			unkept = append(unkept, source.Diagnostic{
				Severity: source.SeverityWarning, Path: source.Named("Send", out.Name()).Field(limit.field), Code: connector.CodeNotEnforced,
				Detail: "only a queue keeps the limits for smart hosts, and there is no queue", Fix: "give -data",
			})
			break // the others are filled in by it, or have the same cure
		}
	}
	return unkept
}

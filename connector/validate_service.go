package connector

import (
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

func (v *validator) services() {
	names := v.names("Services")
	for i, s := range v.cfg.Services {
		path := names.paths[i]
		v.knownServer(path+".Name", s.Name)
		full := v.cfg.serviceDefaults(s)
		v.unique(names, i, "", full.Name)
		v.service(path, &full)
	}
}

// service checks one service, which has its defaults filled in, by the rules of
// Set-TransportService.
func (v *validator) service(path source.Path, s *Service) {
	field := func(name source.Path) source.Path { return path + "." + name }
	if total, each := s.MaxOutboundConnections, s.MaxPerDomainOutboundConnections; total != param.Unlimited && (each > total || each == param.Unlimited) {
		v.fail(field("MaxPerDomainOutboundConnections"), CodeConnectionsOrder, "%v must not exceed MaxOutboundConnections, %v", each, total)
	}
	serviceParameters.limits(v, path, s)
	serviceParameters.enumerations(v, path, s)
	v.logs(path, s)
	v.nameServers(path, s)

	// Set-TransportService: the notice should come after the transient retries,
	// and it never comes if the message expires before.
	retries := time.Duration(max(s.TransientFailureRetryCount.Or(0), 0)) * s.TransientFailureRetryInterval
	switch notice := s.DelayNotificationTimeout; {
	case notice <= retries:
		v.warn(field("DelayNotificationTimeout"), CodeDelayNotification,
			"senders are notified of a delay while the transient retries still run, which take %s; give more", param.FormatTimeSpan(retries))
	case notice >= s.MessageExpirationTimeout:
		v.warn(field("DelayNotificationTimeout"), CodeDelayNotification,
			"senders are never notified of a delay, because messages expire after %s; give less", param.FormatTimeSpan(s.MessageExpirationTimeout))
	}
}

// remote checks the remote domains.
func (v *validator) remote() {
	names, domains := v.names("Remote"), map[string]source.Path{}
	for i, d := range v.cfg.Remote {
		path := names.paths[i]
		v.name(path, d.Name)
		v.unique(names, i, "", d.Name)
		key, err := remoteKey(d.DomainName)
		if err != nil {
			v.fail(path+".DomainName", CodeRemoteDomain, "%w; give contoso.com, *.contoso.com or *", err)
			continue
		}
		if first, taken := domains[key]; taken {
			v.fail(path+".DomainName", CodeRemoteDomain, "%q is the domain of %s already", d.DomainName, first)
		}
		domains[key] = source.Path("Remote").Index(i)
	}
}

// postmaster checks the address that delivery reports come from.
func (v *validator) postmaster(t *Transport) {
	if t.ExternalPostmasterAddress == "" {
		return
	}
	if a, err := routing.ParseAddress(t.ExternalPostmasterAddress); err != nil {
		v.fail("Transport.ExternalPostmasterAddress", CodePostmaster, "%w", err)
	} else if !a.Domain().IsValid() {
		v.fail("Transport.ExternalPostmasterAddress", CodePostmaster, "%q has no domain", t.ExternalPostmasterAddress)
	}
}

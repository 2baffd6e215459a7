package access

import (
	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// opened is a session, and how a client opens one like it.
type opened struct {
	connector.Session
	who partition.Who
	tls bool // it takes TLS
}

// session opens a session of a client that is known as sid on in. If no session is, why says
// what is in the way, and the session refuses everything.
func session(in *connector.Inbound, sid permission.SID) (s opened, why string) {
	external := in.Settings().AuthMechanism.Or(auth.None).Has(auth.ExternalAuthoritative)
	switch {
	case !in.Settings().Enabled.Or(true):
		why = "the connector is disabled"
	case external && sid != permission.SIDExternallySecured:
		why = "every client of the connector is externally secured"
	case !external && sid == permission.SIDExternallySecured:
		why = "AuthMechanism has no ExternalAuthoritative"
	case sid == permission.SIDAnonymous, sid == permission.SIDExternallySecured:
		s.Session = in.Open(auth.Channel{}, nil)
	case sid == permission.SIDPartners:
		s, why = partner(in)
	default:
		s, why = logon(in, sid)
	}
	if why != "" {
		return opened{}, why
	}
	return s, ""
}

// partner opens a session of a client whose certificate names a partner.
func partner(in *connector.Inbound) (s opened, why string) {
	for _, name := range in.Policy().Transport().TLSReceiveDomainSecureList {
		if d, err := routing.ParseDomain(name); err == nil {
			s.who.Partner = []routing.Domain{d}
			break
		}
	}
	ok := false
	s.tls = true
	s.Session, ok = s.who.Open(in, true)
	switch {
	case ok && s.Identity().Is(permission.SIDPartners):
		return s, ""
	case !in.Settings().DomainSecureEnabled:
		return s, "DomainSecureEnabled is $false"
	case len(s.who.Partner) == 0:
		return s, "TLSReceiveDomainSecureList is empty"
	}
	return s, "AuthMechanism has no Tls"
}

// logon opens a session of a client that has logged on as a member of sid.
func logon(in *connector.Inbound, sid permission.SID) (s opened, why string) {
	user := auth.Identity{Principal: member(sid)}
	s.who.User = &user
	ok := false
	for _, s.tls = range []bool{true, false} {
		if s.Session, ok = s.who.Open(in, s.tls); ok {
			return s, ""
		}
	}
	if !in.Settings().AuthMechanism.Or(auth.None).LogsOn() {
		return s, "AuthMechanism has no way to log on"
	}
	return s, "a logon needs ms-Exch-SMTP-Submit" // where a connector can't begin TLS, its mechanisms don't need it
}

// member returns the principal of a client that is known as sid, with the SIDs that a session adds.
func member(sid permission.SID) permission.Principal {
	who := permission.Principal{Name: sid.Name(), SIDs: []permission.SID{sid}}
	switch sid {
	case permission.SIDAnonymous, permission.SIDExternallySecured, permission.SIDPartners, permission.SIDAuthenticatedUsers:
		return who
	}
	who.SIDs = append(who.SIDs, permission.SIDAuthenticatedUsers)
	return who
}

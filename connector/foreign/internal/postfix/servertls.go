package postfix

import (
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/foreign/internal/access"
	"github.com/interchange-smtp/interchange/connector/param"
)

// terms reads how a service uses TLS and lets users log on, and accounts for it.
func (sv *service) terms(rules *restrictions) access.Terms {
	s := access.Terms{Name: sv.name, Server: "Postfix", RequireTLS: rules.requireTLS, OwnSenders: rules.ownSenders, Logon: sv.yes("smtpd_sasl_auth_enable")}
	level := sv.get("smtpd_tls_security_level")
	switch {
	case level == "" && sv.yes("smtpd_enforce_tls"):
		level = "encrypt"
	case level == "" && sv.yes("smtpd_use_tls"):
		level = "may"
	}
	s.TLS = level == "may" || level == "encrypt"
	s.RequireTLS = s.RequireTLS || level == "encrypt"
	for _, name := range []string{"smtpd_tls_security_level", "smtpd_use_tls", "smtpd_enforce_tls"} {
		sv.taken(name, "Tls in AuthMechanism, and RequireTLS")
	}
	sv.wrapped(&s)
	s.LogonWithTLS = s.TLS && (s.RequireTLS || sv.yes("smtpd_tls_auth_only") || slices.Contains(sv.list("smtpd_sasl_security_options"), "noplaintext"))
	if !s.TLS && (sv.yes("smtpd_tls_auth_only") || slices.Contains(sv.list("smtpd_sasl_security_options"), "noplaintext")) {
		s.Logon = false
		sv.notPossible("smtpd_sasl_auth_enable", "users may log on with TLS only, and TLS isn't offered, so none can", "set smtpd_tls_security_level to may or encrypt")
	}
	sv.taken("smtpd_tls_auth_only", "BasicAuthRequireTLS in AuthMechanism")
	sv.taken("smtpd_sasl_security_options", "BasicAuthRequireTLS in AuthMechanism where noplaintext is among them")
	if s.Logon {
		sv.taken("smtpd_sasl_auth_enable", "BasicAuth in AuthMechanism, and the rights of users; -users, -ldap or -passwd names the users")
		for _, name := range []string{"smtpd_sasl_type", "smtpd_sasl_path", "smtpd_sasl_local_domain", "smtpd_sender_login_maps"} {
			sv.notPossible(name, "users and passwords aren't in the files of Postfix", nameUsers)
		}
	} else {
		sv.taken("smtpd_sasl_auth_enable", "no BasicAuth in AuthMechanism")
	}
	s.Minimum = sv.minimumTLS()
	return s
}

// wrapped reads whether connections begin with TLS. The gateway does so at port 465, and there
// alone.
func (sv *service) wrapped(s *access.Terms) {
	const name = "smtpd_tls_wrappermode"
	wrapped := sv.yes(name)
	switch {
	case wrapped && sv.port == 465:
		s.TLS, s.RequireTLS = true, true
		sv.taken(name, "connections to port 465 begin with TLS")
	case wrapped:
		s.TLS, s.RequireTLS = true, true
		sv.notPossible(name, "connections begin with TLS at port 465 only; here the client must use STARTTLS", "let the clients use port 465, or STARTTLS")
	case sv.port == 465:
		s.TLS = true
		sv.NotPossible(sv.at, sv.name+" inet", "connections to port 465 always begin with TLS", "let the clients begin with TLS")
	default:
		sv.taken(name, "connections begin without TLS")
	}
}

// minimumTLS returns the oldest version of TLS; zero for the connector's default, TLS 1.2.
func (sv *service) minimumTLS() param.TlsVersion {
	var newest param.TlsVersion
	for _, name := range []string{"smtpd_tls_mandatory_protocols", "smtpd_tls_protocols"} {
		oldest := oldestTLS(sv.get(name))
		switch {
		case !sv.given(name):
		case oldest == 0 || oldest < param.Tls12:
			sv.notPossible(name, "versions of TLS before 1.2 aren't offered", "for old devices, set TlsMinimumVersion and TlsLegacyEndDate of a Receive connector of their own")
		case oldest == param.Tls13:
			newest = param.Tls13
			sv.taken(name, "TlsMinimumVersion")
		default:
			sv.taken(name, "TlsMinimumVersion, by default Tls12")
		}
	}
	return newest
}

// oldestTLS returns the oldest version of TLS in a list of Postfix, such as ">=TLSv1.2" or
// "!SSLv2, !SSLv3, !TLSv1"; 0 if the list can't be read.
func oldestTLS(list string) param.TlsVersion {
	versions := map[string]param.TlsVersion{"SSLv2": 0, "SSLv3": 0, "TLSv1": param.Tls10, "TLSv1.0": param.Tls10, "TLSv1.1": param.Tls11, "TLSv1.2": param.Tls12, "TLSv1.3": param.Tls13}
	excluded := map[param.TlsVersion]bool{}
	var least, named param.TlsVersion
	for _, w := range words(list, blanks+":") {
		at, isLeast := strings.CutPrefix(w, ">=")
		name, negated := strings.CutPrefix(at, "!")
		v, known := versions[name]
		switch {
		case strings.HasPrefix(w, "<="):
		case !known:
			return 0
		case isLeast:
			least = v
		case negated:
			excluded[v] = true
		case named == 0 || v < named:
			named = v
		}
	}
	oldest := max(least, named, param.Tls10)
	for excluded[oldest] && oldest < param.Tls13 {
		oldest++
	}
	return oldest
}

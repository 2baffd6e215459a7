package iis

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/foreign/internal/access"
	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// everyone is all IPv4 addresses: the lists of IIS have no others.
func everyone() []rangeset.Span { return rangeset.All()[:1] }

// receive makes the Receive connectors of a virtual server.
func (r *reader) receive(s *server) {
	bindings := s.bindings()
	if len(bindings) == 0 {
		r.NotPossible(s.at, s.kind, "no address is known at which it listens", "write ServerBindings as address:port:")
		return
	}
	connect, relay := s.connecting(), s.relaying()
	anonymous, basic := s.authentication()
	var senders []rangeset.Span
	if anonymous {
		senders = connect
	}
	users := access.Of(everyone(), connect, relay)
	if s.yes("RelayForAuth") {
		users = access.Of(everyone(), connect, connect)
		s.taken("RelayForAuth", "ExchangeUsers in PermissionGroups: users may relay")
	} else {
		s.taken("RelayForAuth", "users have no right to relay, except at the addresses of RelayIpList")
	}
	terms := access.Terms{Name: s.name(), Server: "IIS", Bindings: bindings, TLS: true, RequireTLS: s.requiresTLS(), Logon: basic}
	terms.LogonWithTLS = terms.RequireTLS
	made := terms.Connectors(access.Of(everyone(), senders, relay), users, func(rc *connector.Receive, _ []rangeset.Span) { s.limits(rc) })
	for _, rc := range made {
		path := source.Named("Receive", rc.Name)
		r.Place(path, s.at)
		r.Place(path+".RemoteIPRanges", s.find("RelayIpList").at)
		r.Config.Receive = append(r.Config.Receive, rc)
	}
	r.Taken(s.at, s.kind, "the Receive connectors "+s.name())
}

// name returns the name of the virtual server.
func (s *server) name() string {
	number := s.location[strings.LastIndexByte(s.location, '/')+1:]
	return "SMTP " + number[:min(len(number), 40)]
}

// bindings returns where a virtual server listens.
func (s *server) bindings() []netip.AddrPort {
	var out []netip.AddrPort
	for _, name := range []string{"ServerBindings", "SecureBindings"} {
		for _, text := range s.list(name) {
			host, rest, _ := strings.Cut(text, ":")
			port, _, _ := strings.Cut(rest, ":")
			n, err := strconv.ParseUint(port, 10, 16)
			addr := netip.IPv4Unspecified()
			if host != "" && err == nil {
				addr, err = netip.ParseAddr(host)
			}
			secure := name == "SecureBindings"
			switch {
			case err != nil || n == 0 || !addr.Is4():
				s.notPossible(name, fmt.Sprintf("%q isn't address:port: with an IPv4 address", text), "add the address to Bindings of the Receive connectors")
			case secure != (n == 465):
				s.notPossible(name, fmt.Sprintf("%q: connections to port 465 begin with TLS, and those to others don't", text), "let the clients use port 465, or STARTTLS at another port")
			case !slices.Contains(out, netip.AddrPortFrom(addr, uint16(n))):
				out = append(out, netip.AddrPortFrom(addr, uint16(n)))
				s.taken(name, "Bindings of the Receive connectors")
			}
		}
	}
	return out
}

// connecting returns the clients that may connect.
func (s *server) connecting() []rangeset.Span {
	const name = "IPSecurity"
	text := s.get(name)
	if text == "" {
		s.taken(name, "every client may connect")
		return everyone()
	}
	list, err := parseAddresses(text)
	switch {
	case err != nil || len(list.granted) > 0 && len(list.denied) > 0:
		s.notPossible(name, "the list of addresses has a form that isn't known, so no client but the machine itself may connect", "enter the addresses of the tab Access, button Connection, in RemoteIPRanges of the Receive connectors")
		return rangeset.Union([]param.Range{param.MustParseRange("127.0.0.0/8")})
	case len(list.granted) > 0:
		s.taken(name, "RemoteIPRanges: only the clients of the list may connect")
		return list.granted
	}
	s.taken(name, "RemoteIPRanges: the clients of the list may not send")
	return rangeset.Minus(everyone(), list.denied)
}

// relaying returns the clients that may relay without a logon.
func (s *server) relaying() []rangeset.Span {
	const name, enter = "RelayIpList", "enter the addresses of the tab Access, button Relay, in RemoteIPRanges of a Receive connector whose clients have ms-Exch-SMTP-Accept-Any-Recipient"
	text := s.get(name)
	if text == "" {
		if s.given(name) {
			s.notPossible(name, "an empty list lets every client relay; here none may", enter)
		}
		return nil
	}
	list, err := parseAddresses(text)
	switch {
	case err != nil:
		s.notPossible(name, err.Error()+", so no client may relay", enter)
		return nil
	case len(list.denied) > 0:
		s.notPossible(name, "all clients but those of the list may relay; here none may", enter)
		return nil
	}
	s.taken(name, "the clients that may relay: RemoteIPRanges of the Receive connector "+s.name()+" relay")
	return list.granted
}

// authentication returns how clients may send: without a logon, and with a password.
func (s *server) authentication() (anonymous, basic bool) {
	const name = "AuthFlags"
	if !s.given(name) {
		anonymous = s.yes("AuthAnonymous") || !s.given("AuthAnonymous")
		basic = s.yes("AuthBasic")
		for _, flag := range []string{"AuthAnonymous", "AuthBasic"} {
			s.taken(flag, "AnonymousUsers in PermissionGroups, and BasicAuth in AuthMechanism")
		}
		return anonymous, basic
	}
	ntlm := false
	for word := range strings.FieldsFuncSeq(s.get(name), func(c rune) bool { return c == '|' || c == ' ' }) {
		n, err := strconv.ParseUint(word, 0, 32)
		switch {
		case err == nil:
			anonymous, basic, ntlm = n&1 != 0, n&2 != 0, n&4 != 0
		case strings.EqualFold(word, "AuthAnonymous"):
			anonymous = true
		case strings.EqualFold(word, "AuthBasic"):
			basic = true
		case strings.EqualFold(word, "AuthNTLM"):
			ntlm = true
		}
	}
	s.taken(name, "AnonymousUsers in PermissionGroups, and BasicAuth in AuthMechanism")
	if ntlm {
		s.notPossible(name, "Integrated Windows authentication (AuthNTLM) isn't spoken here", "let these clients log on with a password (BasicAuth), or list their addresses")
	}
	if basic {
		s.notPossible(name, "users and passwords aren't in the metabase", "let the gateway ask the directory (-ldap), or give a file of users (-users)")
	}
	return anonymous, basic
}

// requiresTLS reports whether clients must use TLS.
func (s *server) requiresTLS() bool {
	required := false
	for _, name := range []string{"AccessSSL", "AccessSSLFlags", "SSLAccessPerm"} {
		text := s.get(name)
		n, err := strconv.ParseUint(text, 0, 32)
		required = required || err == nil && n&8 != 0 || strings.Contains(strings.ToLower(text), "accessssl") || strings.EqualFold(text, "true")
		s.taken(name, "RequireTLS of the Receive connectors")
	}
	return required
}

// number returns a number of the metabase, at least 1 and at most a limit. Without a number, and
// where all bits are set, which means no limit, ok is false.
func (s *server) number(name string, most int64) (n int64, ok bool) {
	n, err := strconv.ParseInt(s.get(name), 0, 64)
	if !s.given(name) {
		return 0, false
	}
	if err != nil || n <= 0 || n == math.MaxUint32 {
		s.taken(name, "no limit, or the default")
		return 0, false
	}
	return min(n, most), true
}

// limits sets the limits of a Receive connector.
func (s *server) limits(rc *connector.Receive) {
	limit := func(name, as string, most int64, set func(int64)) {
		if n, ok := s.number(name, most); ok {
			set(n)
			s.taken(name, as+" of the Receive connectors")
		}
	}
	limit("MaxMessageSize", "MaxMessageSize", math.MaxInt32, func(n int64) { rc.MaxMessageSize = param.Size(max(n, 64<<10)) })
	limit("MaxRecipients", "MaxRecipientsPerMessage", 512000, func(n int64) { rc.MaxRecipientsPerMessage = int(n) })
	limit("MaxInConnections", "MaxInboundConnection", math.MaxInt32, func(n int64) { rc.MaxInboundConnection = param.Limit(n) })
	limit("MaxConnections", "MaxInboundConnection", math.MaxInt32, func(n int64) { rc.MaxInboundConnection = param.Limit(n) })
	limit("HopCount", "MaxHopCount", 500, func(n int64) { rc.MaxHopCount = int(n) })
	limit("MaxSmtpErrors", "MaxProtocolErrors", math.MaxInt32, func(n int64) { rc.MaxProtocolErrors = param.Value(param.Limit(n)) })
	limit("ConnectionTimeout", "ConnectionInactivityTimeout", 86_000, func(n int64) {
		rc.ConnectionInactivityTimeout = time.Duration(n) * time.Second
		rc.ConnectionTimeout = min(max(2*rc.ConnectionInactivityTimeout, 10*time.Minute), 24*time.Hour)
	})
	domain := strings.ToLower(s.get("DefaultDomain"))
	if slices.ContainsFunc(s.Config.Accepted, func(a domainEntry) bool { return a.DomainName == domain }) {
		rc.DefaultDomain = domain
		s.taken("DefaultDomain", "DefaultDomain of the Receive connectors")
	}
}

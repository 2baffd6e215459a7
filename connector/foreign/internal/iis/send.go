package iis

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// send makes the Send connectors, the name of the server and the limits of its Transport service, by
// the first virtual server: a policy has one route for a domain.
func (r *reader) send(s *server) {
	for i := 1; i < len(r.servers); i++ {
		other := &server{r, r.servers[i]}
		if other.get("SmartHost") != s.get("SmartHost") {
			r.NotPossible(other.at, "IIsSmtpServer", "its mail takes the routes of the first virtual server", "serve it with a gateway of its own")
		}
	}
	if d, err := routing.ParseDomain(s.get("FullyQualifiedDomainName")); err == nil {
		short, _, _ := strings.Cut(d.String(), ".")
		r.Config.Server, r.Config.Servers = short, []routing.Server{{Name: short, FQDN: d.String()}}
		s.taken("FullyQualifiedDomainName", "the FQDN of the server "+short)
	}
	r.addSend(s, "Internet", "*", s.hosts())
	for i := range r.domains {
		k := &r.domains[i]
		if k.actions()&actionSmartHost == 0 || !strings.HasPrefix(strings.ToLower(k.location), strings.ToLower(s.location)+"/") {
			continue
		}
		host := k.values["RouteActionString"]
		own := &server{r, *k}
		r.addSend(own, "To "+strings.TrimPrefix(k.domain(), "*."), k.domain(), []string{host.text})
		r.Taken(host.at, "RouteActionString", "SmartHosts of the Send connector for "+k.domain())
	}
	s.transport()
}

// hosts returns the smart hosts for all other mail.
func (s *server) hosts() []string {
	const name, kind = "SmartHost", "SmartHostType"
	hosts := strings.FieldsFunc(s.get(name), func(c rune) bool { return c == ';' || c == ',' || c == ' ' })
	switch s.get(kind) {
	case "2":
		s.taken(name, "SmartHosts of the Send connector Internet")
		s.taken(kind, "all mail goes to the smart host")
		return hosts
	case "1":
		s.notPossible(kind, "mail is sent by DNS alone; it isn't sent to the smart host where that fails", "make a Send connector with the smart host and a higher cost")
		s.notPossible(name, "it is used where the DNS leads nowhere only", "make a Send connector with the smart host and a higher cost")
	default:
		s.taken(kind, "the Send connector Internet has no smart hosts")
		s.taken(name, "the Send connector Internet has no smart hosts, by SmartHostType")
	}
	return nil
}

// addSend adds a Send connector for a domain.
func (r *reader) addSend(s *server, name, space string, hosts []string) {
	sc := connector.Send{Name: name[:min(len(name), 60)], MaxMessageSize: param.UnlimitedSize}
	parsed, err := routing.ParseAddressSpace(space)
	if err != nil {
		r.NotPossible(s.at, "IIsSmtpDomain", fmt.Sprintf("%q isn't an address space", space), "make a Send connector for the domain")
		return
	}
	sc.AddressSpaces = []routing.AddressSpace{parsed}
	for _, text := range hosts {
		h, err := param.ParseSmartHost(text)
		if err != nil {
			r.NotPossible(s.at, "SmartHost", err.Error(), "name the smart host, or its address in brackets")
			continue
		}
		sc.SmartHosts = append(sc.SmartHosts, h)
	}
	if len(hosts) > 0 && len(sc.SmartHosts) == 0 {
		return
	}
	if n, ok := s.number("RemoteSmtpPort", 65535); ok {
		sc.Port = int(n)
		s.taken("RemoteSmtpPort", "Port of the Send connectors")
	}
	if n, ok := s.number("BatchMessages", math.MaxInt32); ok {
		sc.SmtpMaxMessagesPerConnection = int(n)
		s.taken("BatchMessages", "SmtpMaxMessagesPerConnection of the Send connectors")
	}
	s.outbound(&sc)
	path := source.Named("Send", sc.Name)
	r.Place(path, s.at)
	r.Place(path+".AuthenticationCredential", s.find("RouteUserName").at)
	r.Config.Send = append(r.Config.Send, sc)
}

// outbound sets TLS and the logon of a Send connector by RouteAction.
func (s *server) outbound(sc *connector.Send) {
	const name = "RouteAction"
	text := s.get(name)
	action, err := strconv.ParseUint(text, 0, 64)
	if err != nil && text != "" {
		s.notPossible(name, fmt.Sprintf("%q isn't a number", text), "set RequireTLS and SmartHostAuthMechanism of the Send connector")
	}
	if action&actionTLS != 0 || s.yes("AlwaysUseSsl") || s.yes("AlwaysUseSSL") {
		sc.RequireTLS, sc.TlsAuthLevel = true, param.EncryptionOnly
	}
	sc.ForceHELO = action&actionHELO != 0 && !sc.RequireTLS
	switch user := s.get("RouteUserName"); {
	case action&actionNTLM != 0:
		s.notPossible(name, "Integrated Windows authentication at next hops isn't spoken here", "set SmartHostAuthMechanism BasicAuthRequireTLS and a credential")
	case action&actionClearText != 0 && user != "" && len(sc.SmartHosts) > 0:
		sc.SmartHostAuthMechanism, sc.ForceHELO = auth.BasicAuth, false
		if sc.RequireTLS {
			sc.SmartHostAuthMechanism = auth.BasicAuthRequireTLS
		}
		sc.AuthenticationCredential = &param.Credential{UserName: user}
		s.taken("RouteUserName", "the user of AuthenticationCredential of the Send connector")
		s.notPossible("RoutePassword", "it is encrypted for the old machine", "enter it again: by -credentials, or in the variable that the output of -to shell names")
	}
	s.taken(name, "RequireTLS, ForceHELO and SmartHostAuthMechanism of the Send connector, and the kind of the domain")
	if unknown := action &^ actionsKnown; unknown != 0 {
		s.notPossible(name, fmt.Sprintf("the flags %#x have no meaning here", unknown), "nothing, unless the domain needs ETRN or TURN, which don't exist here")
	}
	for _, ssl := range []string{"AlwaysUseSsl", "AlwaysUseSSL"} {
		s.taken(ssl, "RequireTLS of the Send connectors")
	}
}

// transport sets how long and over how many connections mail is tried.
func (s *server) transport() {
	var out connector.Service // of this server
	minutes := func(n int64, least, most time.Duration) time.Duration {
		return min(max(time.Duration(n)*time.Minute, least), most)
	}
	if n, ok := s.number("MaxOutConnections", math.MaxInt32); ok {
		out.MaxOutboundConnections = param.Limit(n)
		s.taken("MaxOutConnections", "MaxOutboundConnections of the Transport service")
	}
	if n, ok := s.number("MaxOutConnectionsPerDomain", math.MaxInt32); ok {
		out.MaxPerDomainOutboundConnections = param.Limit(min(n, int64(max(out.MaxOutboundConnections, 20))))
		s.taken("MaxOutConnectionsPerDomain", "MaxPerDomainOutboundConnections of the Transport service")
	}
	const month = 30 * 24 * 60 // in minutes
	if n, ok := s.number("SmtpRemoteNDRExpireMinutes", 3*month); ok {
		out.MessageExpirationTimeout = minutes(n, 5*time.Second, 90*24*time.Hour)
		s.taken("SmtpRemoteNDRExpireMinutes", "MessageExpirationTimeout of the Transport service")
	}
	if n, ok := s.number("SmtpRemoteDelayExpireMinutes", month); ok {
		out.DelayNotificationTimeout = minutes(n, time.Second, 30*24*time.Hour)
		s.taken("SmtpRemoteDelayExpireMinutes", "DelayNotificationTimeout of the Transport service")
	}
	first, _, _ := strings.Cut(s.get("SmtpRemoteProgressiveRetry"), ",")
	if n, err := strconv.ParseInt(strings.TrimSpace(first), 10, 16); err == nil && n > 0 {
		out.MessageRetryInterval = minutes(n, time.Second, 24*time.Hour)
		s.taken("SmtpRemoteProgressiveRetry", "MessageRetryInterval of the Transport service, which has one interval: the first of the list")
	}
	s.Config.Services = append(s.Config.Services, out)
}

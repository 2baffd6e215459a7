package exchange

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// sendRows are the parameters of Send connectors. Usage is read before the others.
var sendRows = rowsOf(&schema.SendConnector, map[string]access[send]{"Usage": {}, "AuthenticationCredential": credentialAccess, "SmartHostCredentials": hostCredentialsAccess})

// sendNoun is the Send connectors.
func (o *Org) sendNoun() *noun[send] {
	name := func(s *send) string { return s.Name }
	n := &noun[send]{
		org: o, name: "SendConnector", rows: sendRows, shelf: &o.send,
		key: name, identity: o.sendIdentity, dn: o.sendDN, qualify: o.qualifySend,
		defaults: func(it *item[send]) send { return it.cfg.WithDefaults(&o.base) },
		prepare: func(call *object.Call, it *item[send]) (err error) {
			it.cfg.Usage, err = usageOf(call, "Custom", "Internal", "Internet", "Partner")
			return err
		},
		finish:  o.finishSend,
		check:   o.checkSend,
		columns: []string{"Identity", "AddressSpaces", "Enabled"},
	}
	n.shape(o.sendExtras(n), sendShape...)
	return n
}

// sendIdentity is the name, on an Edge server with the server before it.
func (o *Org) sendIdentity(s *send) string {
	if local := o.local(); local.Edge {
		return local.Name + `\` + s.Name
	}
	return s.Name
}

// qualifySend takes the server off an identity: Send connectors belong to the
// organisation.
func (o *Org) qualifySend(id string) string {
	if name, rest, ok := strings.Cut(id, `\`); ok {
		if _, known := o.server(name); known {
			return rest
		}
	}
	return id
}

// finishSend gives source servers the names that the organisation knows them by.
func (o *Org) finishSend(call *object.Call, it *item[send]) error {
	if call.Has("SourceTransportServers") {
		names := make([]string, len(it.cfg.SourceTransportServers))
		for i, name := range it.cfg.SourceTransportServers {
			s, err := o.needServer(name, call.Warn)
			if err != nil {
				return &object.ArgumentError{Parameter: "SourceTransportServers", Err: err}
			}
			names[i] = s.Name
		}
		if it.cfg.SourceTransportServers = names; len(names) == 0 {
			it.cfg.SourceTransportServers = nil
		}
	}
	for _, a := range it.cfg.AddressSpaces {
		if a.Local() { // how 2007 wrote what is IsScopedConnector since
			it.cfg.IsScopedConnector = true
		}
	}
	return nil
}

// checkSend applies the rules to a connector.
func (o *Org) checkSend(next, old *item[send]) error {
	return checked(next, old, func(s send) source.Diagnostics { return draft.CheckSend(&o.base, s) })
}

// credentialAccess is AuthenticationCredential. The password never leaves its
// wrapping here.
var credentialAccess = access[send]{
	set: func(it *item[send], _ string, v object.Value) error {
		if v == nil {
			it.cfg.AuthenticationCredential = nil
			return nil
		}
		c, err := credentialOf(v)
		if err == nil {
			it.cfg.AuthenticationCredential = &c
		}
		return err
	},
	get: func(_ *item[send], full *send, _ string) object.Value {
		c := full.AuthenticationCredential
		if c == nil {
			return nil
		}
		return object.CredentialObject(*c)
	},
}

// credentialOf returns the credential that a script has made.
func credentialOf(v object.Value) (param.Credential, error) {
	c, ok := object.AsCredential(v)
	if !ok {
		return c, fmt.Errorf("it takes what Get-Credential or New-Object PSCredential returns, not a %s", object.TypeName(v))
	}
	return c, nil
}

// hostCredentialsAccess is SmartHostCredentials, a hashtable that replaces the one before.
var hostCredentialsAccess = access[send]{
	set: func(it *item[send], _ string, v object.Value) error {
		if v == nil {
			it.cfg.SmartHostCredentials = nil
			return nil
		}
		table, ok := v.(*object.Table)
		if !ok {
			return fmt.Errorf("it takes a hashtable, as in @{'smtp.example.net' = $credential}, not a %s", object.TypeName(v))
		}
		var list []param.SmartHostCredential
		for key, value := range table.All() {
			host, err := param.ParseSmartHost(key)
			if err != nil {
				return err
			}
			c, err := credentialOf(value)
			if err != nil {
				return fmt.Errorf("%v: %w", host, err)
			}
			list = append(list, param.SmartHostCredential{Host: host, Credential: c})
		}
		it.cfg.SmartHostCredentials = list
		return nil
	},
	get: func(_ *item[send], full *send, _ string) object.Value {
		if len(full.SmartHostCredentials) == 0 {
			return nil
		}
		table := &object.Table{}
		for _, c := range full.SmartHostCredentials {
			table.Set(c.Host.String(), object.CredentialObject(c.Credential))
		}
		return table
	},
}

// sendShape is the order of properties in the output.
var sendShape = []string{
	"AddressSpaces", "AuthenticationCredential", "CloudServicesMailEnabled", "Comment", "ConnectedDomains",
	"ConnectionInactivityTimeOut", "ConnectorType", "DaneEnabled", "DkimSigning", "DNSRoutingEnabled", "DomainSecureEnabled", "Enabled", "ErrorPolicies",
	"ForceHELO", "Fqdn", "FrontendProxyEnabled", "HomeMTA", "HomeMtaServerId", "Identity", "IgnoreSTARTTLS",
	"IsScopedConnector", "IsSmtpConnector", "LogonWithoutCertificateCheck", "MaxMessageSize", "MtaStsEnabled", "Name", "Port", "ProtocolLoggingLevel", "Region",
	"RequireOorg", "RequireTLS", "SmartHostAuthMechanism", "SmartHostCredentials", "SmartHostLimits", "SmartHostMaxConnections", "SmartHostMessageRateLimit",
	"SmartHostRecipientRateLimit", "SmartHosts", "SmartHostsString", "SmtpMaxMessagesPerConnection",
	"SourceIPAddress", "SourceRoutingGroup", "SourceTransportServers", "TlsAuthLevel", "TlsCertificateName", "TlsDomain",
	"UseExternalDNSServersEnabled",
}

// sendExtras are the properties that aren't parameters, or that show something
// else than the defaults say.
func (o *Org) sendExtras(n *noun[send]) map[string]func(*item[send], *send) object.Value {
	m := directoryExtras(n, "0.1 (8.0.535.0)", "ms-Exch-Routing-SMTP-Connector", "msExchRoutingSMTPConnector")
	m["ConnectedDomains"] = constant[send](&object.List{})
	m["HomeMTA"] = constant[send]("Microsoft MTA")
	m["IsSmtpConnector"] = constant[send](true)
	m["Region"] = constant[send]("NotSpecified")
	m["SourceRoutingGroup"] = constant[send]("Exchange Routing Group (DWBGZMFD01QNBJR)")
	m["Fqdn"] = func(it *item[send], _ *send) object.Value { return showText(it.cfg.Fqdn) }
	m["HomeMtaServerId"] = func(_ *item[send], full *send) object.Value {
		if len(full.SourceTransportServers) == 0 {
			return o.local().Name
		}
		return full.SourceTransportServers[0]
	}
	m["SmartHostsString"] = func(_ *item[send], full *send) object.Value {
		hosts := make([]string, len(full.SmartHosts))
		for i, h := range full.SmartHosts {
			hosts[i] = h.String()
		}
		return strings.Join(hosts, ",")
	}
	m["SourceIPAddress"] = func(_ *item[send], full *send) object.Value {
		if !full.SourceIPAddress.IsValid() {
			return typed{"IPAddress", "0.0.0.0"}
		}
		return ipAddress.show(full.SourceIPAddress)
	}
	return m
}

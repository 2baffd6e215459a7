package analysis

import (
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// element is a parameter of a connector, for the fixes of warnings.
type element struct {
	receive *connector.Receive // or
	send    *connector.Send
	field   string
	cfg     *connector.Config
}

// elementAt finds the parameter at a path in cfg. It returns nil if the path leads to
// no parameter of a connector.
func elementAt(cfg *connector.Config, path source.Path) *element {
	at, rest := path.Cut()
	field := strings.TrimPrefix(string(rest), ".")
	if strings.ContainsAny(field, ".[") {
		return nil
	}
	list, index, _ := path.List()
	i := slices.Index(cfg.ElementPaths(list), at)
	if i < 0 {
		i = index // of an element that has a name, too
	}
	switch {
	case list == "Receive" && 0 <= i && i < len(cfg.Receive):
		return &element{receive: &cfg.Receive[i], field: field, cfg: cfg}
	case list == "Send" && 0 <= i && i < len(cfg.Send):
		return &element{send: &cfg.Send[i], field: field, cfg: cfg}
	}
	return nil
}

// copied returns e on a copy of its connector.
func (e *element) copied() *element {
	d := *e
	if e.receive != nil {
		r := e.receive.Clone()
		d.receive = &r
	} else {
		s := e.send.Clone()
		d.send = &s
	}
	return &d
}

// unset resets the parameter to its default; from a parameter of flags it removes
// those that aren't enforced.
func (e *element) unset() bool {
	switch {
	case e.receive != nil && e.field == "AuthMechanism":
		m, _ := e.receive.AuthMechanism.Get()
		e.receive.AuthMechanism = param.Value(m &^ (auth.Integrated | auth.ExchangeServer))
		return true
	case e.field == "ErrorPolicies":
		e.send.ErrorPolicies &^= param.DowngradeCustomFailures | param.UpgradeCustomFailures
		return true
	case e.field == "LinkedReceiveConnector":
		return false // without it the connector needs address spaces
	case e.field == "SmartHostAuthMechanism", e.field == "CloudServicesMailEnabled":
		return false // they let header fields pass
	}
	v := reflect.ValueOf(e.receive)
	if e.send != nil {
		v = reflect.ValueOf(e.send)
	}
	f := v.Elem().FieldByName(e.field)
	if !f.IsValid() {
		return false
	}
	f.SetZero()
	return true
}

// noCustom removes the group Custom.
func (e *element) noCustom() bool {
	groups, _ := e.receive.PermissionGroups.Get()
	e.receive.PermissionGroups = param.Value(groups &^ permission.Custom)
	return true
}

// reachableGroups removes the groups that no client can become a member of, as
// Compile sees it.
func (e *element) reachableGroups() bool {
	full := e.receive.WithDefaults(e.cfg)
	groups, m := full.PermissionGroups.Or(0), full.AuthMechanism.Or(0)
	if !m.LogsOn() && !m.Has(auth.Integrated) {
		groups &^= permission.ExchangeUsers
	}
	if m&(auth.ExchangeServer|auth.ExternalAuthoritative) == 0 {
		groups &^= permission.ExchangeServers
	}
	if !full.DomainSecureEnabled {
		groups &^= permission.Partners
	}
	e.receive.PermissionGroups = param.Value(groups)
	return true
}

// logins reports whether users log on to the Receive connector.
func (e *element) logins() bool {
	return e != nil && e.receive.WithDefaults(e.cfg).AuthMechanism.Or(0).LogsOn()
}

// credentialOverTLS requires TLS before the password is sent.
func (e *element) credentialOverTLS() bool {
	if e.send.IgnoreSTARTTLS {
		return false // two parameters would have to change
	}
	e.send.SmartHostAuthMechanism = auth.BasicAuthRequireTLS
	return true
}

// commentAcknowledgements returns the acknowledgements in the Comment of a connector:
// lines that read "Acknowledged CODE: reason" or "Acknowledged CODE EXTENT: reason".
func commentAcknowledgements(place, comment string) []connector.Acknowledgement {
	var all []connector.Acknowledgement
	for line := range strings.Lines(comment) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "Acknowledged ")
		if !ok {
			continue
		}
		what, reason, ok := strings.Cut(rest, ": ") // a range of IPv6 has colons, too
		if !ok {
			what = strings.TrimSuffix(strings.TrimSpace(rest), ":")
		}
		code, extent, _ := strings.Cut(strings.TrimSpace(what), " ")
		all = append(all, connector.Acknowledgement{
			Code: source.Code(code), Place: place, Extent: strings.TrimSpace(extent), Reason: strings.TrimSpace(reason),
		})
	}
	return all
}

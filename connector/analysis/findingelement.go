package analysis

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

// element is a parameter of a connector, for the fixes of warnings.
type element struct {
	receive *connector.Receive // or
	send    *connector.Send
	field   string
	cfg     *connector.Config
}

// elementAt finds the parameter at a path in cfg; nil if there is none.
func elementAt(cfg *connector.Config, path string) *element {
	list, name, index, field := splitPlace(path)
	if strings.ContainsAny(field, ".[") {
		return nil
	}
	switch list {
	case "Receive":
		if i := placeOf(len(cfg.Receive), index, func(i int) bool { return cfg.Receive[i].Name == name }); i >= 0 {
			if index < 0 && slices.ContainsFunc(cfg.Receive[i+1:], func(r connector.Receive) bool { return r.Name == name }) {
				i = slices.Index(cfg.ReceivePaths(), elementPath(list, i, name))
			}
			return &element{receive: &cfg.Receive[i], field: field, cfg: cfg}
		}
	case "Send":
		i := placeOf(len(cfg.Send), index, func(i int) bool { return cfg.Send[i].Name == name })
		if i >= 0 {
			return &element{send: &cfg.Send[i], field: field, cfg: cfg}
		}
	}
	return nil
}

func placeOf(n, index int, named func(int) bool) int {
	if index >= 0 {
		if index < n {
			return index
		}
		return -1
	}
	for i := range n {
		if named(i) {
			return i
		}
	}
	return -1
}

// splitPlace cuts Receive["a"].Bindings into its parts. index is -1 where the
// element has a name.
func splitPlace(path string) (list, name string, index int, field string) {
	list, rest, ok := strings.Cut(path, "[")
	if !ok {
		return path, "", -1, ""
	}
	index = -1
	if quoted, err := strconv.QuotedPrefix(rest); err == nil {
		name, _ = strconv.Unquote(quoted)
		rest = rest[len(quoted):]
	} else {
		digits, _, _ := strings.Cut(rest, "]")
		n, err := strconv.Atoi(digits)
		if err != nil {
			return list, "", -1, ""
		}
		index, rest = n, rest[len(digits):]
	}
	return list, name, index, strings.TrimPrefix(strings.TrimPrefix(rest, "]"), ".")
}

// copied is e on a copy of its connector.
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

// unset takes the parameter back to its default or, of flags, what isn't enforced
// out of it.
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

// noCustom leaves the group Custom out.
func (e *element) noCustom() bool {
	groups, _ := e.receive.PermissionGroups.Get()
	e.receive.PermissionGroups = param.Value(groups &^ permission.Custom)
	return true
}

// reachableGroups leaves the groups out that nobody can become a member of, as
// Compile sees it.
func (e *element) reachableGroups() bool {
	full := e.receive.WithDefaults(e.cfg)
	groups, m := full.PermissionGroups.Or(0), full.AuthMechanism.Or(0)
	if m&(auth.BasicAuth|auth.Integrated) == 0 {
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

// logins reports whether users log in on the Receive connector.
func (e *element) logins() bool {
	return e != nil && e.receive.WithDefaults(e.cfg).AuthMechanism.Or(0).Has(auth.BasicAuth)
}

// credentialOverTLS demands TLS before the password is shown.
func (e *element) credentialOverTLS() bool {
	if e.send.IgnoreSTARTTLS {
		return false // two parameters would have to change
	}
	e.send.SmartHostAuthMechanism = auth.BasicAuthRequireTLS
	return true
}

// commentAcknowledgements are those in the Comment of a connector: lines that read
// "Acknowledged CODE: reason".
func commentAcknowledgements(place, comment string) []connector.Acknowledgement {
	var all []connector.Acknowledgement
	for line := range strings.Lines(comment) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "Acknowledged ")
		if !ok {
			continue
		}
		code, reason, _ := strings.Cut(rest, ":")
		all = append(all, connector.Acknowledgement{Code: strings.TrimSpace(code), Place: place, Reason: strings.TrimSpace(reason)})
	}
	return all
}

package analysis

import (
	"strings"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// authentication finds passwords without TLS, and ways to authenticate that give no
// right to send.
func (c *checker) authentication() {
	for e := range c.reachable {
		c.reportClearAuth(e)
		c.reportUnusedLogin(e)
		c.reportUnusedCertificate(e)
	}
}

// reportClearAuth reports Basic authentication without TLS: anyone on the path can
// read the password.
func (c *checker) reportClearAuth(e *servedConnector) {
	offered := e.Open(auth.Channel{}, nil).SASL()
	if len(offered) == 0 || e.implicit {
		return
	}
	are := " is"
	if len(offered) > 1 {
		are = " are"
	}
	d := c.dialog(e, partition.Who{User: c.anyUser(e)}, false)
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeAuthClear, Severity: source.SeverityWarning, Path: e.path + ".AuthMechanism",
			Detail: "AUTH " + strings.Join(offered, " and ") + are + " offered without TLS, so passwords may cross the network in the clear",
			Fix:    "add Tls and BasicAuthRequireTLS",
		},
		Witness: d,
		edit:    e.mechanismEdit(auth.TLS|auth.BasicAuthRequireTLS, 0),
	})
}

// anyUser returns a user that may log on to e or, if there is no such user, one that
// may not.
func (c *checker) anyUser(e *servedConnector) *auth.Identity {
	users := partition.Users(e.ACL(), nil, permission.SetOf(permission.Submit))
	for i := range users {
		if e.ACL().Rights(users[i].Principal).Has(permission.Submit) {
			return &users[i]
		}
	}
	return &users[0]
}

// reportUnusedLogin reports ways to log on to a connector where no group or grant lets
// users send.
func (c *checker) reportUnusedLogin(e *servedConnector) {
	m := e.Settings().AuthMechanism.Or(0)
	if !m.LogsOn() {
		return
	}
	ways := m & (auth.BasicAuth | auth.OAuth | auth.ClientCertificate)
	user := c.anyUser(e)
	if e.ACL().Rights(user.Principal).Has(permission.Submit) {
		return
	}
	c.report(Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeMechanismUnused, Severity: source.SeverityWarning, Path: e.path + ".AuthMechanism",
			Detail: ways.String() + " is offered, but every logon is refused, because users lack ms-Exch-SMTP-Submit",
			Fix:    "remove " + ways.String() + ", or add ExchangeUsers to PermissionGroups",
		},
		Witness: c.dialog(e, partition.Who{User: user}, m.Has(auth.TLS)),
		edit:    e.mechanismEdit(0, ways|auth.BasicAuthRequireTLS),
	})
}

// reportUnusedCertificate reports a connector on which partners prove their identity
// by certificate and then may not send, unlike anonymous clients.
func (c *checker) reportUnusedCertificate(e *servedConnector) {
	r := e.Settings()
	partners := c.domains.Partners()
	if !r.DomainSecureEnabled || len(partners) == 0 || e.ACL().Rights(permission.Partner("")).Has(permission.Submit) {
		return
	}
	f := Finding{
		Diagnostic: source.Diagnostic{
			Code: CodeMechanismUnused, Severity: source.SeverityWarning, Path: e.path + ".DomainSecureEnabled",
			Detail: "partners prove their identity by certificate and are then refused, because Partners lack ms-Exch-SMTP-Submit",
			Fix:    "add Partners to PermissionGroups",
		},
		Witness: c.dialog(e, partners[0], true),
	}
	if denied := e.ACL().Explain(permission.Partner(""), permission.Submit).Grants; len(denied) == 0 {
		f.edit = e.receiveEdit(func(given *connector.Receive) bool {
			groups := given.PermissionGroups.Or(r.PermissionGroups.Or(0))
			given.PermissionGroups = param.Value(groups | permission.Partners)
			return !groups.Has(permission.Partners)
		})
	}
	c.report(f)
}

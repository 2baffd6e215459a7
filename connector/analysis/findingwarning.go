package analysis

import (
	"cmp"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
)

// warningFix is the remedy for a warning of connector.Compile.
type warningFix struct {
	text string
	// edit makes the change in a connector, and reports whether it could; nil if
	// a person has to choose.
	edit func(e *element) bool
}

// warningFixes are by code. The overlap of ranges isn't among them: the findings
// about clients describe it better.
var warningFixes = map[string]warningFix{
	connector.CodeNotEnforced:       {"leave it out: it does nothing here", (*element).unset},
	connector.CodeDomainSecureList:  {"list the partners' domains, or leave DomainSecureEnabled out", (*element).unset},
	connector.CodeExchangeFqdn:      {"leave Fqdn empty, or give the server's own name", (*element).unset},
	connector.CodeRoleConflict:      {"give both the same TransportRole if Exchange is to serve them, too, or the profile Exchange2007 if the commands are of that edition", nil},
	connector.CodeGroupCustom:       {"leave Custom out", (*element).noCustom},
	connector.CodeAcceptsNothing:    {"give PermissionGroups or Permissions, or remove the connector", nil},
	connector.CodeGroupUnreachable:  {"leave the group out, or give the mechanism that leads to it", (*element).reachableGroups},
	connector.CodeCredentialUnused:  {"leave the credential out", (*element).unset},
	connector.CodeCredentialClear:   {"give BasicAuthRequireTLS", (*element).credentialOverTLS},
	connector.CodeForceHELO:         {"leave ForceHELO out", (*element).unset},
	connector.CodeEdgeOnly:          {"leave it out, if Exchange is to do the same", (*element).unset},
	connector.CodeSourceSites:       {"name servers of one site", nil},
	connector.CodeDelayNotification: {"give a time between the retries and the expiry of messages", nil},
	connector.CodeSiteLink:          {"correct the site's name, or leave it out", nil},
}

// partlyEnforced are the fixes for parameters and grants of which only a part has no
// effect.
var partlyEnforced = map[string]string{
	"SmartHostAuthMechanism":   "give None, if the smart host is to be sent the header fields only that strangers are",
	"CloudServicesMailEnabled": "leave it out, if no cross-premises fields are to pass",
	"LinkedReceiveConnector":   "give AddressSpaces instead",
	"Permissions":              "leave these rights out of it: they do nothing here",
}

// parameterOf returns the name of the parameter at path, or the one that path is part
// of.
func parameterOf(path source.Path) string {
	_, rest := path.Cut()
	parameter, _, _ := strings.Cut(strings.TrimPrefix(string(rest), "."), "[")
	return parameter
}

// warnings turns the warnings of Compile into findings.
func (c *checker) warnings() {
	for _, p := range c.policy.Warnings() {
		rule, ok := warningFixes[p.Code]
		if !ok {
			continue
		}
		f := Finding{Diagnostic: source.Diagnostic{Code: p.Code, Severity: source.SeverityWarning, Path: p.Path, Detail: p.Detail, Fix: rule.text}}
		if p.Code == connector.CodeNotEnforced {
			f.Fix = cmp.Or(partlyEnforced[parameterOf(p.Path)], f.Fix)
		}
		c.warningWitness(&f)
		if rule.edit != nil {
			f.edit = func(cfg *connector.Config) bool {
				e := elementAt(cfg, p.Path)
				return e != nil && rule.edit(e)
			}
			e := elementAt(&c.cfg, p.Path)
			if e == nil || !rule.edit(e.copied()) {
				f.edit = nil
			}
			if p.Code == connector.CodeGroupUnreachable && e.logins() {
				// A verifier may make a user a member of any group.
				f.Detail += ", unless a user is a member of that group"
				f.Fix = "give the mechanism that leads to it, or leave the group out if no user is a member"
				f.edit = nil
			}
		}
		c.report(f)
	}
}

// warningWitness finds a session that shows a warning, where one can.
func (c *checker) warningWitness(f *Finding) {
	place, _ := f.Path.Cut()
	for e := range c.reachable {
		if e.path == place && (f.Code == connector.CodeAcceptsNothing || f.Code == connector.CodeGroupUnreachable) {
			f.Witness = c.dialog(e, partition.Who{}, e.Settings().RequireTLS)
		}
	}
	for i, out := range c.outbounds {
		if source.Element("Send", i, out.Name()) == place && (f.Code == connector.CodeCredentialClear || f.Code == connector.CodeForceHELO) {
			f.Witness = c.leaving(out)
		}
	}
}

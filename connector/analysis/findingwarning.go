package analysis

import (
	"cmp"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/partition"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
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
var warningFixes = map[source.Code]warningFix{
	connector.CodeNotEnforced:         {"remove it: it has no effect here", (*element).unset},
	connector.CodeDomainSecureList:    {"list the partners' domains, or turn DomainSecureEnabled off", (*element).unset},
	connector.CodeTLSLegacyUnused:     {"remove it: it has no effect here", (*element).unset},
	connector.CodeExchangeFqdn:        {"leave Fqdn empty, or set it to the server's own name", (*element).unset},
	connector.CodeRoleConflict:        {"set TransportRole to the same value on both if Exchange is to serve them, too, or choose the profile Exchange2007 if the commands are of that edition", nil},
	connector.CodeGroupCustom:         {"remove Custom", (*element).noCustom},
	connector.CodeAcceptsNothing:      {"set PermissionGroups or Permissions, or remove the connector", nil},
	connector.CodeGroupUnreachable:    {"remove the group, or add the mechanism that it needs", (*element).reachableGroups},
	connector.CodeCredentialUnused:    {"remove the credential", (*element).unset},
	connector.CodeSenderRules:         {"remove it: it has no effect here", (*element).unset},
	connector.CodeSmartHostLimits:     {"remove it, or give SmartHosts", (*element).unset},
	connector.CodeCredentialUnchecked: {"turn LogonWithoutCertificateCheck off", (*element).unset},
	connector.CodeCredentialClear:     {"set it to BasicAuthRequireTLS", (*element).credentialOverTLS},
	connector.CodeForceHELO:           {"turn ForceHELO off", (*element).unset},
	connector.CodeEdgeOnly:            {"remove it if Exchange is to do the same", (*element).unset},
	connector.CodeSourceSites:         {"name servers of one site", nil},
	connector.CodeDelayNotification:   {"set it to a time between the retries and the expiry of messages", nil},
	connector.CodeNameServersUnused:   {"set the AdapterEnabled parameter to $false, or remove the list", nil},
	connector.CodeLogPath:             {"give a path of this system, $null for no log, or leave it out", nil},
	routing.CodeSiteLink:              {"correct the site's name, or remove it", nil},
}

// partlyEnforced are the fixes for parameters and grants of which only a part has no
// effect.
var partlyEnforced = map[string]string{
	"SmartHostAuthMechanism":   "set it to None if the smart host may have only the header fields that any server may have",
	"CloudServicesMailEnabled": "turn it off if no cross-premises fields are to pass",
	"LinkedReceiveConnector":   "set AddressSpaces instead",
	"Permissions":              "remove these rights: they have no effect here",
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
				f.Fix = "add the mechanism that it needs, or remove the group if no user is a member"
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
		if source.Element("Send", i, out.Name()) == place && (f.Code == connector.CodeCredentialClear || f.Code == connector.CodeCredentialUnchecked || f.Code == connector.CodeForceHELO) {
			f.Witness = c.leaving(out)
		}
	}
}

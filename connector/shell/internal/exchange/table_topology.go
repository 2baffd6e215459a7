package exchange

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/routing"
)

type (
	server = routing.Server
	link   = routing.SiteLink
)

// site is an Active Directory site: the servers and links that name it make it.
type site struct{ Name string }

// serverRows are the parameters of Get-ExchangeServer.
var serverRows = []row[server]{
	{Info: Info{Name: "Identity", In: Get, Type: "ServerIdParameter", Range: "name or FQDN", Here: Enforced, Position: 1, Pipeline: true}},
	{Info: Info{Name: "Status", In: Get, Switch: true, Here: Kept, Why: "no server is asked"}},
	{Info: Info{Name: "Domain", In: Get, Type: "Fqdn", Here: Refused, Why: "there is one domain"}},
	{Info: domainController},
}

// siteRows are the parameters of Get- and Set-AdSite.
var siteRows = []row[site]{
	{Info: Info{Name: "Identity", In: Get | Set, Type: "AdSiteIdParameter", Range: "name", Here: Enforced, Position: 1, Mandatory: Set, Pipeline: true}},
	{Info: Info{Name: "HubSiteEnabled", In: Set, Type: "Boolean", Default: "$false", Here: Kept, Why: "mail goes straight to the server that sends it on"}, access: keepFlag[site]()},
	{Info: Info{Name: "InboundMailEnabled", In: Set, Default: "$true", Since: from13, Here: Kept, Why: "all sites take mail"}, access: keepFlag[site]()},
	{Info: Info{Name: "Name", In: Set, Here: Enforced, Range: "renames the site in servers and links"}, access: optional(text, func(s *site) *string { return &s.Name })},
	{Info: Info{Name: "PartnerId", In: Set, Here: Kept, Why: "it is reserved in Exchange"}, access: keep[site](integer, nil)},
	{Info: domainController},
}

// linkRows are the parameters of Get- and Set-AdSiteLink.
var linkRows = []row[link]{
	{Info: Info{Name: "Identity", In: Get | Set, Type: "AdSiteLinkIdParameter", Range: "name", Here: Enforced, Position: 1, Mandatory: Set, Pipeline: true}},
	{Info: Info{Name: "ExchangeCost", In: Set, Range: "1 or more; $null for the Active Directory cost", Here: Enforced}, access: exchangeCost},
	{Info: Info{Name: "MaxMessageSize", In: Set, Range: "64KB or more, or unlimited", Default: "Unlimited", Here: Enforced}, access: linkSize},
	{Info: Info{Name: "Name", In: Set, Here: Enforced}, access: optional(text, func(l *link) *string { return &l.Name })},
	{Info: domainController},
}

// exchangeCost replaces the cost of a link for mail. The Active Directory cost
// is what the link had before.
var exchangeCost = access[link]{
	kind: "Int32",
	set: func(it *item[link], name string, v object.Value) error {
		ad, replaced := it.kept["ADCost"].(int64)
		if v == nil {
			if replaced {
				it.cfg.Cost = int(ad)
				delete(it.kept, "ADCost")
			}
			return nil
		}
		cost, err := integer.read(v)
		if err == nil && cost < 1 {
			err = fmt.Errorf("%d is out of range; give 1 or more, or $null", cost)
		}
		if err != nil {
			return err
		}
		if !replaced {
			it.keep("ADCost", int64(it.cfg.Cost))
		}
		it.cfg.Cost = cost
		return nil
	},
	get: func(it *item[link], full *link, _ string) object.Value {
		if _, replaced := it.kept["ADCost"]; !replaced {
			return nil
		}
		return int64(full.Cost)
	},
}

// linkSize is the largest message that a link carries; 0 in the configuration
// is unlimited.
var linkSize = access[link]{
	kind: anySize.name,
	set: func(it *item[link], _ string, v object.Value) error {
		b, err := anySize.read(v)
		switch {
		case err != nil:
			return err
		case b == connector.UnlimitedSize:
			it.cfg.MaxSize = 0
		case b < 64*connector.KB:
			return fmt.Errorf("%s is out of range; give 64KB or more, or Unlimited", object.Text(v))
		default:
			it.cfg.MaxSize = int64(b)
		}
		return nil
	},
	get: func(_ *item[link], full *link, _ string) object.Value {
		if full.MaxSize == 0 {
			return showSize(connector.UnlimitedSize)
		}
		return showSize(connector.ByteSize(full.MaxSize))
	},
}

// permissionRows are the parameters of Add-, Remove- and Get-ADPermission.
var permissionRows = []Info{
	{Name: "Identity", In: Add | Remove | Get, Type: "ADRawEntryIdParameter", Range: "a connector by name, SERVER\\name, distinguished name or GUID", Here: Enforced, Position: 1, Mandatory: Add | Remove | Get, Pipeline: true},
	{Name: "User", In: Add | Remove | Get, Type: "SecurityPrincipalIdParameter", Range: "DOMAIN\\name, well-known name or SID", Here: Enforced, Mandatory: Add | Remove, ByName: true},
	{Name: "ExtendedRights", In: Add | Remove, Type: "ExtendedRightIdParameter[]", Range: "names or display names, in any letter case", Here: Enforced, ByName: true},
	{Name: "AccessRights", In: Add | Remove, Type: "ActiveDirectoryRights[]", Range: "ExtendedRight", Here: Enforced, Why: "rights to the directory object itself are refused, because there is no directory"},
	{Name: "Deny", In: Add | Remove, Switch: true, Here: Enforced, ByName: true},
	{Name: "InheritanceType", In: Add | Remove, Type: "ActiveDirectorySecurityInheritance", Values: []string{"None", "All", "Descendents", "SelfAndChildren", "Children"}, Default: "All", Here: Kept, Why: "a connector has nothing below it that could inherit"},
	{Name: "InheritedObjectType", In: Add | Remove, Type: "ADSchemaObjectIdParameter", Here: Refused, Why: "a connector has nothing below it that could inherit"},
	{Name: "Properties", In: Add | Remove, Type: "ADSchemaObjectIdParameter[]", Here: Refused, Why: "it belongs to rights to read and write a directory object"},
	{Name: "ChildObjectTypes", In: Add | Remove, Type: "ADSchemaObjectIdParameter[]", Here: Refused, Why: "it belongs to rights to make and delete directory objects"},
	{Name: "Owner", In: Get, Switch: true, Here: Refused, Why: "connectors have no owner here"},
	{Name: "Owner", In: Add, Type: "SecurityPrincipalIdParameter", Here: Refused, Why: "connectors have no owner here"},
	{Name: "Instance", In: Add | Remove, Type: "ADAcePresentationObject", Here: Refused, Why: "give User and ExtendedRights"},
	domainController,
}

// credentialRows are the parameters of Get-Credential.
var credentialRows = []Info{
	{Name: "Credential", In: Get, Type: "PSCredential", Range: "a user name, or a credential, which comes back as it is", Here: Enforced, Position: 1},
	{Name: "UserName", In: Get, Type: "String", Here: Enforced},
	{Name: "Message", In: Get, Type: "String", Here: Enforced},
}

// connectivityRows are the parameters of Test-SmtpConnectivity.
var connectivityRows = []Info{
	{Name: "Identity", In: Test, Type: "ServerIdParameter", Range: "name or FQDN of a server", Default: "local server", Here: Enforced, Why: "a what-if on the policy: nothing is connected to", Position: 1, Pipeline: true},
	{Name: "MonitoringContext", In: Test, Type: "Boolean", Default: "$false", Since: from10, Here: Kept, Why: "there is no monitoring to report to"},
	domainController,
}

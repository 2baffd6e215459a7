package exchange

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector/param"
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
		case b == param.UnlimitedSize:
			it.cfg.MaxSize = 0
		case b < 64*param.KB:
			return fmt.Errorf("%s is out of range; give 64KB or more, or Unlimited", object.Text(v))
		default:
			it.cfg.MaxSize = int64(b)
		}
		return nil
	},
	get: func(_ *item[link], full *link, _ string) object.Value {
		if full.MaxSize == 0 {
			return showSize(param.UnlimitedSize)
		}
		return showSize(param.Size(full.MaxSize))
	},
}

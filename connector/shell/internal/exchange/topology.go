package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// serverNoun is the servers.
func (o *Org) serverNoun() *noun[server] {
	servers := &shelf[server]{}
	name := func(s *server) string { return s.Name }
	n := &noun[server]{
		org: o, name: "ExchangeServer", rows: rowsOf[server](&schema.ExchangeServer, nil), shelf: servers,
		key: name, identity: name,
		dn: func(s *server) string { return "CN=" + escapeDN(s.Name) + ",CN=Servers," + adminGroup + o.root() },
		qualify: func(id string) string {
			s, _ := o.server(serverName(id))
			return s.Name
		},
		defaults: func(it *item[server]) server { return it.cfg },
		columns:  []string{"Name", "Site", "ServerRole", "Edition", "AdminDisplayVersion"},
	}
	n.refresh = func() {
		for _, s := range append([]server{o.local()}, o.base.Servers...) {
			if it := servers.find(s.Name); it != nil {
				it.cfg = s
			} else {
				servers.put(s.Name, &item[server]{cfg: s})
			}
		}
	}
	extras := directoryExtras(n, "0.1 (8.0.535.0)", "ms-Exch-Exchange-Server", "msExchExchangeServer")
	for name, get := range map[string]func(*server) object.Value{
		"Name":                      func(s *server) object.Value { return s.Name },
		"Fqdn":                      func(s *server) object.Value { return showText(s.FQDN) },
		"Domain":                    func(s *server) object.Value { _, d, _ := strings.Cut(s.FQDN, "."); return showText(d) },
		"Site":                      func(s *server) object.Value { return o.siteID(s.Site) },
		"ServerRole":                func(s *server) object.Value { return typed{"ServerRole", o.roleOf(s)} },
		"Edition":                   func(*server) object.Value { return "Standard" },
		"AdminDisplayVersion":       func(*server) object.Value { return o.version() },
		"IsHubTransportServer":      func(s *server) object.Value { return !s.Edge },
		"IsEdgeServer":              func(s *server) object.Value { return s.Edge },
		"IsMailboxServer":           func(s *server) object.Value { return o.roleOf(s) == "Mailbox" },
		"IsClientAccessServer":      func(s *server) object.Value { return o.roleOf(s) == "Mailbox" },
		"IsFrontendTransportServer": func(s *server) object.Value { return o.roleOf(s) == "Mailbox" },
		"IsUnifiedMessagingServer":  func(*server) object.Value { return false },
		"IsExchange2007OrLater":     func(*server) object.Value { return true },
		"IsE14OrLater":              func(*server) object.Value { return o.base.Profile != permission.Exchange2007 },
		"IsE15OrLater":              func(*server) object.Value { return o.base.Profile != permission.Exchange2007 },
	} {
		extras[name] = func(it *item[server], _ *server) object.Value { return get(&it.cfg) }
	}
	n.shape(extras, "Name", "Fqdn", "Domain", "Site", "ServerRole", "Edition", "AdminDisplayVersion", "IsHubTransportServer",
		"IsEdgeServer", "IsMailboxServer", "IsClientAccessServer", "IsFrontendTransportServer", "IsUnifiedMessagingServer",
		"IsExchange2007OrLater", "IsE14OrLater", "IsE15OrLater")
	return n
}

func (o *Org) roleOf(s *server) string {
	switch {
	case s.Edge:
		return "Edge"
	case o.base.Profile == permission.Exchange2007:
		return "HubTransport"
	}
	return "Mailbox"
}

// version is the one that the profile stands for.
func (o *Org) version() object.Value {
	if o.base.Profile == permission.Exchange2007 {
		return object.NewServerVersion("Version 8.3 (Build 83.6)", 8, 3, 83, 6)
	}
	return object.NewServerVersion("Version 15.1 (Build 2507.6)", 15, 1, 2507, 6)
}

// siteNoun is the Active Directory sites.
func (o *Org) siteNoun() *noun[site] {
	name := func(s *site) string { return s.Name }
	n := &noun[site]{
		org: o, name: "AdSite", rows: rowsOf[site](&schema.AdSite, nil), shelf: &o.sites,
		key: name, identity: name, dn: func(s *site) string { return "CN=" + escapeDN(s.Name) + ",CN=Sites" + o.root() },
		defaults: func(it *item[site]) site { return it.cfg },
		check:    func(draft, _ *item[site]) error { return checkName(draft.cfg.Name) },
		changed:  func(old, now *site) { o.renameSite(old.Name, now.Name) },
		refresh:  o.refreshSites,
		columns:  []string{"Name", "HubSiteEnabled"},
	}
	n.shape(directoryExtras(n, "0.0 (6.5.6500.0)", "Site", "site"), "HubSiteEnabled", "InboundMailEnabled", "PartnerId", "Name")
	return n
}

// refreshSites makes the sites that servers and links name.
func (o *Org) refreshSites() {
	add := func(name string) {
		if name != "" && o.sites.find(name) == nil {
			o.sites.put(name, &item[site]{cfg: site{name}})
		}
	}
	for _, s := range o.base.Servers {
		add(s.Site)
	}
	for it := range o.links.all() {
		for _, name := range it.cfg.Sites {
			add(name)
		}
	}
}

func (o *Org) renameSite(old, name string) {
	if old == name {
		return
	}
	for i := range o.base.Servers {
		if strings.EqualFold(o.base.Servers[i].Site, old) {
			o.base.Servers[i].Site = name
		}
	}
	for it := range o.links.all() {
		sites := slices.Clone(it.cfg.Sites)
		for i := range sites {
			if strings.EqualFold(sites[i], old) {
				sites[i] = name
			}
		}
		it.cfg.Sites = sites
	}
}

func checkName(name string) error {
	if name == "" || len(name) > 64 || strings.TrimSpace(name) != name {
		return &object.ArgumentError{Parameter: "Name", Err: fmt.Errorf("give a name of up to 64 characters without blanks around it")}
	}
	return nil
}

// linkNoun is the Active Directory site links.
func (o *Org) linkNoun() *noun[link] {
	name := func(l *link) string { return l.Name }
	n := &noun[link]{
		org: o, name: "AdSiteLink", rows: rowsOf(&schema.AdSiteLink, map[string]access[link]{"ExchangeCost": exchangeCost, "MaxMessageSize": linkSize}), shelf: &o.links,
		key: name, identity: name,
		dn: func(l *link) string {
			return "CN=" + escapeDN(l.Name) + ",CN=IP,CN=Inter-Site Transports,CN=Sites" + o.root()
		},
		defaults: func(it *item[link]) link { return it.cfg },
		check:    func(draft, _ *item[link]) error { return checkName(draft.cfg.Name) },
		columns:  []string{"Name", "ADCost", "ExchangeCost", "MaxMessageSize"},
	}
	extras := directoryExtras(n, "0.0 (6.5.6500.0)", "Site-Link", "siteLink")
	extras["Cost"] = func(it *item[link], _ *link) object.Value { return int64(it.cfg.Cost) }
	extras["ADCost"] = func(it *item[link], _ *link) object.Value {
		if ad, replaced := it.kept["ADCost"]; replaced {
			return ad
		}
		return int64(it.cfg.Cost)
	}
	extras["Sites"] = func(it *item[link], _ *link) object.Value { return object.Strings(it.cfg.Sites) }
	n.shape(extras, "Cost", "ADCost", "ExchangeCost", "MaxMessageSize", "Sites", "Name")
	return n
}

// exchangeCost replaces the cost of a link for mail. The Active Directory cost is
// the cost that the link had before.
var exchangeCost = access[link]{
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
		if r := schema.AdSiteLink.Row(name); err == nil && !r.Limits.Contain(int64(cost)) {
			err = coded(source.CodeOutOfRange, "%d is out of range; give %s", cost, r.Range())
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
	set: func(it *item[link], name string, v object.Value) error {
		b, err := anySize.read(v)
		switch r := schema.AdSiteLink.Row(name); {
		case err != nil:
			return err
		case b == param.UnlimitedSize:
			it.cfg.MaxSize = 0
		case !r.Limits.Contain(int64(b)):
			return coded(source.CodeOutOfRange, "%s is out of range; give %s", object.Text(v), r.Range())
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

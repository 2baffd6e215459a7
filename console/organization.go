package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/routing"
)

// tab is a tab of a page.
type tab struct {
	Label, Path string
	Current     bool
}

// organization is the data of the page Hub Transport under Organization Configuration.
type organization struct {
	Tabs     []tab
	Tab      string
	Send     listing[sendRow]
	Accepted listing[acceptedRow]
	Remote   listing[remoteRow]
}

// The tabs of the page, by their value of the query parameter tab.
const (
	sendTab     = "send-connectors"
	acceptedTab = "accepted-domains"
	remoteTab   = "remote-domains"
)

// sendRow is a Send connector in the list.
type sendRow struct {
	Name     string
	Path     string // selects it
	Selected bool
	Enabled  bool
	Spaces   []string
	Hops     []string
	Servers  []string
	Comment  string
}

// acceptedRow is an accepted domain in the list.
type acceptedRow struct {
	Name, Path, Domain, Type string
	Selected, Default        bool
}

// remoteRow is a remote domain in the list.
type remoteRow struct {
	Name, Path, Domain string
	Selected           bool
}

// organizationPage shows what the organisation has: Send connectors and domains.
func organizationPage(r *request) error {
	v, err := r.version()
	if err != nil {
		return err
	}
	cfg := &v.Config
	current := r.FormValue("tab")
	if current != acceptedTab && current != remoteTab {
		current = sendTab
	}
	selected := r.FormValue("selected")
	o := organization{Tab: current}
	for _, t := range []tab{{"Remote Domains", remoteTab, false}, {"Accepted Domains", acceptedTab, false}, {"Send Connectors", sendTab, false}} {
		o.Tabs = append(o.Tabs, tab{t.Label, r.c.path("/organization", "tab", t.Path), t.Path == current})
	}
	actions := newActions()
	switch current {
	case sendTab:
		o.Send = listOf(r, r.sendRows(cfg, selected), func(s *sendRow) string {
			return strings.Join(slices.Concat([]string{s.Name, s.Comment}, s.Spaces, s.Hops, s.Servers), "\n")
		})
		if i := slices.IndexFunc(cfg.Send, func(s connector.Send) bool { return s.Name == selected }); i >= 0 {
			s := cfg.Send[i].WithDefaults(cfg)
			actions = append(actions, sendActions(&s)...)
		}
	case acceptedTab:
		o.Accepted = listOf(r, r.acceptedRows(cfg, selected), func(d *acceptedRow) string { return d.Name + "\n" + d.Domain + "\n" + d.Type })
		if slices.ContainsFunc(o.Accepted.Rows, func(d acceptedRow) bool { return d.Selected }) {
			actions = append(actions, domainActions("AcceptedDomain", "accepted-domain", selected)...)
		}
	default:
		o.Remote = listOf(r, r.remoteRows(cfg, selected), func(d *remoteRow) string { return d.Name + "\n" + d.Domain })
		if slices.ContainsFunc(o.Remote.Rows, func(d remoteRow) bool { return d.Selected }) {
			actions = append(actions, domainActions("RemoteDomain", "remote-domain", selected)...)
		}
	}
	return r.render("organization", view{Title: "Organization Configuration: Hub Transport", Actions: actions, Data: o})
}

// sendRows returns the Send connectors, sorted by name.
func (r *request) sendRows(cfg *connector.Config, selected string) (rows []sendRow) {
	for i := range cfg.Send {
		s := cfg.Send[i].WithDefaults(cfg)
		row := sendRow{
			Name: s.Name, Path: r.c.path("/organization", "tab", sendTab, "selected", s.Name, "filter", r.FormValue("filter"), "page", r.FormValue("page")),
			Selected: s.Name == selected, Enabled: s.Enabled.Or(true), Servers: s.SourceTransportServers, Comment: s.Comment,
		}
		for _, space := range s.AddressSpaces {
			row.Spaces = append(row.Spaces, space.String())
		}
		for _, host := range s.SmartHosts {
			row.Hops = append(row.Hops, host.String())
		}
		if len(row.Hops) == 0 {
			row.Hops = []string{"by MX records"}
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b sendRow) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return rows
}

// acceptedRows returns the accepted domains, in their order.
func (r *request) acceptedRows(cfg *connector.Config, selected string) (rows []acceptedRow) {
	for _, d := range cfg.Accepted {
		name := d.Name
		if name == "" {
			name = d.DomainName
		}
		rows = append(rows, acceptedRow{
			Name: name, Path: r.c.path("/organization", "tab", acceptedTab, "selected", name), Domain: d.DomainName,
			Type: domainType(d.DomainType), Selected: name == selected, Default: d.Default,
		})
	}
	return rows
}

// domainType returns the type of an accepted domain as the Management Console has it.
func domainType(t routing.DomainType) string {
	switch t {
	case routing.InternalRelay:
		return "Internal Relay Domain"
	case routing.ExternalRelay:
		return "External Relay Domain"
	}
	return "Authoritative Domain"
}

// remoteRows returns the remote domains, in their order.
func (r *request) remoteRows(cfg *connector.Config, selected string) (rows []remoteRow) {
	for _, d := range cfg.Remote {
		rows = append(rows, remoteRow{d.Name, r.c.path("/organization", "tab", remoteTab, "selected", d.Name), d.DomainName, d.Name == selected})
	}
	return rows
}

// newActions are the actions of the page that need no selection.
func newActions() []action {
	return []action{
		dialogAction("New Send Connector…", "send-connector", ""),
		dialogAction("New Accepted Domain…", "accepted-domain", ""),
		dialogAction("New Remote Domain…", "remote-domain", ""),
	}
}

// dialogAction opens a wizard, or with an identity the properties of an object.
func dialogAction(label, dialog, id string) action {
	return action{Label: label, Path: "/drafts", Post: map[string]string{"dialog": dialog, "id": id}, Role: Change, Under: id}
}

// sendActions are the actions on the selected Send connector.
func sendActions(s *connector.Send) []action {
	return []action{
		enableAction("SendConnector", s.Name, s.Enabled),
		removeAction("SendConnector", s.Name),
		dialogAction("Properties", "send-properties", s.Name),
		{Label: "All parameters", Path: within("/parameters", "kind", "send", "id", s.Name), Role: View, Under: s.Name},
	}
}

// domainActions are the actions on the selected accepted or remote domain.
func domainActions(noun, dialog, selected string) []action {
	return []action{removeAction(noun, selected), dialogAction("Properties", dialog, selected)}
}

// enableAction disables what is enabled, and the reverse.
func enableAction(noun, id string, enabled param.Setting[bool]) action {
	label := "Disable"
	if !enabled.Or(true) {
		label = "Enable"
	}
	return action{Label: label, Path: "/enable", Role: Change, Under: id, Post: map[string]string{
		"noun": noun, "id": id, "enabled": strconv.FormatBool(!enabled.Or(true)),
	}}
}

// removeAction removes an object.
func removeAction(noun, id string) action {
	return action{Label: "Remove", Path: "/remove", Post: map[string]string{"noun": noun, "id": id}, Role: Change, Under: id}
}

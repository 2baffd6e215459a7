package console

import (
	"cmp"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
)

// serverView is the data of the page Hub Transport under Server Configuration.
type serverView struct {
	Servers []serverRow
	Server  string // the chosen one
	This    bool   // the policy is for it
	Receive listing[receiveRow]
}

// serverRow is a server in the upper list.
type serverRow struct {
	Name, Path, FQDN, Site, Role string
	Selected, This               bool
	Connectors                   int
}

// receiveRow is a Receive connector in the lower list.
type receiveRow struct {
	Name, Path, ID         string
	Selected, Enabled      bool
	Bindings, Ranges       []string
	Groups, Authentication string
	Comment                string
}

// serverPage shows the servers, and the Receive connectors of one of them.
func serverPage(r *request) error {
	v, err := r.version()
	if err != nil {
		return err
	}
	cfg := &v.Config
	s := serverView{Server: r.FormValue("server")}
	s.Servers = r.serverRows(cfg, &s)
	selected := r.FormValue("selected")
	var rows []receiveRow
	actions := []action{
		onServer(dialogAction("New Receive Connector…", "receive-connector", ""), s.Server),
		onServer(action{Label: "Server Properties", Path: "/drafts", Post: map[string]string{"dialog": "server-properties", "id": s.Server}, Role: Change}, s.Server),
	}
	for i := range cfg.Receive {
		if c := cfg.Receive[i].WithDefaults(cfg); strings.EqualFold(cmp.Or(c.Server, dialog.ThisServer(cfg)), s.Server) {
			row := r.receiveRow(&c, s.Server, selected)
			if row.Selected {
				actions = append(actions, receiveActions(&c, row.ID, s.Server)...)
			}
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b receiveRow) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	s.Receive = listOf(r, rows, func(c *receiveRow) string {
		return strings.Join(slices.Concat([]string{c.Name, c.Groups, c.Authentication, c.Comment}, c.Bindings, c.Ranges), "\n")
	})
	return r.render("server", view{Title: "Server Configuration: Hub Transport", Actions: actions, Data: s})
}

// serverRows returns the servers of the policy, and enters the chosen one into s.
func (r *request) serverRows(cfg *connector.Config, s *serverView) (rows []serverRow) {
	this := dialog.ThisServer(cfg)
	count := make(map[string]int)
	for i := range cfg.Receive {
		count[strings.ToLower(cmp.Or(cfg.Receive[i].Server, this))]++
	}
	for _, server := range cfg.Servers {
		role := "Hub Transport"
		if server.Edge {
			role = "Edge Transport"
		}
		rows = append(rows, serverRow{Name: server.Name, FQDN: server.FQDN, Site: server.Site, Role: role})
	}
	if len(rows) == 0 {
		rows = []serverRow{{Name: this, Role: "Hub Transport"}}
	}
	if !slices.ContainsFunc(rows, func(row serverRow) bool { return strings.EqualFold(row.Name, s.Server) }) {
		s.Server = this
	}
	for i := range rows {
		row := &rows[i]
		row.This, row.Selected = strings.EqualFold(row.Name, this), strings.EqualFold(row.Name, s.Server)
		row.Path, row.Connectors = r.c.path("/server", "server", row.Name), count[strings.ToLower(row.Name)]
		if row.Selected {
			s.Server, s.This = row.Name, row.This
		}
	}
	return rows
}

// receiveRow returns the row of a Receive connector with its defaults.
func (r *request) receiveRow(c *connector.Receive, server, selected string) receiveRow {
	row := receiveRow{
		Name: c.Name, ID: server + `\` + c.Name, Enabled: c.Enabled.Or(true), Comment: c.Comment, Selected: c.Name == selected,
		Path:   r.c.path("/server", "server", server, "selected", c.Name, "filter", r.FormValue("filter"), "page", r.FormValue("page")),
		Groups: c.PermissionGroups.Or(0).String(), Authentication: c.AuthMechanism.Or(0).String(),
	}
	for _, b := range c.Bindings {
		row.Bindings = append(row.Bindings, b.String())
	}
	for _, ranges := range c.RemoteIPRanges {
		row.Ranges = append(row.Ranges, rangeText(ranges))
	}
	return row
}

// allIPv6 is the range of all IPv6 addresses, whose usual text is long and says little.
var allIPv6 = param.MustParseRange("::/0")

// rangeText writes a range for people.
func rangeText(r param.Range) string {
	if r.Same(allIPv6) {
		return "every IPv6 address"
	}
	return r.String()
}

// receiveActions are the actions on the selected Receive connector.
func receiveActions(c *connector.Receive, id, server string) []action {
	actions := []action{
		enableAction("ReceiveConnector", id, c.Enabled),
		removeAction("ReceiveConnector", id),
		dialogAction("Properties", "receive-properties", id),
		dialogAction("Allow relay to any domain…", "relay", id),
		dialogAction("Grant or deny a right…", "grant", id),
		{Label: "All parameters", Path: within("/parameters", "kind", "receive", "id", id), Role: View},
		{Label: "Effective access", Path: within("/access", "connector", c.Name), Role: View},
		{Label: "On the map", Path: within("/map", "only", c.Name), Role: View},
	}
	for i := range actions {
		actions[i].Under = c.Name
		actions[i] = onServer(actions[i], server)
	}
	return actions
}

// onServer adds the chosen server to the fields of an action.
func onServer(a action, server string) action {
	if a.Post != nil {
		a.Post["server"] = server
	}
	return a
}

package dialog

import (
	"net"
	"net/netip"
	"strings"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// spacesField is the list of address spaces of a Send connector.
func spacesField() Field {
	return Field{Name: "spaces", Kind: List, Label: "Address space", Parameters: []string{"AddressSpaces"},
		Help: "The domains to which this connector sends mail.",
		Item: &Item{
			Title: "Add Address Space", Columns: []string{"Type", "Address", "Cost"}, Empty: "There is no address space. Click Add.",
			Fields: []Field{
				{Name: "address", Kind: Text, Label: "Address", Help: "As in *, contoso.com or *.contoso.com. * stands for all domains."},
				{Name: "subdomains", Kind: Check, Label: "Include all subdomains"},
				{Name: "cost", Kind: Number, Label: "Cost", Help: "From 1 to 100. Of connectors for the same domain, the one with the lowest cost sends."},
			},
			New: func(*Values) Row { return Row{"cost": "1"} },
			Split: func(_ *Values, r Row) []Row {
				if r["subdomains"] == on && r["address"] != "" && !strings.HasPrefix(r["address"], "*") {
					r = Row{"address": "*." + r["address"], "subdomains": on, "cost": r["cost"]}
				}
				return []Row{r}
			},
			Cells: func(r Row) []string {
				kind, address, ok := strings.Cut(r["address"], ":")
				if !ok {
					kind, address = "SMTP", r["address"]
				}
				return []string{kind, address, r["cost"]}
			},
		}}
}

// spacesOf are the rows of address spaces.
func spacesOf(spaces []routing.AddressSpace) []Row {
	var rows []Row
	for _, a := range spaces {
		address := a.Space()
		if !a.IsSMTP() {
			address = a.Type() + ":" + address
		}
		if a.Local() {
			address = "Local:" + address
		}
		rows = append(rows, Row{"address": address, "cost": number(a.Cost())})
	}
	return rows
}

// spaces is the value of AddressSpaces. A cost of 1 is left out, as in guides.
func spaces(v *Values) value {
	var texts []string
	for _, r := range v.Rows("spaces") {
		text := r["address"]
		if r["cost"] != "" && r["cost"] != "1" || strings.Contains(text, ";") {
			text += ";" + r["cost"]
		}
		texts = append(texts, text)
	}
	return list(texts)
}

// hostsField is the list of smart hosts of a Send connector.
func hostsField() Field {
	return Field{Name: "hosts", Kind: List, Label: "Smart hosts", Under: true, Used: smartHosts, Parameters: []string{"SmartHosts"},
		Item: &Item{
			Title: "Add Smart Host", Columns: []string{"Smart host"}, Empty: "There is no smart host. Click Add.",
			Fields: []Field{{Name: "host", Kind: Text, Label: "IP address or Fully qualified domain name (FQDN)", Help: "As in 192.168.1.10 or smtpgateway1.contoso.com."}},
			Added:  func(v *Values) { v.set("routing", byHosts) },
			Cells:  func(r Row) []string { return []string{r["host"]} },
		}}
}

// serversField is the list of servers that send a connector's mail.
func serversField(s *Subject) Field {
	item := &Item{
		Title: "Select Hub Transport and subscribed Edge Transport servers", Columns: []string{"Server"}, Empty: "There is no server. Click Add.",
		Cells: func(r Row) []string { return []string{r["server"]} },
		Split: func(v *Values, entered Row) []Row {
			var rows []Row
			for _, name := range s.servers() {
				if entered[name] == on && !hasServer(v.Rows("servers"), name) {
					rows = append(rows, Row{"server": name})
				}
			}
			return rows
		},
		NoEdit: true,
	}
	for _, name := range s.servers() {
		item.Fields = append(item.Fields, Field{Name: name, Kind: Check, Label: name})
	}
	return Field{Name: "servers", Kind: List, Label: "Source servers", Parameters: []string{"SourceTransportServers"}, Item: item,
		Help: "The servers that send the mail of this connector."}
}

// hasServer reports whether rows of servers have one with that name.
func hasServer(rows []Row, name string) bool {
	for _, r := range rows {
		if strings.EqualFold(r["server"], name) {
			return true
		}
	}
	return false
}

// servers are the names of the servers of the organisation.
func (s *Subject) servers() []string {
	var names []string
	for _, server := range s.Config.Servers {
		names = append(names, server.Name)
	}
	if len(names) == 0 {
		names = []string{s.local()}
	}
	return names
}

// column is the value of a parameter that lists one column of a list's rows.
func column(field, name string) func(*Values) value {
	return func(v *Values) value {
		var texts []string
		for _, r := range v.Rows(field) {
			texts = append(texts, r[name])
		}
		return list(texts)
	}
}

// rowsOf are rows with one value each.
func rowsOf[T any](name string, values []T, text func(T) string) []Row {
	var rows []Row
	for _, v := range values {
		rows = append(rows, Row{name: text(v)})
	}
	return rows
}

// The two ways to say on which addresses a binding listens.
const (
	allAddresses = "all"
	oneAddress   = "one"
)

// bindingsField is the list of local addresses of a Receive connector.
func bindingsField() Field {
	return Field{Name: "bindings", Kind: List, Label: "Use these local IP addresses to receive mail:", Parameters: []string{"Bindings"},
		Item: &Item{
			Title: "Add Receive Connector Binding", Columns: []string{"IP address(es)", "Port"}, Empty: "There is no local address. Click Add.",
			Fields: []Field{
				{Name: "which", Kind: Radio, Label: "IP address", Options: []Option{
					{Value: allAddresses, Label: "Use all IP addresses available on this server"},
					{Value: oneAddress, Label: "Specify an IP address"},
				}},
				{Name: "address", Kind: Text, Label: "IP address", Under: true, Help: "An address of this server, as in 10.2.3.4. :: stands for all IPv6 addresses."},
				{Name: "port", Kind: Number, Label: "Port"},
			},
			New: func(*Values) Row { return Row{"which": allAddresses, "port": "25"} },
			Split: func(_ *Values, r Row) []Row {
				if r["address"] != "" && !isUnspecified(r["address"]) {
					r = Row{"which": oneAddress, "address": r["address"], "port": r["port"]}
				}
				return []Row{r}
			},
			Cells: func(r Row) []string {
				switch {
				case r["which"] == allAddresses && r["address"] == "::":
					return []string{"All Available IPv6", r["port"]}
				case r["which"] == allAddresses:
					return []string{"All Available", r["port"]}
				}
				return []string{r["address"], r["port"]}
			},
		}}
}

func isUnspecified(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && a.IsUnspecified()
}

// bindingsOf are the rows of bindings.
func bindingsOf(bindings []netip.AddrPort) []Row {
	var rows []Row
	for _, b := range bindings {
		r := Row{"which": oneAddress, "address": b.Addr().String(), "port": number(int(b.Port()))}
		if b.Addr().IsUnspecified() {
			r["which"] = allAddresses
			if b.Addr().Is4() {
				r["address"] = ""
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// bindings is the value of Bindings.
func bindings(v *Values) value {
	var texts []string
	for _, r := range v.Rows("bindings") {
		address := strings.Trim(r["address"], "[]")
		if r["which"] == allAddresses && address != "::" {
			address = "0.0.0.0"
		}
		texts = append(texts, net.JoinHostPort(address, r["port"]))
	}
	return list(texts)
}

// all marks the row that stands for all clients.
const all = "all"

// rangesField is the list of remote addresses of a Receive connector.
func rangesField() Field {
	return Field{Name: "ranges", Kind: List, Label: "Receive mail from servers that have these remote IP addresses:", Parameters: []string{"RemoteIPRanges"},
		Item: &Item{
			Title: "Add IP Address(es) of Remote Servers", Columns: []string{"IP address(es)", "Meaning"}, Empty: "There is no remote address. Click Add.",
			Fields: []Field{{Name: "range", Kind: Lines, Label: "IP address",
				Help: "Or a range of addresses. As in 192.168.1.10, 192.168.1.0/24, 192.168.1.0(255.255.255.0) or 192.168.1.10-192.168.1.20. Several may stand on lines of their own."}},
			Split: func(_ *Values, r Row) []Row {
				var rows []Row
				for line := range strings.Lines(r["range"]) {
					if line = strings.TrimSpace(line); line != "" {
						rows = append(rows, Row{"range": line})
					}
				}
				if len(rows) == 0 {
					rows = []Row{{"range": ""}}
				}
				return rows
			},
			Cells: func(r Row) []string {
				first, rest, _ := strings.Cut(r["range"], "\n")
				meaning := ""
				if r[all] == on {
					meaning = strings.TrimSuffix("all network ranges, and "+rest, ", and ")
				}
				return []string{first, meaning}
			},
		}}
}

// everywhere is the row that stands for all clients: one entry, as in the guide.
func everywhere(p permission.Profile) Row {
	ranges := "0.0.0.0-255.255.255.255"
	if p != permission.Exchange2007 {
		ranges += "\n::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
	}
	return Row{"range": ranges, all: on}
}

// rangesOf are the rows of ranges.
func rangesOf(ranges []param.Range) []Row { return rowsOf("range", ranges, param.Range.String) }

// ranges is the value of RemoteIPRanges.
func ranges(v *Values) value {
	var texts []string
	for _, r := range v.Rows("ranges") {
		texts = append(texts, strings.Split(r["range"], "\n")...)
	}
	return list(texts)
}

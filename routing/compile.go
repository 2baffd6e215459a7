package routing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// NewTable compiles the routing table of the server t.Local. It reports all
// mistakes at once as [source.Diagnostics] of the lists "Servers", "Local", "Links" and
// "Connectors". It keeps no reference to the slices; the strings in them are
// shared.
func NewTable(t Topology, connectors []Connector) (*Table, error) {
	c := tableCompiler{
		table: &Table{connectors: make([]tableConnector, len(connectors))},
		names: make(map[string]int, len(connectors)),
	}
	c.network = newNetwork(t, &c.problems)
	for i := range connectors {
		c.checkConnector(i, &connectors[i])
	}
	if err := c.problems.err(); err != nil {
		return nil, err
	}
	c.compileConnectors(connectors)
	c.compileSpaces(connectors)
	return c.table, nil
}

// tableCompiler is the state of NewTable.
type tableCompiler struct {
	network  *network
	table    *Table
	names    map[string]int // lower-case connector name -> place in the input
	problems problems
}

func (c *tableCompiler) checkConnector(i int, r *Connector) {
	c.checkName(i, r.Name)
	c.checkSpaces(i, r.Spaces)
	for j, name := range r.Sources {
		if c.network.servers[strings.ToLower(name)] == nil {
			c.problems.addItem("Connectors", i, "Sources", j, source.CodeServerUnknown, quoteInput(name)+" is not one of the servers")
		}
	}
	if r.MaxSize < 0 {
		c.problems.add("Connectors", i, "MaxSize", source.CodeOutOfRange, "%d is negative; 0 is unlimited", r.MaxSize)
	}
}

// checkName checks that the connector's name is unique: the last rule of the
// choice is the order of names.
func (c *tableCompiler) checkName(i int, name string) {
	key := strings.ToLower(name)
	first, ok := c.names[key]
	switch {
	case name == "":
		c.problems.add("Connectors", i, "Name", source.CodeNameMissing, "is empty")
	case ok:
		c.problems.add("Connectors", i, "Name", source.CodeNameDuplicate, "%s is the name of Connectors[%d] already; give it another", quoteInput(name), first)
	default:
		c.names[key] = i
	}
}

// checkSpaces reports invalid spaces and those that a connector has twice, even
// at different costs: only one of them could count.
func (c *tableCompiler) checkSpaces(i int, spaces []AddressSpace) {
	seen := make(map[AddressSpace]int, len(spaces))
	for j, space := range spaces {
		if !space.IsValid() {
			c.problems.addItem("Connectors", i, "Spaces", j, source.CodeValueInvalid, "is the zero AddressSpace")
			continue
		}
		space.cost, space.local = 0, false
		if space.kind == SpaceOther {
			space.text = lowerASCII(space.text)
		}
		if _, ok := seen[space]; ok {
			c.problems.addItem("Connectors", i, "Spaces", j, CodeTable, spaces[j].Space()+" is in the list twice")
			continue
		}
		seen[space] = j
	}
}

// compileConnectors computes the properties that don't depend on the query.
func (c *tableCompiler) compileConnectors(connectors []Connector) {
	for i := range connectors {
		r := &connectors[i]
		w := c.network.wayTo(r.Sources)
		compiled := tableConnector{
			name:    r.Name,
			via:     w.via,
			maxSize: minSize(r.MaxSize, w.maxSize),
			cost:    w.cost,
			near:    w.near,
		}
		switch {
		case r.Disabled:
			compiled.barred = Disabled
		case r.Scoped && !w.inScope:
			compiled.barred = OutOfScope
		case !w.ok:
			compiled.barred = Unconnected
		}
		if !c.network.local.Edge {
			// -- leads from an Edge server into the organisation. Within
			// it, all accepted domains would lead back out.
			compiled.scope = OutOfScope
		}
		c.table.connectors[i] = compiled
	}
	byName := make([]int, len(connectors))
	for i := range byName {
		byName[i] = i
	}
	slices.SortFunc(byName, func(a, b int) int {
		return compareNames(connectors[a].Name, connectors[b].Name)
	})
	for place, i := range byName {
		c.table.connectors[i].order = place
	}
}

// compileSpaces makes the candidates and sorts those of one specificity in the
// order of preference.
func (c *tableCompiler) compileSpaces(connectors []Connector) {
	t := c.table
	n := 0
	for i := range connectors {
		n += len(connectors[i].Spaces)
	}
	domains := make([]candidate, 0, n)
	for i := range connectors {
		for _, s := range connectors[i].Spaces {
			cand := newCandidate(i, s)
			switch s.kind {
			case SpaceAny:
				t.any = append(t.any, cand)
			case SpaceAccepted:
				t.accepted = append(t.accepted, cand)
			case SpaceOther:
				if t.others == nil {
					t.others = make(map[string][]candidate)
				}
				t.others[s.Type()] = append(t.others[s.Type()], cand)
			default:
				domains = append(domains, cand)
			}
		}
	}
	t.domains = newIndex(domains)
	c.sortRuns()
	slices.SortFunc(t.any, t.compare)
	slices.SortFunc(t.accepted, t.compare)
	for _, list := range t.others {
		slices.SortFunc(list, t.compare)
	}
}

func newCandidate(route int, s AddressSpace) candidate {
	c := candidate{text: s.text, route: uint32(route), kind: s.kind, typLen: s.typLen, cost: s.cost}
	if s.local {
		c.flags = flagLocal
	}
	return c
}

// sortRuns sorts the candidates of each name and marks the last one.
func (c *tableCompiler) sortRuns() {
	entries := c.table.domains.entries
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && entries[end].text == entries[start].text {
			end++
		}
		slices.SortFunc(entries[start:end], c.table.compare)
		entries[end-1].flags |= flagLast
		start = end
	}
}

// compare orders candidates that can match the same recipient by the rules of
// the choice: specificity, cost of path and space, proximity, name.
func (t *Table) compare(a, b candidate) int {
	r, s := &t.connectors[a.route], &t.connectors[b.route]
	return cmp.Or(
		cmp.Compare(b.space().specificity(), a.space().specificity()),
		cmp.Compare(r.cost+int(a.cost), s.cost+int(b.cost)),
		cmp.Compare(r.near, s.near),
		cmp.Compare(r.order, s.order),
	)
}

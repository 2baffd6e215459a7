package postfix

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/internal/rangeset"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// isAddress reports whether text begins like a network address with colons.
func isAddress(text string) bool {
	host, _, _ := strings.Cut(text, "/")
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// network reads an address or a network: 10.0.0.1, 10.0.0.0/8, [2001:db8::]/32. The bits behind
// the prefix must be zero, as Postfix requires.
func network(text string) (rangeset.Span, error) {
	host, bits, masked := strings.Cut(text, "/")
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	if !masked {
		a, err := netip.ParseAddr(host)
		if err != nil || a.Zone() != "" || a.Is4In6() {
			return rangeset.Span{}, fmt.Errorf("%q is neither an address nor a network", text)
		}
		return rangeset.Span{Low: a, High: a}, nil
	}
	p, err := netip.ParsePrefix(host + "/" + bits)
	switch {
	case err != nil || p.Addr().Is4In6():
		return rangeset.Span{}, fmt.Errorf("%q is neither an address nor a network", text)
	case p.Masked() != p:
		return rangeset.Span{}, fmt.Errorf("the address of %s has bits behind its prefix; Postfix refuses it", text)
	}
	return rangeset.Span{Low: p.Addr(), High: last(p)}, nil
}

// mapped reports whether text is a network of IPv4 addresses in their IPv6 form, which matches no
// client: Postfix knows them by their IPv4 form.
func mapped(text string) bool {
	host, _, _ := strings.Cut(text, "/")
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Is4In6()
}

// last returns the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for i := p.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(bytes)
	return a
}

// maxDecisions bounds the lines of a table that says which clients may send.
const maxDecisions = 5_000

// decision is the result that a table of clients has for some addresses.
type decision struct {
	clients []rangeset.Span
	result  string
	bits    int // of the key, in a table that isn't cidr
}

// decisions returns the results of a table for addresses; the first that has an address
// decides. Names, whose addresses aren't known here, are returned apart.
func (t *table) decisions() (found []decision, names []row, err error) {
	switch {
	case t.err != nil:
		return nil, nil, t.err
	case len(t.rows) > maxDecisions:
		return nil, nil, fmt.Errorf("the table has more than %d lines", maxDecisions)
	}
	if t.cidr {
		found, err = t.cidrDecisions()
		return found, nil, err
	}
	for _, row := range t.rows {
		p, ok := prefixOf(row.key)
		if !ok {
			names = append(names, row)
			continue
		}
		found = append(found, decision{[]rangeset.Span{{Low: p.Addr(), High: last(p)}}, row.value, p.Bits()})
	}
	// The longest key of an address decides (access(5)).
	slices.SortStableFunc(found, func(a, b decision) int { return cmp.Compare(b.bits, a.bits) })
	return found, names, nil
}

// prefixOf reads a key of an access table: an address, or the first bytes of IPv4 addresses
// (access(5)).
func prefixOf(key string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(key); err == nil && a.Zone() == "" && !a.Is4In6() {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	parts := strings.Split(key, ".")
	if len(parts) > 3 {
		return netip.Prefix{}, false
	}
	bits := 8 * len(parts)
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	a, err := netip.ParseAddr(strings.Join(parts, "."))
	return netip.PrefixFrom(a, bits), err == nil
}

// cidrDecisions reads a cidr table, with its if and endif (cidr_table(5)).
func (t *table) cidrDecisions() ([]decision, error) {
	var found []decision
	within := [][]rangeset.Span{rangeset.All()}
	for _, row := range t.rows {
		key, negated := strings.CutPrefix(row.key, "!")
		switch strings.ToLower(key) {
		case "endif":
			if len(within) == 1 {
				return nil, fmt.Errorf("%v: endif stands without if", row.at)
			}
			within = within[:len(within)-1]
			continue
		case "if":
			key, _ = cutBlank(row.value)
			key, negated = strings.CutPrefix(key, "!")
			clients, err := cidrClients(key, negated)
			if err != nil {
				return nil, fmt.Errorf("%v: %w", row.at, err)
			}
			if within = append(within, rangeset.Intersect(within[len(within)-1], clients)); len(within) > maxNesting {
				return nil, fmt.Errorf("%v: if stands in too many others", row.at)
			}
			continue
		}
		clients, err := cidrClients(key, negated)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", row.at, err)
		}
		found = append(found, decision{clients: rangeset.Intersect(within[len(within)-1], clients), result: row.value})
	}
	return found, nil
}

func cidrClients(key string, negated bool) ([]rangeset.Span, error) {
	s, err := network(key)
	if err != nil {
		return nil, err
	}
	if !negated {
		return []rangeset.Span{s}, nil
	}
	// The opposite of a network has the addresses of its family only.
	var family []rangeset.Span
	for _, all := range rangeset.All() {
		if all.Low.BitLen() == s.Low.BitLen() {
			family = append(family, all)
		}
	}
	return rangeset.Minus(family, []rangeset.Span{s}), nil
}

// networks returns the addresses of mynetworks, and accounts for the setting.
func (s scope) networks() []rangeset.Span {
	const name = "mynetworks"
	if !s.given(name) {
		return s.styledNetworks()
	}
	s.withoutMeaning("mynetworks_style", "mynetworks is set")
	list, err := s.elements(name)
	var trusted, excluded []rangeset.Span // the first element that matches decides
	exclusions, lost := 0, map[source.Position]bool{}
	for _, e := range list {
		spans, problem := e.clients()
		if problem != nil {
			s.NotPossible(e.at, name, fmt.Sprintf("%s: %v", e.text, problem), "write the addresses into mynetworks")
			lost[e.at] = true
			if e.exclude {
				err = fmt.Errorf("what !%s excludes isn't known, so the networks behind it are left out", e.text)
				break
			}
			continue
		}
		if e.exclude {
			if exclusions++; exclusions > maxExcluded {
				err = fmt.Errorf("more than %d networks are excluded, so those behind them are left out", maxExcluded)
				break
			}
			excluded = rangeset.Join(excluded, spans)
			continue
		}
		trusted = append(trusted, rangeset.Minus(spans, excluded)...)
	}
	trusted = rangeset.Join(trusted, nil)
	if err != nil {
		s.notPossible(name, err.Error(), "write the addresses into mynetworks")
	}
	s.taken(name, fmt.Sprintf("the networks of permit_mynetworks: %s", listed(trusted)))
	for _, e := range list {
		if e.at != s.find(name).at && !lost[e.at] {
			s.Taken(e.at, name, "a part of the networks of permit_mynetworks")
		}
	}
	return trusted
}

// clients returns the addresses that an element of mynetworks matches.
func (e element) clients() ([]rangeset.Span, error) {
	if e.table == nil {
		if mapped(e.text) {
			return nil, nil
		}
		s, err := network(e.text)
		if err != nil && !isAddress(e.text) {
			err = fmt.Errorf("the addresses of names aren't known here")
		}
		return []rangeset.Span{s}, err
	}
	if e.table.err != nil {
		return nil, e.table.err
	}
	var spans []rangeset.Span
	if e.table.cidr {
		found, err := e.table.cidrDecisions()
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			spans = append(spans, d.clients...)
		}
		return rangeset.Join(spans, nil), nil
	}
	for _, row := range e.table.rows {
		s, err := network(row.key)
		if err != nil || strings.Contains(row.key, "/") {
			if e.exclude {
				return nil, fmt.Errorf("%v: the addresses of %s aren't known here", row.at, row.key)
			}
			continue // it matches no address
		}
		spans = append(spans, s)
	}
	return rangeset.Join(spans, nil), nil
}

// styledNetworks returns the addresses of mynetworks where it isn't set: the addresses of the
// old machine and, by mynetworks_style, of its networks, of which a file has only some.
func (s scope) styledNetworks() []rangeset.Span {
	trusted := rangeset.Union([]param.Range{param.MustParseRange("127.0.0.0/8"), param.MustParseRange("::1")})
	for _, w := range s.list("inet_interfaces") {
		if own, err := network(w); err == nil {
			trusted = append(trusted, own)
		}
	}
	trusted = rangeset.Join(trusted, nil)
	style := s.get("mynetworks_style")
	at := s.find("mynetworks_style").at
	if at.File == "" {
		at = s.firstLine()
	}
	if style == "host" {
		s.Taken(at, "mynetworks_style", "the networks of permit_mynetworks: "+listed(trusted))
		return trusted
	}
	s.NotPossible(at, "mynetworks_style", fmt.Sprintf("mynetworks isn't set, and the networks of the old machine (%s) aren't in its files; the clients in %s alone may relay", style, listed(trusted)),
		`set mynetworks to what "postconf -h mynetworks" prints on the old server`)
	return trusted
}

// listed returns the first of some ranges as text.
func listed(spans []rangeset.Span) string {
	const most = 8
	ranges := rangeset.Ranges(spans)
	texts := make([]string, 0, most+1)
	for i, r := range ranges {
		if i == most {
			texts = append(texts, fmt.Sprintf("and %d more", len(ranges)-most))
			break
		}
		texts = append(texts, r.String())
	}
	if len(texts) == 0 {
		return "no clients"
	}
	return strings.Join(texts, ", ")
}

package access

import (
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// Rights are those on which decisions of Receive connectors depend.
const Rights = permission.AllRights &^ permission.NotEnforced &^
	(1<<permission.SendHeadersRouting | 1<<permission.SendHeadersOrganization | 1<<permission.SendHeadersForest)

// Query selects a part of a Table. The zero Query selects all rows, with Rights.
type Query struct {
	Connectors []string         // names, in any letter case; empty: all
	Principals []permission.SID // empty: all
	Rights     permission.Set   // the cells of each row; empty: the constant Rights
	Held       bool             // only rows in which a session holds one of the rights
	Each       bool             // a row for each connector, in place of one for all with the same access

	Offset, Limit int // rows to leave out at the beginning, and how many to return; Limit 0: all

	Places source.Map // where files set parameters, for Position of the entries; nil: not known
}

// Row says what the sessions of one principal may do on a connector, or on several with the same access.
type Row struct {
	Connector string   // the first of them in the policy
	Others    []string // the names of the others that the Query selects; nil if it asks for Each
	Principal permission.SID
	NoSession string // why no session is known as the principal; "" if sessions can be
	Cells     []Cell // in the order of the rights
}

// Cell is one right of a Row.
type Cell struct {
	Right   permission.Right
	Verdict Verdict
	Entries []connector.Entry // that decide, with the paths of Row.Connector; none if it was never granted
}

// Verdict says whether sessions hold a right. The zero Verdict is Absent.
type Verdict uint8

// The verdicts. Sessions hold the right with Allowed only.
const (
	Absent   Verdict = iota // no entry allows it, or Remove-ADPermission has removed it
	Denied                  // an entry denies it
	Unusable                // an entry allows it, but no session is known as the principal, see Row.NoSession
	Allowed
)

// String returns "absent", "denied", "unusable" or "allowed".
func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return "Verdict(" + strconv.Itoa(int(v)) + ")"
}

var verdicts = [...]string{Absent: "absent", Denied: "denied", Unusable: "unusable", Allowed: "allowed"}

// MarshalText implements [encoding.TextMarshaler].
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Why says in words why the verdict on a cell of r is as it is.
func (r Row) Why(c Cell) string {
	var all []string
	if c.Verdict == Unusable && r.NoSession != "" {
		all = append(all, "no session: "+r.NoSession)
	}
	for _, e := range c.Entries {
		all = append(all, e.String())
	}
	if len(all) == 0 {
		return "never granted"
	}
	return strings.Join(all, "; ")
}

// Rows returns the rows that q selects, connector by connector in the order of the policy, and
// how many there are without Offset and Limit. The caller owns the result.
func (t *Table) Rows(q Query) (rows []Row, total int) {
	if q.Rights == 0 {
		q.Rights = Rights
	}
	for _, s := range t.selected(&q) {
		for i := range s.list.entries {
			e := &s.list.entries[i]
			if len(q.Principals) > 0 && !slices.Contains(q.Principals, e.sid) || q.Held && e.held.Intersect(q.Rights) == 0 {
				continue
			}
			if total >= q.Offset && (q.Limit <= 0 || len(rows) < q.Limit) {
				rows = append(rows, e.row(s.connectors, &q))
			}
			total++
		}
	}
	return rows, total
}

// selection are connectors with one list.
type selection struct {
	connectors []*connector.Inbound
	list       *list
}

// selected returns the connectors that q selects.
func (t *Table) selected(q *Query) []*selection {
	var all []*selection
	by := map[*list]*selection{}
	for i, in := range t.connectors {
		if len(q.Connectors) > 0 && !slices.ContainsFunc(q.Connectors, func(name string) bool { return strings.EqualFold(name, in.Name()) }) {
			continue
		}
		s := by[t.of[i]]
		if s == nil || q.Each {
			s = &selection{list: t.of[i]}
			by[t.of[i]] = s
			all = append(all, s)
		}
		s.connectors = append(s.connectors, in)
	}
	return all
}

// row returns the row of e on connectors that have it.
func (e *entry) row(connectors []*connector.Inbound, q *Query) Row {
	in := connectors[0]
	r := Row{Connector: in.Name(), Principal: e.sid, NoSession: e.noSession}
	for _, other := range connectors[1:] {
		r.Others = append(r.Others, other.Name())
	}
	for right := range q.Rights.All() {
		c := Cell{Right: right, Verdict: e.verdict(right), Entries: in.Entries(e.who, right)}
		for i := range c.Entries {
			if b := &c.Entries[i].Basis; b.Origin == connector.OriginGiven {
				b.Position, _ = q.Places.Find(b.Path)
			}
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

func (e *entry) verdict(r permission.Right) Verdict {
	switch {
	case e.held.Has(r):
		return Allowed
	case e.denied.Has(r):
		return Denied
	case e.allowed.Has(r):
		return Unusable
	}
	return Absent
}

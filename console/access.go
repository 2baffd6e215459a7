package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/access"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
	"github.com/interchange-smtp/interchange/permission"
)

// accessRoutes registers the pages about effective access.
func (c *Console) accessRoutes(mux *http.ServeMux) {
	c.handle(mux, "GET /access", View, accessPage)
	c.handle(mux, "GET /access/why", View, accessWhyPage)
	c.handle(mux, "GET /access.csv", View, accessFile)
}

// accessView is the data of the page Effective access.
type accessView struct {
	Connector, Principal string // parts of names, to which the rows are limited
	Right                string
	Held                 bool
	Waiting              bool // the table is being computed

	Rights []permission.Right // the columns; all can be chosen
	Shown  []permission.Right
	Rows   []accessRow
	Paging listing[struct{}]
	CSV    string // the address of the rows as a file
}

// accessRow is a row with the addresses of the explanations of its cells.
type accessRow struct {
	access.Row
	Cells []accessCell
}

// accessCell is a right of a principal on a connector.
type accessCell struct {
	Verdict access.Verdict
	Path    string // of the page that explains it
	About   string // which cell it is, for readers who don't see the table
}

// Sign returns a sign for a verdict, beside its word.
func (c accessCell) Sign() string {
	return map[access.Verdict]string{access.Allowed: "✓", access.Denied: "✗", access.Unusable: "!", access.Absent: "–"}[c.Verdict]
}

// shortRight returns a right without the words that all rights begin with.
func shortRight(r permission.Right) string {
	return strings.TrimPrefix(strings.TrimPrefix(r.String(), "ms-Exch-"), "SMTP-")
}

// accessPage shows who may do what on the Receive connectors.
func accessPage(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	a := accessView{Connector: r.FormValue("connector"), Principal: r.FormValue("principal"), Right: r.FormValue("right"), Held: r.FormValue("held") != ""}
	a.Rights = slices.Collect(access.Rights.All())
	a.CSV = r.c.path("/access.csv", "connector", a.Connector, "principal", a.Principal, "right", a.Right, "held", r.FormValue("held"))
	table, ok, err := r.accessTable(v)
	if err != nil {
		return err
	}
	if !ok {
		a.Waiting = true
		return r.render("access", view{Title: "Effective access", Wide: true, Data: a})
	}
	q, found, err := a.query(v.Loaded.Policy)
	if err != nil {
		return err
	}
	page, _ := strconv.Atoi(r.FormValue("page"))
	q.Limit, q.Offset = pageSize, max(0, page-1)*pageSize
	var rows []access.Row
	total := 0
	if found {
		rows, total = table.Rows(q)
	}
	a.Shown = slices.Collect(q.Rights.All())
	a.Paging = listOf(r, make([]struct{}, total), func(*struct{}) string { return "" })
	for _, row := range rows {
		a.Rows = append(a.Rows, r.accessRow(row))
	}
	return r.render("access", view{Title: "Effective access", Wide: true, Data: a})
}

// accessRow adds the addresses of explanations to a row.
func (r *request) accessRow(row access.Row) accessRow {
	one := accessRow{Row: row}
	for _, c := range row.Cells {
		one.Cells = append(one.Cells, accessCell{
			Verdict: c.Verdict, About: row.Principal.Name() + ", " + c.Right.String() + " on " + row.Connector,
			Path: r.c.path("/access/why", "connector", row.Connector, "principal", string(row.Principal), "right", c.Right.String()),
		})
	}
	return one
}

// accessTable returns the access of all connectors; ok is false while it is being computed.
func (r *request) accessTable(v *policyfiles.Version) (table *access.Table, ok bool, err error) {
	return computed(r, "access "+v.ID, func() *access.Table { return access.New(v.Loaded.Policy) })
}

// query returns the rows that the form selects. found is false if no connector or no principal has the name.
func (a *accessView) query(p *connector.Policy) (q access.Query, found bool, err error) {
	q = access.Query{Held: a.Held, Rights: access.Rights}
	if a.Right != "" {
		right, err := permission.ParseRight(a.Right)
		if err != nil {
			return q, false, &problem{status: http.StatusBadRequest, text: sentence(err), fix: "Choose a right of the list."}
		}
		q.Rights = permission.SetOf(right)
	}
	found = true
	if a.Connector != "" {
		for in := range p.Receive() {
			if contains(in.Name(), a.Connector) {
				q.Connectors = append(q.Connectors, in.Name())
			}
		}
		found = len(q.Connectors) > 0
	}
	if a.Principal != "" {
		q.Principals = principalsOf(p, a.Principal)
		found = found && len(q.Principals) > 0
	}
	return q, found, nil
}

// contains reports whether text contains part, in any letter case.
func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(strings.TrimSpace(part)))
}

// principalsOf returns the principals in access lists whose names contain a text.
func principalsOf(p *connector.Policy, text string) (all []permission.SID) {
	seen := make(map[permission.SID]bool)
	for in := range p.Receive() {
		for _, g := range in.ACL().Grants() {
			if !seen[g.To] {
				seen[g.To] = true
				if contains(g.To.Name(), text) || string(g.To) == text {
					all = append(all, g.To)
				}
			}
		}
	}
	return all
}

// accessFile answers with the rows as a CSV file, a line for each principal, connector and right.
func accessFile(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	a := accessView{Connector: r.FormValue("connector"), Principal: r.FormValue("principal"), Right: r.FormValue("right"), Held: r.FormValue("held") != ""}
	q, found, err := a.query(v.Loaded.Policy)
	if err != nil {
		return err
	}
	q.Each, q.Places = true, v.Loaded.Places
	var rows []access.Row
	if found {
		rows, _ = access.New(v.Loaded.Policy).Rows(q)
	}
	r.download("access.csv", "text/csv; charset=utf-8")
	return access.WriteCSV(r.w, rows)
}

// accessWhy is the data of the page that explains a cell.
type accessWhy struct {
	Row     access.Row
	Right   permission.Right
	Verdict access.Verdict
	Entries []string // that decide
	Session string   // the page that explains a session; "": no session is known
	Waiting bool     // a session is being looked for
}

// accessWhyPage explains why sessions of a principal hold a right on a connector, or don't.
func accessWhyPage(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	name, principal := r.FormValue("connector"), r.FormValue("principal")
	who, err := permission.ParsePrincipal(principal)
	if err != nil {
		return notFound("principal", principal)
	}
	right, err := permission.ParseRight(r.FormValue("right"))
	if err != nil {
		return notFound("right", r.FormValue("right"))
	}
	table, ok, err := r.accessTable(v)
	if err != nil || !ok {
		return cmp.Or(err, error(errTooMuch))
	}
	rows, _ := table.Rows(access.Query{Connectors: []string{name}, Principals: who.SIDs, Rights: permission.SetOf(right), Places: v.Loaded.Places, Limit: 1})
	if len(rows) == 0 {
		return notFound("entry for "+who.SIDs[0].Name()+" on the Receive connector", name)
	}
	cell := rows[0].Cells[0]
	w := accessWhy{Row: rows[0], Right: right, Verdict: cell.Verdict}
	for _, e := range cell.Entries {
		w.Entries = append(w.Entries, e.String())
	}
	q, known, err := computed(r, strings.Join([]string{"witness", v.ID, name, principal, right.String()}, " "), func() *question {
		return needing(table, v.Loaded.Policy, rows[0], right)
	})
	if err != nil {
		return err
	}
	if w.Waiting = !known; q != nil {
		w.Session = r.c.path("/ask", q.query()...)
	}
	return r.render("access-why", view{Title: "Right on a connector", Nav: "/access", Data: w})
}

// needing returns a session of the principal of a row that needs a right; nil if no session is known.
func needing(table *access.Table, p *connector.Policy, row access.Row, right permission.Right) *question {
	d, ok := table.Witness(row)
	if !ok {
		return nil
	}
	q := questionOf(d)
	q.From, q.To = "sender@example.net", "user@"+firstDomain(p)
	switch right {
	case permission.AcceptAnyRecipient:
		q.To = "user@host.elsewhere"
	case permission.AcceptAuthoritativeDomainSender:
		q.From = q.To
	}
	return q
}

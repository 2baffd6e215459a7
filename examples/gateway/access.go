package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/access"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// accessFlags are the flags of gateway access.
type accessFlags struct {
	policyFlags
	connectors, principals, rights list
	held, csv                      bool
}

// showAccess registers the flags of gateway access and returns its runner.
func showAccess(c *cli, fs *flag.FlagSet) runner {
	var f accessFlags
	f.register(fs)
	fs.Var(&f.connectors, "connector", "only the Receive connector `NAME`; may be repeated")
	fs.Var(&f.principals, "principal", "only the `USER` or group, as in Add-ADPermission; may be repeated")
	fs.Var(&f.rights, "right", "only the `RIGHT`, such as ms-Exch-SMTP-Accept-Any-Recipient; may be repeated (default: those on which decisions depend)")
	fs.BoolVar(&f.held, "held", false, "only principals whose sessions hold one of the rights")
	fs.BoolVar(&f.csv, "csv", false, "print a line for each principal, connector and right: principal,connector,right,allowed,why")
	return func(words []string) int {
		f.files = append(f.files, words...)
		return c.showAccess(&f)
	}
}

// query returns the rows that the flags select.
func (f *accessFlags) query() (access.Query, error) {
	q := access.Query{Connectors: f.connectors, Held: f.held, Each: f.csv}
	var errs []error
	if f.csv && f.json {
		errs = append(errs, errors.New("-csv and -json: give one of them"))
	}
	for _, name := range f.principals {
		who, err := permission.ParsePrincipal(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("-principal: %w", err))
			continue
		}
		q.Principals = append(q.Principals, who.SIDs...)
	}
	for _, name := range f.rights {
		right, err := permission.ParseRight(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("-right: %w", err))
		}
		q.Rights = q.Rights.Union(permission.SetOf(right))
	}
	return q, errors.Join(errs...)
}

// showAccess prints which sessions hold which rights, and why.
func (c *cli) showAccess(f *accessFlags) int {
	q, err := f.query()
	if err != nil {
		return c.invalid(err)
	}
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}
	if name, ok := missing(f.connectors, receiveNames(l.Policy)); ok {
		return c.invalid(fmt.Errorf("-connector: this server has no Receive connector %q", name))
	}
	q.Places = l.Places
	rows, _ := access.New(l.Policy).Rows(q)
	switch {
	case f.json:
		c.printJSON(newAccessJSON(rows))
	case f.csv:
		err = access.WriteCSV(c.stdout, rows)
	case len(rows) > 0:
		err = access.WriteText(c.stdout, rows)
	}
	if err != nil {
		return c.invalid(err)
	}
	if len(rows) == 0 {
		fmt.Fprintln(c.stderr, "gateway access: no access list has an entry that the flags select")
		return exitNo
	}
	return exitOK
}

// receiveNames returns the names of the Receive connectors of this server.
func receiveNames(p *connector.Policy) (names []string) {
	for in := range p.Receive() {
		names = append(names, in.Name())
	}
	return names
}

// missing returns the first of the wanted names of connectors that isn't among all.
func missing(wanted, all []string) (name string, ok bool) {
	for _, name := range wanted {
		if !slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(s, name) }) {
			return name, true
		}
	}
	return "", false
}

// accessJSON is the access of principals for machines.
type accessJSON struct {
	Rows []accessRowJSON `json:"rows"`
}

type accessRowJSON struct {
	Connector string           `json:"connector"`
	Others    []string         `json:"others,omitempty"` // with the same access
	Principal string           `json:"principal"`
	SID       permission.SID   `json:"sid"`
	NoSession string           `json:"noSession,omitempty"`
	Rights    []accessCellJSON `json:"rights"`
}

type accessCellJSON struct {
	Right   permission.Right  `json:"right"`
	Verdict access.Verdict    `json:"verdict"`
	Why     string            `json:"why"`
	Entries []accessEntryJSON `json:"entries,omitempty"`
}

type accessEntryJSON struct {
	Text string      `json:"text"`
	Path source.Path `json:"path"`
	source.Position
}

func newAccessJSON(rows []access.Row) accessJSON {
	out := accessJSON{Rows: []accessRowJSON{}}
	for _, r := range rows {
		row := accessRowJSON{Connector: r.Connector, Others: r.Others, Principal: r.Principal.Name(), SID: r.Principal, NoSession: r.NoSession}
		for _, c := range r.Cells {
			cell := accessCellJSON{Right: c.Right, Verdict: c.Verdict, Why: r.Why(c)}
			for _, e := range c.Entries {
				cell.Entries = append(cell.Entries, accessEntryJSON{e.String(), e.Basis.Path, e.Basis.Position})
			}
			row.Rights = append(row.Rights, cell)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

package console

import (
	"net/http"
	"time"

	"github.com/interchange-smtp/interchange/connector/access"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/diagram"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
	"github.com/interchange-smtp/interchange/permission"
)

// auditRoutes registers the page for auditors.
func (c *Console) auditRoutes(mux *http.ServeMux) {
	c.handle(mux, "GET /audit", View, auditPage)
}

// maxAudited bounds the rows of each table of the page, which is meant for paper.
const maxAudited = 500

// auditView is the data of the page for auditors.
type auditView struct {
	Waiting      bool // a part is being computed
	Fingerprint  string
	Files        []string
	Read, Made   time.Time
	By           string
	Table        diagram.Table
	Relaying     []analysis.Finding // who may relay
	Groups       []findingGroup     // all findings
	Rights       []permission.Right
	Rows         []accessRow
	MoreRows     int
	MoreFound    int
	MoreRelaying int
}

// auditPage shows all that an auditor asks for on one page that can be printed.
func auditPage(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	a := auditView{
		Fingerprint: v.Loaded.Fingerprint(), Files: v.Loaded.Files, Read: v.Read, Made: r.c.now(), By: r.user.Name,
		Rights: []permission.Right{permission.Submit, permission.AcceptAnyRecipient, permission.AcceptAnySender, permission.AcceptAuthoritativeDomainSender, permission.BypassAntiSpam},
	}
	if d, ok, err := r.drawing(v, nil); err != nil {
		return err
	} else if a.Waiting = !ok; ok {
		a.Table = d.Table()
	}
	if err := r.auditFindings(v, &a); err != nil {
		return err
	}
	table, ok, err := r.accessTable(v)
	if err != nil {
		return err
	}
	if !ok {
		a.Waiting = true
	} else {
		rows, total := table.Rows(access.Query{Rights: permission.SetOf(a.Rights...), Held: true, Limit: maxAudited})
		for _, row := range rows {
			a.Rows = append(a.Rows, r.accessRow(row))
		}
		a.MoreRows = total - len(rows)
	}
	return r.render("audit", view{Title: "Policy for auditors", Wide: true, Data: a})
}

// auditFindings fills in the findings.
func (r *request) auditFindings(v *policyfiles.Version, a *auditView) error {
	soon, cancel := r.soon()
	defer cancel()
	list, err := v.Findings(soon)
	if r.waited(err) {
		a.Waiting = true
		return nil
	}
	if err != nil {
		return err
	}
	a.Relaying = relaying(list)
	a.MoreRelaying = max(0, len(a.Relaying)-maxAudited)
	a.Relaying = a.Relaying[:len(a.Relaying)-a.MoreRelaying]
	a.MoreFound = max(0, len(list)-maxAudited)
	var d findings
	for _, acknowledged := range []bool{false, true} {
		for _, f := range list[:len(list)-a.MoreFound] {
			if (f.Acknowledged != "") == acknowledged {
				d.add(found{Finding: f})
			}
		}
	}
	a.Groups = d.Groups
	return nil
}

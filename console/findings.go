package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// findingRoutes registers the pages about findings.
func (c *Console) findingRoutes(mux *http.ServeMux) {
	c.handle(mux, "GET /findings", View, findingsPage)
	c.handle(mux, "POST /findings/acknowledge", Change, acknowledge)
}

// findings is the data of the page Findings.
type findings struct {
	listing[analysis.Finding]
	Waiting bool // they are being computed
	Fixing  bool // the repairs are being computed
	Groups  []findingGroup
}

// findingGroup are the findings of a severity, or those that were acknowledged.
type findingGroup struct {
	Title  string
	Folded bool
	List   []found
}

// found is a finding as the page shows it.
type found struct {
	analysis.Finding
	Session         string // that shows it; "": none can
	Offer           *offer // that repairs it; nil: a person has to choose
	Acknowledgeable bool
}

// Summary returns the first line of what was found, and Lines the clients and others after it.
func (f found) Summary() string { first, _, _ := strings.Cut(f.Detail, "\n"); return capital(first) }

// Lines returns the lines after the first.
func (f found) Lines() []string {
	_, rest, several := strings.Cut(f.Detail, "\n")
	if !several {
		return nil
	}
	return strings.Split(rest, "\n")
}

// Place returns the file and line, or the path in the policy.
func (f found) Place() string {
	at := f.Position
	at.Column = 0
	if at.File != "" {
		return at.String()
	}
	return ""
}

// findingsPage lists the findings.
func findingsPage(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	soon, cancel := r.soon()
	defer cancel()
	list, err := v.Findings(soon)
	var d findings
	switch {
	case r.waited(err):
		d.Waiting = true
	case err != nil:
		return err
	default:
		if err := r.listFindings(v, list, &d); err != nil {
			return err
		}
	}
	return r.render("findings", view{Title: "Findings", Data: d})
}

// listFindings fills in the findings of one page.
func (r *request) listFindings(v *policyfiles.Version, list []analysis.Finding, d *findings) error {
	open := func(f analysis.Finding) int { return min(len(f.Acknowledged), 1) }
	all := slices.SortedStableFunc(slices.Values(list), func(a, b analysis.Finding) int { return open(a) - open(b) })
	d.listing = listOf(r, all, func(f *analysis.Finding) string {
		return strings.Join([]string{f.Detail, string(f.Code), string(f.Path), f.Position.File, f.Severity.String()}, "\n")
	})
	key := fmt.Sprintf("repairs %s %d %s", v.ID, d.Page, d.Filter)
	repairs, ok, err := computed(r, key, func() []string { return repairsOf(v, d.Rows) })
	if err != nil {
		return err
	}
	d.Fixing = !ok
	for i, f := range d.Rows {
		one := found{Finding: f, Acknowledgeable: acknowledgeable(f)}
		if f.Shown() {
			one.Session = explain.Session(f.Witness)
		}
		if ok && repairs[i] != "" {
			o := r.offer("Repair "+string(f.Code)+" at "+string(f.Path), repairs[i], "/findings")
			one.Offer = &o
		}
		d.add(one)
	}
	return nil
}

// add puts a finding into its group.
func (d *findings) add(f found) {
	title := map[source.Severity]string{source.SeverityError: "Errors", source.SeverityWarning: "Warnings", source.SeverityNote: "Notes"}[f.Severity]
	if f.Acknowledged != "" {
		title = "Acknowledged"
	}
	if n := len(d.Groups); n == 0 || d.Groups[n-1].Title != title {
		d.Groups = append(d.Groups, findingGroup{Title: title, Folded: f.Acknowledged != ""})
	}
	last := &d.Groups[len(d.Groups)-1]
	last.List = append(last.List, f)
}

// repairsOf returns the commands that repair findings, in their order; "" where no commands can, or a person has to choose.
func repairsOf(v *policyfiles.Version, list []analysis.Finding) []string {
	all := make([]string, len(list))
	for i, f := range list {
		cfg := v.Loaded.Config()
		if f.Acknowledged == "" && f.Repair(&cfg) {
			all[i] = commandsOf(v, cfg)
		}
	}
	return all
}

// commandsOf returns the commands that turn the policy into another one; "" if no commands can.
func commandsOf(v *policyfiles.Version, after connector.Config) string {
	commands, err := shell.PrintChanges(v.Loaded.Config(), after)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(commands))
}

// acknowledgeable reports whether a finding can be acknowledged in the Comment of its connector.
func acknowledgeable(f analysis.Finding) bool {
	_, i, name := f.Path.List()
	list, _, _ := strings.Cut(string(f.Path), "[")
	return f.Acknowledged == "" && f.Severity != source.SeverityError && (name != "" || i >= 0) && (list == "Receive" || list == "Send")
}

// acknowledge shows the review page of a change that acknowledges a finding.
func acknowledge(r *request) error {
	v, err := r.loaded()
	if err != nil {
		return err
	}
	list, err := v.Findings(r.Context())
	if err != nil {
		return err
	}
	reason := strings.Join(strings.Fields(r.PostFormValue("reason")), " ")
	if reason == "" {
		return &problem{status: http.StatusBadRequest, text: "An acknowledgement needs a reason.", fix: "Go back, and write why the finding is intended."}
	}
	code, path := r.PostFormValue("code"), r.PostFormValue("path")
	for _, f := range list {
		if string(f.Code) != code || string(f.Path) != path || f.Extent() != r.PostFormValue("extent") || !acknowledgeable(f) {
			continue
		}
		cfg := v.Loaded.Config()
		comment := commentOf(&cfg, f.Path)
		if comment == nil {
			continue
		}
		line := "Acknowledged " + strings.TrimSpace(code+" "+f.Extent()) + ": " + reason
		*comment = strings.TrimLeft(*comment+"\n"+line, "\n")
		commands := commandsOf(v, cfg)
		if commands == "" {
			break
		}
		return r.propose(policyfiles.Change{Title: "Acknowledge " + code + " at " + path, Commands: commands + "\n"}, "Acknowledge", "/findings")
	}
	return notFound("finding", code+" at "+path)
}

// commentOf returns the Comment of the connector that a path begins with, or nil.
func commentOf(cfg *connector.Config, path source.Path) *string {
	for i, element := range cfg.ElementPaths("Receive") {
		if path.Within(element) {
			return &cfg.Receive[i].Comment
		}
	}
	for i := range cfg.Send {
		if path.Within(source.Element("Send", i, cfg.Send[i].Name)) {
			return &cfg.Send[i].Comment
		}
	}
	return nil
}

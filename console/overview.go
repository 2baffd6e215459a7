package console

import (
	"context"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/console/internal/policyfiles"
)

// overview is the data of the first page.
type overview struct {
	Version  *policyfiles.Version
	Findings []analysis.Finding
	Computed bool
}

// overviewPage shows the state of everything on one page.
func overviewPage(r *request) error {
	v, err := r.version()
	if err != nil {
		return err
	}
	o := overview{Version: v}
	soon, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	o.Findings, err = v.Findings(soon)
	o.Computed = err == nil
	return r.render("overview", view{Title: "Overview", Data: o})
}

// Worst returns the findings of a severity.
func (o overview) Worst(severity string) (list []analysis.Finding) {
	for _, f := range o.Findings {
		if f.Severity.String() == severity && f.Acknowledged == "" {
			list = append(list, f)
		}
	}
	return list
}

// Fingerprint returns that of the policy, or "" if there is no policy.
func (o overview) Fingerprint() string {
	if o.Version.Loaded == nil {
		return ""
	}
	return o.Version.Loaded.Fingerprint()
}

// Severities returns the severities of findings, the worst first.
func (overview) Severities() []string {
	return []string{source.SeverityError.String(), source.SeverityWarning.String(), source.SeverityNote.String()}
}

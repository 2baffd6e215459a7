package load

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/connector/source"
)

// CheckAssertions returns source.Diagnostics with the assertions of the policy that aren't
// proved, in their order, with files and lines; nil if all are. Programs call it before they
// serve a policy that another way than [Files] made.
func (l *Loaded) CheckAssertions() error {
	var unproved source.Diagnostics
	for _, f := range analysis.Assertions(l.Policy) {
		if f.Severity != source.SeverityError {
			continue
		}
		if f.Shown() {
			f.Detail += "; for example " + explain.Session(f.Witness)
		}
		unproved = append(unproved, f.Diagnostic)
	}
	return l.Locate(unproved).Err()
}

// unreadableAssertions returns a mistake for each assertion of a configuration that isn't one. More
// assertions than a configuration may have are another mistake.
func unreadableAssertions(cfg *connector.Config) (mistakes source.Diagnostics) {
	all := cfg.Transport.Assertions
	for i, text := range all[:min(len(all), connector.MaxAssertions)] {
		if _, err := analysis.ParseAssertion(text); err != nil {
			mistakes = append(mistakes, source.Mistake(source.Path("Transport.Assertions").Index(i), analysis.CodeAssertionInvalid, "%q is not an assertion: %w", text, err))
		}
	}
	return mistakes
}

package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
)

// check lists the findings about a policy that is valid.
func check(c *cli, args []string) int {
	fs := c.flags("[-config FILE]... [-cert FILE -key FILE] [-acknowledged]")
	var p policyFlags
	p.register(fs)
	cert := fs.String("cert", "", "look at the certificate in this PEM `FILE`, too")
	key := fs.String("key", "", "PEM `FILE` with the certificate's key")
	acknowledged := fs.Bool("acknowledged", false, "list acknowledged findings, too")
	if code, done := c.parse(fs, args); done {
		return code
	}
	chain, err := loadCertificate(*cert, *key)
	if err != nil {
		return c.invalid(err)
	}
	opts := analysis.Options{Now: c.now()}
	if opts.Certificates, err = describe(chain); err != nil {
		return c.invalid(err)
	}
	l, ok := c.policy(&p)
	if !ok {
		return exitInvalid
	}
	all := l.check(opts, *cert)
	shown := all
	if !*acknowledged {
		shown = slices.DeleteFunc(slices.Clone(all), func(f checked) bool { return f.Acknowledged != "" })
	}
	if p.json {
		c.printJSON(struct {
			Findings []checked `json:"findings"`
		}{shown})
	} else {
		printChecked(c.stdout, shown, summary(all))
	}
	// Notes answer a question, so they are no reason to stop.
	if slices.ContainsFunc(all, func(f checked) bool { return f.Acknowledged == "" && f.Severity != analysis.SeverityNote }) {
		return exitNo
	}
	return exitOK
}

// checked is a finding of check with its place in the files.
type checked struct {
	Severity analysis.Severity `json:"severity"`
	finding
	Fix          string       `json:"fix,omitempty"`
	Sources      []sourceJSON `json:"sources,omitempty"`
	Witness      *witnessJSON `json:"witness,omitempty"`
	Page         string       `json:"page,omitempty"`
	Acknowledged string       `json:"acknowledged,omitempty"`

	example string
}

// check returns the findings about the policy, the worst first, then in the order of
// the files: what was said while they were read, and what analysis finds. certFile is
// where the certificate is from.
func (l *loaded) check(opts analysis.Options, certFile string) []checked {
	all := []checked{} // in JSON a list, not null
	for _, f := range analysis.Check(l.Policy, opts) {
		one := newChecked(f)
		one.finding = l.locate(connector.Problems{{Path: f.Place, Code: f.Code, Detail: f.Text}})[0]
		if strings.HasPrefix(f.Place, "Certificates[") {
			one.Path, one.File = "", certFile
		}
		all = append(all, one)
	}
	all = once(all)
	notes := slices.DeleteFunc(slices.Clone(l.notes), func(note finding) bool {
		return slices.ContainsFunc(all, func(f checked) bool { return f.repeats(note) })
	})
	for _, note := range notes {
		all = append(all, checked{Severity: analysis.SeverityWarning, finding: note})
	}
	slices.SortStableFunc(all, func(a, b checked) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), slices.Index(l.files, a.File)-slices.Index(l.files, b.File), a.Line-b.Line)
	})
	return all
}

func newChecked(f analysis.Finding) checked {
	one := checked{Severity: f.Severity, Fix: f.Fix, Page: f.Page(), Acknowledged: f.Acknowledged}
	for _, s := range f.Sources {
		one.Sources = append(one.Sources, sourceJSON(s))
	}
	if f.Shown() {
		w := newWitnessJSON(f.Witness)
		one.Witness, one.example = &w, witnessText(f.Witness)
	}
	return one
}

// once leaves out parameters without effect that no file sets, for the connectors
// that setup makes have such ones, too; and it tells once of each, with the number of
// other connectors.
func once(all []checked) []checked {
	others := map[string]int{} // by what is said
	kept := slices.DeleteFunc(all, func(f checked) bool {
		switch {
		case f.Code != connector.CodeNotEnforced && f.Code != connector.CodeDomainSecureList:
			return false
		case f.File == "":
			return true
		case f.Code != connector.CodeNotEnforced || f.Acknowledged != "":
			return false
		}
		others[f.Detail]++
		return others[f.Detail] > 1
	})
	for i, f := range kept {
		if n := others[f.Detail] - 1; n > 0 && f.Code == connector.CodeNotEnforced {
			kept[i].Detail += fmt.Sprintf(" (nor on %s)", count(n, "other connector"))
		}
	}
	return kept
}

// repeats reports whether f says of a parameter without effect what a script's
// note has said of it.
func (f checked) repeats(note finding) bool {
	parameter := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
	return f.Code == connector.CodeNotEnforced && note.Code == "script" && strings.HasPrefix(note.Detail, "-"+parameter+" ")
}

// warnings are the errors and warnings among the findings, for those who serve the
// policy.
func (l *loaded) warnings() findings {
	var all findings
	for _, f := range l.check(analysis.Options{}, "") {
		if f.Acknowledged == "" && f.Severity != analysis.SeverityNote {
			all = append(all, f.finding)
		}
	}
	return all
}

func printChecked(w io.Writer, all []checked, total string) {
	for _, f := range all {
		fmt.Fprintf(w, "%s: %s", f.Severity, f.finding)
		if f.Page != "" {
			fmt.Fprintf(w, " (%s)", f.Code)
		}
		fmt.Fprintln(w)
		if f.example != "" {
			fmt.Fprintf(w, "    for example %s\n", f.example)
		}
		if f.Fix != "" && f.Severity != analysis.SeverityNote {
			fmt.Fprintf(w, "    to do: %s\n", f.Fix)
		}
		if f.Acknowledged != "" {
			fmt.Fprintf(w, "    acknowledged: %s\n", f.Acknowledged)
		}
	}
	fmt.Fprintln(w, total)
}

// summary counts the findings by severity, and apart those that are acknowledged.
func summary(all []checked) string {
	numbers := map[string]int{}
	for _, f := range all {
		if f.Acknowledged != "" {
			numbers["acknowledged finding"]++
		} else {
			numbers[f.Severity.String()]++
		}
	}
	var parts []string
	for _, name := range []string{"error", "warning", "note", "acknowledged finding"} {
		if n := numbers[name]; n > 0 {
			parts = append(parts, count(n, name))
		}
	}
	if len(parts) == 0 {
		return "0 findings"
	}
	return strings.Join(parts, ", ")
}

// describe tells analysis of certificates what it asks about.
func describe(chain []tls.Certificate) ([]analysis.Certificate, error) {
	var all []analysis.Certificate
	for _, c := range chain {
		leaf := c.Leaf
		if leaf == nil {
			var err error
			if leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
				return nil, err
			}
		}
		all = append(all, analysis.Certificate{
			Name:  connector.SmtpX509Identifier{Issuer: leaf.Issuer.String(), Subject: leaf.Subject.String()},
			Hosts: leaf.DNSNames, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
		})
	}
	return all, nil
}

package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Findings returns the findings of analysis.Check about the policy, the warnings of the
// readers of its files, and more, the caller's own. All that is about a parameter has the
// place of the parameter. The worst come first, then they are in the order of the files.
//
// Parameters without effect are left out if no file sets them, because the connectors that
// Exchange's setup makes have them, too. Of findings that several connectors have in the
// same words, one says on how many others.
func (l *Loaded) Findings(opts analysis.Options, more ...source.Diagnostic) []analysis.Finding {
	opts.MayAcknowledgeErrors = l.reviewed
	all := analysis.Check(l.Policy, opts)
	for _, d := range more {
		all = append(all, analysis.Finding{Diagnostic: d})
	}
	for i := range all {
		all[i].Diagnostic = l.Locate(source.Diagnostics{all[i].Diagnostic})[0]
	}
	all = once(all)
	// Custom is the only sign of grants that no export holds, so it must not be reported
	// as superfluous.
	all = slices.DeleteFunc(all, func(f analysis.Finding) bool {
		return f.Code == connector.CodeGroupCustom && slices.ContainsFunc(l.Warnings, func(w source.Diagnostic) bool { return w.Path == f.Path })
	})
	found := all
	for _, w := range l.Warnings {
		if !slices.ContainsFunc(found, func(f analysis.Finding) bool { return repeats(f, w) }) {
			all = append(all, analysis.Finding{Diagnostic: w})
		}
	}
	place := func(f analysis.Finding) int {
		if f.File == "" {
			return len(l.Files) // what setup made comes after what the files set
		}
		return slices.Index(l.Files, f.File)
	}
	slices.SortStableFunc(all, func(a, b analysis.Finding) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), place(a)-place(b), a.Line-b.Line)
	})
	return all
}

// reviewed reports whether the acknowledgement at a path stands in a file that has nothing but
// acknowledgements, so that another person than the author of the policy can own it.
func (l *Loaded) reviewed(path source.Path) bool {
	at, ok := l.Places.Find(path)
	if !ok {
		return true // no file has it
	}
	for other, place := range l.Places {
		if place.File == at.File && !other.Within("Acknowledged") {
			return false
		}
	}
	return true
}

// repeats reports whether f says of a parameter without effect what a script's note has
// said of it.
func repeats(f analysis.Finding, warning source.Diagnostic) bool {
	return f.Code == connector.CodeNotEnforced && warning.Path == "" && strings.HasPrefix(warning.Detail, "-"+f.Path.Base()+" ")
}

// once leaves out parameters without effect that no file sets. It keeps one finding for
// each other such parameter, and for each name that no certificate has, with the number of
// other connectors.
func once(all []analysis.Finding) []analysis.Finding {
	same := func(f analysis.Finding) string { return string(f.Code) + f.Detail }
	times := map[string]int{}
	kept := slices.DeleteFunc(all, func(f analysis.Finding) bool {
		switch f.Code {
		case connector.CodeDomainSecureList:
			return f.File == ""
		case connector.CodeNotEnforced:
			if f.File == "" {
				return true
			}
		case analysis.CodeCertificateFqdn:
		default:
			return false
		}
		if f.Acknowledged != "" {
			return false
		}
		times[same(f)]++
		return times[same(f)] > 1
	})
	for i, f := range kept {
		switch n := times[same(f)] - 1; {
		case n < 1 || f.Acknowledged != "":
		case n == 1:
			kept[i].Detail += " (also set on 1 other connector)"
		default:
			kept[i].Detail += fmt.Sprintf(" (also set on %d other connectors)", n)
		}
	}
	return kept
}

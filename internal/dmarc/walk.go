package dmarc

import (
	"context"
	"strings"
)

// DNS answers questions about domains, given as A-labels in lower case without a dot at the end.
// An error means that there is no answer now.
type DNS interface {
	// TXT returns the TXT records of a name, each with its strings joined; none if the name
	// has none or doesn't exist.
	TXT(ctx context.Context, name string) ([]string, error)
	// Exists reports whether a name exists: asking for it doesn't give NXDOMAIN.
	Exists(ctx context.Context, name string) (bool, error)
}

// maxLabels is the length of a name from which the walk skips its parents down to one label
// less, so that a walk takes at most as many questions.
const maxLabels = 8

// found is the record of a domain.
type found struct {
	domain string
	Record
}

// lookup returns the record of exactly one domain; ok is false if it has none or several.
func lookup(ctx context.Context, dns DNS, domain string) (f found, ok bool, err error) {
	texts, err := dns.TXT(ctx, "_dmarc."+domain)
	if err != nil {
		return found{}, false, err
	}
	n := 0
	for _, text := range texts {
		if r, is := Parse(text); is {
			f = found{domain, r}
			n++
		}
	}
	return f, n == 1, nil
}

// walk returns the records of a domain and the domains above it, longest name first, up to one
// that says whether it is a public suffix (section 4.10).
func walk(ctx context.Context, dns DNS, domain string) ([]found, error) {
	var all []found
	for next := domain; next != ""; next = parent(next) {
		f, ok, err := lookup(ctx, dns, next)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		all = append(all, f)
		if f.PublicSuffix || f.Organisation {
			break
		}
	}
	return all, nil
}

// parent returns the next name of a walk; "" at the end.
func parent(domain string) string {
	for labels := strings.Count(domain, ".") + 1; ; labels-- {
		_, rest, more := strings.Cut(domain, ".")
		if !more {
			return ""
		}
		if domain = rest; labels <= maxLabels {
			return domain
		}
	}
}

// organisation returns the organisational domain of a domain, by the records of its walk
// (section 4.10.2).
func organisation(domain string, records []found) string {
	org := domain
	for _, f := range records {
		switch {
		case f.Organisation:
			return f.domain
		case f.PublicSuffix && f.domain != domain:
			return below(domain, f.domain)
		}
		org = f.domain
	}
	return org
}

// below returns the name of one label more than suffix that domain is or ends with.
func below(domain, suffix string) string {
	front := strings.TrimSuffix(domain, "."+suffix)
	return front[strings.LastIndexByte(front, '.')+1:] + "." + suffix
}

package dmarc

import (
	"context"
	"strings"
)

// Result is the answer of DMARC about a message.
type Result uint8

// The results. Their names are those of RFC 8601.
const (
	ResultNone      Result = iota // no record applies
	ResultPass                    // SPF or DKIM confirms the author domain
	ResultFail                    // neither does
	ResultTempError               // the DNS has no answer now
	ResultPermError               // it isn't known whose message it is
)

var resultNames = []string{"none", "pass", "fail", "temperror", "permerror"}

// String returns the name.
func (r Result) String() string {
	if int(r) < len(resultNames) {
		return resultNames[r]
	}
	return "none"
}

// Identity is a domain for which a method has a result.
type Identity struct {
	Domain    string // A-labels
	Pass      bool
	TempError bool // the DNS had no answer
}

// Message has the facts that DMARC needs to know about a message.
type Message struct {
	Author string     // the domain of From, as A-labels in lower case
	SPF    Identity   // the domain of MAIL FROM, or of HELO for a null sender
	DKIM   []Identity // the domain (d=) of each signature
}

// Verdict is the result of a message.
type Verdict struct {
	Result Result
	// Policy is the policy that the record has for the message if it fails, whether it does
	// or not; None without a record. A record in test mode asks for one step less.
	Policy Policy
	Domain string // which has the record; "": there is no record
	Err    error  // of ResultTempError: the DNS's
}

// Evaluate decides about a message. It asks for a record at most eight times for each of the
// domains in it.
func Evaluate(ctx context.Context, dns DNS, m Message) Verdict {
	e := evaluation{ctx: ctx, dns: dns, m: m, organisations: make(map[string]string)}
	v, err := e.evaluate()
	if err != nil {
		v.Result, v.Err = ResultTempError, err
	}
	return v
}

// evaluation is the state of Evaluate.
type evaluation struct {
	ctx           context.Context
	dns           DNS
	m             Message
	record        found
	organisations map[string]string // organisational domains, by domain
}

func (e *evaluation) evaluate() (Verdict, error) {
	author := e.m.Author
	if !strings.Contains(author, ".") {
		return Verdict{}, nil // a walk isn't made for a top-level domain
	}
	own, ok, err := lookup(e.ctx, e.dns, author)
	if err != nil {
		return Verdict{}, err
	}
	policy := own.Policy
	e.record = own
	if !ok {
		if policy, ok, err = e.inherit(); err != nil || !ok {
			return Verdict{}, err
		}
	}
	if e.record.Ignored {
		return Verdict{}, nil
	}
	if e.record.Testing && policy > None {
		policy--
	}
	v := Verdict{Result: ResultFail, Policy: policy, Domain: e.record.domain}
	return e.align(v)
}

// inherit finds the record of the author's organisation or public suffix, and the policy of it
// that applies to the author's domain.
func (e *evaluation) inherit() (Policy, bool, error) {
	records, err := walk(e.ctx, e.dns, parent(e.m.Author))
	if err != nil || len(records) == 0 {
		return None, false, err
	}
	org := organisation(e.m.Author, records)
	e.organisations[e.m.Author] = org
	e.record = records[len(records)-1] // of the public suffix, unless the organisation has one
	for _, f := range records {
		if f.domain == org {
			e.record = f
		}
	}
	if e.record.NonExistent == e.record.Subdomains {
		return e.record.Subdomains, true, nil
	}
	exists, err := e.dns.Exists(e.ctx, e.m.Author)
	if exists {
		return e.record.Subdomains, true, err
	}
	return e.record.NonExistent, true, err
}

// align looks for a method that has passed for the author domain. If no method has, and one
// could not be checked, the result is temporary.
func (e *evaluation) align(v Verdict) (Verdict, error) {
	var failed error
	unknown := false
	try := func(id Identity, strict bool) {
		aligned, err := e.aligned(id, strict)
		switch {
		case err != nil:
			failed = err
		case aligned && id.Pass:
			v.Result = ResultPass
		case aligned && id.TempError:
			unknown = true
		}
	}
	try(e.m.SPF, e.record.StrictSPF)
	for _, id := range e.m.DKIM {
		try(id, e.record.StrictDKIM)
	}
	switch {
	case v.Result == ResultPass:
		return v, nil
	case failed == nil && unknown:
		v.Result = ResultTempError
	}
	return v, failed
}

// aligned reports whether a domain is the author's: the same, or of the same organisation.
func (e *evaluation) aligned(id Identity, strict bool) (bool, error) {
	domain := strings.ToLower(id.Domain)
	switch {
	case !id.Pass && !id.TempError, domain == "":
		return false, nil
	case domain == e.m.Author:
		return true, nil
	case strict, topLevel(domain) != topLevel(e.m.Author):
		return false, nil
	}
	author, err := e.organisation(e.m.Author)
	if err != nil {
		return false, err
	}
	other, err := e.organisation(domain)
	return err == nil && author == other, err
}

// organisation returns the organisational domain of a domain.
func (e *evaluation) organisation(domain string) (string, error) {
	if org, known := e.organisations[domain]; known {
		return org, nil
	}
	records, err := walk(e.ctx, e.dns, domain)
	if err != nil {
		return "", err
	}
	org := organisation(domain, records)
	e.organisations[domain] = org
	return org, nil
}

// topLevel returns the last label of a domain.
func topLevel(domain string) string { return domain[strings.LastIndexByte(domain, '.')+1:] }

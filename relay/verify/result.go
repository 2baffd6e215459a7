package verify

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/internal/authres"
)

// Result has the results of a Verifier for one message. Values such as "pass" are those of
// RFC 8601.
type Result struct {
	Helo  SPF         // of the name in EHLO; its Value is "" if that isn't a domain
	SPF   SPF         // of the sender of MAIL; of a null sender the name in EHLO counts
	DKIM  []Signature // in the order of the header; at most eight
	More  int         // further signatures, which were not checked
	DMARC DMARC
	ARC   int // ARC-Seal fields, which were not checked

	// Action says how the message was treated by the connector's MessageAuthenticationMode:
	// "noted", "quarantined", "refused" or "deferred".
	Action string
}

// SPF is the result of one identity.
type SPF struct {
	Value  string // none, neutral, pass, fail, softfail, temperror or permerror
	Domain string // whose record was asked; "": there is no domain
	Err    error  // of temperror and permerror: why
}

// Signature is the result of one DKIM-Signature field.
type Signature struct {
	Value     string // pass, fail, policy, temperror or permerror
	Domain    string // d=: who has signed
	Selector  string // s=
	Algorithm string // a=
	Digits    string // the first eight characters of b=
	Err       error  // why it isn't a pass
}

// DMARC is the result of the author's domain.
type DMARC struct {
	Value  string // none, pass, fail, temperror or permerror
	From   string // the domain of From; "" if there isn't exactly one
	Policy string // none, quarantine or reject: what the record asks for if the message fails; "": there is no record
	Domain string // which has the record
	Err    error  // of temperror and permerror: why
}

// String returns the results on one line, and in parentheses what wasn't checked, without what the
// sender has written into the header.
func (r *Result) String() string {
	text := "spf=" + r.SPF.Value
	for _, s := range r.DKIM {
		text += " dkim=" + s.Value
	}
	if len(r.DKIM) == 0 {
		text += " dkim=none"
	}
	text += " dmarc=" + r.DMARC.Value
	if r.DMARC.From != "" {
		text += " from=" + r.DMARC.From
	}
	if r.DMARC.Policy != "" {
		text += " policy=" + r.DMARC.Policy
	}
	if unchecked := r.unchecked(); unchecked != "" {
		text += " (" + unchecked + ")"
	}
	return text
}

// field returns the Authentication-Results field of the results.
func (r *Result) field(service string) authres.Field {
	f := authres.Field{Service: service}
	f.Results = append(f.Results, r.SPF.result("smtp.mailfrom"))
	if r.Helo.Value != "" && r.Helo.Value != "none" {
		f.Results = append(f.Results, r.Helo.result("smtp.helo"))
	}
	for _, s := range r.DKIM {
		f.Results = append(f.Results, authres.Result{Method: "dkim", Value: s.Value, Reason: text(s.Err), Properties: []authres.Property{
			{Name: "header.d", Value: s.Domain}, {Name: "header.s", Value: s.Selector}, {Name: "header.a", Value: s.Algorithm}, {Name: "header.b", Value: s.Digits},
		}})
	}
	if len(r.DKIM) == 0 {
		f.Results = append(f.Results, authres.Result{Method: "dkim", Value: "none"})
	}
	f.Results = append(f.Results, authres.Result{Method: "dmarc", Value: r.DMARC.Value, Reason: text(r.DMARC.Err), Properties: []authres.Property{
		{Name: "header.from", Value: r.DMARC.From}, {Name: "policy.dmarc", Value: r.DMARC.Policy},
	}})
	f.Comment = r.unchecked()
	return f
}

// unchecked says what was seen and not checked; "" for nothing.
func (r *Result) unchecked() string {
	var parts []string
	if r.More > 0 {
		parts = append(parts, fmt.Sprintf("%d further signatures not checked", r.More))
	}
	if r.ARC > 0 {
		parts = append(parts, fmt.Sprintf("%d ARC sets not checked", r.ARC))
	}
	return strings.Join(parts, "; ")
}

func (s *SPF) result(property string) authres.Result {
	if s.Domain == "" {
		property = ""
	}
	return authres.Result{Method: "spf", Value: s.Value, Reason: text(s.Err), Properties: []authres.Property{{Name: property, Value: s.Domain}}}
}

// err returns why something could not be checked; nil if all was.
func (r *Result) err() error {
	if r.DMARC.Err != nil {
		return r.DMARC.Err
	}
	if r.SPF.Value == "temperror" {
		return r.SPF.Err
	}
	return nil
}

// text returns the text of an error without the prefixes of packages; "" for nil.
func text(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "dkim: ")
}

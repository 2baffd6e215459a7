package dmarc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/dmarc"
)

var errDNS = errors.New("no answer")

// zone answers questions: TXT records by name; "!" is an error. Other names in it exist.
type zone struct {
	records map[string][]string
	asked   *[]string
}

func (z zone) TXT(_ context.Context, name string) ([]string, error) {
	if z.asked != nil {
		*z.asked = append(*z.asked, name)
	}
	if slices.Contains(z.records[name], "!") {
		return nil, errDNS
	}
	return z.records[name], nil
}

func (z zone) Exists(_ context.Context, name string) (bool, error) {
	if slices.Contains(z.records[name], "!") {
		return false, errDNS
	}
	_, ok := z.records[name]
	return ok, nil
}

// records are the lines "name: text" of a zone. A line "name" makes the name exist.
func records(lines ...string) zone {
	z := zone{records: make(map[string][]string)}
	for _, line := range lines {
		name, text, ok := strings.Cut(line, ": ")
		if !ok {
			z.records[name] = nil
			continue
		}
		z.records[name] = append(z.records[name], text)
	}
	return z
}

func pass(domains ...string) (all []dmarc.Identity) {
	for _, d := range domains {
		all = append(all, dmarc.Identity{Domain: d, Pass: true})
	}
	return all
}

func temporary(domain string) dmarc.Identity { return dmarc.Identity{Domain: domain, TempError: true} }

// TestEvaluate has a row for each rule of RFC 9989 that decides about a message.
func TestEvaluate(t *testing.T) {
	const reject = "v=DMARC1; p=reject"
	for _, tt := range []struct {
		name string
		zone zone
		from string
		spf  dmarc.Identity
		dkim []dmarc.Identity
		want string // result, policy, domain of the record
	}{
		{"no record", records(), "example.com", dmarc.Identity{}, pass("example.com"), "none none "},
		{"a top-level domain", records("_dmarc.com: " + reject), "com", dmarc.Identity{}, pass("com"), "none none "},
		{"nothing passes", records("_dmarc.example.com: " + reject), "example.com", dmarc.Identity{}, nil, "fail reject example.com"},
		{"SPF passes", records("_dmarc.example.com: " + reject), "example.com", pass("example.com")[0], nil, "pass reject example.com"},
		{"SPF doesn't pass", records("_dmarc.example.com: " + reject), "example.com", dmarc.Identity{Domain: "example.com"}, nil, "fail reject example.com"},
		{"SPF of another", records("_dmarc.example.com: " + reject), "example.com", pass("example.net")[0], nil, "fail reject example.com"},
		{"DKIM passes", records("_dmarc.example.com: " + reject), "example.com", dmarc.Identity{}, pass("example.org", "Example.COM"), "pass reject example.com"},
		{"relaxed, a subdomain signs", records("_dmarc.example.com: " + reject), "example.com", dmarc.Identity{}, pass("mail.example.com"), "pass reject example.com"},
		{"relaxed, the parent signs", records("_dmarc.example.com: " + reject), "a.example.com", dmarc.Identity{}, pass("example.com"), "pass reject example.com"},
		{"relaxed, a sibling signs", records("_dmarc.example.com: " + reject), "a.example.com", dmarc.Identity{}, pass("b.example.com"), "pass reject example.com"},
		{"strict DKIM", records("_dmarc.example.com: v=DMARC1; p=reject; adkim=s"), "example.com", pass("mail.example.com")[0], pass("mail.example.com"), "pass reject example.com"},
		{"strict SPF", records("_dmarc.example.com: v=DMARC1; p=reject; aspf=S"), "example.com", pass("mail.example.com")[0], nil, "fail reject example.com"},
		{"strict both", records("_dmarc.example.com: v=DMARC1; p=reject; aspf=s;adkim=s"), "example.com", pass("mail.example.com")[0], pass("mail.example.com"), "fail reject example.com"},
		{"no organisation in common", records("_dmarc.a.com: "+reject, "_dmarc.b.com: "+reject), "a.com", pass("b.com")[0], nil, "fail reject a.com"},
		{"without a record each is its own organisation", records("_dmarc.a.example.com: " + reject), "a.example.com", pass("b.example.com")[0], nil, "fail reject a.example.com"},

		{"sp", records("_dmarc.example.com: v=DMARC1; p=reject; sp=quarantine", "a.example.com"), "a.example.com", dmarc.Identity{}, nil, "fail quarantine example.com"},
		{"sp isn't for the domain", records("_dmarc.example.com: v=DMARC1; p=reject; sp=none"), "example.com", dmarc.Identity{}, nil, "fail reject example.com"},
		{"np", records("_dmarc.example.com: v=DMARC1; p=none; sp=quarantine; np=reject"), "no.example.com", dmarc.Identity{}, nil, "fail reject example.com"},
		{"np isn't for names that exist", records("_dmarc.example.com: v=DMARC1; p=none; sp=quarantine; np=reject", "a.example.com"), "a.example.com", dmarc.Identity{}, nil, "fail quarantine example.com"},
		{"np without sp", records("_dmarc.example.com: v=DMARC1; p=none; np=reject", "a.example.com"), "a.example.com", dmarc.Identity{}, nil, "fail none example.com"},
		{"sp for np", records("_dmarc.example.com: v=DMARC1; p=none; sp=reject"), "no.example.com", dmarc.Identity{}, nil, "fail reject example.com"},
		{"own record of a subdomain", records("_dmarc.example.com: "+reject, "_dmarc.a.example.com: v=DMARC1; p=none; sp=reject"), "a.example.com", dmarc.Identity{}, nil, "fail none a.example.com"},
		{"the organisation's record, not one between", records("_dmarc.example.com: v=DMARC1; p=reject", "_dmarc.b.example.com: v=DMARC1; p=none"), "a.b.example.com", dmarc.Identity{}, nil, "fail reject example.com"},

		{"t=y for reject", records("_dmarc.example.com: v=DMARC1; p=reject; t=y"), "example.com", dmarc.Identity{}, nil, "fail quarantine example.com"},
		{"t=y for quarantine", records("_dmarc.example.com: v=DMARC1; p=quarantine; t=y"), "example.com", dmarc.Identity{}, nil, "fail none example.com"},
		{"t=y for none", records("_dmarc.example.com: v=DMARC1; p=none; t=y"), "example.com", dmarc.Identity{}, nil, "fail none example.com"},
		{"t=n", records("_dmarc.example.com: v=DMARC1; p=reject; t=n"), "example.com", dmarc.Identity{}, nil, "fail reject example.com"},
		{"pct counts no more", records("_dmarc.example.com: v=DMARC1; p=reject; pct=0; rf=afrf; ri=1"), "example.com", dmarc.Identity{}, nil, "fail reject example.com"},

		{"two records count as no record", records("_dmarc.example.com: v=DMARC1; p=reject", "_dmarc.example.com: v=DMARC1; p=none"), "example.com", dmarc.Identity{}, nil, "none none "},
		{"two records, and one above", records("_dmarc.a.example.com: v=DMARC1; p=none", "_dmarc.a.example.com: v=DMARC1; p=none", "_dmarc.example.com: "+reject), "a.example.com", dmarc.Identity{}, nil, "fail reject example.com"},
		{"another TXT record beside", records("_dmarc.example.com: x", "_dmarc.example.com: "+reject), "example.com", dmarc.Identity{}, nil, "fail reject example.com"},
		{"without p", records("_dmarc.example.com: v=DMARC1"), "example.com", dmarc.Identity{}, nil, "none none "},
		{"wrong p with rua", records("_dmarc.example.com: v=DMARC1; p=refuse; rua=mailto:a@example.com"), "example.com", dmarc.Identity{}, nil, "fail none example.com"},
		{"wrong sp with rua", records("_dmarc.example.com: v=DMARC1; p=reject; sp=x; rua=mailto:a@example.com"), "example.com", dmarc.Identity{}, nil, "fail none example.com"},
		{"wrong np without rua", records("_dmarc.example.com: v=DMARC1; p=reject; np=x"), "example.com", dmarc.Identity{}, nil, "none none "},
		{"wrong adkim", records("_dmarc.example.com: v=DMARC1; p=reject; adkim=x"), "example.com", dmarc.Identity{}, pass("a.example.com"), "pass reject example.com"},

		{"temporary error", records("_dmarc.example.com: !"), "example.com", pass("example.com")[0], nil, "temperror none "},
		{"temporary error above", records("_dmarc.com: !", "_dmarc.example.com: "+reject), "a.example.com", dmarc.Identity{}, nil, "temperror none "},
		{"temporary error, not needed", records("_dmarc.com: !", "_dmarc.example.com: "+reject), "example.com", pass("example.com")[0], nil, "pass reject example.com"},
		{"temporary error of SPF", records("_dmarc.example.com: " + reject), "example.com", temporary("example.com"), nil, "temperror reject example.com"},
		{"temporary error of SPF, DKIM passes", records("_dmarc.example.com: " + reject), "example.com", temporary("example.com"), pass("example.com"), "pass reject example.com"},
		{"temporary error of another's DKIM", records("_dmarc.example.com: " + reject), "example.com", dmarc.Identity{}, []dmarc.Identity{temporary("example.net")}, "fail reject example.com"},
		{"temporary error of alignment", records("_dmarc.example.com: "+reject, "_dmarc.b.example.com: !"), "example.com", dmarc.Identity{}, pass("b.example.com"), "temperror reject example.com"},
		{"temporary error of np", records("_dmarc.example.com: v=DMARC1; p=none; np=reject", "a.example.com: !"), "a.example.com", dmarc.Identity{}, nil, "temperror none "},

		// Public suffixes.
		{"psd=y above", records("_dmarc.com: v=DMARC1; p=reject; psd=y", "_dmarc.a.com: v=DMARC1; p=none"), "a.com", pass("b.com")[0], nil, "fail none a.com"},
		{"record of the public suffix", records("_dmarc.bank: v=DMARC1; p=none; sp=reject; psd=y", "a.bank"), "a.bank", dmarc.Identity{}, nil, "fail reject bank"},
		{"np of the public suffix", records("_dmarc.bank: v=DMARC1; p=none; sp=none; np=reject; psd=y"), "no.bank", dmarc.Identity{}, nil, "fail reject bank"},
		{"the public suffix's record, not one between", records("_dmarc.bank: v=DMARC1; p=reject; psd=y", "_dmarc.b.c.bank: v=DMARC1; p=none"), "a.b.c.bank", dmarc.Identity{}, nil, "fail reject bank"},
		{"subdomains under a public suffix", records("_dmarc.bank: v=DMARC1; p=reject; psd=y"), "a.x.bank", pass("b.x.bank")[0], nil, "pass reject bank"},
		{"the public suffix itself", records("_dmarc.co.example: v=DMARC1; p=reject; psd=y"), "co.example", pass("a.co.example")[0], nil, "fail reject co.example"},
		{"psd=n ends the walk", records("_dmarc.example.com: v=DMARC1; p=none", "_dmarc.b.example.com: v=DMARC1; p=reject; psd=n"), "a.b.example.com", pass("c.example.com")[0], nil, "fail reject b.example.com"},
		{"psd=u is no end", records("_dmarc.example.com: v=DMARC1; p=none", "_dmarc.b.example.com: v=DMARC1; p=reject; psd=u"), "b.example.com", pass("c.example.com")[0], nil, "pass reject b.example.com"},

		// The examples of appendix B.4.
		{"B.4.1 SPF", records("_dmarc.example.com: "+reject, "_dmarc.signing.example.com: "+reject), "example.com", pass("example.com")[0], nil, "pass reject example.com"},
		{"B.4.1 DKIM", records("_dmarc.example.com: "+reject, "_dmarc.signing.example.com: "+reject), "example.com", dmarc.Identity{}, pass("signing.example.com"), "pass reject example.com"},
		{"B.4.2 SPF", records("_dmarc.example.com: "+reject, "_dmarc.signing.example.com: "+reject), "a.b.c.d.e.f.g.h.i.j.k.example.com", pass("example.com")[0], nil, "pass reject example.com"},
		{"B.4.2 DKIM", records("_dmarc.example.com: "+reject, "_dmarc.signing.example.com: "+reject), "a.b.c.d.e.f.g.h.i.j.k.example.com", dmarc.Identity{}, pass("signing.example.com"), "pass reject example.com"},
		{"B.4.3 SPF", records("_dmarc.bank.example: v=DMARC1; p=none; psd=y", "_dmarc.giant.bank.example: "+reject), "giant.bank.example", pass("mail.giant.bank.example")[0], nil, "pass reject giant.bank.example"},
		{"B.4.3 DKIM", records("_dmarc.bank.example: v=DMARC1; p=none; psd=y", "_dmarc.giant.bank.example: "+reject), "giant.bank.example", dmarc.Identity{}, pass("mail.mega.bank.example"), "fail reject giant.bank.example"},
	} {
		v := dmarc.Evaluate(context.Background(), tt.zone, dmarc.Message{Author: tt.from, SPF: tt.spf, DKIM: tt.dkim})
		if got := fmt.Sprintf("%v %v %s", v.Result, v.Policy, v.Domain); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if v.Result != dmarc.ResultTempError && v.Err != nil {
			t.Errorf("%s: %v", tt.name, v.Err)
		}
	}
}

// TestQuestions: however many labels a domain has, a walk asks at most eight times.
func TestQuestions(t *testing.T) {
	for domain, want := range map[string]string{
		"a.mail.example.com": "a.mail.example.com mail.example.com example.com com",
		"a.b.c.d.e.f.example.com": "a.b.c.d.e.f.example.com b.c.d.e.f.example.com c.d.e.f.example.com d.e.f.example.com " +
			"e.f.example.com f.example.com example.com com",
		"a.b.c.d.e.f.g.h.i.j.mail.example.com": "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com h.i.j.mail.example.com " +
			"i.j.mail.example.com j.mail.example.com mail.example.com example.com com",
	} {
		var asked []string
		z := records()
		z.asked = &asked
		dmarc.Evaluate(context.Background(), z, dmarc.Message{Author: domain})
		for i := range asked {
			asked[i] = strings.TrimPrefix(asked[i], "_dmarc.")
		}
		if got := strings.Join(asked, " "); got != want {
			t.Errorf("%s: asked for\n%s, want\n%s", domain, got, want)
		}
	}
}

// TestParse: what is a record, and what is only similar.
func TestParse(t *testing.T) {
	for text, want := range map[string]bool{
		"v=DMARC1;p=none": true, "v = DMARC1 ; p = none": true, "V=DMARC1": true, "v=DMARC1": true, "v=DMARC1; =; x; y=z": true,
		"v=dmarc1; p=none": false, "v=DMARC2; p=none": false, "v=DMARC1 p=none": false, "p=none; v=DMARC1": false, "": false, "v=DMARC10": false, "v=spf1 -all": false,
	} {
		if _, ok := dmarc.Parse(text); ok != want {
			t.Errorf("%q is a record: %v", text, ok)
		}
	}
	r, _ := dmarc.Parse("v=DMARC1; P=Reject; SP=None; np=QUARANTINE; ADKIM=s; p=none; t=Y; psd=N; rua=mailto:x")
	if want := (dmarc.Record{Policy: dmarc.Reject, NonExistent: dmarc.Quarantine, StrictDKIM: true, Testing: true, Organisation: true}); r != want {
		t.Errorf("got %+v, want %+v", r, want)
	}
}

// FuzzParse: a record never makes a policy that none of its tags has.
func FuzzParse(f *testing.F) {
	f.Add("v=DMARC1; p=reject; sp=none; np=quarantine; rua=mailto:a@example.com")
	f.Add("v=DMARC1;;p==;t")
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := dmarc.Parse(text)
		if !ok && r != (dmarc.Record{}) {
			t.Fatalf("%+v isn't a record", r)
		}
		for _, p := range []dmarc.Policy{r.Policy, r.Subdomains, r.NonExistent} {
			if p != dmarc.None && !strings.Contains(strings.ToLower(text), p.String()) {
				t.Fatalf("%q has the policy %v", text, p)
			}
		}
		if r.PublicSuffix && r.Organisation {
			t.Fatalf("%q has two values for psd", text)
		}
	})
}

package prover_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// change is a change of one place of a certificate.
type change struct {
	place, kind string
	value       reflect.Value
	to          func() reflect.Value
}

// do makes a change, and returns what takes it back.
func (c change) do() (undo func()) {
	was := reflect.ValueOf(c.value.Interface())
	c.value.Set(c.to().Convert(c.value.Type()))
	return func() { c.value.Set(was) }
}

// changes returns every change of one place within v: of each number, flag and text, and
// of each element of each list. others has texts that a text may be replaced by, by the
// place without numbers.
func changes(place string, v reflect.Value, others map[string][]string) (all []change) {
	set := func(kind string, to any) {
		all = append(all, change{place, kind, v, func() reflect.Value { return reflect.ValueOf(to) }})
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			all = append(all, changes(place+"."+v.Type().Field(i).Name, v.Field(i), others)...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			at := fmt.Sprintf("%s[%d]", place, i)
			all = append(all, changes(at, v.Index(i), others)...)
			all = append(all,
				change{at, "remove", v, func() reflect.Value { return joined(v.Slice(0, i), v.Slice(i+1, v.Len())) }},
				change{at, "duplicate", v, func() reflect.Value { return joined(v.Slice(0, i+1), v.Slice(i, v.Len())) }})
			if i > 0 {
				all = append(all, change{at, "swap", v, func() reflect.Value {
					return joined(v.Slice(0, i-1), v.Slice(i, i+1), v.Slice(i-1, i), v.Slice(i+1, v.Len()))
				}})
			}
		}
	case reflect.Bool:
		set("flip", !v.Bool())
	case reflect.Int, reflect.Int64:
		set("more", v.Int()+1)
		set("less", v.Int()-1)
	case reflect.String:
		set("longer", v.String()+"1")
		if n := len(v.String()); n > 0 {
			set("shorter", v.String()[:n-1])
		}
		known := others[withoutNumbers(place)]
		if i := slices.Index(known, v.String()); len(known) > 1 {
			set("another", known[(i+1)%len(known)])
		}
	}
	return all
}

// joined returns a list with the elements of several.
func joined(lists ...reflect.Value) reflect.Value {
	all := reflect.MakeSlice(lists[0].Type(), 0, 0)
	for _, list := range lists {
		all = reflect.AppendSlice(all, list)
	}
	return all
}

func withoutNumbers(place string) string { return inBrackets.ReplaceAllString(place, "") }

var inBrackets = regexp.MustCompile(`\[[0-9]+\]`)

// textsOf adds the different texts within v to all, by their place without numbers.
func textsOf(place string, v reflect.Value, all map[string][]string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			textsOf(place+"."+v.Type().Field(i).Name, v.Field(i), all)
		}
	case reflect.Slice:
		for i := range v.Len() {
			textsOf(place, v.Index(i), all)
		}
	case reflect.String:
		if !slices.Contains(all[place], v.String()) {
			all[place] = append(all[place], v.String())
		}
	}
}

// everyChange returns the changes of a certificate.
func everyChange(c *proof.Certificate) []change {
	v, others := reflect.ValueOf(c).Elem(), map[string][]string{}
	textsOf("", v, others)
	return changes("", v, others)
}

// onlyShows reports whether a place only shows that a statement is true, or a change is one of
// an order: nothing else of a certificate may change.
func onlyShows(c change) bool {
	place := withoutNumbers(c.place)
	return c.kind == "swap" || slices.Contains([]string{
		".Listeners.Spans.Witness", ".Classes.Witness", ".Domains.Witness", ".Connections.Local", ".Connections.Remote",
		".Answers.Rows.User", ".Answers.Rows.Certificate",
	}, place)
}

// proved is a certificate that tests change, with the check of what it is of.
type proved struct {
	*proof.Certificate
	verify func() error
}

// prove returns the certificate of a policy, or of two.
func prove(t testing.TB, policies ...*connector.Policy) proved {
	t.Helper()
	var texts [][]byte
	for _, p := range policies {
		texts = append(texts, text(t, p))
	}
	p := proved{}
	var err error
	if len(policies) == 1 {
		p.Certificate, err = prover.Prove(policies[0])
		p.verify = func() error { return proof.Verify(p.Certificate, texts[0]) }
	} else {
		p.Certificate, err = prover.Diff(policies[0], policies[1])
		p.verify = func() error { return proof.VerifyDiff(p.Certificate, texts[0], texts[1]) }
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tamper makes changes of a certificate, one at a time: after each it is refused, or says the
// same. It returns how many were refused and accepted.
func (p proved) tamper(t *testing.T, all []change) (refused, accepted int) {
	t.Helper()
	said := statements(p.Certificate)
	for _, c := range all {
		undo := c.do()
		switch err := p.verify(); {
		case err != nil:
			refused++
		case !onlyShows(c) || !slices.Equal(statements(p.Certificate), said):
			t.Errorf("%s is changed (%s), and the certificate is accepted", c.place, c.kind)
		default:
			accepted++
		}
		undo()
	}
	if err := p.verify(); err != nil {
		t.Fatalf("the certificate wasn't restored: %v", err)
	}
	return refused, accepted
}

// TestEveryTampering changes each value of small certificates in each way.
func TestEveryTampering(t *testing.T) {
	compile := func(text string) *connector.Policy {
		p, err := jsonconfig.Compile("policy.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	partners := compile(`{"Accepted": [{"DomainName": "contoso.com"}], "Transport": {"TLSReceiveDomainSecureList": ["partner.test"]},
 "Receive": [{"Name": "A", "Bindings": ["0.0.0.0:25", "0.0.0.0:465"], "RemoteIPRanges": ["10.0.0.0/8"], "AuthMechanism": "Tls, BasicAuth", "DomainSecureEnabled": true, "PermissionGroups": "AnonymousUsers, Partners",
  "Permissions": [{"User": "printers", "ExtendedRights": ["ms-Exch-SMTP-Submit"]}, {"User": "scanners", "ExtendedRights": ["ms-Exch-SMTP-Submit"]}]}],
 "Send": [{"Name": "S", "AddressSpaces": ["*"], "MaxMessageSize": "1MB"}, {"Name": "T", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["mx.fabrikam.com"]}]}`)
	larger := compile(strings.Replace(small, `"PermissionGroups"`, `"MaxMessageSize": "50MB", "PermissionGroups"`, 1))
	for _, p := range []proved{prove(t, compile(small)), prove(t, partners), prove(t, compile(small), larger)} {
		all := everyChange(p.Certificate)
		if testing.Short() {
			rand.New(rand.NewPCG(1, 6)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			all = all[:len(all)/5]
		}
		refused, accepted := p.tamper(t, all)
		t.Logf("%d changes refused, %d accepted", refused, accepted)
	}
}

// TestTampering changes values of certificates of random policies, and of two.
func TestTampering(t *testing.T) {
	refused, accepted := 0, 0
	for seed := range shorter(10) {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		a := policygen.Policy(r)
		policies := []*connector.Policy{a, policygen.Change(r, a)}
		p := prove(t, policies[:1+seed%2]...)
		all := everyChange(p.Certificate)
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		no, yes := p.tamper(t, all[:min(100, len(all))])
		refused, accepted = refused+no, accepted+yes
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if refused < shorter(400) || accepted == 0 {
		t.Errorf("%d changes were refused, and %d accepted", refused, accepted)
	}
}

// FuzzTampering makes several changes of a certificate, each by its number: it is refused, or
// it says what the certificate of the same policies says.
func FuzzTampering(f *testing.F) {
	f.Add(uint64(1), []byte{0, 3, 1, 7})
	f.Add(uint64(2), []byte{4, 0, 0, 9, 2, 2})
	f.Fuzz(func(t *testing.T, seed uint64, numbers []byte) {
		r := rand.New(rand.NewPCG(seed, 4))
		a := policygen.Policy(r)
		policies := []*connector.Policy{a, policygen.Change(r, a)}[:1+seed%2]
		p := prove(t, policies...)
		for i := 0; i+1 < min(len(numbers), 8); i += 2 {
			all := everyChange(p.Certificate)
			all[(int(numbers[i])<<8+int(numbers[i+1]))%len(all)].do()
		}
		if p.verify() == nil && !slices.Equal(statements(p.Certificate), statements(prove(t, policies...).Certificate)) {
			t.Error("a certificate that says something else is accepted")
		}
	})
}

// TestOtherPolicy: the certificate of a policy is refused for every other policy that
// gives another answer, even if its hash is replaced.
func TestOtherPolicy(t *testing.T) {
	others := 0
	for seed := range shorter(100) {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		a := policygen.Policy(r)
		b := policygen.Change(r, a)
		one, err := prover.Prove(a)
		if err != nil {
			t.Fatal(err)
		}
		two, err := prover.Prove(b)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(one.Policies, two.Policies) {
			continue
		}
		if err := proof.Verify(one, text(t, b)); err == nil || !strings.Contains(err.Error(), "another policy") {
			t.Errorf("seed %d: the certificate of another policy: %v", seed, err)
		}
		one.Policies = two.Policies
		same := reflect.DeepEqual(byBinding(one), byBinding(two))
		if err := proof.Verify(one, text(t, b)); (err == nil) != same {
			t.Errorf("seed %d: same answers %t, and with the other hash: %v", seed, same, err)
		}
		if !same {
			others++
		}
	}
	if others < shorter(50) {
		t.Errorf("only %d policies give other answers", others)
	}
}

// byBinding returns a certificate with a listener for each binding, because listeners may
// be joined or not.
func byBinding(c *proof.Certificate) proof.Certificate {
	apart := *c
	apart.Listeners = nil
	for _, l := range c.Listeners {
		for _, at := range l.Local {
			apart.Listeners = append(apart.Listeners, proof.Listener{Local: []string{at}, ImplicitTLS: l.ImplicitTLS, Spans: l.Spans})
		}
	}
	slices.SortFunc(apart.Listeners, func(a, b proof.Listener) int { return strings.Compare(a.Local[0], b.Local[0]) })
	return apart
}

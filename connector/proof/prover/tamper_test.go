package prover_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/proof"
	"github.com/interchange-smtp/interchange/connector/proof/prover"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// change is a change of one place of a certificate.
type change struct {
	place, kind string
	do, undo    func()
}

// changes returns every change of one place within v: of each number, flag and text, and
// of each element of each list.
func changes(place string, v reflect.Value) (all []change) {
	set := func(kind string, to any) {
		was := reflect.ValueOf(v.Interface())
		all = append(all, change{place, kind, func() { v.Set(reflect.ValueOf(to).Convert(v.Type())) }, func() { v.Set(was) }})
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			all = append(all, changes(place+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, changes(fmt.Sprintf("%s[%d]", place, i), v.Index(i))...)
			set("remove", reflect.AppendSlice(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v.Slice(0, i)), v.Slice(i+1, v.Len())).Interface())
			set("duplicate", reflect.AppendSlice(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()+1), v.Slice(0, i+1)), v.Slice(i, v.Len())).Interface())
			if i > 0 {
				swapped := reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v)
				a, b := reflect.ValueOf(v.Index(i-1).Interface()), reflect.ValueOf(v.Index(i).Interface())
				swapped.Index(i - 1).Set(b)
				swapped.Index(i).Set(a)
				set("swap", swapped.Interface())
			}
		}
	case reflect.Bool:
		set("flip", !v.Bool())
	case reflect.Int, reflect.Int64:
		set("more", v.Int()+1)
		set("less", v.Int()-1)
	case reflect.String:
		set("longer", v.String()+"1")
		set("prefix", "a"+v.String())
		if n := len(v.String()); n > 0 {
			set("shorter", v.String()[:n-1])
			set("empty", "")
		}
	}
	return all
}

// meansTheSame reports whether a change may leave a certificate true: another witness, or
// another order of a list.
func meansTheSame(c change) bool {
	return c.kind == "swap" || strings.HasSuffix(c.place, ".Witness") || strings.HasPrefix(c.place, ".Connections[") && (strings.HasSuffix(c.place, ".Remote") || strings.HasSuffix(c.place, ".Local"))
}

// TestTampering: a certificate in which one place is changed is refused, or it says the
// same.
func TestTampering(t *testing.T) {
	refused, accepted := 0, 0
	for seed := range shorter(10) {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		a := policygen.Policy(r)
		b := policygen.Change(r, a)
		c, err := prover.Diff(a, b)
		if seed%2 == 0 {
			c, err = prover.Prove(a)
		}
		if err != nil {
			t.Fatal(err)
		}
		verify := func() error {
			if seed%2 == 0 {
				return proof.Verify(c, text(t, a))
			}
			return proof.VerifyDiff(c, text(t, a), text(t, b))
		}
		all := changes("", reflect.ValueOf(c).Elem())
		for _, i := range r.Perm(len(all))[:min(200, len(all))] {
			all[i].do()
			switch err := verify(); {
			case err != nil:
				refused++
			case !meansTheSame(all[i]):
				t.Errorf("seed %d: %s is changed (%s), and the certificate is accepted", seed, all[i].place, all[i].kind)
			default:
				accepted++
			}
			all[i].undo()
		}
		if err := verify(); err != nil {
			t.Fatalf("seed %d: the certificate wasn't restored: %v", seed, err)
		}
	}
	if refused < shorter(500) || accepted == 0 {
		t.Errorf("%d changes were refused, and %d accepted", refused, accepted)
	}
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

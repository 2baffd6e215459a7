package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/interchange-smtp/interchange/relay/verify"
	"github.com/interchange-smtp/interchange/routing"
)

// scenario is one document of the test suite of RFC 7208.
type scenario struct {
	Description string
	Tests       map[string]struct {
		Helo, Host, Mailfrom string
		Result               any
		Skip                 string
	}
	Zonedata map[string][]any
}

// TestRFC7208 runs the suite that comes with the module spf through this package's resolver, so
// that the mapping of answers is tested with it: names without records, names that don't exist,
// errors, and addresses by family.
func TestRFC7208(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "blitiri.com.ar/go/spf").Output()
	if err != nil {
		t.Fatalf("go list doesn't find the module spf, which has the suite: %v", err)
	}
	file, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "rfc7208-tests.yml"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for d := yaml.NewDecoder(file); ; {
		var s scenario
		if err := d.Decode(&s); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for name, test := range s.Tests {
			if test.Skip != "" {
				continue
			}
			n++
			want := words(test.Result)
			v := &verify.Verifier{Resolver: s.zone()}
			env := sent(test.Host, test.Helo, "")
			if local, domain, ok := strings.Cut(test.Mailfrom, "@"); ok {
				sender, err := routing.ParseAddress(local + "@" + domain)
				if err != nil {
					continue // such a sender doesn't pass MAIL
				}
				env.From = sender
			}
			if r := v.Check(context.Background(), env, parse(t, mail)); !slices.Contains(want, r.SPF.Value) {
				t.Errorf("%s, %s: %s (%v), want %v", s.Description, name, r.SPF.Value, r.SPF.Err, want)
			}
		}
	}
	if n < 150 {
		t.Errorf("only %d tests", n)
	}
}

// words returns a value of the suite, which is one text or several.
func words(v any) (all []string) {
	list, ok := v.([]any)
	if !ok {
		return []string{fmt.Sprint(v)}
	}
	for _, one := range list {
		all = append(all, fmt.Sprint(one))
	}
	return all
}

// zone answers with the records of the scenario. Those of the type SPF count as TXT, unless
// the name has such.
func (s *scenario) zone() verify.Resolver {
	all := make(map[string][]any)
	for name, records := range s.Zonedata {
		all[strings.ToLower(strings.TrimSuffix(name, "."))] = records
	}
	var lookup func(name string, t verify.RecordType, depth int) (verify.Records, error)
	lookup = func(name string, t verify.RecordType, depth int) (r verify.Records, err error) {
		records, ok := all[strings.ToLower(name)]
		if !ok {
			return verify.Records{NoName: true}, nil
		}
		has := func(kind string) bool {
			return slices.ContainsFunc(records, func(v any) bool { m, ok := v.(map[string]any); return ok && m[kind] != nil })
		}
		for _, record := range records {
			m, ok := record.(map[string]any)
			if !ok { // TIMEOUT or SERVFAIL
				return r, fmt.Errorf("%v", record)
			}
			for kind, value := range m {
				switch {
				case kind == "CNAME" && depth < 8:
					return lookup(strings.TrimSuffix(fmt.Sprint(value), "."), t, depth+1)
				case kind == "TIMEOUT" || kind == "SERVFAIL" || kind == "CNAMELOOP":
					return r, errors.New(kind)
				case t == verify.TypeTXT && (kind == "TXT" || kind == "SPF" && !has("TXT")) && fmt.Sprint(value) != "NONE":
					r.Texts = append(r.Texts, strings.Join(words(value), ""))
				case t == verify.TypeMX && kind == "MX":
					r.Hosts = append(r.Hosts, &net.MX{Host: words(value)[1]})
				case t == verify.TypePTR && kind == "PTR":
					r.Names = append(r.Names, fmt.Sprint(value))
				case t == verify.TypeA && kind == "A", t == verify.TypeAAAA && kind == "AAAA":
					for _, a := range words(value) {
						r.Addrs = append(r.Addrs, netip.MustParseAddr(a))
					}
				}
			}
		}
		return r, nil
	}
	return verify.ResolverFunc(func(_ context.Context, name string, t verify.RecordType) (verify.Records, error) {
		return lookup(name, t, 0)
	})
}

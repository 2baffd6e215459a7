package observed_test

import (
	"encoding"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/mutation"
	"github.com/interchange-smtp/interchange/connector/internal/semantics"
	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/connector/internal/setting"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/policygen"
	"github.com/interchange-smtp/interchange/routing"
)

// inEffect returns the text of a parameter of an element of the configuration, its
// defaults filled in; ok is false if the element has no such parameter.
func inEffect(element any, name string) (text string, ok bool) {
	f := reflect.ValueOf(element).Elem().FieldByName(name)
	if !f.IsValid() || name == "ExternalPostmasterAddress" { // see TestReportsAgree
		return "", false
	}
	switch v := setting.Value(f).Interface().(type) {
	case time.Duration:
		return param.FormatTimeSpan(v), true
	case param.ErrorPolicy:
		return strconv.FormatBool(v&param.DowngradeDnsFailures != 0), true
	case netip.Addr:
		if !v.IsValid() {
			return "0.0.0.0", true
		}
		return v.String(), true
	case param.StatusCodes:
		return "", false // see TestReportsAgree
	case []param.CipherSuite:
		r := element.(*connector.Receive)
		return textual(slices.DeleteFunc(slices.Clone(v), func(s param.CipherSuite) bool { return !s.Legacy() || r.TlsMinimumVersion == param.Tls13 })), true
	case param.Size:
		if name == "MaxHeaderSize" {
			return fmt.Sprint(int64(v)), true
		}
		return textual(v), true
	default:
		return textual(v), true
	}
}

// textual returns the text of a value in JSON, that of a list in order.
func textual(v any) string {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		var texts []string
		for i := range list.Len() {
			texts = append(texts, textual(list.Index(i).Interface()))
		}
		return inOrder(texts)
	}
	if m, ok := v.(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText() // of a value that Compile took
		return string(text)
	}
	return fmt.Sprint(v)
}

func codesOf(c param.StatusCodes) string { return inOrder(strings.Split(textual(c), ", ")) }

func inOrder(texts []string) string { return strings.Join(slices.Sorted(slices.Values(texts)), ", ") }

// TestObservablesAgree compares parameters with those that the evaluator has in effect, after
// random changes of all parameters.
func TestObservablesAgree(t *testing.T) {
	agree := func(observed map[string]string, name string, element any) {
		if is, ok := inEffect(element, name); ok && observed[name] != is {
			t.Errorf("%s: %q, not %q", name, observed[name], is)
		}
	}
	eachMutation(t, policygen.Seed(), func(r *rand.Rand, p *connector.Policy, q *observed.Policy) {
		for range 5 {
			s := newDrawer(r, q).session()
			observed := q.Observables(s)
			for name := range observed {
				if strings.Contains(name, " for ") || strings.HasSuffix(name, "DNSServers") {
					continue
				}
				agree(observed, name, p.Service())
				agree(observed, name, p.Transport())
				if in := p.Select(s.Local, s.Remote, nil); in != nil {
					agree(observed, name, in.Settings())
				}
			}
		}
	})
}

// eachMutation draws policies in which every parameter may have any value.
func eachMutation(t *testing.T, seed uint64, check func(r *rand.Rand, p *connector.Policy, q *observed.Policy)) {
	t.Helper()
	for i := range *sendPolicies / 2 {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		p := mutation.Policy(r)
		check(r, p, read(t, p))
		if t.Failed() {
			t.Fatalf("seed %d, policy %d:\n%s", seed, i, textOf(t, p))
		}
	}
}

// TestSendObservablesAgree compares parameters about next hops, queues and reports.
func TestSendObservablesAgree(t *testing.T) {
	eachRoute(t, func(p *connector.Policy, q *observed.Policy, is connector.Route, said semantics.Route) {
		hop := q.Hop(said)
		if is.Outcome != routing.Routed {
			if hop != nil {
				t.Errorf("%v has the next hop %v", said, hop)
			}
			return
		}
		for name, value := range hop {
			if want, ok := inEffect(is.Outbound.Settings(), name); ok && value != want {
				t.Errorf("%s: %q, not %q", name, value, want)
			}
		}
		if is.Via != nil {
			return
		}
		filter := is.Outbound.Headers(routing.MustParseAddress(said.To).Domain(), nil)
		var kept []string
		for _, field := range []string{"Received", "X-MS-Exchange-Organization-A", "X-MS-Exchange-Forest-A", "X-MS-Exchange-CrossPremises-A"} {
			if filter.Keep(field) {
				kept = append(kept, strings.TrimSuffix(strings.TrimPrefix(strings.Replace(field, "Received", "Routing", 1), "X-MS-Exchange-"), "-A"))
			}
		}
		if got := hop["route-headers"]; got != strings.Join(kept, ", ") {
			t.Errorf("header fields to the next hop: %q, not %q", got, kept)
		}
	})
}

// TestReportsAgree compares which reports senders get, and the parameters of the queue.
func TestReportsAgree(t *testing.T) {
	eachPolicy(t, func(_ *rand.Rand, p *connector.Policy, q *observed.Policy) {
		for _, domain := range routedDomains {
			sender := routing.MustParseAddress("amy@" + domain)
			observed, is := q.Observables(observed.Session{From: sender.String()}), p.Reports(sender)
			if observed["NDREnabled"] != strconv.FormatBool(is.Failed) || observed["DeliveryReportEnabled"] != strconv.FormatBool(is.Delivered) {
				t.Errorf("reports to %v: %v, not %+v", sender, observed, is)
			}
			if codes, want := observed["GenerateCopyOfDSNFor"], codesOf(is.Copied); codes != want {
				t.Errorf("copies for %q, not for %q", codes, want)
			}
			if got := observed["ExternalPostmasterAddress"]; got != is.Postmaster.String() {
				t.Errorf("reports come from %s, not %v", got, is.Postmaster)
			}
			for name, value := range observed {
				if is, ok := inEffect(p.Service(), name); ok && !strings.HasSuffix(name, "DNSServers") && value != is {
					t.Errorf("%s: %q, not %q", name, value, is)
				}
			}
			if got, want := observed["ExternalDNSServers"], asked(p.Service().ExternalNameServers()); got != want {
				t.Errorf("external name servers: %q, not %q", got, want)
			}
			if got, want := observed["InternalDNSServers"], asked(p.Service().InternalNameServers()); got != want {
				t.Errorf("internal name servers: %q, not %q", got, want)
			}
		}
	})
}

func asked(n connector.NameServers) string {
	servers := "the machine's"
	if len(n.Servers) > 0 {
		var texts []string
		for _, s := range n.Servers {
			texts = append(texts, s.String())
		}
		servers = strings.Join(texts, ", ")
	}
	return servers + " by " + n.Protocol.String()
}

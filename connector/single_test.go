package connector_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// TestCheckAlone compares the checks of single connectors with Compile on the
// configurations that the rules are tested with.
func TestCheckAlone(t *testing.T) {
	breaks := map[string]func(*connector.Config){
		"nothing":   func(*connector.Config) {},
		"hop count": func(c *connector.Config) { c.Receive[0].MaxHopCount = 501 },
		"name":      func(c *connector.Config) { c.Receive[1].Name = " x" },
		"server":    func(c *connector.Config) { c.Receive[1].Server = "nobody" },
		"R3": func(c *connector.Config) {
			c.Receive[0].RequireTLS, c.Receive[0].AuthMechanism = true, param.Value(auth.None)
		},
		"R7":            func(c *connector.Config) { c.Receive[1].RemoteIPRanges = c.Receive[0].RemoteIPRanges },
		"no range":      func(c *connector.Config) { c.Receive[1].RemoteIPRanges = nil },
		"port":          func(c *connector.Config) { c.Send[0].Port = 70000 },
		"no credential": func(c *connector.Config) { c.Send[0].AuthenticationCredential = nil },
	}
	for name, change := range breaks {
		cfg := ruleConfig()
		change(cfg)
		var got []string
		for i, r := range cfg.Receive {
			errs, _ := cfg.CheckReceive(r, cfg.Receive[:i]...)
			got = append(got, texts(errs)...)
		}
		for _, s := range cfg.Send {
			errs, _ := cfg.CheckSend(s)
			got = append(got, texts(errs)...)
		}
		_, err := connector.Compile(*cfg)
		problems, _ := err.(connector.Problems)
		want := texts(problems)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: one by one %q, all together %q", name, got, want)
		}
		if name != "nothing" && len(got) == 0 {
			t.Errorf("%s: nothing found", name)
		}
	}
}

func texts(problems connector.Problems) []string {
	list := make([]string, len(problems))
	for i, p := range problems {
		list[i] = p.String()
	}
	return list
}

// TestKeyOfRanges cuts the same addresses in several ways.
func TestKeyOfRanges(t *testing.T) {
	key := func(ranges []param.Range) connector.RangesKey {
		return connector.KeyOfRanges(ranges, netip.MustParseAddr("10.2.3.4"))
	}
	parse := func(texts ...string) (list []param.Range) {
		for _, s := range texts {
			list = append(list, param.MustParseRange(s))
		}
		return list
	}
	want := key(parse("10.0.0.0/24"))
	for _, same := range [][]string{{"10.0.0.0-10.0.0.255"}, {"10.0.0.128/25", "10.0.0.0/25"}, {"10.0.0.7", "10.0.0.1/24"}, {"10.0.0.0/24", "::1"}} {
		if key(parse(same...)) != want {
			t.Errorf("%q has another key", same)
		}
	}
	for _, other := range [][]string{nil, {"10.0.0.0/25"}, {"::1"}, {"10.0.1.0/24"}} {
		if key(parse(other...)) == want {
			t.Errorf("%q has the same key", other)
		}
	}
}

// A connector can be checked without compiling all.
func ExampleConfig_CheckReceive() {
	var cfg connector.Config
	errs, _ := cfg.CheckReceive(connector.Receive{
		Name:           "Relay",
		Bindings:       []netip.AddrPort{param.MustParseBinding("0.0.0.0:25")},
		RemoteIPRanges: []param.Range{param.MustParseRange("192.0.2.0/24")},
		MaxHopCount:    1000,
	})
	fmt.Println(errs)
	// Output:
	// Receive["Relay"].MaxHopCount: 1000 is out of range; give 1 to 500 (out-of-range)
}

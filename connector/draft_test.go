package connector_test

import (
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/draft"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TestCheckAlone compares the checks of single connectors with Compile on the
// configurations that the rules are tested with.
func TestCheckAlone(t *testing.T) {
	breaks := map[string]func(*connector.Config){
		"nothing":   func(*connector.Config) {},
		"hop count": func(c *connector.Config) { c.Receive[0].MaxHopCount = 501 },
		"name":      func(c *connector.Config) { c.Receive[1].Name = " x" },
		"server":    func(c *connector.Config) { c.Receive[1].Server = "unlisted" },
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
			errs := draft.CheckReceive(cfg, r, cfg.Receive[:i]...)
			got = append(got, texts(errs)...)
		}
		for _, s := range cfg.Send {
			errs := draft.CheckSend(cfg, s)
			got = append(got, texts(errs)...)
		}
		_, err := connector.Compile(*cfg)
		problems, _ := err.(source.Diagnostics)
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

func texts(problems source.Diagnostics) []string {
	list := make([]string, len(problems))
	for i, p := range problems {
		list[i] = p.String()
	}
	return list
}

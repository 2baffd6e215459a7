//go:build linux

package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/internal/guide"
)

// scenarios are the guide's.
var scenarios = []guide.Scenario{guide.Basic, guide.Secured, guide.Relay}

// byCommands are the shell commands that make the same policy as the procedure in the console: the guide's own.
func byCommands(t *testing.T, scenario guide.Scenario) string {
	t.Helper()
	script, err := guide.Script(scenario)
	if err != nil {
		t.Fatal(err)
	}
	if scenario == guide.Secured {
		// Here the guide's two ways differ: in the console nothing clears the check box for TLS.
		return string(script) + "Set-ReceiveConnector " + receiveName + " -AuthMechanism Tls,ExternalAuthoritative\n"
	}
	return string(script)
}

// walk does what the guide says, step by step, with a look at every page.
func walk(p *page, steps []step, look func()) {
	p.t.Helper()
	for _, s := range steps {
		for _, a := range s.actions {
			a.do(p)
			look()
		}
	}
}

// TestGuide walks through the guide's scenarios, and compares each policy with the one of the guide's shell commands. A
// gateway with the policy then relays mail.
func TestGuide(t *testing.T) {
	t.Parallel()
	program := sync.OnceValue(func() string { return build(t) })
	for _, scenario := range scenarios {
		t.Run(string(scenario), func(t *testing.T) {
			d := newDesk(t, "", console.Change)
			p := d.LogOn()
			walk(p, procedures[scenario], p.quiet)
			d.equals(byCommands(t, scenario))
			mailFlows(t, scenario, program, "-server", d.load.Server, "-profile", "exchange2007", "-config", d.file, "-credentials", d.load.Credentials)
		})
	}
}

// TestGuideOtherwise walks without scripts, without a mouse, and on a telephone.
func TestGuideOtherwise(t *testing.T) {
	for _, scenario := range scenarios {
		for name, prepare := range map[string]func(*page){
			"without scripts": (*page).WithoutJavaScript,
			"keyboard":        (*page).WithoutMouse,
			"telephone":       func(p *page) { p.Size(360, 640) },
		} {
			t.Run(string(scenario)+", "+name, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t, "", console.Change)
				p := d.LogOn(prepare)
				walk(p, procedures[scenario], p.quiet)
				d.equals(byCommands(t, scenario))
			})
		}
	}
}

// TestGrantByAction grants the right to relay by the action of the connector, in place of the guide's command.
func TestGrantByAction(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", console.Change)
	p := d.LogOn()
	steps := procedures[guide.Relay]
	walk(p, steps[:len(steps)-2], p.quiet)
	walk(p, []step{{actions: properties[:1]}}, p.quiet)
	p.Click("Allow relay to any domain…")
	p.Inspect("allow-relay")
	p.Click("Next")
	p.on("Grant")
	p.Inspect("allow-relay-review")
	if !strings.Contains(p.Text(), "may now relay to any domain") || !strings.Contains(p.Text(), gatewayAt) {
		t.Errorf("the page doesn't say who will be able to relay:\n%s", p.Text())
	}
	p.Click("Grant")
	p.on("Completion")
	p.Inspect("allow-relay-done")
	p.Click("Finish")
	d.equals(byCommands(t, guide.Relay))
}

// TestGuidePages inspects every page to which the guide leads.
func TestGuidePages(t *testing.T) {
	var seen sync.Map
	for _, scenario := range scenarios {
		t.Run(string(scenario), func(t *testing.T) {
			t.Parallel()
			p := newDesk(t, "", console.Change).LogOn()
			inspected := 0
			walk(p, procedures[scenario], func() {
				t.Helper()
				var content []string
				for _, e := range p.tree() {
					if e.role == "heading" || e.role == "group" || slices.Contains(editable, e.role) || slices.Contains(clickable, e.role) {
						content = append(content, e.name)
					}
				}
				if _, before := seen.LoadOrStore(strings.Join(content, "\n"), true); !before {
					inspected++
					p.Inspect(fmt.Sprintf("guide-%s-%02d", scenario, inspected))
				}
			})
		})
	}
}

// equals fails the test unless the policy of the console is that of some commands.
func (d *desk) equals(commands string) {
	d.t.Helper()
	dir := d.t.TempDir()
	file, passwords := filepath.Join(dir, "guide.ps1"), filepath.Join(dir, "passwords")
	for name, text := range map[string]string{file: commands, passwords: "mycred=" + gatewayUser + ":" + gatewayWord + "\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	o := hub
	o.Credentials = passwords
	wantConfig, want := read(d.t, o, file)
	config, policy := d.Loaded()
	if c := analysis.Compare(want, policy); !c.Same() {
		d.t.Errorf("the console's policy decides differently from the guide's commands:\n%v\nthe console's commands:\n%s", c, d.Policy())
	}
	if !reflect.DeepEqual(config, wantConfig) {
		d.t.Errorf("the console's policy is\n%+v\nthe commands make\n%+v\nthe console's commands:\n%s", config, wantConfig, d.Policy())
	}
}

package browsertest

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/console"
	"github.com/interchange-smtp/interchange/permission"
)

// today is when the pages are looked at.
var today = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// hub is the fresh Exchange 2007 server HubA of the guide.
var hub = load.Options{Server: "HubA." + domain, Profile: param.Value(permission.Exchange2007)}

const domain = "fabrikam.com"

// desk is a console with one policy file, at an address of its own.
type desk struct {
	t       *testing.T
	console *console.Console
	url     string
	file    string // the policy
	load    load.Options
}

// newDesk serves a console for a policy of shell commands, whose users log on with a role. more changes its options.
func newDesk(t *testing.T, policy string, role console.Role, more ...func(*console.Options)) *desk {
	t.Helper()
	dir := t.TempDir()
	d := &desk{t: t, file: filepath.Join(dir, "policy.ps1"), load: hub}
	d.load.Credentials = filepath.Join(dir, "passwords")
	for file, text := range map[string]string{d.file: policy, d.load.Credentials: ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := console.Options{
		Files: []string{d.file}, Load: d.load, LinkRole: role,
		Findings: func() analysis.Options { return analysis.Options{} },
		Logger:   slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
		Now:      func() time.Time { return today },
	}
	for _, change := range more {
		change(&o)
	}
	c, err := console.New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.console = c
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	t.Cleanup(c.Close) // first, because its streams keep connections open
	d.url = server.URL
	return d
}

// LogOn opens a tab and logs on with the one-time link.
func (d *desk) LogOn(prepare ...func(*page)) *page {
	d.t.Helper()
	p := newPage(d.t)
	p.home = d.url + "/"
	for _, f := range prepare {
		f(p)
	}
	p.Open(d.url + d.console.NewLink())
	p.Click("Log on")
	return p
}

// Policy returns the text of the policy's file.
func (d *desk) Policy() string {
	d.t.Helper()
	text, err := os.ReadFile(d.file)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// Loaded is the policy as a gateway reads it.
func (d *desk) Loaded() (connector.Config, *connector.Policy) {
	d.t.Helper()
	return read(d.t, d.load, d.file)
}

// read reads a policy file.
func read(t *testing.T, o load.Options, file string) (connector.Config, *connector.Policy) {
	t.Helper()
	draft, err := load.Read(context.Background(), o, file)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := draft.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return draft.Config, loaded.Policy
}

// TestLogOn: the one-time link leads to the overview, without errors of the browser, and works once.
func TestLogOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", console.View)
	link := d.console.NewLink()
	p := newPage(t)
	p.Open(d.url + link)
	p.Click("Log on")
	p.on("Overview")
	p.quiet()
	other := newPage(t)
	other.Open(d.url + link)
	if other.has("button", "Log on") {
		other.Click("Log on")
	}
	other.Open(d.url + "/")
	if other.has("heading", "Overview") {
		t.Error("a link was used twice")
	}
}

// TestUndo: the buttons of the pages change the policy and take the change back.
func TestUndo(t *testing.T) {
	t.Parallel()
	const before = "New-AcceptedDomain -Name Contoso -DomainName contoso.com\n"
	d := newDesk(t, before, console.Change)
	p := d.LogOn()
	p.Click("Management Shell")
	p.Type("Commands", "Set-AcceptedDomain Contoso -DomainType ExternalRelay")
	p.Click("Run")
	p.Click("Apply")
	if d.Policy() == before {
		t.Fatal("nothing was applied")
	}
	p.Click("Changes")
	p.Click("Undo the last change")
	p.Click("Undo")
	if d.Policy() != before {
		t.Errorf("undo left\n%s", d.Policy())
	}
	p.quiet()
}

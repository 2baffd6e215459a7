package shell_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/routing"
)

func readDoc(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every cmdlet, parameter and field that docs/console.md names exists.
func TestConsoleNames(t *testing.T) {
	var out strings.Builder
	in := shell.New(shell.Options{Out: &out})
	doc := readDoc(t, "console.md")
	fields := map[string]reflect.Type{"Send": reflect.TypeFor[connector.Send](), "Receive": reflect.TypeFor[connector.Receive]()}
	rows := regexp.MustCompile("(?m)^\\|.*\\| `([A-Z][\\w-]+) -(\\w+)`.*\\| `connector\\.(\\w+)\\.(\\w+)` \\|$").FindAllStringSubmatch(doc, -1)
	if len(rows) != 8+7+6+7+7 {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		cmdlet, parameter, list, field := row[1], row[2], row[3], row[4]
		if _, ok := fields[list].FieldByName(field); !ok {
			t.Errorf("there is no connector.%s.%s", list, field)
		}
		if _, candidates := in.Complete(cmdlet + " -" + parameter); !slices.ContainsFunc(candidates, func(c string) bool {
			return strings.TrimSpace(c) == "-"+parameter
		}) {
			t.Errorf("%s has no parameter %s, but %v", cmdlet, parameter, candidates)
		}
	}
}

// The commands of docs/migration.md export what the readers read.
func TestMigrationCommands(t *testing.T) {
	_, script, _ := strings.Cut(readDoc(t, "migration.md"), "```powershell\n")
	script, _, _ = strings.Cut(script, "```")
	fs := files{}
	opts := shell.Options{FS: fs}
	opts.Server.Name, opts.Server.FQDN = "EX01", "ex01.contoso.com"
	in := shell.New(opts)
	if err := in.Run(context.Background(), "migration.md", []byte("New-SendConnector 'To Internet' -AddressSpaces *\n"+script)); err != nil {
		t.Fatal(err)
	}
	want := in.Config()
	var exports []*export.Export
	for name, data := range fs {
		e, err := export.Read(name, data)
		if err != nil {
			t.Fatal(err)
		}
		exports = append(exports, e)
	}
	got := connector.Config{Server: "EX01"}
	if _, err := export.Merge(&got, nil, exports...); err != nil {
		t.Fatal(err)
	}
	got.Servers[0] = want.Servers[0]
	if _, got := normal(t, got); len(fs) != 8 || !reflect.DeepEqual(got, second(normal(t, want))) {
		t.Errorf("got  %+v\nwant %+v", got, second(normal(t, want)))
	}
}

func second[A, B any](_ A, b B) B { return b }

// docs/scripts.md lists the cmdlets of PowerShell that there are, and no others; its
// example does what it says.
func TestScriptsPage(t *testing.T) {
	page := readDoc(t, "scripts.md")
	var out strings.Builder
	in := shell.New(shell.Options{Out: &out})
	if err := in.Run(context.Background(), "", []byte("Get-Command | ForEach-Object Name")); err != nil {
		t.Fatal(err)
	}
	theirs := map[string]bool{}
	for _, n := range schema.Nouns {
		for name := range n.Cmdlets() {
			theirs[name] = true
		}
	}
	var want []string
	for _, name := range strings.Fields(out.String()) {
		if !theirs[name] {
			want = append(want, name)
		}
	}
	_, table, _ := strings.Cut(page, "## Cmdlets of PowerShell")
	table, _, _ = strings.Cut(table, "`. '")
	var got []string
	for _, name := range regexp.MustCompile("`([A-Z]\\w+-\\w+)`").FindAllStringSubmatch(table, -1) {
		got = append(got, name[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the page lists %v\nthere are %v", got, want)
	}
	_, script, _ := strings.Cut(page, "```powershell\n")
	script, _, _ = strings.Cut(script, "```")
	for range 2 {
		if err := in.Run(context.Background(), "scripts.md", []byte(script)); err != nil {
			t.Fatal(err)
		}
	}
	cfg := in.Config()
	if r := cfg.Receive[len(cfg.Receive)-1]; r.Name != "Scanners" || len(r.RemoteIPRanges) != 2 || len(r.Permissions) != 1 {
		t.Errorf("got %+v", r)
	}
}

// The commands of docs/reports.md do what the page says.
func TestReportCommands(t *testing.T) {
	_, script, _ := strings.Cut(readDoc(t, "reports.md"), "```powershell\n")
	script, _, _ = strings.Cut(script, "```")
	opts := shell.Options{}
	opts.Server.Name, opts.Server.FQDN = "EX01", "ex01.contoso.com"
	in := shell.New(opts)
	if err := in.Run(context.Background(), "reports.md", []byte(script)); err != nil {
		t.Fatal(err)
	}
	p, err := connector.Compile(in.Config())
	if err != nil {
		t.Fatal(err)
	}
	postmaster := routing.MustParseAddress("postmaster@contoso.com")
	codes := param.MustParseStatusCodes("5.4.4, 5.4.6")
	for sender, want := range map[string]connector.Reports{
		"kim@contoso.com":        {Postmaster: postmaster, MaxAttachSize: 10 << 20, Failed: true, Delivered: true, Copied: codes},
		"lee@fabrikam.com":       {Postmaster: postmaster, MaxAttachSize: 2 << 20, Failed: true, Delayed: true, Delivered: true, Copied: codes},
		"list@news.bulk.example": {Postmaster: postmaster, MaxAttachSize: 2 << 20, Delayed: true, Delivered: true, Copied: codes},
	} {
		if got := p.Reports(routing.MustParseAddress(sender)); got != want {
			t.Errorf("%s: %+v", sender, got)
		}
	}
	if s := p.Service(); s.DelayNotificationTimeout != time.Hour || s.MessageExpirationTimeout != 24*time.Hour {
		t.Errorf("%+v", s)
	}
}

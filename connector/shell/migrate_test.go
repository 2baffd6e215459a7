package shell_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// files is a file system in memory.
type files map[string][]byte

func (f files) ReadFile(name string) ([]byte, error) {
	if data, ok := f[name]; ok {
		return data, nil
	}
	return nil, errors.New("there is no such file")
}

func (f files) WriteFile(name string, data []byte) error {
	f[name] = data
	return nil
}

// exporting are the commands of docs/migration.md, in each form.
var exporting = map[string]string{
	"list": `
		$FormatEnumerationLimit = -1
		Get-ReceiveConnector | Format-List * | Out-File receive.txt -Width 100
		Get-SendConnector | Format-List * | Out-File send.txt -Width 4096
		Get-AcceptedDomain | Format-List * | Out-File accepted.txt
		Get-RemoteDomain | Format-List * | Out-File remote.txt
		Get-TransportConfig | Format-List * | Out-File transport.txt
		Get-TransportService | Format-List * | Out-File services.txt
		Get-ReceiveConnector | Get-ADPermission | Format-List * | Out-File receive-permissions.txt
		Get-SendConnector | Get-ADPermission | Format-List * | Out-File send-permissions.txt`,
	"csv": `
		Get-ReceiveConnector | Export-Csv receive.csv
		Get-SendConnector | Export-Csv send.csv -Delimiter ';'
		Get-AcceptedDomain | Export-Csv accepted.csv
		Get-RemoteDomain | Export-Csv remote.csv
		Get-TransportConfig | Export-Csv transport.csv
		Get-TransportServer | Export-Csv services.csv
		Get-ReceiveConnector | Get-ADPermission | Export-Csv receive-permissions.csv
		Get-SendConnector | Get-ADPermission | Export-Csv send-permissions.csv`,
	"json": `
		Get-ReceiveConnector | ConvertTo-Json | Out-File receive.json
		Get-SendConnector | ConvertTo-Json | Out-File send.json
		Get-AcceptedDomain | ConvertTo-Json | Out-File accepted.json
		Get-RemoteDomain | ConvertTo-Json | Out-File remote.json
		Get-TransportConfig | ConvertTo-Json | Out-File transport.json
		Get-TransportService | ConvertTo-Json | Out-File services.json
		Get-ReceiveConnector | Get-ADPermission | ConvertTo-Json | Out-File receive-permissions.json
		Get-SendConnector | Get-ADPermission | ConvertTo-Json | Out-File send-permissions.json`,
	"clixml": `
		Get-ReceiveConnector | Export-Clixml receive.xml
		Get-SendConnector | Export-Clixml send.xml
		Get-AcceptedDomain | Export-Clixml accepted.xml
		Get-RemoteDomain | Export-Clixml remote.xml
		Get-TransportConfig | Export-Clixml transport.xml
		Get-TransportService | Export-Clixml services.xml
		Get-ReceiveConnector | Get-ADPermission | Export-Clixml receive-permissions.xml
		Get-SendConnector | Get-ADPermission | Export-Clixml send-permissions.xml`,
}

// What the shell exports is read back to the same policy, in every form.
func TestExportsRoundTrip(t *testing.T) {
	s := random{rand.New(rand.NewPCG(11, 12))}
	for range 60 {
		cfg := named(s.config())
		if cfg.Profile != permission.Current {
			continue // 2007 didn't have all of the properties
		}
		cfg.Transport.UseDowngradedExchangeServerAuth = false // not exported
		for i := range cfg.Receive {
			r := &cfg.Receive[i]
			r.Comment = strings.Join(strings.Fields(r.Comment), " ") // a list doesn't keep line breaks
			r.Permissions = byHand(r.Permissions, r.WithDefaults(&cfg).PermissionGroups.Or(0).Grants(cfg.Profile, false))
		}
		for i := range cfg.Send {
			c := &cfg.Send[i]
			c.Comment = strings.Join(strings.Fields(c.Comment), " ")
			c.Permissions = byHand(c.Permissions, permission.SendGrants(cfg.Profile, permission.SendCustom))
			c.Usage = param.UsageCustom // not stored by Exchange
		}
		policy, want := normal(t, cfg)
		for form, script := range exporting {
			fs := files{}
			in, err := shell.Open(cfg, shell.Options{FS: fs})
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Run(context.Background(), form, []byte(script)); err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			back := connector.Config{Profile: cfg.Profile, Server: cfg.Server, Servers: cfg.Servers, Links: cfg.Links}
			var exports []*export.Export
			for _, name := range []string{"receive", "send", "accepted", "remote", "transport", "services", "receive-permissions", "send-permissions"} {
				for file, data := range fs {
					if !strings.HasPrefix(file, name+".") || len(data) == 0 {
						continue
					}
					e, err := export.Read(file, data)
					if err != nil {
						t.Fatalf("%v\n%s", err, data)
					}
					exports = append(exports, e)
				}
			}
			warnings, err := export.Merge(&back, nil, exports...)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range warnings {
				if strings.Contains(w.Detail, "unknown") || strings.Contains(w.Detail, "leaves out") {
					t.Errorf("%s: %v", form, w)
				}
			}
			for i := range back.Receive {
				back.Receive[i].Usage = cfg.Receive[i].Usage
			}
			for i := range back.Send {
				if c := back.Send[i].AuthenticationCredential; c != nil {
					c.Password = password
					c.UserName = cfg.Send[i].AuthenticationCredential.UserName
				}
			}
			again, got := normal(t, back)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s:\ngot  %+v\nwant %+v\n%v", form, got, want, warnings)
			}
			for range 10 {
				d := s.dialog(cfg)
				if got, want := again.Walk(d).String(), policy.Walk(d).String(); got != want {
					t.Fatalf("%s: %+v\ngot  %s\nwant %s", form, d, got, want)
				}
			}
		}
	}
}

// The exports of an old server, printed as commands, make the same connectors on a
// fresh organisation that knows no more of the server than its name.
func TestMigrationPrints(t *testing.T) {
	var cfg connector.Config
	var exports []*export.Export
	for _, name := range []string{"receive.txt", "send.txt", "accepted.txt", "permission.txt"} {
		data, err := os.ReadFile(filepath.Join("export", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		e, err := export.Read(name, data)
		if err != nil {
			t.Fatal(err)
		}
		exports = append(exports, e)
	}
	if _, err := export.Merge(&cfg, nil, exports...); err != nil {
		t.Fatal(err)
	}
	script, err := shell.Print(cfg)
	if err != nil {
		t.Fatal(err)
	}
	in, err := shell.Load(context.Background(), shell.Options{Server: routing.Server{Name: "EX01"}}, shell.File{Name: "policy.ps1", Data: script})
	if err != nil {
		t.Fatal(err)
	}
	back := in.Config()
	back.Servers = cfg.Servers
	_, want := normal(t, cfg)
	if _, got := normal(t, back); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	back.Servers = nil
	back.Servers = append(back.Servers, routing.Server{Name: "EX01"}, routing.Server{Name: "EX02"})
	p, err := connector.Compile(back)
	if err != nil {
		t.Fatal(err)
	}
	for r := range p.Receive() {
		if r.Name() == "Default Frontend EX01" && r.Fqdn() != "EX01.contoso.com" {
			t.Errorf("Fqdn %s", r.Fqdn())
		}
	}
}

// byHand leaves out rights that groups give anyway, because an export doesn't show who
// gave them.
func byHand(grants, groups []permission.Grant) []permission.Grant {
	rest := slices.DeleteFunc(slices.Clone(grants), func(g permission.Grant) bool { return g.Removed == 0 })
	for _, g := range canonical(grants) {
		for _, given := range groups {
			if given.To == g.To {
				g.Allow = g.Allow.Minus(given.Allow)
			}
		}
		if g.Allow != 0 || g.Deny != 0 {
			rest = append(rest, g)
		}
	}
	return rest
}

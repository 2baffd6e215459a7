package shell_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// run runs a script on a fresh organisation of the server EX01.
func run(t *testing.T, opts shell.Options, script string) (*shell.Interpreter, error) {
	t.Helper()
	opts.Server.Name = "EX01"
	in := shell.New(opts)
	return in, in.Run(context.Background(), "t.ps1", []byte(script))
}

func TestErrors(t *testing.T) {
	tests := []struct {
		script, place, message string
		incomplete             bool
	}{
		{"Get-Nothing", "t.ps1:1:1", "there is no cmdlet Get-Nothing", false},
		{"disable-ReceiveConnector X", "t.ps1:1:1", "there is no cmdlet disable-ReceiveConnector; write Set-ReceiveConnector -Enabled $false", false},
		{"Enable-SendConnector X", "t.ps1:1:1", "there is no cmdlet Enable-SendConnector; write Set-SendConnector -Enabled $true", false},
		{"Disable-AcceptedDomain X", "t.ps1:1:1", "there is no cmdlet Disable-AcceptedDomain", false},
		{"\ntrap { }", "t.ps1:2:1", "trap is not supported", false},
		{"Get-ReceiveConnector |", "t.ps1:1:22", "nothing follows", true},
		{"Get-ReceiveConnector 'x", "t.ps1:1:22", "never closed", true},
	}
	for _, tt := range tests {
		_, err := run(t, shell.Options{}, tt.script)
		var list source.Diagnostics
		if !errors.As(err, &list) || len(list) != 1 {
			t.Errorf("%s: %v", tt.script, err)
			continue
		}
		e := list[0]
		if e.Position.String() != tt.place || !strings.Contains(e.Detail, tt.message) || !strings.Contains(e.Excerpt, "^") ||
			shell.Incomplete(err) != tt.incomplete {
			t.Errorf("%s: %s %q %q %v", tt.script, e.Position, e.Detail, e.Excerpt, shell.Incomplete(err))
		}
	}
}

// TestCredential hands a credential to a Send connector, and looks for its
// password in everything that comes out.
func TestCredential(t *testing.T) {
	const password = "correct horse"
	var asked shell.Request
	var out strings.Builder
	opts := shell.Options{Out: &out, Credential: func(r shell.Request) (param.Credential, error) {
		asked = r
		return param.Credential{UserName: "gateway", Password: auth.Secret(password)}, nil
	}}
	in, err := run(t, opts, `
$mycred = Get-Credential
New-SendConnector ToInternet -AddressSpaces * -SmartHosts smtp.contoso.com -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $mycred -DNSRoutingEnabled $false
$mycred; "$mycred $($mycred.Password)"; $mycred | ConvertTo-Json; $mycred | fl *
Get-SendConnector | fl *; Get-SendConnector | ConvertTo-Json; Get-SendConnector | ConvertTo-Csv
Write-Warning "$($mycred.Password)"`)
	if err != nil {
		t.Error(err)
	}
	if asked.Variable != "mycred" || asked.Position.Line != 2 {
		t.Errorf("asked for %+v", asked)
	}
	if strings.Contains(out.String(), password) || out.Len() == 0 {
		t.Errorf("the output shows the password, or nothing:\n%s", &out)
	}
	send := in.Config().Send
	if len(send) != 1 || send[0].AuthenticationCredential == nil || string(send[0].AuthenticationCredential.Password) != password {
		t.Error("the connector lacks the credential")
	}
}

// TestMerge adds a configuration between two scripts.
func TestMerge(t *testing.T) {
	in, err := run(t, shell.Options{Bare: true}, "$name = 'One'; New-SendConnector $name -AddressSpaces one.example | Out-Null")
	if err != nil {
		t.Fatal(err)
	}
	two := connector.Config{Send: []connector.Send{{Name: "Two", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("two.example")}}}}
	from := source.Map{`Send["Two"]`: {File: "two.json", Line: 7}}
	if err := in.Merge(two, from); err != nil {
		t.Fatal(err)
	}
	if err := in.Merge(two, nil); err == nil {
		t.Error("a name that is taken is merged")
	}
	err = in.Run(context.Background(), "u.ps1", []byte("\nSet-SendConnector $name -Comment changed; Set-SendConnector Two -MaxMessageSize 5MB"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := in.Config()
	if len(cfg.Send) != 2 || cfg.Send[0].Comment != "changed" || cfg.Send[1].MaxMessageSize != 5*param.MB {
		t.Errorf("%+v", cfg.Send)
	}
	for path, want := range map[source.Path]string{
		`Send["One"]`: "t.ps1:1:16", `Send["One"].AddressSpaces[0]`: "t.ps1:1:16", `Send["One"].Comment`: "u.ps1:2:1",
		`Send["Two"].SmartHosts[0]`: "two.json:7", `Send["Two"].MaxMessageSize`: "u.ps1:2:43",
	} {
		if at, ok := in.Places().Find(path); !ok || !strings.HasPrefix(at.String(), want[:strings.LastIndex(want, ":")]) {
			t.Errorf("%s is at %s, want %s", path, at, want)
		}
	}
	if at, ok := in.Places().Find("Transport"); ok {
		t.Errorf("nothing set the limits, but %s", at)
	}
}

func TestComplete(t *testing.T) {
	in, err := run(t, shell.Options{}, "$mine = 5; New-SendConnector 'To Internet' -AddressSpaces * | Out-Null")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		text  string
		start int
		want  string
	}{
		{"new-sendc", 0, "New-SendConnector"},
		{"$x = @(get-sendc", 7, "Get-SendConnector"},
		{"Set-SendConnector -AddressS", 18, "-AddressSpaces"},
		{"Set-SendConnector t", 18, "'To Internet'"},
		{"Set-SendConnector \"To", 18, `"To Internet"`},
		{"Get-SendConnector | Set-SendConnector -Enabled:$t", 47, "$true"},
		{"Set-SendConnector x -ProtocolLoggingLevel v", 42, "Verbose"},
		{"Set-SendConnector x -proto", 20, "-ProtocolLoggingLevel"},
		{"Get-Help new-sendc", 9, "New-SendConnector"},
		{"Write-Host $mi", 11, "$mine"},
		{"Get-Nothing -x", 12, ""},
		{"Set-SendConnector -Nothing ", 27, ""},
		{"'", 0, ""},
	}
	for _, tt := range tests {
		start, got := in.Complete(tt.text)
		if text := strings.Join(got, " "); text != tt.want || text != "" && start != tt.start {
			t.Errorf("%s: %d %s; want %d %s", tt.text, start, text, tt.start, tt.want)
		}
	}
}

// FuzzRun holds for any script: an end, no panic, and a configuration that
// Compile judges without one.
func FuzzRun(f *testing.F) {
	for _, script := range []string{
		"New-ReceiveConnector a -Usage Custom -Bindings 0.0.0.0:25 -RemoteIPRanges 10.0.0.1 | Add-ADPermission -User x -ExtendedRights y",
		"Get-ReceiveConnector | ? { $_.Bindings -like '*25' } | % { Set-ReceiveConnector $_ -Enabled $false }",
		"$a = @(1..9); foreach ($x in $a) { if ($x % 2) { $a += $x } }; $a | sort -Descending | measure -Sum | fl",
		"@{a=1;b='x'} | ConvertTo-Json; Get-SendConnector | ConvertTo-Csv; Get-TransportConfig | ft",
		"Set-AcceptedDomain contoso.com -MakeDefault $true; Remove-ReceiveConnector *\\Default*",
	} {
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script string) {
		in := shell.New(shell.Options{
			Server: routing.Server{Name: "EX01", FQDN: "ex01.contoso.com"},
			Limits: shell.Limits{Steps: 100_000, Memory: 1 << 20, Output: 1 << 20, List: 10_000, String: 100_000},
		})
		_ = in.Run(context.Background(), "t.ps1", []byte(script))
		_, _ = connector.Compile(in.Config())
		in.Complete(script)
	})
}

// BenchmarkLoad loads a script of a hundred thousand connectors and compiles the
// policy. MB is what the process took from the operating system at most.
func BenchmarkLoad(b *testing.B) {
	var script strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&script, "New-ReceiveConnector -Name \"Relay %d\" -TransportRole FrontendTransport -Usage Custom -PermissionGroups AnonymousUsers -Bindings 10.0.0.1:25 -RemoteIPRanges 10.%d.%d.%d\n",
			i, 1+i>>16, i>>8&255, i&255)
	}
	b.ReportAllocs()
	for b.Loop() {
		in, err := shell.Load(context.Background(), shell.Options{Server: routing.Server{Name: "EX01"}}, shell.File{Name: "t.ps1", Data: []byte(script.String())})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := connector.Compile(in.Config()); err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys>>20), "MB")
}

package shell_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TestHostile runs scripts that want to hang, or to have all memory there is,
// with the cmdlets at hand. Each ends by an error of its own or by a limit, and
// says where.
func TestHostile(t *testing.T) {
	limits := shell.Limits{Steps: 500_000, Memory: 64 << 20, Output: 8 << 20}
	const limit = "the script uses too much"
	tests := []struct{ script, message string }{
		// loops without end
		{`while ($true) { }`, limit},
		{`do { } until ($false)`, limit},
		{`for (;;) { }`, limit},
		{`for (;;) { try { throw 'x' } catch { continue } finally { $x = 1 } }`, limit},
		{`while ($true) { switch ($true) { default { continue } } }`, limit},
		{`function f { f }; f`, "functions within each other"},
		{`function f { try { f } catch { f } finally { f } }; f`, limit},
		{`function f($a) { f ($a + $a) }; f (,1)`, limit},
		{`function f { 1 | f }; f`, limit},
		{`filter f { $_ | f }; 1..1000000 | f`, limit},
		{`function f($x = (f)) { }; f`, limit},
		{`function f { param([ValidateScript({ f 1 })]$x) }; f 1`, limit},
		{`foreach ($i in 1..10000000) { function f { } }`, limit},
		{`1..1000000 | % { Invoke-Expression "function f$_ { }" }`, ""},
		{`$f = { & $f }; & $f`, "not supported"},
		{`$f = { 1 | ForEach-Object $f }; 1 | ForEach-Object $f`, limit},
		{`foreach ($i in 1..1000000) { foreach ($j in 1..1000000) { Get-ReceiveConnector | Out-Null } }`, limit},
		{`1..900000 | % { Get-ReceiveConnector } | Set-ReceiveConnector -Comment x`, limit},
		{`$all = Get-ReceiveConnector; foreach ($i in 1..60) { $all = $all + $all }`, limit},
		{`foreach ($i in 1..1000000) { New-ReceiveConnector "r$i" -Usage Custom -Bindings 10.0.0.1:25 -RemoteIPRanges 10.0.0.1 -Comment ('x' * 1000) | Out-Null }`, ""},

		// memory
		{`'x' * 1000000000000`, limit},
		{`1..1e9`, "whole number"},
		{`1..1000000000`, limit},
		{`@(1) * 1TB`, limit},
		{`$s = 'x'; foreach ($i in 1..100) { $s = "$s$s" }`, limit},
		{`$a = 1, 2; foreach ($i in 1..100) { $a = @($a, $a) }; ConvertTo-Json $a -Depth 100`, limit},
		{`$a = 1, 2; foreach ($i in 1..100) { $a = @($a, $a) }; $a -eq $a`, ""},
		{`$a = 1, 2; foreach ($i in 1..100) { $a = @($a, $a) }; $a | Export-Clixml x.xml -Depth 100`, ""},
		{`$a = 1, 2; foreach ($i in 1..100) { $a = @{ a = $a; b = $a } }; $a; ConvertTo-Json $a -Depth 100`, ""},
		{`$a = 1, 2; foreach ($i in 1..100) { $a = @($a, $a) }; Set-ReceiveConnector 'Default EX01' -Bindings $a -RemoteIPRanges $a -Comment $a`, ""},
		{`$a = 1, 2; foreach ($i in 1..100) { $a = [pscustomobject]@{ a = $a; b = $a } }; $a; $a | fl *; $a | ConvertTo-Csv`, ""},
		{`$a = ,1; foreach ($i in 1..300) { $a = ,$a }; $a | ConvertTo-Json -Depth 100`, ""},
		{`Set-ReceiveConnector 'Default EX01' -Comment ('x' * 100MB)`, limit},
		{`New-SendConnector s -AddressSpaces (1..900000 | % { "d$_.example" })`, limit},
		{`New-ReceiveConnector r -Usage Custom -Bindings 10.0.0.1:25 -RemoteIPRanges (@('10.0.0.0-10.0.0.9') * 9000000)`, limit},
		{`Get-ReceiveConnector | Select-Object @{ n = 'a'; e = { 'x' * 4MB } }, @{ n = 'b'; e = { 'x' * 4MB } }, @{ n = 'c'; e = { 'x' * 4MB } }`, limit},

		// depth
		{strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000), "nest"},
		{strings.Repeat("@(", 100_000) + strings.Repeat(")", 100_000), "nest"},
		{"$x = " + strings.Repeat("@{a=", 100_000) + "1" + strings.Repeat("}", 100_000), "nest"},
		{strings.Repeat("if ($true) { ", 100_000) + strings.Repeat("}", 100_000), "nest"},
		{`"` + strings.Repeat(`$("`, 10_000) + strings.Repeat(`")`, 10_000) + `"`, "nest"},
		{"$x = " + strings.Repeat("-not ", 100_000) + "1", "nest"},

		// patterns
		{`'x' -match '((x{1000}){1000}){1000}'`, "-match"},
		{`'x' -match '((a{100}){100}){100}'`, "-match"},
		{`Get-ReceiveConnector ('*a' * 100000)`, ""},
		{`$s = 'a' * 1MB; foreach ($i in 1..1000000) { $s -like '*a*a*a*a*a*a*a*b' | Out-Null }`, limit},
		{`$s = 'a' * 1MB; foreach ($i in 1..1000000) { $s -match '(a+)+$b' | Out-Null }`, limit},

		// output
		{`foreach ($i in 1..1000000) { Get-ReceiveConnector | Format-List * }`, limit},
		{`foreach ($i in 1..1000000) { Write-Warning ('x' * 1000) }`, limit},
		{`foreach ($i in 1..1000000) { Get-Nothing }`, limit},

		// the world outside
		{`Invoke-WebRequest http://example.com`, "there is no cmdlet"},
		{`Start-Process calc`, "there is no cmdlet"},
		{`& 'calc.exe'`, "not supported"},
		{`[System.IO.File]::ReadAllText('/etc/passwd')`, "isn't supported"},
		{`[System.Net.WebClient]::new()`, "can't make"},
		{`. "http://example.com/RemoteExchange.ps1"`, ""},
		{`Import-Csv /etc/passwd`, "no files"},
		{`Get-Content /etc/passwd`, ""},
		{`Invoke-Expression 'Get-ReceiveConnector'`, "there is no cmdlet"},
	}
	for _, tt := range tests {
		var out strings.Builder
		in, err := run(t, shell.Options{Limits: limits, Out: &out}, tt.script)
		show := tt.script
		if len(show) > 100 {
			show = show[:100] + "…"
		}
		if tt.message != "" && (err == nil || !strings.Contains(err.Error(), tt.message)) {
			t.Errorf("%s\nended with %.300v, want %q", show, err, tt.message)
		}
		var list source.Diagnostics
		if err != nil && (!errors.As(err, &list) || list[0].Position.Line != 1 || list[0].Position.Column == 0 || len(err.Error()) > 1<<20) {
			t.Errorf("%s\nis told as %.300v", show, err)
		}
		if int64(out.Len()) > limits.Output {
			t.Errorf("%s\nprinted %d bytes", show, out.Len())
		}
		_, _ = connector.Compile(in.Config())
	}
}

// TestLimitsEndTheScript: what a limit stopped doesn't go on with its next
// command, and what was there before is whole.
func TestLimitsEndTheScript(t *testing.T) {
	in, err := run(t, shell.Options{}, "$x = 'x' * 1TB\nRemove-ReceiveConnector *\\*")
	if err == nil {
		t.Fatal("the string fits")
	}
	if got, want := len(in.Config().Receive), len(shell.New(shell.Options{}).Config().Receive); got != want {
		t.Errorf("%d connectors are left of %d", got, want)
	}
}

// TestSecrets makes mistakes with passwords, and does with them all that the
// language has. None may be seen in output, warnings, errors, exports or the
// printed policy, and these are the same for a shorter password.
func TestSecrets(t *testing.T) {
	const answered, typed = "Zebra-Crossing-9", "Typed-In-Clear-7"
	scripts := []string{
		`$c`, `"$c"`, `$c | fl *`, `$c | ft`, `$c | ConvertTo-Json -Depth 9`, `$c | ConvertTo-Csv`, `$c.Password`, `"$($c.Password)"`,
		`$c.Password | ConvertTo-Json`, `$c.Password.ToString()`, `$c.Password.Length`, `(Get-SendConnector Out).AuthenticationCredential.Password.Length`, `$c.Password | Select-Object Length`,
		`$c.Password | Measure-Object -Property Length -Sum`, `$c.Password.Count`, `$c.Password -eq $c.Password; $c -eq 'x'`, `$c, $c | Sort-Object Password -Unique`, `$c.Password -like 'Z*'`, `$c.Password -match '(Z.*)'; $matches`,
		`$c.Password -replace 'x', 'y'`, `$c.Password + 'x'`, `'x' + $c.Password`, `@($c.Password) -join ','`, `'{0}' -f $c.Password`,
		`[string]$c.Password`, `[int]$c.Password`, `$c.GetNetworkCredential().Password`, `$c | Get-Member`, `$c | Select-Object *`, `$c | Sort-Object Password`,
		`$c | Group-Object Password`, `$c | Export-Clixml c.xml`, `$c | Export-Csv c.csv`, `$c.Password | Out-File p.txt`, `Write-Error "$($c.Password)"`,
		`throw $c.Password`, `Write-Warning $c.Password`, `Write-Verbose $c.Password -Verbose`, `New-SendConnector $c.Password -AddressSpaces nonsense..`,
		`Set-ReceiveConnector 'Default EX01' -Banner $c.Password`, `Set-ReceiveConnector $c -Banner $c`, `Get-ReceiveConnector $c.Password`,
		`Set-SendConnector Out -AuthenticationCredential $c.Password`, `Set-SendConnector Out -MaxMessageSize $c`, `Set-SendConnector Out -Comment $c.Password; Get-SendConnector | fl`,
		`@{ a = $c }`, `@{ a = $c } | ConvertTo-Json -Depth 9`, `Get-SendConnector | fl *`, `Get-SendConnector | ConvertTo-Json -Depth 9`,
		`Get-SendConnector | Export-Clixml s.xml`, `(Get-SendConnector Out).AuthenticationCredential.Password`,
		`$c.Password | ConvertFrom-SecureString`, `ConvertFrom-SecureString $c.Password -AsPlainText`, `Test-SmtpConnectivity $c.Password`,
		"$p = ConvertTo-SecureString '" + typed + "' -AsPlainText -Force; $p; \"$p\"; $p | ConvertTo-Json; New-Object PSCredential('x', $p) | fl *",
		"ConvertTo-SecureString '" + typed + "' -AsPlainText -Force -Nonsense",
		"ConvertTo-SecureString '" + typed + "' -AsPlainText -Force | Set-ReceiveConnector -Banner",
		"$p = ConvertTo-SecureString -String \"" + typed + "\" -AsPlainText -Force +",
		"ConvertTo-SecureString " + typed + " -AsPlain -Force -Key 1",
		"New-Object System.Management.Automation.PSCredential 'x', $c.Password | fl *; Get-Credential x -PasswordFrom @{File = $c.Password}",
		"Get-Credential x -PasswordFrom @{'" + typed + "' = 'x'}", "Get-Credential x -PasswordFrom '" + typed + "'", "Get-Credential $c -PasswordFrom @{File = $c}",
		"New-Object System.Management.Automation.PSCredential 'x', (ConvertTo-SecureString '" + typed + "' -AsPlainText -Force -X)",
	}
	for _, script := range scripts {
		text := saysWith(t, answered, script)
		for _, secret := range []string{answered, typed} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s\nshows the password:\n%s", script, text[max(0, i-200):min(len(text), i+100)])
			}
		}
		if other := saysWith(t, "Zeb", script); other != text {
			t.Errorf("%s\ntells one password from another:\n%s\n%s", script, text, other)
		}
	}
}

// saysWith runs a script after commands that keep a credential with a password in $c and in a Send connector. It returns all that
// can be read of it: output, warnings, mistakes, files and the printed policy.
func saysWith(t *testing.T, password auth.Secret, script string) string {
	t.Helper()
	var said strings.Builder
	fs := files{}
	opts := shell.Options{
		Out: &said, FS: fs,
		Warn: func(_ source.Position, text string) { said.WriteString(text + "\n") },
		Credential: func(shell.Request) (param.Credential, error) {
			return param.Credential{UserName: "gateway", Password: password}, nil
		},
	}
	in, err := run(t, opts, "$c = Get-Credential\nNew-SendConnector Out -AddressSpaces * -SmartHosts a.example -DNSRoutingEnabled $false -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $c | Out-Null\n"+script)
	if err != nil {
		said.WriteString(err.Error())
		var list source.Diagnostics
		if errors.As(err, &list) {
			for _, e := range list {
				said.WriteString(e.Detail + e.Excerpt + e.Fix)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fs)) {
		said.WriteString(name + string(fs[name]))
	}
	if printed, err := shell.Print(in.Config()); err == nil {
		said.Write(printed)
	}
	if _, err := connector.Compile(in.Config()); err != nil {
		said.WriteString(err.Error())
	}
	return said.String()
}

package interp_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// smallLimits make a script of a fuzzer end soon.
var smallLimits = interp.Limits{Steps: 20_000, Depth: 40, Output: 64 << 10, Memory: 4 << 20, String: 16 << 10, List: 2000, Errors: 20}

// FuzzRun runs whatever parses: it ends, doesn't panic, prints no more than it may,
// and the password of a credential that it is given comes out by no route.
func FuzzRun(f *testing.F) {
	scripts, err := filepath.Glob("testdata/*.ps1")
	if err != nil || len(scripts) == 0 {
		f.Fatal("there are no scripts", err)
	}
	for _, path := range scripts {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(src)) {
			f.Add(strings.ReplaceAll(line, secret, "other"))
		}
	}
	for _, src := range []string{
		`$cred | fl *; $cred.Password; "$($cred.Password)" -replace '.', 'x'`,                                // every route
		`New-Object PSCredential u, $cred.Password; Get-Credential u -PasswordFrom @{File = $cred.Password}`, // in another credential
		`$cred, $cred.Password | Export-Clixml a.xml; Get-Content a.xml`,                                     // through a file
		`$cred | ConvertTo-Json -Depth 9; $cred | ConvertTo-Csv; $cred | Out-String`,                         // as text
		`$cred.Password + 'x'; $cred.Password * 2; [string]$cred.Password; [int]$cred.Password`,              // as an operand
		`$cred.Password.Length; $cred.Password.ToString(); $cred.Password[0]`,                                // as an object
		`$cred | select * | group Password; $cred, $cred | sort Password -Unique`,                            // as a key
		`$b = { 1 | % $b }; 1 | % $b`,                     // a block that runs itself
		`$a = @(1); foreach ($i in 1..9) { $a += $a }`,    // doubling
		`$a = @(); $a.Add($a); "$a"; $a | ConvertTo-Json`, // a list within itself
		`$h = @{}; $h.a = $h; $h; $h | Export-Clixml x`,   // a table within itself
		`'a' * 1GB; 1..1GB; '{0,999999999}' -f 1`,         // much of it
		`'aaaaaaaaaaaaaaaa' -match '(a*)*b'`,              // for backtracking engines
		`'x' -match '((x{100}){100}){100}'`,               // grows when compiled
		`Get-Thing | % { New-Thing "$($_.Name)x" } | Remove-Thing`,
		`function f($a, [int]$b = 2) { begin { $n = 0 } process { $n += $_ } end { return $n } }; 1..3 | f; f f`, // functions
		`filter g { try { throw $cred } catch { "$_"; throw } finally { $_ } }; $cred | g`,                       // a secret that is thrown
		`param([ValidateScript({ $_ })][string[]]$p = @($cred.Password), [switch]$s) switch -regex ($p) { 'x' { break } default { exit 3 } }`,
		`:o while ($true) { do { continue o } until (1) }`,                                                                         // loops
		`[string]::Join($cred.Password, (1, 2)); [regex]::Escape($cred.Password); $cred.Password -as [ipaddress]; $cred -is [int]`, // static members
		`$cred, $cred.Password | Select-String . ; Compare-Object $cred $cred.Password; $cred.Password | Tee-Object -Variable x; $x`,
		`'aaaa' -replace '(a*)*b?|', '$1'; 'aXb' -split '(?<x>X)|\b'; ([IPRange]'10.0.0.0/8').Netmask; (Get-Date).AddYears(9999)`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if strings.Contains(src, "hunter2") {
			t.Skip("the script knows the password itself")
		}
		var out bytes.Buffer
		s := &store{things: []*thing{{name: "a", size: param.MB, ranges: []string{"10.0.0.1"}}}}
		opt := options(s, &out)
		opt.Limits = smallLimits
		disk := files{"things.csv": []byte("Name,MaxSize\na,1MB\n")}
		opt.FS = disk
		opt.Variables = map[string]object.Value{"cred": object.NewCredential("user", object.NewSecure(secret))}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := interp.New(opt).Run(ctx, "fuzz.ps1", []byte(src))
		if ctx.Err() != nil {
			t.Fatal("the script didn't end")
		}
		if out.Len() > int(smallLimits.Output) {
			t.Errorf("%d bytes of output", out.Len())
		}
		text := out.String()
		if err != nil {
			text += err.Error()
		}
		for name, data := range disk {
			text += name + string(data)
		}
		if strings.Contains(strings.ToLower(text), "hunter2") {
			t.Errorf("the password comes out: %s", text)
		}
	})
}

package interp_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// run runs a script on a store with one thing and returns its output, line breaks
// written as |, and its error.
func run(t *testing.T, src string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	s := &store{things: []*thing{{name: "a", size: 10 << 20, ranges: []string{"10.0.0.1", "10.0.0.2"}, enabled: true}}}
	opt := options(s, &out)
	opt.Warn = func(source.Position, string) {}
	err := interp.New(opt).Run(t.Context(), "test.ps1", []byte(src))
	return strings.ReplaceAll(strings.TrimSuffix(out.String(), "\n"), "\n", "|"), err
}

func TestExpressions(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		// arithmetic
		{`1 + 2 * 3`, "7"}, {`7 / 2`, "3.5"}, {`6 / 2`, "3"}, {`-7 % 3`, "-1"}, {`7.5 % 2`, "1.5"}, {`1.5 + 1.5`, "3"}, {`-5`, "-5"}, {`+'5'`, "5"},
		{`9223372036854775807 + 1`, "9.223372036854776E+18"}, {`3000000000 * 4000000000`, "1.2E+19"}, {`'1' + 2`, "12"}, {`1 + '2'`, "3"}, {`1MB + '1KB'`, "1049600"},
		{`$x + 1`, "1"}, {`'ab' * 2`, "abab"}, {`(1, 2) * 2`, "1|2|1|2"}, {`(Get-Thing).MaxSize / 1MB`, "10"}, {`(Get-Thing).MaxSize + 1`, "10485761"},
		// lists
		{`(1, 2, 3)[1]`, "2"}, {`(1, 2, 3)[-1, 0]`, "3|1"}, {`(1, 2)[5]`, ""}, {`(1..5)[1..3] -join ','`, "2,3,4"}, {`(3..1) -join ''`, "321"}, {`'abc'[0]`, "a"}, {`'grün'[2]`, "ü"}, {`(5)[0]`, "5"},
		{`$a = 1, 2; $b = $a; $a += 3; "$a/$b"`, "1 2 3/1 2"}, {`$a = 1, 2; $b = $a; $a[0] = 9; "$a/$b"`, "9 2/9 2"}, {`$a = @(); $a += 'x'; $a.Count`, "1"},
		{`$a = 1, 2, 3; $a += 4; $b = $a; $a += 5; $b += 6; $a[0] = 0; "$a/$b"`, "0 2 3 4 5/1 2 3 4 6"},
		{`(New-Object PSCredential 'a', (New-Object System.Security.SecureString)).UserName; "$([securestring]::new())"`, "a|System.Security.SecureString"},
		{`$l = New-Object System.Collections.ArrayList; [void]$l.Add('a'); $l.Add('b'); $l.Remove('a'); $l.Count; $l.Contains('B')`, "1|True"},
		{`@(1).Count; @().Count; (1, 2).Length; (5).Count`, "1|0|2|1"}, {`$a = ,(1, 2); $a.Count`, "1"},
		// hashtables
		{`$h = @{a = 1}; $h.b = 2; $h['c'] = 3; $h.Keys -join ''; $h.Count; $h.A`, "abc|3|1"}, {`$h = @{a = 1}; $h.Remove('A'); $h.ContainsKey('a')`, "False"},
		{`$h = @{a = 1} + @{b = 2}; $h.Values -join ','`, "1,2"}, {`$h = @{a = 1}; $h.a += 5; $h.a`, "6"},
		// comparison
		{`1 -eq 1.0; 'a' -ne 'A'; 'a' -cne 'A'; 2 -gt 1; 2 -le 1; 'b' -gt 'a'`, "True|False|True|True|False|True"},
		{`1, 2, 3 -gt 1`, "2|3"}, {`('a', 'b', $null -ne $null).Count`, "2"}, {`@() -eq 1`, ""}, {`$null -eq $null`, "True"}, {`0 -eq $null`, "False"}, {`'' -eq $null`, "False"},
		{`'a', 'b' -contains 'B'; 'a' -notin 'b'; 'B' -cin 'a', 'b'`, "True|True|False"}, {`'abc', 'abd', 'x' -like 'ab*'`, "abc|abd"}, {`'abc' -notlike '*d'`, "True"},
		{`(Get-Thing).MaxSize -gt 5MB; (Get-Thing).MaxSize -eq '10 MB'; (Get-Thing).Limit -eq 'Unlimited'; (Get-Thing).Timeout -ge '00:05:00'`, "True|True|True|True"},
		{`(Get-Thing).Auth -match 'tls'; (Get-Thing).Auth -eq 'basicauth, tls'; (Get-Thing).Auth.HasFlag('Tls')`, "True|True|True"},
		{`(Get-Thing).Enabled -eq 'True'; (Get-Thing).Enabled -eq $true`, "True|True"},
		// logic
		{`$true -and $false -or $true; -not 1; !$null; 1 -xor 1`, "True|False|True|False"}, {`$false -and (1 / 0)`, "False"}, {`$true -or (1 / 0)`, "True"},
		// text
		{`"a$(1 + 1)b $((Get-Thing).Name)"`, "a2b a"}, {`'a-b_c' -split '[-_]'`, "a|b|c"}, {`'a,b,c' -split ',', 2`, "a|b,c"}, {`-split ' a  b '`, "a|b"}, {`-join ('a', 'b')`, "ab"},
		{`'John Smith' -replace '(\w+) (\w+)', '$2, $1'`, "Smith, John"}, {`'aXbx' -replace 'x'`, "ab"}, {`'aXbx' -creplace 'x', '$$'`, "aXb$"}, {`'abc' -replace '(?<mid>b)', '[${mid}$&]'`, "a[bb]c"}, {`'5' -replace '\d', '$10'`, ""},
		{`'{0} {1:N2} {2,5}|{3:D3} {4:X2} {5:P0} {{}}' -f 'a', 1234.5, 'r', 7, 255, 0.5`, "a 1,234.50     r|007 FF 50% {}"}, {`'{0:00}' -f 5`, "05"}, {`'{0}' -f (Get-Thing).MaxSize`, "10 MB (10,485,760 bytes)"},
		{`'a.b'.Split('.'); 'abc'.IndexOf('c'); ' x '.Trim(); 'ab'.PadLeft(4, '.'); 'ab'.PadRight(3) + '|'; 'abc'.EndsWith('c')`, "a|b|2|x|..ab|ab ||True"},
		{`$n = 'Length'; 'x'.$n; @{a = 1}."$('a')"; @().NoSuch; $null.NoSuch`, "1|1"}, {`"a` + "`" + `tb"`, "a b"},
		// casts
		{`[int]'0x10'; [int]2.5; [int]3.5; [string]1.5; [bool]'false'; [double]'1.5'; [long]5`, "16|2|4|1.5|True|1.5|5"}, {`[string[]](1, 2) -join ','`, "1,2"}, {`[int]$x = '5'; $x + 1`, "6"},
		{`'10.0.0.10', '10.0.0.9' | sort { [version]$_ }; [version]'1.10' -gt '1.9'; ([version]'15.1.2507').Build; ([ipaddress]'10.0.0.9') -lt ([ipaddress]'10.0.0.10')`, "10.0.0.9|10.0.0.10|True|2507|True"}, {`([timespan]'00:10:00').TotalMinutes`, "10"}, {`[array]$a = 5; $a.Count`, "1"}, {`([Microsoft.Exchange.Data.ByteQuantifiedSize]'10MB').ToKB()`, "10240"},
		// statements
		{`if (Get-Thing nosuch -ea SilentlyContinue) { 'yes' } else { 'no' }`, "no"}, {`$x = if ($true) { 'v' }; $x`, "v"}, {`$r = foreach ($i in 1..3) { $i * 2 }; "$r"`, "2 4 6"}, {`foreach ($i in $null) { 'never' }`, ""},
		{`$i = 1; $i++; $i += 2; $i *= 3; $i`, "12"}, {`($a = 5) + 1`, "6"}, {`$a = $b = 2; "$a$b"`, "22"}, {`$null = 5; [void]5; 5 | Out-Null`, ""}, {`$global:x = 1; $x; $script:X`, "1|1"},
		// member enumeration and $_
		{`(1, 2 | % { @{n = $_} }).n -join ','`, "1,2"}, {`1..3 | ForEach-Object -Begin { 'b' } -Process { $_ } -End { 'e' }`, "b|1|2|3|e"}, {`1, 2 | % { $_ | % { $_ * 10 }; $_ }`, "10|1|20|2"},
		{`(1, 2, 3).Where({ $_ -gt 1 }) -join ','; (1, 2).ForEach{ $_ * 2 } -join ','; (5).Where{ $false }.Count`, "2,3|2,4|0"}, {`'a', 'B' | % ToUpper`, "A|B"}, {`Get-Thing | where -Not Enabled | % Name`, ""}, {`Get-Thing | where Enabled | % Name`, "a"}, {`Get-Thing | ? Name -cmatch '^a$' | % Name`, "a"}, {`'a', 'bb' | where Length -gt 1`, "bb"},
		// selection
		{`1..5 | select -First 2`, "1|2"}, {`1..5 | select -Last 2`, "4|5"}, {`1..5 | select -Skip 1 -Last 2`, "3|4"}, {`1..5 | select -Index 0, 4`, "1|5"}, {`1, 1, 2 | select -Unique`, "1|2"}, {`1..3 | select -First 0`, ""},
		{`1..1000000 | select -First 1`, "1"}, {`3, 1, 2 | sort -Descending`, "3|2|1"}, {`'b', 'A', 'c' | sort`, "A|b|c"}, {`1..4 | sort { $_ % 2 }, { -$_ }`, "4|2|3|1"}, {`1..3 | sort @{e = { $_ }; Descending = $true}`, "3|2|1"},
		{`(1..4 | measure -Sum).Sum; ('a', 'b' | measure).Count; (Get-Thing | measure MaxSize -Maximum).Maximum`, "10|2|10 MB (10,485,760 bytes)"}, {`(1..4 | group { $_ % 2 } | % { "$($_.Name):$($_.Count)" }) -join ' '`, "1:2 0:2"},
		// data
		{`'[1, {"a": [true, null, "x"]}]' | ConvertFrom-Json | % { "$_" }`, "1|@{a=System.Object[]}"}, {`@{a = 1; b = @(1, 2)} | ConvertTo-Json -Compress`, `{"a":1,"b":[1,2]}`}, {`ConvertTo-Json @(1) -Compress`, "[1]"}, {`[pscustomobject]@{a = 1; b = 'x,y'} | ConvertTo-Csv`, `"a","b"|"1","x,y"`},
		{`'a,b,c', '1,,', '2' | ConvertFrom-Csv | % { "$($_.b -eq '') $($null -eq $_.c)" }`, "True False|False True"},
		{`'10.0.0.1;a', '10.0.0.2' | ConvertFrom-Csv -Header IP, Name | % { "$($_.IP) $($_.Name)" }`, "10.0.0.1 a|10.0.0.2 "}, {`"x,y" | ConvertFrom-Csv -Header A, b | % B`, "y"},
		{`'a;b', '1;2' | ConvertFrom-Csv | % b`, "2"}, {`'a', 'b' | Set-Content f.txt; Get-Content f.txt; (Get-Content f.txt -Raw).Length`, "a|b|6"}, {`Get-Thing | Out-File g.txt -WhatIf`, `What if: Performing the operation "Output to file" on target "g.txt".`},
		// the parts of the pipeline that a cmdlet may not see
		{`$nothing | Set-Thing -Enabled $false; (Get-Thing).Enabled`, "True"}, {`Get-Thing | Set-Thing -Enabled $false; (Get-Thing).Enabled`, "False"}, {`$t = Get-Thing -OutVariable kept; $kept.Count`, "1"},
		{`[pscustomobject]@{Identity = 'a'; MaxSize = '5MB'} | Set-Thing; (Get-Thing).MaxSize.ToMB()`, "5"}, {`Get-Thing | select Identity | % { "$($_.Identity)" }`, `EX01\a`},
	} {
		got, err := run(t, tt.src)
		if err != nil || got != tt.want {
			t.Errorf("%s\n prints %q\n want   %q, error %v", tt.src, got, tt.want, err)
		}
	}
}

// TestFailures: what can't be done says so.
func TestFailures(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{`1 / 0`, "division by zero"}, {`5 % 0`, "division by zero"}, {`1 + 'x'`, "isn't one"}, {`@{} + 1`, "hashtable"}, {`(1, 2) - 1`, "isn't for lists"}, {`@{a = 1} + @{A = 2}`, "in both"},
		{`@{a = 1; A = 2}`, "twice"}, {`$null.ToString()`, "$null has no methods"}, {`'x'.Substring(5)`, "no method"}, {`(5).Foo()`, "no method Foo"}, {`$a = 1, 2; $a[5] = 1`, "no element 5"}, {`$x = 5; $x.y = 1`, "no property y"},
		{`$t = Get-Thing; $t.Nmae = 1`, "did you mean Name?"}, {`(Get-Thing).Nmae`, "did you mean Name?"}, {`'x'.GetType`, "no property GetType"}, {`(Get-Thing).Size2 -eq 1`, "fix: use one of Name, Identity"}, {`Get-Thing | where Nmae -eq a`, "no property Nmae"}, {`Get-Thing | select -ExpandProperty Nmae`, "no property Nmae"}, {`('a', 'b').Foo`, "no property Foo"}, {`[xml]'x'`, "isn't supported"}, {`[int]'x'`, "can't be made [int]"}, {`[hashtable]5`, "can't be made"}, {`'a' -match '(?=b)'`, "RE2"}, {`'{1}' -f 1`, "no value"}, {`'{' -f 1`, "isn't closed"}, {`'{0:Q}' -f 1`, "form"},
		{`$env:X = 1`, "environment"}, {`$_ = 1`, "can't be assigned"}, {`1..'x'`, "whole number"}, {`'a' * -1`, "whole number"}, {`Get-Thing | Show-Args`, "no property that this cmdlet accepts"}, {`Import-Csv nosuch`, "does not exist"}, {`'1' | ConvertFrom-Csv -Header a, A`, "twice"}, {`'1,2' | ConvertFrom-Csv -Header a`, "more than 1 cell"},
		{`1 | where Name x`, "no comparison"}, {`1 | where Name -eq 1 -lt 2`, ""}, {`1 | select -First x`, "whole number"}, {`1 | select -First 1 -Last 1`, "don't go together"}, {`1 | select @{x = 1}`, "has no x"}, {`1 | select @{n = 'x'}`, "needs an expression"},
		{`Show-Args -Text a -Text b`, "twice"}, {`$p = @{Text = 'a'}; Show-Args @p -Text b`, "twice"}, {`$p = @{Nope = 1}; Show-Args @p`, "-Nope"}, {`Show-Args -ErrorAction Explode`, "one of"}, {`Remove-Thing a -Confirm`, "not interactive"},
		{`New-Object Net.WebClient`, "can't make"}, {`New-Object PSCredential 'a', 'b'`, "SecureString"}, {`ConvertTo-SecureString x`, "-AsPlainText"}, {`Import-Module ActiveDirectory`, "no module"}, {`1 | Export-Csv x -Encoding Unicode`, "encoding"},
		{`[pscustomobject]@{Other = 1} | New-Thing`, "no property that"}, {`[pscustomobject]@{MaxSize = 1} | New-Thing`, "has no Name"}, {`Get-Help New-Thnig`, "did you mean New-Thing?"}, {`Get-Command nosuch`, "no such cmdlet"}, {`'{' | ConvertFrom-Json`, "JSON"},
	} {
		_, err := run(t, tt.src)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n gives %v, want %q", tt.src, err, tt.want)
			continue
		}
		var all interp.Errors
		if errors.As(err, &all) && (all[0].Where.Line() != 1 || all[0].Error() == "") {
			t.Errorf("%s: the error has no place: %v", tt.src, err)
		}
	}
}

// TestNoFiles: without a file system, cmdlets that use files fail.
func TestNoFiles(t *testing.T) {
	in := interp.New(interp.Options{})
	for _, src := range []string{`Get-Content x`, `Import-Csv x`, `Import-Clixml x`, `1 | Export-Csv x`, `1 | Export-Clixml x`, `1 | Out-File x`, `1 | Set-Content x`} {
		if err := in.Run(t.Context(), "", []byte(src)); err == nil || !strings.Contains(err.Error(), "no files") {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// TestConfirm: who is asked, and what a no does.
func TestConfirm(t *testing.T) {
	for _, tt := range []struct {
		src   string
		asked int
		left  int // things
	}{
		{`Remove-Thing a`, 1, 1}, {`Remove-Thing a -Confirm:$false`, 0, 0}, {`Remove-Thing a -WhatIf`, 0, 1}, {`New-Thing b`, 0, 2}, {`New-Thing b -Confirm`, 1, 1},
		{`$ConfirmPreference = 'None'; Remove-Thing a`, 0, 0}, {`$WhatIfPreference = $true; Remove-Thing a`, 0, 1}, {`Get-Thing | Remove-Thing`, 1, 1},
	} {
		s := &store{things: []*thing{{name: "a"}}}
		asked := 0
		in := interp.New(interp.Options{Commands: s.commands(), Confirm: func(string) (bool, error) { asked++; return false, nil }})
		if err := in.Run(t.Context(), "", []byte(tt.src)); err != nil {
			t.Error(err)
		}
		if asked != tt.asked || len(s.things) != tt.left {
			t.Errorf("%s asks %d times and leaves %d things", tt.src, asked, len(s.things))
		}
	}
}

// TestVariablesLiveOn from one Run to the next, and Variable reads them.
func TestVariablesLiveOn(t *testing.T) {
	var out bytes.Buffer
	in := interp.New(interp.Options{Out: &out, Variables: map[string]object.Value{"Given": int64(1)}})
	for _, src := range []string{`$x = $given + 1`, `$X`} {
		if err := in.Run(t.Context(), "", []byte(src)); err != nil {
			t.Fatal(err)
		}
	}
	if v, ok := in.Variable("x"); out.String() != "2\n" || !ok || v != int64(2) {
		t.Errorf("got %q and %v", out.String(), v)
	}
}

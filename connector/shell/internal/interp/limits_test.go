package interp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
)

// TestHostile runs scripts that want everything: each must end by a limit.
func TestHostile(t *testing.T) {
	for _, src := range []string{
		`foreach ($i in 1..1000000) { foreach ($j in 1..1000000) { $x = $i } }`,
		`1..900000 | % { 1..900000 | % { 1 } } | Out-Null`,
		`$b = { 1 | % $b }; 1 | % $b`,
		`$s = 'x'; foreach ($i in 1..100) { $s += $s }`,
		`$s = 'x'; foreach ($i in 1..100) { $s = "$s$s" }`,
		`$a = @(1); foreach ($i in 1..100) { $a += $a }`,
		`$a = @(1); foreach ($i in 1..100) { $a = $a + $a + $a }`,
		`$a = ('x' * 1MB), 1 * 900000; foreach ($i in 1..10000) { "$a" | Out-Null }`,
		`$a = @('x' * 1MB) * 900000; "$a"`,
		`$a = @('x' * 1MB) * 900000; $a -join ''`,
		`$a = @('x' * 1MB) * 900000; 'x' -eq $a`,
		`$a = @('x' * 1MB) * 900000; 'x' -like $a`,
		`$a = @('x' * 1MB) * 900000; [pscustomobject]@{a = $a} | ConvertTo-Csv`,
		`$a = @('x' * 1MB) * 900000; $a | ConvertTo-Json`,
		`$a = @('x' * 1MB) * 900000; [pscustomobject]@{a = $a} | fl`,
		`$FormatEnumerationLimit = -1; $a = @('x' * 1MB) * 900000; [pscustomobject]@{a = $a} | ft`,
		`$a = @('x' * 1MB) * 900000; $a | sort`,
		`$a = @('x' * 1MB) * 900000; $a | group`,
		`$a = @('x' * 1MB) * 900000; @{a = 1}[$a]; $h = @{}; $h[$a] = 1`,
		`'x' * 1TB`,
		`@(1) * 1TB`,
		`1..1TB`,
		`0..4294967295`,
		`4294967295..0`,
		`(1..4295) * 1TB`,
		`('x' * 1024) * 1TB`,
		`('x' * 65536) -replace '.+', ('$0' * 65536)`,
		`'x'.PadLeft(1TB, 'é')`,
		`'{0,2000000000}' -f 1`,
		`'x'.PadLeft(2000000000)`,
		`('x' * 1MB).Replace('x', 'y' * 1MB)`,
		`('x' * 1MB) -replace '', ('y' * 1MB)`,
		`('x' * 1MB) -replace '.+', ('$0' * 1MB)`,
		`('x' * 4MB) -split ''`,
		`$p = 'x*' * 2000; $s = 'x' * 4MB; foreach ($i in 1..1000000) { $s -like "$p-y" | Out-Null }`,
		`foreach ($i in 1..1000000) { ('x' * 1MB) -match '(x+x+)+y' | Out-Null }`,
		`foreach ($i in 1..1000000) { 'x' -match "(x{9}){99}$i" | Out-Null }`,
		`$p = '\pL' * 1300; foreach ($i in 1..1000000) { 'x' -match "$p$i" | Out-Null }`,
		`$p = '[' * 4000; foreach ($i in 1..1000000) { 'x' -like $p | Out-Null }`,
		`$s = 'é' * 1MB; foreach ($i in 1..1000000) { $s[$i] | Out-Null }`,
		`$s = 'x' * 1MB; foreach ($i in 1..1000000) { $s -eq "$($s)y" | Out-Null }`,
		`$h = @{}; foreach ($i in 1..10000000) { $h["k$i"] = 1 }`,
		`foreach ($i in 1..1000000) { 'a line of output that is not that short' * 1000 }`,
		`foreach ($i in 1..1000000) { try { $nosuch.Method() } catch { } }`,
		`foreach ($i in 1..1000000) { Write-Warning 'again' }`,
		`$a = 1..900000; foreach ($i in 1..900000) { $a -contains 0 | Out-Null }`,
		`$a = 1..900000; foreach ($i in 1..900000) { $a.Remove($i) }`,
		`$a = 1..900000; foreach ($i in 1..900000) { $a.NoSuch }`,
		`$s = ('a,' * 100000); foreach ($i in 1..1000000) { $s.Split(',') | Out-Null }`,
		`$s = 'x' * 1MB; 1..1000000 | sort { $s }`,
		`$s = 'a' * 200000; $s -replace 'a([^z]*z)?', 'b'`,
		`$s = 'a' * 200000; $s -split 'a([^z]*z)?'`,
		`$s = 'a' * 200000; [regex]::Replace($s, 'a([^z]*z)?', 'b')`,
		`$s = 'ab' * 100000; foreach ($i in 1..100000) { $s | Select-String 'a(.*c)?x' }`,
		`$s = 'é' * 1MB; $s.Trim(('x' * 1MB) + 'é')`,
		`$x = 1..400000; $y = 1..400000 | select -Index $x; $y = 1..400000 | select -Index $x; foreach ($i in 1..9) { $y = 1..400000 | select -Index $x }`,
		`try { throw ('x' * 1MB) } catch { $e = @($_) * 900000 }; "$e"`,
		`try { throw ('x' * 1MB) } catch { $e = @($_) * 900000 }; [pscustomobject]@{ a = $e } | ft`,
		`$o = @{}; foreach ($i in 1..20000) { $o["p$i"] = 1 }; $o = [pscustomobject]$o; $e = @([pscustomobject]@{}) * 900000; @($o) + $e | ConvertTo-Csv`,
		`$o = @{}; foreach ($i in 1..20000) { $o["p$i"] = 1 }; $o = [pscustomobject]$o; $e = @([pscustomobject]@{}) * 900000; @($o) + $e | ft`,
		`$l = '{0}' * 100000; foreach ($i in 1..1000000) { $l -f 1 | Out-Null }`,
		`foreach ($i in 1..10000000) { try { $i.NoSuch } catch { } }`,
		`foreach ($i in 1..10000000) { try { Get-Thnig } catch { } }`,
		`foreach ($i in 1..10000000) { try { Get-Thing -Nmae } catch { } }`,
		`while (1) { }`,
		`do { $x++ } while (1)`,
		`for (;;) { continue }`,
		`for (;;) { switch (1) { 1 { continue } } }`,
		`while (1) { try { throw 1 } catch { } finally { } }`,
		`function f { f }; f`,
		`function f { try { f } catch { f } }; f`,
		`filter f { $_ | f }; 1..10 | f`,
		`function f { process { $_; $_ } }; 1..100000 | f | f | f | f | f | f`,
		`$n = 0; while (1) { $n++; Set-Variable "v$n" 1 }`,
		`while (1) { Test-Path big.txt }`,
		`while (1) { 'x' * 1000 | Add-Content big.txt }`,
		`while (1) { Get-Date | Out-Null; Get-Date -Format ('y' * 100000) }`,
		`$x = 1..900000; while (1) { Compare-Object $x $x }`,
		`while (1) { $x = [string]::Join(',', (1..900000)) }`,
		`1..1000000 | select @{n = 'a'; e = { 'x' * 1MB } } | Out-Null`,
		`$o = [pscustomobject]@{}; $x = 1..100000 | % { [pscustomobject]@{a = 1; b = 2; c = 3; d = 4; e = 5} }; $y = foreach ($i in 1..100) { $x }`,
	} {
		var out bytes.Buffer
		opt := options(new(store), &out)
		opt.Limits.Memory = 64 << 20
		opt.Limits.Output = 16 << 20
		opt.Limits.Steps = 600_000
		opt.FS = files{"big.txt": bytes.Repeat([]byte("x"), 1<<20)}
		start := time.Now()
		err := interp.New(opt).Run(t.Context(), "hostile.ps1", []byte(src))
		if !errors.Is(err, interp.ErrLimit) {
			t.Errorf("%s\nended with %v", src, err)
		}
		t.Logf("%8v %s", time.Since(start).Round(time.Millisecond), src)
	}
}

// TestRegexSize: a pattern of a few bytes can compile to millions of instructions.
func TestRegexSize(t *testing.T) {
	err := interp.New(interp.Options{}).Run(t.Context(), "", []byte(`'x' -match ('x{999}' * 11)`))
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
}

// TestCancel ends a script that would run for long.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	opt := interp.Options{Commands: []object.Command{&fakeCommand{name: "Stop-Me", run: func(*object.Call) error {
		cancel()
		return nil
	}}}}
	opt.Limits.Steps = 1 << 40
	err := interp.New(opt).Run(ctx, "", []byte(`foreach ($i in 1..100000) { Stop-Me; $last = $i }`))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// TestCancelWithin ends a script within one long step.
func TestCancelWithin(t *testing.T) {
	for _, src := range []string{
		`$s = 'a' * 4MB; Stop-Me; $s -match '(x+x+)+y'; 'not reached'`, `$s = 'a' * 4MB; Stop-Me; $s -replace 'a([^z]*z)?', 'b'; 'not reached'`,
		`$s = 'a' * 4MB; Stop-Me; $s -split '(b|a)c'; 'not reached'`, `Stop-Me; Import-Csv big.csv | Out-Null; 'not reached'`,
		`Stop-Me; while (1) { }; 'not reached'`, `Stop-Me; 1..900000 | sort; 'not reached'`,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var out bytes.Buffer
		opt := interp.Options{Out: &out, FS: files{"big.csv": []byte("a\n" + strings.Repeat("b\n", 100_000))}, Commands: []object.Command{
			&fakeCommand{name: "Stop-Me", run: func(*object.Call) error { cancel(); return nil }}}}
		opt.Limits = interp.Limits{Steps: 1 << 40, Memory: 1 << 40}
		err := interp.New(opt).Run(ctx, "", []byte(src))
		if !errors.Is(err, context.Canceled) || out.Len() > 0 {
			t.Errorf("%s ended with %v and printed %d bytes", src, err, out.Len())
		}
		cancel()
	}
}

// TestWarningsCount: who gets the warnings may keep them all, so they count as output.
func TestWarningsCount(t *testing.T) {
	warnings := 0
	opt := interp.Options{Warn: func(source.Position, string) { warnings++ }}
	opt.Limits = interp.Limits{Output: 1 << 20, Steps: 100_000}
	err := interp.New(opt).Run(t.Context(), "", []byte(`while (1) { Write-Warning 'again' }`))
	if !errors.Is(err, interp.ErrLimit) || warnings > 1<<12 {
		t.Errorf("%d warnings, %v", warnings, err)
	}
}

// TestObjectsCost: a command that makes large objects uses the steps that they take.
func TestObjectsCost(t *testing.T) {
	opt := interp.Options{Commands: []object.Command{&fakeCommand{name: "Get-Wide", run: func(call *object.Call) error {
		wide := object.NewObject("Wide", 400)
		for i := range 400 {
			wide.Set(fmt.Sprint("P", i), i)
		}
		return call.Emit(wide)
	}}}}
	opt.Limits.Steps = 20_000
	err := interp.New(opt).Run(t.Context(), "", []byte(`foreach ($i in 1..1000) { Get-Wide | Out-Null }`))
	if !errors.Is(err, interp.ErrLimit) {
		t.Errorf("ended with %v", err)
	}
}

// TestPlacesAreCheap: the place of a command on a very long line is asked for each
// time that the command runs. The steps would allow a million times.
func TestPlacesAreCheap(t *testing.T) {
	runs := 0
	opt := interp.Options{Commands: []object.Command{&fakeCommand{name: "Do-It", run: func(call *object.Call) error {
		if runs++; call.Pos.Column < 8<<20 {
			t.Fatalf("column %d", call.Pos.Column)
		}
		return nil
	}}}}
	src := strings.Repeat(" ", 8<<20) + `foreach ($i in 1..20000) { Do-It }`
	if err := interp.New(opt).Run(t.Context(), "", []byte(src)); err != nil || runs != 20000 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

// TestErrorsAreBounded: a loop that fails each time around ends.
func TestErrorsAreBounded(t *testing.T) {
	in := interp.New(interp.Options{Limits: interp.Limits{Errors: 5}})
	err := in.Run(t.Context(), "", []byte(`foreach ($i in 1..1000) { No-Such }`))
	if n := strings.Count(err.Error(), "No-Such;") + strings.Count(err.Error(), "cmdlet No-Such"); n > 5 {
		t.Errorf("%d errors", n)
	}
	var all interp.Errors
	if !errors.As(err, &all) || len(all) != 6 || !errors.Is(err, interp.ErrLimit) {
		t.Errorf("got %v", err)
	}
}

package syntax_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/interchange-smtp/interchange/connector/shell/internal/syntax"
)

// argument parses "x ARG" and returns the value of the argument.
func argument(t *testing.T, src string) syntax.Expr {
	t.Helper()
	s, err := syntax.Parse("t", []byte("x "+src))
	if err != nil {
		t.Fatal(err)
	}
	args := s.Body[0].(*syntax.Pipeline).Elements[0].(*syntax.Command).Args
	if len(args) != 1 {
		t.Fatalf("%s: %d arguments", src, len(args))
	}
	return args[0].(*syntax.Argument).Value
}

func TestArgumentText(t *testing.T) {
	tests := []struct{ src, want string }{
		{`10.0.0.0/8`, "10.0.0.0/8"},
		{`[::]:25`, "[::]:25"},
		{`EX01\Relay`, `EX01\Relay`},
		{`*.contoso.com`, "*.contoso.com"},
		{`user@contoso.com`, "user@contoso.com"},
		{`1..5`, "1..5"},
		{`-`, "-"},
		{`a#b`, "a#b"},
		{`a=b`, "a=b"},
		{"a`;b", "a;b"},
		{"a`", "a"},
		{"a` b", "a b"},
		{`a"b c"'d e'`, "ab cd e"},
		{`"a""b"`, `a"b`},
		{`'a''b'`, `a'b`},
		{"“a”", "a"},
		{"“a\"", "a"},
		{"„a“", "a"},
		{"‘it’’s’", "it’s"},
		{"\"tab`t quote`\" dollar`$x `q\"", "tab\t quote\" dollar$x q"},
		{`"100% $ cost"`, "100% $ cost"},
		{`"$true"`, "True"},
		{`"a
b"`, "a\nb"},
		{"@'\n'@", ""},
		{"@'\na\nb\n'@", "a\nb"},
		{"@\"\r\na\r\n\"@", "a"},
		{"@' \n'x'@\n'@", "'x'@"},
	}
	for _, tt := range tests {
		src := tt.src
		if strings.HasSuffix(src, "`") {
			src += "\n"
		}
		switch e := argument(t, src).(type) {
		case *syntax.String:
			if e.Value != tt.want {
				t.Errorf("%s: %q, want %q", tt.src, e.Value, tt.want)
			}
		case *syntax.Expand:
			var text string
			for _, p := range e.Parts {
				text += p.(*syntax.String).Value
			}
			if text != tt.want {
				t.Errorf("%s: %q, want %q", tt.src, text, tt.want)
			}
		default:
			t.Errorf("%s: a %T", tt.src, e)
		}
	}
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		src  string
		want any
	}{
		{"0", int64(0)}, {"25", int64(25)}, {"-5", int64(-5)}, {"010", int64(10)}, {"0xff", int64(255)},
		{"10MB", int64(10 << 20)}, {"1.5mb", int64(3 << 19)}, {"2TB", int64(2 << 40)}, {"1kb", int64(1024)},
		{"0.1kb", 102.4}, {"2.50", 2.5}, {".5", .5}, {"1e3", 1e3}, {"1.e-1", .1},
		{"99999999999999999999", 1e20}, {"9000000PB", 9000000.0 * (1 << 50)},
	}
	for _, tt := range tests {
		n, ok := argument(t, tt.src).(*syntax.Number)
		if !ok || n.Value != tt.want || n.Text != tt.src {
			t.Errorf("%s: %#v, want %v", tt.src, n, tt.want)
		}
	}
	for _, src := range []string{"1.2.3", "10.0.0.1", "0x", "0xg", "1e", "kb", "1mbb", "1-2", "+5", "1_0", "infinity", ".", "0x1p3", "1.5.5mb"} {
		if n, ok := argument(t, src).(*syntax.Number); ok {
			t.Errorf("%s is the number %v", src, n.Value)
		}
	}
}

// TestErrors pins what is said, and where.
func TestErrors(t *testing.T) {
	tests := []struct{ src, place, text, msg string }{
		{"class A { }", "t:1:1", "class", "classes are not supported"},
		{"\n  Trap { }", "t:2:3", "Trap", "trap is not supported"},
		{"$y = 1\nparam($x)", "t:2:1", "param", "stands first"},
		{"param($x, $X)", "t:1:11", "$X", "a parameter $X already"},
		{"param($x = )", "t:1:12", ")", ""},
		{"function f { begin { } begin { } }", "t:1:24", "begin", "begin already"},
		{"function f { begin { } $x }", "t:1:24", "$", "} must come before"},
		{"function { }", "t:1:10", "{", "name of the function"},
		{"try { }\n1", "t:1:1", "try", "neither catch nor finally"},
		{"catch { }", "t:1:1", "catch", "no try before"},
		{"do { } $x", "t:1:8", "$", "while or until"},
		{"for ($i = 0; $i -lt 3; $i++; 1) { }", "t:1:28", ";", ") must come before"},
		{"switch -file x { }", "t:1:8", "-file", "no -file"},
		{"switch ($x) { 1 2 { } }", "t:1:17", "2", "a block in braces"},
		{"switch ($x) { default { } default { } }", "t:1:27", "default", "default already"},
		{":a if ($x) { }", "t:1:1", ":a ", "loop or switch must follow"},
		{"$x -is 'string'", "t:1:8", "'", "type in brackets"},
		{"& 'prog.exe'", "t:1:1", "&", "programs and scripts are not run"},
		{". .\\other.ps1", "t:1:1", ".", "other scripts are not run"},
		{".\\other.ps1 -x", "t:1:1", ".", "other scripts are not run"},
		{"C:\\x\\prog.exe /a", "t:1:1", "C:\\x\\prog.exe", "programs and other scripts"},
		{"iisreset.exe", "t:1:1", "iisreset.exe", "programs and other scripts"},
		{"Get-X > out.txt", "t:1:7", ">", "redirected"},
		{"Get-X 2>&1", "t:1:7", "2>", "redirected"},
		{"Get-X && Get-Y", "t:1:7", "&", "& is not supported"},
		{"Get-X || Get-Y", "t:1:7", "||", "|| is not supported"},
		{"[math]:: Round(1)", "t:1:9", " ", "member must follow"},
		{"$x::Parse(1)", "t:1:3", "::", "after a type"},
		{"$x -bxnor 1", "t:1:4", "-bxnor", "not an operator"},
		{"$x = 10.0.0.1", "t:1:6", "10.0.0.1", "neither a number"},
		{"10.0.0.1", "t:1:1", "10.0.0.1", "neither a number"},
		{"$x -eq foo", "t:1:8", "foo", "text needs quotes"},
		{"$x != 5", "t:1:4", "!", "!="},
		{"if ($x > 5) {}", "t:1:8", ">", "> is not an operator"},
		{"if ($x) { } else if ($y) { }", "t:1:13", "else if", "else if is two"},
		{"else { }", "t:1:1", "else", "no if before"},
		{"Get-X -A:", "t:1:7", "-A:", "value must follow the colon"},
		{"Get-X a,,b", "t:1:9", ",", ""},
		{"Get-X -Server <name>", "t:1:15", "<", "< is not supported"},
		{"\"$srv:25\"", "t:1:2", "$srv:25", "drive"},
		{"\"Pa$$word\"", "t:1:4", "$$", "$$ is a variable"},
		{"$a, 5 = 1, 2", "t:1:1", "$a, 5", "nothing can be assigned"},
		{"Get-X | 5", "t:1:9", "5", "first stage"},
		{"@params", "t:1:1", "@params", "need a command"},
		{"PS C:\\> Get-X", "t:1:1", "PS", "prompt"},
		{"$x ?? 5", "t:1:4", "?", "operators with ?"},
		{"Get-X a\u200b", "t:1:8", "\u200b", "invisible"},
		{"$()..x = 1; }", "t:1:6", "x", "text needs quotes"},
		{"(Get-X) Get-Y", "t:1:9", "Get", "does not belong"},
	}
	for _, tt := range tests {
		_, err := syntax.Parse("t", []byte(tt.src))
		var e *syntax.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: no error", tt.src)
			continue
		}
		if e.Span.String() != tt.place || e.Text() != tt.text || !strings.Contains(e.Msg, tt.msg) {
			t.Errorf("%s: %s %q %s; want %s %q %s", tt.src, e.Span, e.Text(), e.Msg, tt.place, tt.text, tt.msg)
		}
	}
}

func TestIncomplete(t *testing.T) {
	for _, src := range []string{"Get-X |", "Get-X a,", "Get-X `", "if ($x) {", "if ($x", "@{ a = 1", "\"abc", "'a", "@'\nx", "<# x", "$x =",
		"1 +", "$x -eq", "Get-X (Get-Y", "foreach ($x in", "$x[", "$x.Replace('a',", "-not", "$(", "@(", "Get-X { $_.A",
		"while (1) {", "for (", "for ($i = 0;", "do {", "do { }", "try {", "try { }", "try { } catch {", "function f", "function f {", "function f { begin {", "param(", "param($x =",
		"switch ($x)", "switch ($x) {", "switch ($x) { 1", ":outer while (1) {", "[int]::Parse("} {
		_, err := syntax.Parse("t", []byte(src))
		var list syntax.Errors
		if !errors.As(err, &list) || len(list) != 1 || !list[0].Incomplete {
			t.Errorf("%s: %v", src, err)
		}
	}
	for _, src := range []string{"Get-X )", "class A {", "Get-X )\nif ($x) {"} {
		_, err := syntax.Parse("t", []byte(src))
		var list syntax.Errors
		if !errors.As(err, &list) || len(list) == 1 && list[0].Incomplete {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// TestEncodings reads one script as Windows tools write it.
func TestEncodings(t *testing.T) {
	const text = "Get-X ‘é’\r\nGet-Y # ü\r\n"
	plain, err := syntax.Parse("t", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	little, big := []byte("\xff\xfe"), []byte("\xfe\xff")
	for _, u := range utf16.Encode([]rune(text)) {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	for name, src := range map[string][]byte{
		"mark": []byte("\uFEFF" + text), "LE": little, "BE": big,
		"LF": []byte(strings.ReplaceAll(text, "\r\n", "\n")), "CR": []byte(strings.ReplaceAll(text, "\r\n", "\r")),
	} {
		s, err := syntax.Parse("t", src)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if dump(s) != dump(plain) {
			t.Errorf("%s: %s", name, dump(s))
		}
	}
	for _, src := range []string{"Get-X caf\xe9", "G\x00e\x00t\x00", "ok\n\x00\xff"} {
		if _, err := syntax.Parse("t", []byte(src)); err == nil || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%q: %v", src, err)
		}
	}
}

// TestHostile holds the limits: none of these may take long, exhaust the
// stack or be accepted.
func TestHostile(t *testing.T) {
	const n = 100_000
	for _, unit := range []string{"(", "$(", "@(", "@{a=", "{", "!", "-not ", "[int]", "$a=", "if(1){", "\"$(", "x (", "x ${", ",",
		"foreach($a in ", "$a[", "$a.b(", "x @{a=\"", "`", "<#", "1+", "1,", "$a.b.", "x \"'", "x;)", "}"} {
		if _, err := syntax.Parse("t", []byte(strings.Repeat(unit, n))); err == nil {
			t.Errorf("%s repeated is accepted", unit)
		} else if len(err.Error()) > 20_000 {
			t.Errorf("%s repeated: an error of %d bytes", unit, len(err.Error()))
		}
	}
	if _, err := syntax.Parse("t", make([]byte, syntax.MaxSource+1)); err == nil {
		t.Error("a script of any size is accepted")
	}
	if _, err := syntax.Parse("t", []byte(strings.Repeat("1,", 4_100_000)+"1")); err == nil {
		t.Error("a tree of any size is accepted")
	}
}

func TestErrorIsSafeToPrint(t *testing.T) {
	_, err := syntax.Parse("t", []byte("Get-X '\x1b[2J\u202e' ) "+strings.Repeat("x", 500)))
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\u202e") {
		t.Errorf("%q", err)
	}
	for line := range strings.Lines(err.Error()) {
		if len(line) > 200 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestErrorsAreBounded(t *testing.T) {
	_, err := syntax.Parse("t", []byte(strings.Repeat("trap {}\n", 1000)))
	var list syntax.Errors
	if !errors.As(err, &list) || len(list) != 20 {
		t.Errorf("%d errors", len(list))
	}
}

func TestQuote(t *testing.T) {
	for _, text := range []string{"", "plain", "it's", "‘typographic’", "$x `n \"q\"", "a\nb", "''"} {
		if s, ok := argument(t, syntax.Quote(text)).(*syntax.String); !ok || s.Value != text {
			t.Errorf("%q comes back as %#v", text, s)
		}
	}
}

// FuzzParse holds for any bytes: no panic, an end, places within the source,
// the same result twice.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"New-ReceiveConnector -Name 'a' -Bindings 0.0.0.0:25,[::]:25",                                              // commands
		"$x = @{Add='a','b'; Remove=\"$c $($d.e[0])\"}\n",                                                          // hashtables, strings
		"if (!$a) { x } elseif ($b -clike 'c*') { y } else { z }",                                                  // blocks
		"foreach ($i in 1..3) { $i | % { $_.ToString('x') } }",                                                     // loops, methods
		"@\"\na $b\n\"@\n@'\nx\n'@ <# c #> # d",                                                                    // here-strings, comments
		"Get-X `\r\n -A:(1+2)*3 2>$null ‘x’ –b “c”",                                                                // continuation, typographic
		"try { } catch { }\n) } while (1)\n{ \"",                                                                   // mistakes
		"[CmdletBinding()] param([Parameter(Mandatory=$true)][ValidateSet('a','b')][string[]]$a = @('a'), $b)\n$a", // parameters
		"function f($a, [int]$b = 2) { begin { 1 } process { $_; return } end { $input } }; filter g { $_ }; f 1",  // functions
		":o while ($true) { do { break o } until (1); for ($i = 0; $i -lt 3; $i++) { continue } }",                 // loops
		"switch -regex ($a) { '^x' { 1 } { $_ -gt 2 } { exit 3 } default { throw \"x\" } }",                        // switch
		"try { throw } catch [System.Exception], [int] { $_ } catch { } finally { }",                               // try
		"[ipaddress]::Parse('1').Address; $x -is [int]; $y -as [string[]]; $a, $b = 1, 2; $c.$d.\"e\"; . RemoteExchange.ps1",
		"\xff\xfex\x00", // UTF-16
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s, err := syntax.Parse("t", src)
		if again, err2 := syntax.Parse("t", src); (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() ||
			err == nil && dump(s) != dump(again) {
			t.Fatal("two readings differ")
		}
		var list syntax.Errors
		if errors.As(err, &list) {
			if len(list) == 0 {
				t.Fatal("an error without mistakes")
			}
			for _, e := range list {
				inside(t, e.Span)
			}
			return
		}
		checkSpans(t, s)
	})
}

// FuzzQuote holds that any text without NUL comes back as it was.
func FuzzQuote(f *testing.F) {
	f.Add("it's ‘so’")
	f.Add("a\r\nb`$x\"")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "")
		if s, ok := argument(t, syntax.Quote(text)).(*syntax.String); !ok || s.Value != text {
			t.Fatalf("%q comes back as %#v", text, s)
		}
	})
}

// BenchmarkParse reads a migration's worth of commands.
func BenchmarkParse(b *testing.B) {
	const command = `New-ReceiveConnector -Name "Relay 10.1.2.3" -Server EX01 -TransportRole FrontendTransport -Usage Custom ` +
		`-PermissionGroups AnonymousUsers -Bindings 0.0.0.0:25,[::]:25 -RemoteIPRanges 10.1.2.3,10.2.0.0/16 -MaxMessageSize 10MB` + "\r\n"
	src := []byte(strings.Repeat(command, 100_000))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := syntax.Parse("t", src); err != nil {
			b.Fatal(err)
		}
	}
}

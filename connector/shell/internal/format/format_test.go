package format_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

func make1(typ string, pairs ...any) *object.Object {
	o := object.NewObject(typ, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func relay() *object.Object {
	return make1("ReceiveConnector",
		"Name", "Relay",
		"AuthMechanism", object.Flags{Type: "AuthMechanisms", Text: "Tls, Integrated"},
		"Banner", nil,
		"Bindings", object.NewList("0.0.0.0:25", "[::]:25"),
		"RemoteIPRanges", object.NewList("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"),
		"MaxMessageSize", object.Size(36*param.MB),
		"MaxHopCount", int64(60),
		"Enabled", true,
		"TlsDomainCapabilities", object.NewList(),
	)
}

func TestList(t *testing.T) {
	var b strings.Builder
	if err := format.List(&b, []object.Value{relay(), "text"}, nil, format.Options{}); err != nil {
		t.Fatal(err)
	}
	want := `
Name                  : Relay
AuthMechanism         : Tls, Integrated
Banner                :
Bindings              : {0.0.0.0:25, [::]:25}
RemoteIPRanges        : {10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, ...}
MaxMessageSize        : 36 MB (37,748,736 bytes)
MaxHopCount           : 60
Enabled               : True
TlsDomainCapabilities : {}

text
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

func TestListWraps(t *testing.T) {
	var b strings.Builder
	o := make1("", "Name", "one two three four", "Long", "abcdefghijklmnopqrstuvwxyz", "Lines", "a\nb")
	if err := format.List(&b, []object.Value{o}, nil, format.Options{Width: 20}); err != nil {
		t.Fatal(err)
	}
	want := `
Name  : one two
        three four
Long  : abcdefghijkl
        mnopqrstuvwx
        yz
Lines : a
        b

`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

func TestTable(t *testing.T) {
	domains := []object.Value{
		make1("AcceptedDomain", "Name", "contoso.com", "DomainName", "contoso.com", "Default", true, "N", int64(7)),
		make1("AcceptedDomain", "Name", "partners", "DomainName", "*.partners.contoso.com", "Default", false, "N", int64(12)),
	}
	columns := []string{"Name", "DomainName", "Default", "N"}
	for _, test := range []struct {
		width int
		want  string
	}{
		{0, `
Name        DomainName             Default  N
----        ----------             -------  -
contoso.com contoso.com            True     7
partners    *.partners.contoso.com False   12

`},
		{40, `
Name        DomainName        Default  N
----        ----------        -------  -
contoso.com contoso.com       True     7
partners    *.partners.con... False   12

`},
		{12, `
Name  Dom...
----  ---...
co... con...
pa... *.p...

`},
	} {
		var b strings.Builder
		if err := format.Table(&b, domains, columns, format.Options{Width: test.width}); err != nil {
			t.Fatal(err)
		}
		if b.String() != test.want {
			t.Errorf("width %d: got\n%s", test.width, b.String())
		}
	}
}

func TestTableHeadings(t *testing.T) {
	entry := make1("ADAcePresentationObject", "User", "u", "IsInherited", false)
	entry.Columns, entry.Headings = []string{"User", "IsInherited"}, []string{"User", "Inherited"}
	for _, test := range []struct {
		columns []string
		o       format.Options
		want    string
	}{
		{nil, format.Options{}, "\nUser Inherited\n---- ---------\nu    False\n\n"},
		{[]string{"IsInherited"}, format.Options{}, "\nIsInherited\n-----------\nFalse\n\n"},
		{nil, format.Options{Headless: true}, "\nu False\n\n"},
	} {
		var b strings.Builder
		if err := format.Table(&b, []object.Value{entry}, test.columns, test.o); err != nil {
			t.Fatal(err)
		}
		if b.String() != test.want {
			t.Errorf("%v, headless %v: got\n%s", test.columns, test.o.Headless, b.String())
		}
	}
}

func TestCSV(t *testing.T) {
	o := make1("ReceiveConnector", "Name", `a "b"`, "Banner", nil, "Comment", "", "Bindings", object.NewList("0.0.0.0:25", "[::]:25"))
	got := strings.Join(format.CSV([]object.Value{o}, 0, true), "\n")
	want := `#TYPE Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector
"Name","Banner","Comment","Bindings"
"a ""b""",,"","0.0.0.0:25, [::]:25"`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestJSON(t *testing.T) {
	deep := make1("PSCustomObject", "A", make1("PSCustomObject", "B", make1("PSCustomObject", "C", int64(1))))
	for _, test := range []struct {
		v        object.Value
		depth    int
		compress bool
		want     string
	}{
		{nil, 2, false, `null`},
		{object.NewList(), 2, false, `[]`},
		{deep, 9, true, `{"A":{"B":{"C":1}}}`},
		{deep, 1, true, `{"A":{"B":"@{C=1}"}}`},
		{make1("", "I", "<I>x<S>y", "S", object.Size(param.KB)), 2, true, `{"I":"<I>x<S>y","S":"1 KB (1,024 bytes)"}`},
		{object.NewList(make1("", "L", object.NewList(int64(1), true, 1.5))), 2, false, `[
  {
    "L": [
      1,
      true,
      1.5
    ]
  }
]`},
	} {
		if got, err := format.JSON(test.v, test.depth, test.compress, 0); err != nil || got != test.want {
			t.Errorf("got %s, %v\nwant %s", got, err, test.want)
		}
	}
}

// A list that holds itself many times over multiplies with each level.
func TestWritersAreBounded(t *testing.T) {
	o := make1("PSCustomObject", "x", int64(1))
	for range 40 {
		o = make1("PSCustomObject", "a", o, "b", o, "c", o)
	}
	if _, err := format.JSON(o, 50, false, 1<<20); err != format.ErrTooLong {
		t.Errorf("JSON: %v", err)
	}
	if _, err := format.CLIXML([]object.Value{o}, 50, 1<<20); err != format.ErrTooLong {
		t.Errorf("CLIXML: %v", err)
	}
}

func TestSecretsStayInside(t *testing.T) {
	v := []object.Value{object.NewCredential("hub", object.NewSecure(auth.Secret("hunter2"))), make1("", "P", object.NewSecure("hunter2"))}
	var b strings.Builder
	_ = format.List(&b, v, nil, format.Options{})
	_ = format.Table(&b, v, nil, format.Options{})
	j, _ := format.JSON(object.NewList(v...), 9, false, 0)
	x, _ := format.CLIXML(v, 9, 0)
	for _, text := range []string{b.String(), strings.Join(format.CSV(v, 0, true), "\n"), j, x} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "hub") {
			t.Errorf("wrong:\n%s", text)
		}
	}
}

// What is shown on a terminal must not steer it.
func TestDisplayIsPlain(t *testing.T) {
	var b strings.Builder
	o := make1("", "Name", "\x1b[2Ja\u202Eb\u009bc\td\r\ne")
	_ = format.List(&b, []object.Value{o, "\x07x"}, nil, format.Options{})
	_ = format.Table(&b, []object.Value{o}, nil, format.Options{})
	if strings.ContainsAny(b.String(), "\x1b\x07\u202E\u009b\t\r") {
		t.Errorf("%q", b.String())
	}
}

// texts are what values may be made of, hard ones among them.
var texts = []string{"", "Relay", "EX01\\Relay", `a "b", c;d`, "ä ö € 😀", "x_x000A_y", "<I>CN=a & b<S>CN='c'", "0.0.0.0:25", "-", "$null", " pad ", "_", "{x}"}

func randomObject(rng *rand.Rand, value func() object.Value) *object.Object {
	o := object.NewObject("PSCustomObject", 0)
	for i := range 1 + rng.IntN(6) {
		o.Set(fmt.Sprintf("P%d%s", i, strings.Repeat("x", rng.IntN(20))), value())
	}
	return o
}

// flat returns objects that text can hold: texts without line breaks or outer
// blanks, which Format-List doesn't keep.
func flat(rng *rand.Rand, n int) []object.Value {
	var all []object.Value
	var names []string
	for range n {
		o := randomObject(rng, func() object.Value {
			s := strings.TrimSpace(texts[rng.IntN(len(texts))])
			for range rng.IntN(12) {
				s += " " + strings.TrimSpace(texts[1+rng.IntN(len(texts)-1)])
			}
			if s = strings.TrimSpace(s); s == "" {
				return nil
			}
			return s
		})
		if names == nil {
			names = o.Names()
		}
		all = append(all, o)
	}
	return all
}

func same(t *testing.T, got, want []object.Value, text string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d objects, want %d:\n%s", len(got), len(want), text)
	}
	for i := range want {
		g, w := got[i].(*object.Object), want[i].(*object.Object)
		if !reflect.DeepEqual(g.Names(), w.Names()) {
			t.Fatalf("names %q, want %q:\n%s", g.Names(), w.Names(), text)
		}
		for name, v := range w.All() {
			if back, _ := g.Get(name); !reflect.DeepEqual(back, v) {
				t.Fatalf("%s is %#v, want %#v:\n%s", name, back, v, text)
			}
		}
	}
}

func TestListRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		want := flat(rng, 1+rng.IntN(3))
		var b strings.Builder
		if err := format.List(&b, want, nil, format.Options{Width: 60 * rng.IntN(3), Enumeration: -1}); err != nil {
			t.Fatal(err)
		}
		d, err := format.ParseList("f", []byte(b.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		same(t, d.Values, want, b.String())
	}
}

func TestCSVRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		var want []object.Value
		names := randomObject(rng, func() object.Value { return nil }).Names()
		for range 1 + rng.IntN(3) {
			o := object.NewObject("ReceiveConnector", 0)
			for _, name := range names {
				if rng.IntN(4) == 0 {
					o.Set(name, nil)
				} else {
					o.Set(name, texts[rng.IntN(len(texts))]+"\r\n"[:rng.IntN(3)])
				}
			}
			want = append(want, o)
		}
		text := strings.Join(format.CSV(want, []rune{0, ';', '\t'}[rng.IntN(3)], rng.IntN(2) == 0), "\r\n")
		d, err := format.ParseCSV("f", []byte(text))
		if len(names) == 1 {
			continue // a row of one null is a blank line
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		same(t, d.Values, want, text)
	}
}

// nested returns any value that JSON and CLIXML keep.
func nested(rng *rand.Rand, depth int) object.Value {
	n := rng.IntN(8)
	if depth == 0 {
		n = rng.IntN(5)
	}
	switch n {
	case 0:
		return nil
	case 1:
		return rng.IntN(2) == 0
	case 2:
		return rng.Int64() - rng.Int64()
	case 3:
		return 0.5 + float64(rng.IntN(1000))
	case 4, 5:
		return texts[rng.IntN(len(texts))] + "\r\n\x00\x1b\uFFFE"[:rng.IntN(5)]
	case 6:
		l := object.NewList()
		for range rng.IntN(4) {
			if v := nested(rng, 0); v != nil {
				l.Items = append(l.Items, v)
			}
		}
		return l
	}
	return randomObject(rng, func() object.Value { return nested(rng, depth-1) })
}

func TestJSONAndCLIXMLRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		want := object.NewList()
		for range 1 + rng.IntN(3) {
			want.Items = append(want.Items, randomObject(rng, func() object.Value { return nested(rng, 2) }))
		}
		j, err := format.JSON(want, 9, rng.IntN(2) == 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		d, err := format.ParseJSON("f", []byte(j))
		if err != nil {
			t.Fatalf("%v\n%s", err, j)
		}
		if back, _ := format.JSON(object.NewList(d.Values...), 9, true, 0); back != compact(t, want) {
			t.Fatalf("got %s\nwant %s", back, compact(t, want))
		}
		x, err := format.CLIXML(want.Items, 9, 0)
		if err != nil {
			t.Fatal(err)
		}
		d, err = format.ParseCLIXML("f", []byte(x))
		if err != nil {
			t.Fatalf("%v\n%s", err, x)
		}
		if back := compact(t, object.NewList(d.Values...)); back != compact(t, want) {
			t.Fatalf("got %s\nwant %s\n%s", back, compact(t, want), x)
		}
	}
}

func compact(t *testing.T, v object.Value) string {
	t.Helper()
	s, err := format.JSON(v, 9, true, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

package format_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

type parser func(string, []byte) (*format.Document, error)

var parsers = map[string]parser{
	"list": format.ParseList, "csv": format.ParseCSV, "json": format.ParseJSON, "clixml": format.ParseCLIXML,
}

// show prints a document as name=value (line) for comparison.
func show(d *format.Document) string {
	var b strings.Builder
	for _, v := range d.Values {
		o, ok := v.(*object.Object)
		if !ok {
			fmt.Fprintf(&b, "%#v\n", v)
			continue
		}
		fmt.Fprintf(&b, "%s@%d", o.Type, d.Line(o))
		for i, name := range o.Names() {
			v, _ := o.Get(name)
			fmt.Fprintf(&b, " %s@%d=", name, d.PropertyLine(o, i))
			if l, ok := v.(*object.List); ok {
				for i, item := range l.Items {
					fmt.Fprintf(&b, "[%v@%d]", object.Text(item), d.ElementLine(l, i))
				}
			} else if v == nil {
				b.WriteString("null")
			} else {
				fmt.Fprintf(&b, "%q", object.Text(v))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for _, test := range []struct{ name, form, text, want string }{
		{"two objects", "list", "\n\nName : a\nBanner :\n\n\nName  : b\nBanner : x : y\n\n",
			"@3 Name@3=\"a\" Banner@4=null\n@7 Name@7=\"b\" Banner@8=\"x : y\"\n"},
		{"objects without a line between", "list", "Name : a\nFqdn : b\nName : c\n",
			"@1 Name@1=\"a\" Fqdn@2=\"b\"\n@3 Name@3=\"c\"\n"},
		{"wrapped at a blank", "list", "RemoteIPRanges : {10.0.0.1,\n                 10.0.0.2}\nEnabled        : True\n",
			"@1 RemoteIPRanges@1=\"{10.0.0.1, 10.0.0.2}\" Enabled@3=\"True\"\n"},
		{"wrapped within a word", "list", "Id : CN=Default,CN=SMTP-Receive\n     -Connectors\nOk : True\n",
			"@1 Id@1=\"CN=Default,CN=SMTP-Receive-Connectors\" Ok@3=\"True\"\n"},
		{"transcript", "list", "[PS] C:\\>Get-ReceiveConnector | fl\r\n\r\nName : a\r\n[PS] C:\\>\r\n", "@3 Name@3=\"a\"\n"},
		{"rows over lines", "csv", "#TYPE Selected.Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector\r\n\"Name\",\"Comment\",Banner\r\n\"a\",\"x\r\ny\",\r\n\r\n\"b\",\"\"\r\n",
			"ReceiveConnector@3 Name@3=\"a\" Comment@3=\"x\\r\\ny\" Banner@4=null\nReceiveConnector@6 Name@6=\"b\" Comment@6=\"\" Banner@6=null\n"},
		{"semicolons", "csv", "\"Name\";\"Size\"\n\"a\";\"1,5\"\n", "@2 Name@2=\"a\" Size@2=\"1,5\"\n"},
		{"wrappers", "json", `[{"A": {"value": 3, "Value": "Tls, Integrated"},
			"B": {"value": ["x",
			 "y"], "Count": 2}, "C": {"IsUnlimited": true, "Value": null}, "D": {"IsUnlimited": false, "Value": 5},
			"E": {"Ticks": 6000000000, "Days": 0, "TotalSeconds": 600}, "F": "\/Date(1773480413000)\/", "G": null, "H": 1.5e300}]`,
			"@1 A@1=\"Tls, Integrated\" B@2=[x@2][y@3] C@3=\"Unlimited\" D@3=\"5\" E@4=\"00:10:00\" F@4=\"2026-03-14T09:26:53Z\" G@4=null H@4=\"1.5E+300\"\n"},
		{"array of Windows PowerShell", "json", `{"value":[{"Name":"a"},{"Name":"b"}],"Count":2}`, "@1 Name@1=\"a\"\n@1 Name@1=\"b\"\n"},
		{"secrets", "clixml", `<Objs><Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCredential</T></TN>
			<ToString>x</ToString><Props><S N="UserName">hub</S><SS N="Password">01000000d08c9ddf</SS></Props></Obj></Objs>`,
			"PSCredential@1 UserName@2=\"hub\"\n"},
		{"references", "clixml", `<Objs><Obj RefId="0"><MS><Obj N="A" RefId="1"><LST><S>x</S></LST></Obj>
			<Ref N="B" RefId="1" /><Ref N="C" RefId="9" /></MS></Obj></Objs>`, "@1 A@1=[x@1] B@2=[x@1] C@2=null\n"},
		{"durations", "clixml", `<Objs><Obj><MS><TS N="A">PT10M</TS><TS N="B">P1DT2H3M4.5S</TS><TS N="C">P1Y</TS></MS></Obj></Objs>`,
			"@1 A@1=\"00:10:00\" B@1=\"1.02:03:04.5000000\" C@1=\"P1Y\"\n"},
		{"an enumeration is its text", "clixml", `<Objs><Obj><MS><Obj N="A"><TN><T>X.AuthMechanisms</T><T>System.Enum</T></TN><ToString>Tls</ToString><I32>7</I32></Obj></MS></Obj></Objs>`,
			"@1 A@1=\"Tls\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := parsers[test.form]("f", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			got := show(d)
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	deepJSON := strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100)
	deepXML := `<Objs>` + strings.Repeat(`<Obj><LST>`, 100)
	laughs := `<Objs><Obj RefId="0"><LST><S>lol</S><S>lol</S></LST></Obj>`
	for i := 1; i < 60; i++ {
		laughs += fmt.Sprintf(`<Obj RefId="%d"><LST><Ref RefId="%d"/><Ref RefId="%d"/></LST></Obj>`, i, i-1, i-1)
	}
	for _, test := range []struct{ name, form, text, want string }{
		{"table", "list", "Name  Enabled\n----  -------\n", "f:1: this isn't a line of Format-List"},
		{"rule", "list", "\n----  -------\n", "f:2: this is a table"},
		{"text after a quote", "csv", "\"a\",\"b\"\n\"x\"y,z\n", "f:2: after the closing quote"},
		{"open quote", "csv", "a,b\n1,2\n\"x,\ny\n", "f:3: a cell begins with a quote here and never ends"},
		{"too many cells", "csv", "a,b\n1,2,3\n", "f:2: the row has more than 2 cells, as many as the header has"},
		{"header twice", "csv", "a,A\n", `f:1: the header has "A" twice`},
		{"header without name", "csv", "a,,b\n", "f:1: column 2 of the header has no name"},
		{"no header", "csv", "\n\n", "there is no header"},
		{"not JSON", "json", "{\n\"a\": tru\n}", "f:2: this isn't JSON"},
		{"cut", "json", `{"a": [1`, "ends too early"},
		{"more", "json", "{}\n{}", "f:2: there is more"},
		{"twice", "json", "{\"a\": 1,\n\"A\": 2}", `f:2: "A" is given twice`},
		{"deep JSON", "json", deepJSON, "nested more than 64 deep"},
		{"deep XML", "clixml", deepXML, "nested more than 64 deep"},
		{"document type", "clixml", "<!DOCTYPE x [<!ENTITY a \"b\">]>\n<Objs/>", "f:1: a document type isn't accepted"},
		{"entity", "clixml", "<Objs>\n<S>&a;</S></Objs>", "f:2: this isn't XML"},
		{"billion laughs", "clixml", laughs + "</Objs>", "stand for more than"},
		{"not CLIXML", "clixml", "<html/>", "<html> stands where <Objs>"},
		{"cut XML", "clixml", "<Objs><S>x</S>", "f:1: "},
		{"nothing", "clixml", "", "there is no <Objs>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parsers[test.form]("f", []byte(test.text))
			var e *format.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestSplitList(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
		ok   bool
		err  error
	}{
		{"{}", nil, true, nil},
		{"{a}", []string{"a"}, true, nil},
		{"{SMTP:*;1, SMTP:--;1}", []string{"SMTP:*;1", "SMTP:--;1"}, true, nil},
		{"{mail.contoso.com:A,B}", []string{"mail.contoso.com:A,B"}, true, nil},
		{"{a, b, c, d...}", nil, true, format.ErrCut},
		{"{a, b, c, d, ...}", nil, true, format.ErrCut},
		{"{a, b…}", nil, true, format.ErrCut},
		{"a", nil, false, nil},
		{"{", nil, false, nil},
	} {
		got, ok, err := format.SplitList(test.text)
		if !errors.Is(err, test.err) || ok != test.ok || test.err == nil && !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %q %v %v", test.text, got, ok, err)
		}
	}
}

func TestEncodings(t *testing.T) {
	const text = "Name : Grüße\r\n"
	units := utf16.Encode([]rune(text))
	little, big := []byte{0xFF, 0xFE}, []byte{0xFE, 0xFF}
	for _, u := range units {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	for _, data := range [][]byte{[]byte(text), []byte("\uFEFF" + text), little, big, little[2:]} {
		d, err := format.ParseList("f", data)
		if err != nil || show(d) != "@1 Name@1=\"Grüße\"\n" {
			t.Errorf("%q: %v", data, err)
		}
	}
	for _, data := range []string{"Name : a\nName : Gr\xfc\xdfe\n", "\xff\xfea"} {
		if _, err := format.ParseList("f", []byte(data)); err == nil {
			t.Errorf("%q is accepted", data)
		}
	}
	_, err := format.ParseList("f", []byte("Name : a\nName : Gr\xfc\xdfe\n"))
	if want := "f:2: the text is neither UTF-8 nor UTF-16; export it again with -Encoding UTF8"; err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// fuzz seeds a target with the exports of testdata and with single constructs.
// Reading must not panic, and what was read must survive printing and reading.
func fuzz(f *testing.F, parse parser, again func(*format.Document) ([]byte, bool), seeds ...string) {
	files, err := filepath.Glob("../../export/testdata/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parse("f", data)
		if err != nil {
			return
		}
		text, ok := again(d)
		if !ok {
			return
		}
		back, err := parse("f", text)
		if err != nil {
			t.Fatalf("%v\n%q", err, text)
		}
		if text2, _ := again(back); string(text2) != string(text) {
			t.Fatalf("got  %q\nwant %q", text2, text)
		}
	})
}

func FuzzParseList(f *testing.F) {
	fuzz(f, format.ParseList, func(d *format.Document) ([]byte, bool) {
		var b strings.Builder
		err := format.List(&b, d.Values, nil, format.Options{})
		return []byte(b.String()), err == nil && !strings.ContainsRune(b.String(), '\uFFFD')
	}, "A : b\n    c\n", "A : {a, b...}", "[PS] C:\\>x\n", "A  :\n\nA : :\n") // wrapped, cut, prompt, blank
}

func FuzzParseCSV(f *testing.F) {
	fuzz(f, format.ParseCSV, func(d *format.Document) ([]byte, bool) {
		lines := format.CSV(d.Values, 0, true)
		return []byte(strings.Join(lines, "\n") + "\n"), len(d.Values) > 0 && d.Values[0].(*object.Object).Len() > 1
	}, "#TYPE X.Y\na;b\n1;\"\"\n", "a\tb\n\"x\"\"\ny\"\t", "a,b\r\n,\r\n") // type, quotes, nulls
}

func FuzzParseJSON(f *testing.F) {
	fuzz(f, format.ParseJSON, func(d *format.Document) ([]byte, bool) {
		s, err := format.JSON(object.NewList(d.Values...), 70, true, 1<<20)
		return []byte(s), err == nil
	}, `{"a":{"value":1,"Value":"x"}}`, `[{"a":{"Ticks":1,"Days":0}}]`, `{"Ticks":1,"Days":0}`, `{"d":"\/Date(1)\/"}`, `[1e999,-1,{}]`, `-0.0`)
}

func FuzzParseCLIXML(f *testing.F) {
	fuzz(f, format.ParseCLIXML, func(d *format.Document) ([]byte, bool) {
		s, err := format.CLIXML(d.Values, 70, 1<<20)
		return []byte(s), err == nil
	}, `<Objs><Obj RefId="0"><LST><Ref RefId="0"/><S>_x000A_</S></LST></Obj></Objs>`,
		`<Objs><Obj><TN RefId="1"><T>a</T></TN><DCT><En><S N="Key">k</S><Nil N="Value"/></En></DCT></Obj></Objs>`,
		`<?xml version="1.0" encoding="utf-16"?><!-- c --><Objs><C>65</C><TS>-PT1.5S</TS><Db>INF</Db></Objs>`)
}

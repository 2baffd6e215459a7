package format_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
)

// hostile are documents that take many times their size once they are read.
func hostile(form string) []string {
	const n = 20_000
	switch form {
	case "csv":
		return []string{"a\n" + strings.Repeat("b\n", n), strings.Repeat("a,", n) + "z\n", header(3000) + strings.Repeat(strings.Repeat(",", 2999)+"\n", 200),
			"a\n" + strings.Repeat(",", n), "a,b\n" + strings.Repeat("\"\n\",x\n", n/4)}
	case "json":
		return []string{"[" + strings.Repeat("1,", n) + "1]", "[" + strings.Repeat("{},", n) + "{}]", "[" + strings.Repeat(`{"a":1},`, n) + "{}]", `{"a":[` + strings.Repeat("[],", n) + "[]]}"}
	case "list":
		return []string{strings.Repeat("a :\n", n), strings.Repeat("a :\n\n", n), "a : x\n" + strings.Repeat("    y\n", n)}
	}
	return []string{
		"<Objs>" + strings.Repeat("<Nil/>", n) + "</Objs>", "<Objs>" + strings.Repeat("<Obj/>", n) + "</Objs>",
		"<Objs>" + strings.Repeat(`<Obj RefId="1"><LST><S>a</S></LST></Obj>`, n/4) + "</Objs>",
		"<Objs><Obj><TN>" + strings.Repeat("<T/>", n) + "</TN></Obj></Objs>", "<Objs><Obj><DCT>" + strings.Repeat("<En/>", n) + "</DCT></Obj></Objs>",
		"<Objs><Obj><Props>" + strings.Repeat(`<S N="a"/>`, n) + "</Props></Obj></Objs>",
		"<Objs><S " + strings.Repeat(`a="" `, n) + "/></Objs>",
	}
}

func header(columns int) string {
	var b strings.Builder
	for i := range columns {
		b.WriteString("c" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('A'+i/26%26)) + string(rune('0'+i/676)) + ",")
	}
	return strings.TrimSuffix(b.String(), ",") + "\n"
}

var readers = map[string]func(format.Reader, string, []byte) (*format.Document, error){
	"list": format.Reader.List, "csv": format.Reader.CSV, "json": format.Reader.JSON, "clixml": format.Reader.CLIXML,
}

// TestPay: what a document takes is paid for, and the reading ends where that is
// refused.
func TestPay(t *testing.T) {
	refused := errors.New("refused")
	for form, read := range readers {
		for _, text := range hostile(form) {
			show := text[:min(len(text), 40)]
			var paid int64
			before := allocated()
			_, err := read(format.Reader{Pay: func(n int64) error { paid += n; return nil }}, form, []byte(text))
			took := int64(allocated() - before)
			// Garbage counts here, and what is copied while something grows.
			if most := 6*paid + 30*int64(len(text)) + 1<<20; took > most {
				t.Errorf("%s %q: takes %d bytes and pays for %d (%v)", form, show, took, paid, err)
			}
			const some = 100_000
			paid = 0
			before = allocated()
			_, err = read(format.Reader{Pay: func(n int64) error {
				if paid += n; paid > some {
					return refused
				}
				return nil
			}}, form, []byte(text))
			if paid > some && !errors.Is(err, refused) {
				t.Errorf("%s %q: goes on after a refusal: %v", form, show, err)
			}
			if took := int64(allocated() - before); took > 30*some+30*int64(len(text)) {
				t.Errorf("%s %q: takes %d bytes after a refusal at %d", form, show, took, some)
			}
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestBudget: without a Pay the readers have a limit of their own.
func TestBudget(t *testing.T) {
	for form, read := range readers {
		_, err := read(format.Limited(10_000), "x", []byte(hostile(form)[0]))
		if err == nil || !strings.Contains(err.Error(), "holds more than") {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// TestSplitSpaces: a number after a semicolon is the cost of the space before it.
func TestSplitSpaces(t *testing.T) {
	for text, want := range map[string]string{
		"SMTP:*;1": "SMTP:*;1", "SMTP:a.com;5,SMTP:b.com;7": "SMTP:a.com;5 SMTP:b.com;7", "a.com;5;b.com": "a.com;5 b.com",
		"a.com|b.com;3|c.com": "a.com b.com;3 c.com", "a.com b.com": "a.com b.com", ";": "", "5;a.com": "5 a.com", "": "",
	} {
		if got := strings.Join(format.SplitSpaces(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestHeadings: what select { $_.Name } makes of a heading is the property's name.
func TestHeadings(t *testing.T) {
	d, err := format.ParseCSV("x.csv", []byte("$_.Name,$_.RemoteIPRanges\na,10.0.0.1;10.0.0.2\n"))
	if err != nil || show(d) != "@2 Name@2=\"a\" RemoteIPRanges@2=\"10.0.0.1;10.0.0.2\"\n" {
		t.Errorf("%v %v", err, d)
	}
}

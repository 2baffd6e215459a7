package source_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/source"
)

func TestPath(t *testing.T) {
	for _, tt := range []struct {
		path, parent, element, rest source.Path
		base, list, name            string
		index                       int
	}{
		{"", "", "", "", "", "", "", -1},
		{"Server", "", "Server", "", "Server", "Server", "", -1},
		{"Transport.MaxSendSize", "Transport", "Transport.MaxSendSize", "", "MaxSendSize", "Transport.MaxSendSize", "", -1},
		{`Receive["Relay"]`, "Receive", `Receive["Relay"]`, "", `["Relay"]`, "Receive", "Relay", -1},
		{`Receive["Relay"].Bindings[10]`, `Receive["Relay"].Bindings`, `Receive["Relay"]`, ".Bindings[10]", "[10]", "Receive", "Relay", -1},
		{`Receive["a]\".[b"].Name`, `Receive["a]\".[b"]`, `Receive["a]\".[b"]`, ".Name", "Name", "Receive", `a]".[b`, -1},
		{"Send[3].Port", "Send[3]", "Send[3]", ".Port", "Port", "Send", "", 3},
	} {
		list, index, name := tt.path.List()
		element, rest := tt.path.Cut()
		if tt.path.Parent() != tt.parent || tt.path.Base() != tt.base || element != tt.element || rest != tt.rest ||
			list != tt.list || index != tt.index || name != tt.name {
			t.Errorf("%s: parent %s, base %s, cut into %s and %s, list %s, index %d, name %s",
				tt.path, tt.path.Parent(), tt.path.Base(), element, rest, list, index, name)
		}
	}
	if p := source.Element("Send", 3, "").Field("SmartHosts").Index(1); p != "Send[3].SmartHosts[1]" {
		t.Error(p)
	}
	if p := source.Element("Send", 3, `a"b`); p != `Send["a\"b"]` || source.Path("").Field("Server") != "Server" {
		t.Error(p)
	}
	moved := map[source.Path]source.Path{"Send[1]": `Send["Out"]`}
	if p := source.Path("Send[1].Port").Moved(moved); p != `Send["Out"].Port` || source.Path("Send[10]").Moved(moved) != "Send[10]" {
		t.Error(p)
	}
}

func TestWithinAndCompare(t *testing.T) {
	for _, tt := range []struct {
		p, outer source.Path
		want     bool
	}{
		{"Receive", "Receive", true}, {"Receive[1]", "Receive", true}, {"Receive[1].Name", "Receive[1]", true},
		{"Receive[10]", "Receive[1", false}, {"ReceiveX", "Receive", false}, {"Receive", "Receive[1]", false}, {"Receive", "", true},
	} {
		if got := tt.p.Within(tt.outer); got != tt.want {
			t.Errorf("%q within %q: %v", tt.p, tt.outer, got)
		}
	}
	sorted := []source.Path{"Accepted[0]", "Receive", `Receive["A"]`, `Receive["A"].Bindings[9]`, `Receive["A"].Bindings[10]`, "Receive[2]", "Receive[10]", "Send"}
	if !slices.IsSortedFunc(sorted, source.Path.Compare) {
		t.Errorf("%q isn't sorted", sorted)
	}
}

func TestMap(t *testing.T) {
	m := source.Map{
		"Receive":               {File: "a", Line: 1},
		`Receive["A"]`:          {File: "a", Line: 2},
		`Receive["A"].Bindings`: {File: "a", Line: 3, Column: 7},
		"Transport.MaxSendSize": {File: "a", Line: 4},
		"Transport.SecureList":  {File: "a", Line: 5},
	}
	for path, want := range map[source.Path]string{
		`Receive["A"].Bindings[1]`: "a:3:7", `Receive["A"].Banner`: "a:2", "Receive": "a:1",
		`Receive["B"]`: "", `Receive["B"].Name`: "", "Transport.Other": "", "Transport.SecureList[2]": "a:5", "": "",
	} {
		at, ok := m.Find(path)
		if at.String() != want || ok != (want != "") {
			t.Errorf("%s is at %v, want %s", path, at, want)
		}
	}
	m.Add(source.Map{"Receive[0]": {File: "b", Line: 1}, "Receive[0].Banner": {File: "b", Line: 2}, "Server": {File: "b", Line: 3}},
		map[source.Path]source.Path{"Receive[0]": `Receive["B"]`})
	if at, _ := m.Find(`Receive["B"].Banner`); at.String() != "b:2" || m["Server"].Line != 3 {
		t.Errorf("%v", m)
	}
}

func TestDiagnostics(t *testing.T) {
	cause := errors.New("no such cmdlet")
	list := source.Diagnostics{
		{Severity: source.SeverityError, Position: source.Position{File: "a.ps1", Line: 2, Column: 3}, Detail: "no such cmdlet", Excerpt: "    Get-X\n    ^~~~~", Fix: "Get-Y", Err: cause},
		{Severity: source.SeverityWarning, Path: `Receive["A"]`, Code: "accepts-nothing", Detail: "it refuses\nall mail"},
	}
	want := "a.ps1:2:3: no such cmdlet\n    Get-X\n    ^~~~~\n    fix: Get-Y\nReceive[\"A\"]: it refuses\nall mail (accepts-nothing)"
	if list.Error() != want {
		t.Errorf("%v", list)
	}
	if got := list[1].Summary(); got != `Receive["A"]: it refuses all mail (accepts-nothing)` {
		t.Error(got)
	}
}

func TestDiagnosticsAreErrors(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	list := source.Diagnostics{
		source.Mistake("Server", source.CodeServerUnknown, "%q is not one of Servers", "EX01"),
		source.Mistake("Receive[0]", "", "can't be read: %w", cause),
	}
	err := fmt.Errorf("reading: %w", list.Err())
	var all source.Diagnostics
	var first *source.Diagnostic
	var path *fs.PathError
	if !errors.As(err, &all) || len(all) != 2 || !errors.As(err, &first) || first.Path != "Server" || first.Severity != source.SeverityError || !errors.As(err, &path) {
		t.Errorf("%v: %v, %v, %v", err, all, first, path)
	}
	if !errors.Is(err, source.CodeServerUnknown) || errors.Is(err, source.CodeSyntax) || errors.Is(err, source.Code("")) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is another error", err)
	}
	if list[1].Detail != "can't be read: open x: file does not exist" || list[0].Err != nil || source.Diagnostics(nil).Err() != nil {
		t.Errorf("%+v", list)
	}
}

// FuzzPath holds for any text: methods end, and cut without losing anything.
func FuzzPath(f *testing.F) {
	f.Add(`Receive["A"].Bindings[0]`, "Receive[1")    // cut short
	f.Add(`Receive["A\"].Bindings`, `.[-1][99999999`) // a quote that isn't the end
	f.Add(`a[][]]"`, `["`)
	f.Fuzz(func(t *testing.T, a, b string) {
		p, q := source.Path(a), source.Path(b)
		for at := p; at != ""; at = at.Parent() {
			if len(at.Parent()) >= len(at) || !strings.HasPrefix(string(at), string(at.Parent())) {
				t.Fatalf("the parent of %q is %q", at, at.Parent())
			}
		}
		if element, rest := p.Cut(); element+rest != p {
			t.Fatalf("%q is cut into %q and %q", p, element, rest)
		}
		if p.Compare(q) != -q.Compare(p) || p.Compare(p) != 0 {
			t.Fatalf("%q and %q: %d, %d", p, q, p.Compare(q), q.Compare(p))
		}
		if list, _, _ := p.List(); !strings.HasPrefix(string(p), list) {
			t.Fatalf("the list of %q is %q", p, list)
		}
		if base := p.Base(); !strings.HasSuffix(string(p), base) {
			t.Fatalf("the base of %q is %q", p, base)
		}
		source.Map{q: {Line: 1}}.Find(p)
	})
}

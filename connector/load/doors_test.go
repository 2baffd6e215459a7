package load_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/policytest"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// files returns the error of reading one file.
func files(name, text string) error {
	_, err := load.Files(context.Background(), reading(map[string]string{name: text}), name)
	return err
}

// script returns the error of running a script.
func script(text string) error {
	_, err := shell.Load(context.Background(), shell.Options{}, shell.File{Name: "a.ps1", Data: []byte(text)})
	return err
}

func document(text string) error {
	_, err := jsonconfig.Compile("a.json", []byte(text))
	return err
}

func exported(text string) error {
	_, err := export.Read("a.txt", []byte(text))
	return err
}

// doors are, for each kind of mistake, the errors of the functions through which it can
// come, with the place that they report.
var doors = []struct {
	name string
	err  error
	code source.Code
	at   string // the position, or the path where there is no file
}{
	{"JSON", document("{\n  ]"), source.CodeSyntax, "a.json:2:3"},
	{"JSON, loaded", files("a.json", "{\n  ]"), source.CodeSyntax, "a.json:2:3"},
	{"script", script("Get-ReceiveConnector\n'"), source.CodeSyntax, "a.ps1:2:1"},
	{"script, loaded", files("a.ps1", "Get-ReceiveConnector\n'"), source.CodeSyntax, "a.ps1:2:1"},
	{"export", exported("\xff"), source.CodeSyntax, "a.txt:1"},
	{"export, loaded", files("a.txt", "hello"), source.CodeSyntax, "a.txt:1"},
	{"users", func() error { _, err := userfile.Parse("users", strings.NewReader("\nann")); return err }(), source.CodeSyntax, "users:2"},

	{"JSON key", document(`{"Recieve": []}`), source.CodeParameterUnknown, "a.json:1:2"},
	{"JSON key, loaded", files("a.json", `{"Send": [], "Recieve": []}`), source.CodeParameterUnknown, "a.json:1:14"},
	{"parameter of a cmdlet", script("Get-ReceiveConnector -Colour 1"), source.CodeParameterUnknown, "a.ps1:1:22"},
	{"parameter, loaded", files("a.ps1", "Get-ReceiveConnector -Colour 1"), source.CodeParameterUnknown, "a.ps1:1:22"},
	{"cmdlet", script("Get-Weather"), source.CodeCommandUnknown, "a.ps1:1:1"},
	{"identity", script("Get-ReceiveConnector Absent"), source.CodeNotFound, "a.ps1:1:22"},

	{"JSON value", document(`{"Send": [{"Name": "A", "AddressSpaces": ["*"], "Enabled": 1}]}`), source.CodeValueInvalid, "a.json:1:60"},
	{"mechanism", document(`{"Send": [{"Name": "A", "AddressSpaces": ["*"], "SmartHostAuthMechanism": "None, BasicAuth"}]}`), auth.NoneExclusive, "a.json:1:75"},
	{"value of a cmdlet", script("Set-TransportConfig -MaxReceiveSize much"), source.CodeValueInvalid, "a.ps1:1:37"},
	{"export value", exported("Name : A\nBindings : {here}\nRemoteIPRanges : {10.0.0.1}\n"), source.CodeValueInvalid, "a.txt:2"},
	{"written value", func() error {
		_, err := jsonconfig.Marshal(connector.Config{Server: "\xff"})
		return err
	}(), source.CodeValueInvalid, "Server"},
	{"printed value", func() error {
		_, err := shell.Print(connector.Config{Send: []connector.Send{{Name: "A", Comment: "\xff"}}})
		return err
	}(), shell.CodeNoCommand, `Send["A"].Comment`},
	{"case", policytest.Case{Want: policytest.Accepted(), Remote: "here", Local: "10.0.0.1:25", To: []string{"a@b.example"}}.Check(nil), source.CodeValueInvalid, "Remote"},
	{"user", func() error {
		f, err := userfile.Parse("users", strings.NewReader(""))
		if err != nil {
			return err
		}
		return f.Add("a:b", "secret", nil, nil)
	}(), source.CodeNameInvalid, ""},

	{"rule", func() error { _, err := connector.Compile(connector.Config{Send: outOfRange}); return err }(), source.CodeOutOfRange, `Send["A"].Port`},
	{"rule, JSON", document(`{"Send": [{"Name": "A", "AddressSpaces": ["*"],` + "\n" + `"Port": 70000}]}`), source.CodeOutOfRange, "a.json:2:9"},
	{"rule, loaded", files("a.json", `{"Send": [{"Name": "A", "AddressSpaces": ["*"],`+"\n"+`"Port": 70000}]}`), source.CodeOutOfRange, "a.json:2"},
	{"rule, script", script("New-SendConnector A -AddressSpaces * -Port 70000"), source.CodeOutOfRange, "a.ps1:1:44"},
	{"rule, script, loaded", files("a.ps1", "New-SendConnector A -AddressSpaces * -Port 70000"), source.CodeOutOfRange, "a.ps1:1:44"},
	{"rule, export, loaded", files("a.txt", "Name : A\nAddressSpaces : {SMTP:*;1}\nPort : 70000\n"), source.CodeOutOfRange, "a.txt:3"},

	{"names", func() error {
		_, err := shell.Open(connector.Config{Send: []connector.Send{{Name: "A"}, {Name: "a"}}}, shell.Options{})
		return err
	}(), source.CodeNameDuplicate, `Send["a"].Name`},
	{"names of a table", func() error {
		_, err := routing.NewTable(routing.Topology{}, []routing.Connector{{Name: "A"}, {Name: "A"}})
		return err
	}(), source.CodeNameDuplicate, "Connectors[1].Name"},
	{"accepted domain", func() error { _, err := routing.NewAccepted(notDomain); return err }(), routing.CodeAcceptedDomain, "Accepted[0].DomainName"},
	{"accepted domain, compiled", func() error {
		_, err := connector.Compile(connector.Config{Accepted: []routing.AcceptedDomain{notDomain}})
		return err
	}(), routing.CodeAcceptedDomain, `Accepted["A"].DomainName`},
}

var (
	outOfRange = []connector.Send{{Name: "A", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")}, Port: 70000}}
	notDomain  = routing.AcceptedDomain{Name: "A", DomainName: "a b"}
)

// TestDoors: whichever function reads a configuration, its error is a list whose first
// mistake has the code and the place, and which errors.As and errors.Is search.
func TestDoors(t *testing.T) {
	for _, door := range doors {
		err := fmt.Errorf("reading: %w", door.err)
		var list source.Diagnostics
		var first *source.Diagnostic
		if !errors.As(err, &list) || !errors.As(err, &first) || !errors.Is(err, door.code) {
			t.Errorf("%s: %v is not a list with %s", door.name, door.err, door.code)
			continue
		}
		at := first.Position.String()
		if at == "" {
			at = string(first.Path)
		}
		if first.Code != door.code || at != door.at || first.Detail == "" || first.Severity != source.SeverityError {
			t.Errorf("%s: %q at %s, want %s at %s", door.name, *first, at, door.code, door.at)
		}
		for _, d := range list {
			if d.Code == "" || strings.Count(d.Summary(), "("+string(d.Code)+")") != 1 {
				t.Errorf("%s: %v shows its code not once", door.name, d)
			}
		}
	}
}

// TestCauses: the errors behind the mistakes are found.
func TestCauses(t *testing.T) {
	var syntax *json.SyntaxError
	if err := files("a.json", "{"); !errors.As(err, &syntax) {
		t.Errorf("%v has no error of package json", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	opts := reading(map[string]string{"a.ps1": "while ($true) { }"})
	if _, err := load.Files(ended, opts, "a.ps1"); !errors.Is(err, context.Canceled) || !errors.Is(err, source.CodeInterrupted) {
		t.Errorf("%v is not about the context", err)
	}
	opts = reading(map[string]string{"a.ps1": "$c = Get-Credential"})
	if _, err := load.Files(context.Background(), opts, "a.ps1"); !errors.Is(err, connector.CodeCredentialMissing) {
		t.Errorf("%v is not about the credential", err)
	}
}

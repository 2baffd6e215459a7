package jsonconfig_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/source"
)

// FuzzFollows looks for paths that nothing has written.
func FuzzFollows(f *testing.F) {
	f.Add(`Receive["A"].Bindings[0]`)
	f.Add(`Receive[1`)              // cut short
	f.Add(`Receive["A\"].Bindings`) // a quote that isn't the end
	f.Add(`.[-1][99999999999999999999]`)
	d, _ := jsonconfig.Draft("f", []byte(`{"Receive": [{"Name": "A", "Bindings": ["0.0.0.0:25", "x"]}]}`))
	f.Fuzz(func(t *testing.T, path string) {
		if at, ok := d.Places.Find(source.Path(path)); ok && (at.File != "f" || at.Line != 1 || at.Column < 1) {
			t.Fatalf("%q is at %v", path, at)
		}
		jsonconfig.Follows(source.Diagnostic{Path: source.Path(path), Code: source.Code(path)}, d.Unread)
	})
}

// TestDraft wants mistakes of the text and of the policy in one go, and none
// that only follows from another.
func TestDraft(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		mistakes   int
		rest       []string // paths of the problems that no mistake explains
	}{
		{"clean", `{}`, 0, nil},
		{"a policy that can't be", `{"Receive": [{"Name": "A"}]}`, 0,
			[]string{`Receive["A"].Bindings`, `Receive["A"].RemoteIPRanges`}},
		{"a key that resembles another", `{"Receive": [{"Name": "A", "Binding": ["0.0.0.0:25"]}]}`, 1,
			[]string{`Receive["A"].RemoteIPRanges`}},
		{"a key that resembles none", `{"Receive": [{"Name": "A", "Colour": "red"}]}`, 1,
			[]string{`Receive["A"].Bindings`, `Receive["A"].RemoteIPRanges`}},
		{"an element", `{"Receive": [{"Name": "A", "Bindings": ["x"], "RemoteIPRanges": ["10.0.0.1"], "MaxHopCount": 999}]}`, 1,
			[]string{`Receive["A"].MaxHopCount`}},
		{"a whole list", `{"Receive": 7, "Send": [{"Name": "B", "Port": -1}]}`, 1,
			[]string{`Send["B"].AddressSpaces`, `Send["B"].Port`}},
		{"another parameter that the rule reads", `{"Send": [{"Name": "B", "AddressSpaces": ["*"], "RequireTLS": 1, "TlsAuthLevel": "EncryptionOnly"}]}`, 1, nil},
		{"the same in another connector", `{"Send": [{"Name": "B", "AddressSpaces": ["*"], "RequireTLS": 1},
			{"Name": "C", "AddressSpaces": ["*"], "TlsAuthLevel": "EncryptionOnly"}]}`, 1, []string{`Send["C"].TlsAuthLevel`}},
		{"namesakes", `{"Send": [{"Name": "B", "AddressSpaces": ["*"], "Port": "x"}, {"Name": "B", "AddressSpaces": ["*"], "Port": -1}]}`, 1,
			[]string{`Send[1].Name`, `Send[1].Port`}},
		{"a list of the organisation", `{"Accepted": [{"Name": "c", "DomainName": 1}],
			"Receive": [{"Name": "A", "Bindings": ["0.0.0.0:25"], "RemoteIPRanges": ["10.0.0.1"], "DefaultDomain": "contoso.com"}]}`, 1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, mistakes := jsonconfig.Draft("f", []byte(tt.text))
			if d == nil || len(mistakes) != tt.mistakes {
				t.Fatalf("want %d mistakes, got:\n%v", tt.mistakes, mistakes)
			}
			_, err := connector.Compile(d.Config)
			var problems source.Diagnostics
			errors.As(err, &problems)
			var rest []string
			for _, p := range problems {
				if !jsonconfig.Follows(p, d.Unread) {
					rest = append(rest, string(p.Path))
				}
			}
			if strings.Join(rest, "\n") != strings.Join(tt.rest, "\n") {
				t.Errorf("got  %q\nwant %q", rest, tt.rest)
			}
		})
	}
	if d, mistakes := jsonconfig.Draft("f", []byte(`{`)); d != nil || len(mistakes) != 1 {
		t.Errorf("of a text that isn't JSON: %v, %v", d, mistakes)
	}
}

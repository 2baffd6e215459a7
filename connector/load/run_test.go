package load_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/fstest"

	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

// TestRun: a script on a draft makes the policy that it makes at the end of the files, and leaves the draft
// as it is.
func TestRun(t *testing.T) {
	const script = "Set-SendConnector Out -MaxMessageSize 5MB\nWrite-Warning careful\nNew-ReceiveConnector In -Bindings 10.0.0.1:26 -RemoteIPRanges 10.0.0.2 -Usage Custom | Out-Null\n"
	for name, files := range map[string]fstest.MapFS{
		"a document": {"a.json": {Data: []byte(`{"Send": [{"Name": "Out", "AddressSpaces": ["*"]}]}`)}},
		"a script":   {"b.ps1": {Data: []byte("New-SendConnector Out -AddressSpaces *")}},
		"both": {
			"a.json": {Data: []byte(`{"Accepted": [{"Name": "A", "DomainName": "a.example"}]}`)},
			"b.ps1":  {Data: []byte("New-SendConnector Out -AddressSpaces *")},
		},
	} {
		files["z.ps1"] = &fstest.MapFile{Data: []byte(script)}
		opts := load.Options{ReadFile: files.ReadFile, Server: "EX01", FQDN: "ex01.contoso.com"}
		read := func(names ...string) *load.Draft {
			d, err := load.Read(context.Background(), opts, names...)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		var names []string
		for _, file := range []string{"a.json", "b.ps1"} {
			if files[file] != nil {
				names = append(names, file)
			}
		}
		before, same := read(names...), read(names...)
		after, err := before.Run(context.Background(), before.Shell(), "z.ps1", []byte(script))
		if err != nil {
			t.Fatal(err)
		}
		if want := read(append(names, "z.ps1")...); !reflect.DeepEqual(after.Config, want.Config) || !reflect.DeepEqual(after.Places, want.Places) ||
			!reflect.DeepEqual(after.Warnings, want.Warnings) || !reflect.DeepEqual(after.Files, want.Files) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, after, want)
		}
		if err := after.AskPasswords(); err != nil {
			t.Error(err)
		}
		if _, err := after.Compile(); err != nil {
			t.Error(err)
		}
		if !reflect.DeepEqual(before.Config, same.Config) || !reflect.DeepEqual(before.Places, same.Places) || len(before.Warnings) > 0 {
			t.Errorf("%s: the draft has changed: %+v", name, before)
		}
	}
}

// TestRunMistakes: a script with a mistake, and one that ends itself, make no draft.
func TestRunMistakes(t *testing.T) {
	d, err := load.Read(context.Background(), load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for script, want := range map[string]string{
		"\nSet-SendConnector Out": "s.ps1:2:19: ", "exit": "s.ps1: ", "exit 3": "s.ps1:1:1: ", "Get-Content x": "s.ps1:1:1: ",
	} {
		opts := d.Shell()
		opts.FS = nil
		after, err := d.Run(context.Background(), opts, "s.ps1", []byte(script))
		var list source.Diagnostics
		if after != nil || !errors.As(err, &list) || len(list) != 1 || list[0].Position.String()+": " != want {
			t.Errorf("%q: %v", script, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Run(ctx, d.Shell(), "s.ps1", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestRunRandom: commands that change a random policy make the same policy on its draft and at the end of
// its file, be that a script or a JSON document.
func TestRunRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	tried := 0
	for tried < 40 {
		policy := policygen.Policy(r)
		before, after := policy.Config(), policygen.Change(r, policy).Config()
		commands, err := shell.PrintChanges(before, after)
		if err != nil {
			continue // no commands make it
		}
		name, print := "a.ps1", shell.Print
		if tried%2 == 0 {
			name, print = "a.json", jsonconfig.Marshal
		}
		text, err := print(before)
		if err != nil {
			continue
		}
		tried++
		files := fstest.MapFS{name: {Data: text}, "z.ps1": {Data: commands}}
		opts := load.Options{ReadFile: files.ReadFile}
		d, err := load.Read(t.Context(), opts, name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Run(t.Context(), d.Shell(), "z.ps1", commands)
		want, failed := load.Read(t.Context(), opts, name, "z.ps1")
		if (err == nil) != (failed == nil) {
			t.Errorf("%v on the draft, %v in the file:\n%s", err, failed, commands)
		}
		if err == nil && failed == nil && !reflect.DeepEqual(got.Config, want.Config) {
			t.Errorf("the draft becomes\n%+v\nthe file makes\n%+v", got.Config, want.Config)
		}
	}
}

package policyfiles

import (
	"path/filepath"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/permission"
)

// TestGuide applies the commands of the guide one after the other, with all that it leaves open, to a fresh
// organisation, in a script and in a JSON document. The policies are those that one script with all commands makes.
func TestGuide(t *testing.T) {
	for _, scenario := range []guide.Scenario{guide.Basic, guide.Secured, guide.Relay, guide.RelayConsole} {
		files, err := guide.Files(scenario)
		if err != nil {
			t.Fatal(err)
		}
		credential := param.Credential{UserName: "gateway@fabrikam.com", Password: "of:gateway"}
		for _, name := range []string{"relay.ps1", "relay.json"} {
			text := ""
			if name == "relay.json" {
				text = `{"Server": "HubA", "Profile": "Exchange2007", "Servers": [{"Name": "HubA", "FQDN": "HubA.fabrikam.com"}]}`
			}
			var whole []byte
			opts := load.Options{Credentials: "credentials", Server: "HubA.fabrikam.com", Profile: param.Value(permission.Exchange2007)}
			x := newFixture(t, Options{Load: opts}, name, text)
			x.put("credentials", "")
			for i, file := range files {
				c := Change{Title: string(scenario), Commands: string(file.Data), Credentials: map[string]param.Credential{"MyCred": credential}}
				trial := x.try(c)
				x.apply(trial, "anna")
				whole = append(append(whole, file.Data...), '\n')
				if same, err := equal(x.current().Config, trial.After.Config()); !same || err != nil {
					t.Errorf("%s: change %d of %s makes another policy in the file than in the trial: %v", scenario, i, name, err)
				}
			}
			x.put("whole.ps1", string(whole))
			x.put("credentials", "mycred=gateway@fabrikam.com:of:gateway\n") // the document has it itself
			want, err := load.Files(t.Context(), x.opts.Load, filepath.Join(x.dir, "whole.ps1"))
			if err != nil {
				t.Fatal(err)
			}
			if same, err := equal(x.current().Config, want.Config()); !same || err != nil {
				t.Errorf("%s: the changes of %s make another policy than one script: %v", scenario, name, err)
			}
			undo, err := x.TryUndo(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			x.apply(undo, "bob")
		}
	}
}

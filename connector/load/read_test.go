package load_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/permission"
)

// reading returns Options that read from files.
func reading(files map[string]string) load.Options {
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return load.Options{ReadFile: func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }}
}

// mixture has a file of each kind, each of which needs those before.
var mixture = map[string]string{
	"base.json": `{"Server": "EX01", "Servers": [{"Name": "EX01", "FQDN": "ex01.contoso.com"}],
		"Accepted": [{"Name": "Contoso", "DomainName": "contoso.com"}]}`,
	"receive.txt": "Name : Relay\nServer : EX01\nBindings : {10.2.3.4:25}\nRemoteIPRanges : {10.0.5.10}\nAuthMechanism : Tls\nPermissionGroups : AnonymousUsers\n",
	"send.txt": "Name : Out\nAddressSpaces : {SMTP:*;1}\nSmartHosts : {mx.contoso.com}\n" +
		"SmartHostAuthMechanism : BasicAuthRequireTLS\nAuthenticationCredential : System.Management.Automation.PSCredential\nEnabled : True\n",
	"change.ps1": "# a comment\nSet-ReceiveConnector Relay -MaxMessageSize 36MB\nif ($env:COMPUTERNAME -ne 'EX01') { throw 'another server' }",
	"more.json":  `{"Receive": [{"Name": "Relay", "Server": "EX02", "Bindings": ["10.2.3.5:25"], "RemoteIPRanges": ["10.0.6.0/24"]}], "Servers": [{"Name": "EX02"}]}`,
}

var order = []string{"base.json", "receive.txt", "send.txt", "change.ps1", "more.json"}

func TestFiles(t *testing.T) {
	opts := reading(mixture)
	opts.Server = "EX01"
	opts.Shell.Credential = func(r shell.Request) (param.Credential, error) {
		return param.Credential{UserName: "hub", Password: auth.Secret(r.Message)}, nil
	}
	l, err := load.Files(context.Background(), opts, order...)
	if err != nil {
		t.Fatal(err)
	}
	cfg := l.Config()
	if len(cfg.Receive) != 2 || len(cfg.Send) != 1 || cfg.Receive[0].MaxMessageSize != 36*param.MB {
		t.Errorf("%+v", cfg)
	}
	if c := cfg.Send[0].AuthenticationCredential; c == nil || c.Password.Reveal() != `Credentials of the Send connector "Out"` {
		t.Errorf("the credential is %+v", c)
	}
	for path, want := range map[source.Path]string{
		`Accepted["Contoso"].DomainName`:  "base.json:2:50",
		`Receive["Relay"].RemoteIPRanges`: "receive.txt:4",
		`Receive["Relay"].MaxMessageSize`: "change.ps1:2:44",
		`Send["Out"].SmartHosts[0]`:       "send.txt:3",
		`Receive[1].RemoteIPRanges`:       "more.json:1:97", // the name stands for this server's
		`Servers["EX02"].Name`:            "more.json:1:137",
		`Receive["Nothing"]`:              "",
		`Transport.MaxSendSize`:           "",
	} {
		if at, _ := l.Places.Find(path); at.String() != want {
			t.Errorf("%s is at %q, want %q", path, at, want)
		}
	}
}

// TestFilesMistakes expects all mistakes at once, in the order of the files.
func TestFilesMistakes(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"JSON and policy": {map[string]string{
			"a.json": "{\"Receive\": [{\"Name\": \"A\",\n\"Bindings\": [\"0.0.0.0:25\"], \"MaxHopCount\": 999,\n\"RemoteIPRange\": [\"10.0.0.1\"]}]}",
			"b.json": "{\"Send\": [{\"Name\": \"B\", \"AddressSpaces\": [\"*\"],\n\"Port\": \"x\"},\n{\"Name\": \"C\", \"AddressSpaces\": [\"*\"], \"Port\": 70000}]}",
		}, []string{
			`a.json:2: Receive["A"].MaxHopCount: `, `a.json:3:1: Receive["A"]: there is no parameter "RemoteIPRange" here`,
			`b.json:2:9: Send["B"].Port: `, `b.json:3: Send["C"].Port: `,
		}},
		"a whole file": {map[string]string{"a.json": "{\"Server\": \"X\"}", "b.json": "{"}, []string{"b.json:1:2: "}},
		"a script":     {map[string]string{"a.ps1": "Set-Nothing", "b.ps1": "Set-More"}, []string{"a.ps1:1:1: "}},
		"an export":    {map[string]string{"a.txt": "Name : x\n", "b.ps1": "Set-Nothing"}, []string{"a.txt:1: "}},
		"missing":      {map[string]string{"a.json": `{"Receive": [{"Name": "A", "Bindings": ["0.0.0.0:25"]}]}`}, []string{`a.json:1: Receive["A"].RemoteIPRanges: `}},
	} {
		t.Run(name, func(t *testing.T) {
			names := []string{"a.json", "a.txt", "a.ps1", "b.json", "b.ps1"}
			var given []string
			for _, n := range names {
				if _, ok := tt.files[n]; ok {
					given = append(given, n)
				}
			}
			_, err := load.Files(context.Background(), reading(tt.files), given...)
			var list source.Diagnostics
			if !errors.As(err, &list) || len(list) != len(tt.want) {
				t.Fatalf("want %d mistakes, got:\n%v", len(tt.want), err)
			}
			for i, want := range tt.want {
				if got := list[i].String(); !strings.HasPrefix(got, want) || list[i].Severity != source.SeverityError {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
		})
	}
	misnamed := reading(map[string]string{"policy.ps": "Set-Nothing"})
	if _, err := load.Files(context.Background(), misnamed, "policy.ps"); err == nil || !strings.Contains(err.Error(), "name files of commands .ps1") {
		t.Errorf("of a script with a wrong name: %v", err)
	}
	if _, err := load.Files(context.Background(), load.Options{}, "testdata/absent.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of an absent file: %v", err)
	}
}

// TestPasswords: exports have none, so the caller is asked, and an error names the place.
func TestPasswords(t *testing.T) {
	files := map[string]string{"send.txt": mixture["send.txt"]}
	opts := reading(files)
	opts.Shell.Credential = func(r shell.Request) (param.Credential, error) {
		return param.Credential{}, fmt.Errorf("no password for $%s", r.Variable)
	}
	_, err := load.Files(context.Background(), opts, "send.txt")
	if want := `send.txt:5: Send["Out"].AuthenticationCredential: no password for $credOut (credential)`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	d, err := load.Read(context.Background(), opts, "send.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Compile("credential"); err != nil {
		t.Errorf("with the password forgiven: %v", err)
	}
}

// TestOptions lets the options override what files say.
func TestOptions(t *testing.T) {
	opts := reading(map[string]string{"a.json": `{"Server": "A", "Profile": "Current", "Servers": [{"Name": "A"}, {"Name": "B"}]}`})
	opts.Server, opts.Profile = "B", param.Value(permission.Exchange2007)
	l, err := load.Files(context.Background(), opts, "a.json")
	if err != nil {
		t.Fatal(err)
	}
	if cfg := l.Config(); cfg.Server != "B" || cfg.Profile != permission.Exchange2007 {
		t.Errorf("%+v", cfg)
	}
}

// TestIsExport tells a JSON configuration from an export.
func TestIsExport(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       bool
	}{
		{"a.csv", "", true}, {"a.XML", "", true}, {"a.txt", "", true},
		{"a.json", `{"Receive": []}`, false}, {"a.json", `{"Server": "HubA"}`, false}, {"a.json", "nonsense", false},
		{"a.json", "\xef\xbb\xbf [{}]", true}, {"a.json", `{"Identity": "EX01\\Relay"}`, true}, {"a.json", "\xff\xfe[\x00]\x00", true},
		{"policy", "[]", false},
	} {
		if load.IsExport(tt.name, []byte(tt.data)) != tt.want {
			t.Errorf("%s %q: %v", tt.name, tt.data, !tt.want)
		}
	}
}

// TestFilesWithoutNames: Files without names returns an error and no policy.
func TestFilesWithoutNames(t *testing.T) {
	if p, err := load.Files(t.Context(), load.Options{}); err == nil || p != nil {
		t.Errorf("%v, %v", p, err)
	}
}

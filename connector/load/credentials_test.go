package load_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
)

// answering returns Options with a credentials file and an environment.
func answering() load.Options {
	opts := reading(map[string]string{"credentials": "# comment\nmycred=gateway@contoso.com:correct:horse\r\n\n Spaced =kim:a b \n"})
	opts.Credentials = "credentials"
	opts.Environ = []string{"PATH=/bin", "INTERCHANGE_CREDENTIAL_other=bob:secret", "INTERCHANGE_CREDENTIAL_mycred=not:this", "INTERCHANGE_CREDENTIAL=ann:se:cret",
		"INTERCHANGE_CREDENTIAL_bad=bob", "INTERCHANGE_ANSWER_Server=EX01"}
	return opts
}

// answersOf returns what answers scripts that are read by opts.
func answersOf(opts load.Options) (shell.Options, error) {
	d, err := load.Read(context.Background(), opts)
	if err != nil {
		return shell.Options{}, err
	}
	return d.Shell(), nil
}

func TestCredentials(t *testing.T) {
	opts := answering()
	answers, err := answersOf(opts)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		ask                  shell.Request
		user, password, fail string
	}{
		{shell.Request{Variable: "MyCred"}, "gateway@contoso.com", "correct:horse", ""},
		{shell.Request{Variable: "spaced"}, "kim", "a b ", ""},
		{shell.Request{Variable: "Other"}, "bob", "secret", ""},
		{shell.Request{}, "ann", "se:cret", ""},
		{shell.Request{Variable: "other", UserName: "BOB"}, "bob", "secret", ""},
		{shell.Request{Variable: "other", UserName: "ann"}, "", "", "asks for the user"},
		{shell.Request{Variable: "bad"}, "", "", "INTERCHANGE_CREDENTIAL_bad=user:password"},
		{shell.Request{Variable: "none"}, "", "", "INTERCHANGE_CREDENTIAL_none=user:password"},
	}
	for _, tt := range tests {
		cred, err := answers.Credential(tt.ask)
		if tt.fail != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fail) || strings.Contains(err.Error(), "secret") || cred != (param.Credential{}) {
				t.Errorf("%+v: %v", tt.ask, err)
			}
			continue
		}
		if err != nil || cred.UserName != tt.user || cred.Password.Reveal() != tt.password {
			t.Errorf("%+v: %s %v", tt.ask, cred.UserName, err)
		}
	}
	opts.Shell.Credential = func(r shell.Request) (param.Credential, error) {
		return param.Credential{UserName: r.Variable, Password: "typed"}, nil
	}
	if answers, err = answersOf(opts); err != nil {
		t.Fatal(err)
	}
	for variable, want := range map[string]string{"other": "bob", "none": "none"} {
		if cred, err := answers.Credential(shell.Request{Variable: variable}); err != nil || cred.UserName != want {
			t.Errorf("$%s, with a user to ask: %v %v", variable, cred, err)
		}
	}
}

// TestAnswers: Read-Host, mandatory parameters and $env are answered by the environment,
// and otherwise by the caller.
func TestAnswers(t *testing.T) {
	opts := answering()
	answers, err := answersOf(opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		ask  shell.Question
		want string // "" for an error
	}{
		{shell.Question{Variable: "other", Secret: true}, "secret"}, {shell.Question{Variable: "server"}, "EX01"},
		{shell.Question{Variable: "other"}, ""}, {shell.Question{}, ""}, {shell.Question{Variable: "server", Secret: true}, ""},
	} {
		if got, err := answers.Answer(q.ask); got.Reveal() != q.want || (err == nil) != (q.want != "") {
			t.Errorf("%+v: %q %v", q.ask, got.Reveal(), err)
		}
	}
	for _, q := range []struct{ cmdlet, name, want string }{
		{"param", "SERVER", "EX01"}, {"param", "other", ""}, {"New-ReceiveConnector", "Server", ""},
	} {
		if got, ok := answers.Ask(q.cmdlet, q.name); got != q.want || ok != (q.want != "") {
			t.Errorf("%s -%s: %q", q.cmdlet, q.name, got)
		}
	}
	for name, want := range map[string]string{"path": "/bin", "INTERCHANGE_CREDENTIAL": "", "interchange_credential_other": "", "HOME": "", "COMPUTERNAME": ""} {
		if got, ok := answers.Env(name); got != want || ok != (want != "") {
			t.Errorf("$env:%s is %q", name, got)
		}
	}

	opts.Server = "ex01.contoso.com"
	opts.Shell.Answer = func(q shell.Question) (auth.Secret, error) { return auth.Secret("typed " + q.Variable), nil }
	opts.Shell.Ask = func(cmdlet, name string) (string, bool) { return cmdlet + " " + name, true }
	opts.Shell.Env = func(name string) (string, bool) { return "of the caller", true }
	if answers, err = answersOf(opts); err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		ask  shell.Question
		want string
	}{
		{shell.Question{Variable: "server"}, "EX01"}, {shell.Question{Variable: "none"}, "typed none"},
		{shell.Question{Variable: "other", Secret: true}, "secret"}, {shell.Question{Variable: "none", Secret: true}, "typed none"},
	} {
		if got, err := answers.Answer(q.ask); got.Reveal() != q.want || err != nil {
			t.Errorf("%+v, with a user to ask: %q %v", q.ask, got.Reveal(), err)
		}
	}
	if got, _ := answers.Ask("New-ReceiveConnector", "Server"); got != "New-ReceiveConnector Server" {
		t.Errorf("the caller is asked: %q", got)
	}
	for name, want := range map[string]string{"Path": "/bin", "HOME": "of the caller", "INTERCHANGE_CREDENTIAL_none": "", "ComputerName": "ex01"} {
		if got, _ := answers.Env(name); got != want {
			t.Errorf("$env:%s is %q, want %q", name, got, want)
		}
	}
}

// TestCredentialMistakes expects all mistakes, with their lines and without the passwords.
func TestCredentialMistakes(t *testing.T) {
	opts := reading(map[string]string{
		"credentials": "mycred=no password\n=bob:horse\n$a=b:horse\n\na=b:horse\nmycred=x:horse\nMyCred=y:horse\n",
		"policy.json": `{"Server": 1}`, "policy.ps1": "Set-Nothing",
	})
	opts.Credentials = "credentials"
	_, err := load.Files(context.Background(), opts, "policy.json", "policy.ps1")
	const want = "credentials:1: write variable=user:password (syntax)\n" +
		"credentials:2: write variable=user:password (syntax)\n" +
		"credentials:3: write variable=user:password, without $ (syntax)\n" +
		"credentials:7: the variable stands on line 6 already; leave one out (name-duplicate)"
	var list source.Diagnostics
	if !errors.As(err, &list) || len(list) != 5 || list[0].File != "policy.json" || list[1:].Error() != want {
		t.Errorf("got:\n%v\nwant a mistake of policy.json and:\n%s", err, want)
	}
	opts.Credentials = "absent"
	if _, err := load.Files(context.Background(), opts, "policy.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of an absent file: %v", err)
	}
}

// FuzzCredentials: every credential can be written so that it is read back, and no
// mistake shows a password.
func FuzzCredentials(f *testing.F) {
	for _, s := range []string{"a=b:c", "\uFEFFa=b:c:d\r\n*=e:f\n# x\n\n", "a=b", "a=b:c\nA=b:c", "$a = b: c", "=:", "a=:b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		found, mistakes := load.ParseCredentials("file", data)
		for _, d := range mistakes {
			if d.File != "file" || d.Line < 1 || d.Line > strings.Count(string(data), "\n")+1 || d.Severity != source.SeverityError || len(d.Detail) > 80 {
				t.Errorf("%q: %+v", data, d)
			}
		}
		for variable, c := range found {
			again, mistakes := load.ParseCredentials("file", []byte("#\n"+variable+"="+c.UserName+":"+c.Password.Reveal()))
			if len(mistakes) > 0 || len(again) != 1 || again[variable] != c {
				t.Errorf("%q: %q is read as %q, %v", data, variable, again, mistakes)
			}
		}
	})
}

// TestSetCredentials changes lines of a credentials file and leaves the others as they are.
func TestSetCredentials(t *testing.T) {
	given := func(user, password string) *param.Credential {
		return &param.Credential{UserName: user, Password: auth.Secret(password)}
	}
	for _, tt := range []struct {
		text, variable string
		set            *param.Credential
		want           string // "": an error
	}{
		{"", "a", given("u", "p:q "), "a=u:p:q \n"},
		{"# x\r\n\r\nA = u:p\r\nb=c:d", "a", given("v", "q"), "# x\r\n\r\na=v:q\r\nb=c:d\r\n"},
		{"a=u:p\nb=c:d\n", "A", nil, "b=c:d\n"},
		{"a=u:p", "*", given("v", "q"), "a=u:p\n*=v:q\n"},
		{"\uFEFF\n# a=b:c\n", "a", nil, "\uFEFF\n# a=b:c\n"},
		{"", "a", given("u:v", "p"), ""},
		{"", "a", given("u", "p\nb=c:d"), ""},
		{"", "a", given("u", "p\r"), ""},
		{"", "a", given("u", ""), ""},
		{"", "a\nb", given("u", "p"), ""},
		{"", "#a", given("u", "p"), ""},
		{"", "a=b", given("u", "p"), ""},
		{"", "", given("u", "p"), ""},
	} {
		got, err := load.SetCredentials([]byte(tt.text), map[string]*param.Credential{tt.variable: tt.set})
		if string(got) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q, $%s: %q %v, want %q", tt.text, tt.variable, got, err, tt.want)
		}
		if err != nil && tt.set.Password != "" && strings.Contains(err.Error(), tt.set.Password.Reveal()+" ") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

// FuzzSetCredentials: what is set is read back, and no other variable changes.
func FuzzSetCredentials(f *testing.F) {
	f.Add("a=b:c\r\n# x\nd=e:f", "a", "u", "p")
	f.Add("\uFEFFa=b:c", "*", "u", "p:")
	f.Add("a=b:c\r", "d", "u", "p")
	f.Fuzz(func(t *testing.T, text, variable, user, password string) {
		before, mistakes := load.ParseCredentials("file", []byte(text))
		c := &param.Credential{UserName: user, Password: auth.Secret(password)}
		changed, err := load.SetCredentials([]byte(text), map[string]*param.Credential{variable: c})
		if err != nil || len(mistakes) > 0 {
			return
		}
		name := strings.ToLower(variable)
		before[name] = *c
		if after, mistakes := load.ParseCredentials("file", changed); len(mistakes) > 0 || !maps.Equal(before, after) {
			t.Errorf("%q with $%s: %q %v", text, variable, changed, mistakes)
		}
		if got := load.ReadCredentials(changed, variable)[name]; got == nil || *got != *c {
			t.Errorf("%q has %v for $%s", changed, got, variable)
		}
	})
}

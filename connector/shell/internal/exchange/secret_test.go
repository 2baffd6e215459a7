package exchange_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/exchange"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// TestSecrets prints everything that holds a password in every way, and makes
// every mistake with a credential. The password must not come out.
func TestSecrets(t *testing.T) {
	d := newDriver(org2007())
	cred := d.must(t, "Get-Credential", nil)[0]
	made := d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*", "SmartHosts": "a.com",
		"SmartHostAuthMechanism": "BasicAuthRequireTLS", "AuthenticationCredential": cred, "SmartHostCredentials": table("A.COM", cred)})[0].(*object.Object)
	got := d.must(t, "Get-SendConnector", nil)[0].(*object.Object)
	shown, _ := got.Get("AuthenticationCredential")
	hosts, _ := got.Get("SmartHostCredentials")
	values := []any{cred, made, got, got.Ref, *got, shown, hosts, d.org, d.org.Config(), d.warnings, d.asked}
	for _, a := range []args{
		{"AuthenticationCredential": password}, {"AuthenticationCredential": list(cred, cred)}, {"AuthenticationCredential": int64(1)},
		{"SmartHosts": cred}, {"Comment": object.NewSecure(password)}, {"SmartHosts": nil}, {"Port": object.NewSecure(password)},
		{"AddressSpaces": object.NewSecure(password)}, {"Fqdn": cred}, {"IgnoreSTARTTLS": true}, {"SmartHosts": table("Add", cred)},
		{"SmartHostCredentials": cred}, {"SmartHostCredentials": table("a.com", password)}, {"SmartHostCredentials": table("b.com", cred)},
	} {
		a["Identity"] = "Out"
		_, err := d.run("Set-SendConnector", a)
		if err == nil && a["Comment"] == nil {
			t.Errorf("%v: no error", a)
		}
		values = append(values, err)
	}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, password) || strings.Contains(text, fmt.Sprintf("%x", password)) {
				t.Errorf("%s of a %T: %s", verb, v, text)
			}
		}
	}
	for name, v := range got.All() {
		if strings.Contains(object.Text(v), password) {
			t.Errorf("the property %s holds the password", name)
		}
	}
}

// TestGetCredential asks for what the command names.
func TestGetCredential(t *testing.T) {
	var got exchange.Request
	o := bare()
	fail := errors.New("no such credential")
	run := func(a args, target string, answer error) ([]object.Value, error) {
		var out []object.Value
		for _, c := range o.Commands(func(r exchange.Request) (param.Credential, error) {
			got = r
			return param.Credential{Password: password}, answer
		}) {
			if c.Name() == "Get-Credential" {
				return out, c.Run(&object.Call{Args: a, Target: target, Emit: func(v object.Value) error { out = append(out, v); return nil }})
			}
		}
		return nil, errors.New("there is no Get-Credential")
	}
	for _, tt := range []struct {
		a      args
		target string
		want   exchange.Request
	}{
		{args{}, "mycred", exchange.Request{Variable: "mycred"}},
		{args{"Credential": "user"}, "", exchange.Request{UserName: "user"}},
		{args{"UserName": "user", "Message": "for the gateway"}, "c", exchange.Request{Variable: "c", UserName: "user", Message: "for the gateway"}},
		{args{"Credential": nil, "Message": nil}, "", exchange.Request{}},
	} {
		if _, err := run(tt.a, tt.target, nil); err != nil || got != tt.want {
			t.Errorf("%v: asked for %+v, error %v", tt.a, got, err)
		}
	}
	if _, err := run(args{}, "x", fail); !errors.Is(err, fail) {
		t.Errorf("error %v", err)
	}
	got = exchange.Request{}
	if _, err := run(args{"Credential": object.NewCredential("a", object.NewSecure("b"))}, "x", fail); err != nil || got.Variable != "" {
		t.Errorf("a credential comes back without a question: %v, %+v", err, got)
	}
}

// TestPasswordFrom: a credential that names the place of its password asks for nothing, and keeps the place
// in connectors that get it, and in those that get it from them.
func TestPasswordFrom(t *testing.T) {
	d := newDriver(org2007())
	cred := func(user any, where, what string) object.Value {
		t.Helper()
		return d.must(t, "Get-Credential", args{"Credential": user, "PasswordFrom": table(where, what)})[0]
	}
	d.must(t, "New-SendConnector", args{"Name": "Out", "AddressSpaces": "*", "SmartHosts": list("a.com", "b.com", "c.com"),
		"SmartHostAuthMechanism": "BasicAuthRequireTLS", "AuthenticationCredential": cred("a", "File", "a.pw"),
		"SmartHostCredentials": table("b.com", cred("b", "environment", "B"), "c.com", cred("c", "CREDENTIAL", "c"))})
	made := d.must(t, "Get-SendConnector", nil)[0].(*object.Object)
	first, _ := made.Get("AuthenticationCredential")
	hosts, _ := made.Get("SmartHostCredentials")
	d.must(t, "New-SendConnector", args{"Name": "Again", "AddressSpaces": "example.org", "SmartHosts": list("a.com", "b.com", "c.com"),
		"SmartHostAuthMechanism": "BasicAuth", "AuthenticationCredential": first, "SmartHostCredentials": hosts})
	for _, s := range d.org.Config().Send {
		for host, want := range map[string]param.Credential{
			"a.com": {UserName: "a", PasswordFrom: param.SecretPlace{File: "a.pw"}},
			"b.com": {UserName: "b", PasswordFrom: param.SecretPlace{Environment: "B"}},
			"c.com": {UserName: "c", PasswordFrom: param.SecretPlace{Credential: "c"}},
		} {
			if got := s.CredentialFor(param.MustParseSmartHost(host)); got == nil || *got != want {
				t.Errorf("%s: %s gets %v of %v", s.Name, host, got, got.PasswordFrom)
			}
		}
	}
	d.must(t, "Test-SmtpConnectivity", nil)
	file := table("File", "a.pw")
	for _, a := range []struct {
		args args
		want string
	}{
		{args{"PasswordFrom": file}, "give the user name, too"},
		{args{"UserName": "a", "PasswordFrom": "a.pw"}, "-PasswordFrom: it takes a hashtable, as in @{File = '/etc/interchange/hub'}, not a String"},
		{args{"UserName": "a", "PasswordFrom": nil}, "-PasswordFrom: it takes a hashtable"},
		{args{"UserName": "a", "PasswordFrom": table()}, "-PasswordFrom: give one of File, Environment and Credential, and only one"},
		{args{"UserName": "a", "PasswordFrom": table("File", "x", "Environment", "y")}, "and only one"},
		{args{"UserName": "a", "PasswordFrom": table("File", "")}, "and only one"},
		{args{"UserName": "a", "PasswordFrom": table("Path", "x")}, "-PasswordFrom: the hashtable has another name than File, Environment and Credential"},
		{args{"UserName": "a", "PasswordFrom": table("File", nil)}, "File: it can't be $null"},
		{args{"Credential": first, "PasswordFrom": file}, "this credential has a password already"},
		{args{"Credential": list("a", "b"), "PasswordFrom": file}, "2 values are given"},
	} {
		if out, err := d.run("Get-Credential", a.args); err == nil || !strings.Contains(err.Error(), a.want) {
			t.Errorf("%v: %v, %v, want %s", a.args, out, err, a.want)
		}
	}
}

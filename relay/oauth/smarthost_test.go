package oauth_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
	"github.com/interchange-smtp/interchange/routing"
)

// hosts returns a policy with the Send connector Out to these smart hosts, and the connector.
func hosts(t *testing.T, own []param.SmartHostCredential, names ...string) (*connector.Policy, *connector.Outbound) {
	out := connector.Send{Name: "Out", AddressSpaces: []routing.AddressSpace{routing.MustParseAddressSpace("*")},
		SmartHostAuthMechanism: auth.OAuth, AuthenticationCredential: &param.Credential{UserName: "scan@contoso.com"}, SmartHostCredentials: own}
	for _, name := range names {
		out.SmartHosts = append(out.SmartHosts, param.MustParseSmartHost(name))
	}
	p, err := connector.Compile(connector.Config{Send: []connector.Send{out}})
	if err != nil {
		t.Fatal(err)
	}
	for out := range p.Send() {
		return p, out
	}
	return nil, nil
}

// TestHostSettings: findings about settings for single smart hosts.
func TestHostSettings(t *testing.T) {
	command := func(fields string) string {
		return `{"Name": "Out", "Grant": "Command", "Command": ["x"]` + fields + `}`
	}
	const google = `{"Name": "Out", "Grant": "ServiceAccount", "ServiceAccount": {"Environment": "PATH"}}`
	microsoft := command(`, "Provider": "Microsoft365"`)
	for _, tc := range []struct {
		settings, hosts string
		want            []string
	}{
		{command(""), "a.example b.example", nil},
		{command(`, "SmartHost": "A.example"`) + "," + command(`, "SmartHost": "b.example"`), "a.example b.example", nil},
		{command(`, "SmartHost": "A.example"`), "a.example b.example", []string{`Send["Out"].SmartHostAuthMechanism: OAuth needs settings for tokens, and this connector has none for b.example: the host gets no mail (oauth-missing)`}},
		{command(`, "SmartHost": "c.example"`) + "," + command(""), "a.example", []string{`Connectors["Out"].SmartHost: c.example is not one of the SmartHosts of Send connector "Out" (oauth-unused)`}},
		{command(`, "SmartHost": "a.example"`) + "," + command(""), "a.example", []string{`Connectors[1].Name: each smart host of Send connector "Out" has settings of its own (oauth-unused)`}},
		{microsoft, "smtp.office365.com smtp-mail.outlook.com contoso-com.mail.protection.outlook.com", nil},
		{microsoft, "smtp.office365.com notoffice365.com", []string{`Connectors["Out"].Name: notoffice365.com gets the tokens for Microsoft365, and is not known as a host of Microsoft365, so it could use them elsewhere (oauth-foreign-host)`}},
		{microsoft, "192.0.2.1", []string{`[192.0.2.1] gets the tokens for Microsoft365`}},
		{command(`, "Provider": "Microsoft365", "SmartHost": "proxy.example"`), "proxy.example", nil},
		{command(`, "Provider": "Microsoft365GCCHigh"`), "smtp.office365.us", nil},
		{command(`, "Provider": "Microsoft365China"`), "smtp.partner.outlook.cn", nil},
		{command(`, "Provider": "Google"`), "smtp.gmail.com smtp-relay.gmail.com", nil},
		{google, "smtp.office365.com", []string{"smtp.office365.com gets the tokens for Google", "PATH: "}},
	} {
		s, err := oauth.Parse("t.json", []byte(`{"Connectors": [`+tc.settings+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		p, _ := hosts(t, nil, strings.Fields(tc.hosts)...)
		var got []string
		for _, d := range s.Check(p, t.TempDir(), time.Now()) {
			got = append(got, d.Summary())
		}
		if len(got) != len(tc.want) || !slices.EqualFunc(got, tc.want, strings.Contains) {
			t.Errorf("%s for %s:\n got %q\nwant %q", tc.settings, tc.hosts, got, tc.want)
		}
	}
}

// TestHostSources: a smart host gets the tokens of its own settings only, and others share those of the connector.
func TestHostSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Apps = append(w.server.Apps, entra.App{ID: "second", Secret: "second secret", Roles: []string{"SMTP.SendAsApp"}})
		own := app()
		own.SmartHost, own.ClientID, own.ClientSecret.Value = param.MustParseSmartHost("Two.example"), "second", "second secret"
		p, out := hosts(t, nil, "one.example", "two.example", "three.example")
		settings := &oauth.Settings{Connectors: []oauth.Config{own, app()}}
		tokens := map[string]auth.Secret{}
		for range 2 { // with the same settings all keep their tokens
			if err := w.sources.Set(settings, p); err != nil {
				t.Fatal(err)
			}
			for _, host := range out.Settings().SmartHosts {
				got := w.must(w.sources.For(out, host).Token(t.Context()))
				if before := tokens[host.String()]; before != "" && before != got {
					t.Errorf("%v has another token", host)
				}
				tokens[host.String()] = got
			}
		}
		if tokens["one.example"] != tokens["three.example"] || tokens["one.example"] == tokens["two.example"] || len(w.server.Requests()) != 2 {
			t.Errorf("%d requests for the tokens", len(w.server.Requests()))
		}
		var status []string
		for st := range w.sources.Status() {
			status = append(status, st.SmartHost.String())
		}
		if !slices.Equal(status, []string{"invalid smart host", "two.example"}) {
			t.Errorf("status of %q", status)
		}
		settings.Connectors = settings.Connectors[:1]
		if err := w.sources.Set(settings, p); err != nil {
			t.Fatal(err)
		}
		if w.sources.For(out, param.MustParseSmartHost("one.example")) != nil || w.must(w.sources.For(out, own.SmartHost).Token(t.Context())) != tokens["two.example"] {
			t.Error("a host has the tokens of another one")
		}
	})
}

// TestHostMailboxes: a service account acts for the mailbox of each smart host.
func TestHostMailboxes(t *testing.T) {
	w := newWorld(t)
	two := param.SmartHostCredential{Host: param.MustParseSmartHost("two.example"), Credential: param.Credential{UserName: "kim@contoso.com"}}
	p, out := hosts(t, []param.SmartHostCredential{two}, "one.example", "two.example", "three.example")
	c := oauth.Config{Name: "Out", Grant: oauth.ServiceAccount, ServiceAccount: oauth.Secret{Value: "{}"}}
	if err := w.sources.Set(&oauth.Settings{Connectors: []oauth.Config{c}}, p); err != nil {
		t.Fatal(err)
	}
	of := func(host string) any { return w.sources.For(out, param.MustParseSmartHost(host)) }
	if of("one.example") != of("three.example") || of("one.example") == of("two.example") {
		t.Error("hosts of two mailboxes have the same tokens, or those of one have two")
	}
}

// TestHostLogons: the logon for one smart host is stored apart from that for the others, and doesn't serve another one.
func TestHostLogons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.login(person(), "scan@contoso.com")
		own := person()
		own.SmartHost = param.MustParseSmartHost("two.example")
		_, err := w.fetch(own)
		w.cause(err, oauth.CauseLogonNeeded, `run gateway oauth login -connector "Out" -host two.example`)
		w.login(own, "kim@contoso.com")
		for c, want := range map[string]oauth.Config{"scan@contoso.com": person(), "kim@contoso.com": own} {
			if got, err := w.fetch(want); err != nil || got.Account != c {
				t.Errorf("the token of %v is that of %+v, %v", want.SmartHost, got, err)
			}
		}
		files, _ := filepath.Glob(filepath.Join(w.sources.Dir, "*.json"))
		for i := range files {
			files[i] = filepath.Base(files[i])
		}
		if !slices.Equal(files, []string{"out,two%2Eexample.json", "out.json"}) {
			t.Errorf("files %q", files)
		}
		odd := person() // the name that the file of own has
		odd.Name = "Out,two.example"
		_, err = w.fetch(odd)
		w.cause(err, oauth.CauseLogonNeeded, "")
	})
}

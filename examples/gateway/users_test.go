package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/jwt"
	"github.com/interchange-smtp/interchange/relay/relaytest"
	"github.com/interchange-smtp/interchange/verifiers/ldap/ldaptest"
)

// newDirectory starts a directory and writes the file of -ldap for it into the site.
func newDirectory(t *testing.T, s *site) *ldaptest.Directory {
	t.Helper()
	person := func(name string) ldaptest.Entry {
		return ldaptest.Entry{DN: "uid=" + name + ",dc=fabrikam,dc=com", Attributes: map[string][]string{
			"uid": {name}, "mail": {name + "@fabrikam.com"}, "userPassword": {"tea"}}}
	}
	twin := func(name string) ldaptest.Entry {
		return ldaptest.Entry{DN: "uid=" + name + ",dc=fabrikam,dc=com", Attributes: map[string][]string{"uid": {name}, "mail": {"twin@fabrikam.com"}}}
	}
	group := func(name string, members ...string) ldaptest.Entry {
		return ldaptest.Entry{DN: "cn=" + name + ",dc=fabrikam,dc=com", Attributes: map[string][]string{"cn": {name}, "memberUid": members}}
	}
	d, err := ldaptest.NewDirectory(person("ann"), person("bob"), person("search"), twin("twin1"), twin("twin2"), group("Staff", "ann", "bob"), group("Relays", "ann"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	s.write("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.Authority.Raw}))
	s.write("search.pw", []byte("tea\n"))
	s.write("ldap.json", fmt.Appendf(nil, `{"URLs": [%q], "Authorities": "ca.pem", "BaseDN": "dc=fabrikam,dc=com", "Domain": "FABRIKAM",
  "BindDN": "uid=search,dc=fabrikam,dc=com", "BindPasswordFrom": {"File": "search.pw"}}`, d.URL))
	s.write("policy.json", fmt.Appendf(nil, `{"Server": "HubA", "Servers": [{"Name": "HubA", "FQDN": "huba.fabrikam.com"}],
	"Receive": [{"Name": "Users", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS",
		"AuthTarpitInterval": "00:00:00", "TarpitInterval": "00:00:00", "PermissionGroups": "None", "Permissions": [
			{"User": "FABRIKAM\\Staff", "ExtendedRights": ["ms-Exch-SMTP-Submit"]},
			{"User": "FABRIKAM\\Relays", "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]}]}],
	"Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}],
	"Send": [{"Name": "Out", "AddressSpaces": ["*", "fabrikam.com"], "SmartHosts": ["mailbox.fabrikam.com"]}]}`, s.binding))
	return d
}

// secure begins TLS and returns the mechanisms that are announced.
func (s *site) secure(c *relaytest.Client) string {
	s.t.Helper()
	c.StartTLS(&tls.Config{RootCAs: s.ca.Pool(), ServerName: "first.fabrikam.com"})
	for line := range strings.Lines(c.Do("EHLO client.example", 250)) {
		if _, mechanisms, ok := strings.Cut(line, "AUTH "); ok {
			return strings.TrimSpace(mechanisms)
		}
	}
	return ""
}

// awaitOpen waits until the directory has n connections.
func awaitOpen(t *testing.T, d *ldaptest.Directory, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := d.WaitOpen(ctx, n); err != nil {
		t.Fatalf("want %d: %v", n, err)
	}
}

// TestServeDirectory: users of a directory log on. Their groups have rights, they send as their
// addresses, and while the directory is away their clients get 454.
func TestServeDirectory(t *testing.T) {
	site := newSite(t)
	d := newDirectory(t, site)
	s := startServing(t, "-config", site.file("policy.json"), "-ldap", site.file("ldap.json"), "-cert", site.file("cert"), "-key", site.file("key"),
		"-connect-to", "mailbox.fabrikam.com:25:127.0.0.1:1")
	ann, bob := site.session(site.binding), site.session(site.binding)
	for _, c := range []*relaytest.Client{ann, bob} {
		if got := site.secure(c); got != "LOGIN PLAIN" {
			t.Errorf("announced: %q", got)
		}
		c.Do("AUTH PLAIN "+plain("ann", "milk"), 535)
		c.Do("AUTH PLAIN "+plain("eve", "tea"), 535)
	}
	ann.Do("AUTH PLAIN "+plain("ann@fabrikam.com", "tea"), 235)
	ann.Do("MAIL FROM:<bob@fabrikam.com>", 550)
	ann.Do("MAIL FROM:<ann@fabrikam.com>", 250)
	ann.Do("RCPT TO:<carl@example.org>", 451) // the policy accepts it, and its next hop is down
	bob.Do("AUTH PLAIN "+plain(`fabrikam\bob`, "tea"), 235)
	bob.Do("MAIL FROM:<bob@fabrikam.com>", 250)
	bob.Do("RCPT TO:<carl@example.org>", 550)

	away := site.session(site.binding)
	site.secure(away)
	d.Close()
	away.Do("AUTH PLAIN "+plain("ann", "tea"), 454) // by the kept connection
	away.Do("AUTH PLAIN "+plain("ann", "tea"), 454)
	for _, c := range []*relaytest.Client{ann, bob, away} {
		c.Do("QUIT", 221)
	}
	s.end(t)
	said := s.stderr.String()
	for _, want := range []string{"directory: " + d.URL + ": ", "command=AUTH reply=\"454 4.7.0 Temporary authentication failure\" tried=ann reason=verifier-unavailable"} {
		if !strings.Contains(said, want) {
			t.Errorf("the log lacks %q: %s", want, said)
		}
	}
	if strings.Contains(said, "tea") {
		t.Errorf("the log has a password: %s", said)
	}
}

// TestDirectoryReload: a reload reads the settings again and ends the connections of the previous
// ones, and no session that goes on keeps one. Mistakes change nothing.
func TestDirectoryReload(t *testing.T) {
	site := newSite(t)
	d := newDirectory(t, site)
	s := startServing(t, "-config", site.file("policy.json"), "-ldap", site.file("ldap.json"), "-cert", site.file("cert"), "-key", site.file("key"))
	session := func(code int) {
		t.Helper()
		c := site.session(site.binding)
		site.secure(c)
		c.Do("AUTH PLAIN "+plain("ann", "tea"), code)
		c.Do("QUIT", 221)
	}
	session(235)
	awaitOpen(t, d, 1)
	before := site.session(site.binding)
	site.secure(before)
	for n := range 3 {
		s.hangup <- syscall.SIGHUP
		s.stderr.wait(t, "msg=reloaded", n+1)
		awaitOpen(t, d, 0)
		before.Do("AUTH PLAIN "+plain("ann", "milk"), 535) // by the settings of its beginning
		awaitOpen(t, d, 0)
		session(235)
		awaitOpen(t, d, 1)
	}
	binds := len(d.Binds())
	site.write("search.pw", []byte("\n"))
	s.hangup <- syscall.SIGHUP
	if said := s.stderr.wait(t, "reload failed", 1); !strings.Contains(said, "ldap.json:2:66: BindPasswordFrom: "+site.file("search.pw")+": the file is empty") {
		t.Error(said)
	}
	session(235)
	if len(d.Binds()) == binds || d.Served() != 1+3*2 {
		t.Errorf("%d connections, %d binds after %d: the previous settings aren't in use", d.Served(), len(d.Binds()), binds)
	}
	site.write("ldap.json", []byte(`{"URLs": ["ldaps://127.0.0.1:1"], "BaseDN": "dc=fabrikam,dc=com"}`))
	s.hangup <- syscall.SIGHUP
	s.stderr.wait(t, "msg=reloaded", 4)
	session(454)
	s.end(t)
	awaitOpen(t, d, 0)
}

// TestServePasswd: users of a file of Dovecot log on with LOGIN and PLAIN.
func TestServePasswd(t *testing.T) {
	site := newSite(t)
	site.write("passwd", []byte("ann@fabrikam.com:{SSHA}5vc8RvcqqI+BgdxSzRpuT8tqoDfVIvzz:1000:1000::/home/ann::\nbob:!\n"))
	s := startServing(t, "-config", site.file("policy.json"), "-passwd", site.file("passwd"), "-cert", site.file("cert"), "-key", site.file("key"))
	c := site.session(site.binding)
	if got := site.secure(c); got != "LOGIN PLAIN" {
		t.Errorf("announced: %q", got)
	}
	for _, wrong := range []string{plain("ann@fabrikam.com", "milk"), plain("bob", "tea")} {
		c.Do("AUTH PLAIN "+wrong, 535)
	}
	c.Do("AUTH PLAIN "+plain("ann@fabrikam.com", "tea"), 235)
	c.Do("MAIL FROM:<bob@fabrikam.com>", 550)
	c.Do("MAIL FROM:<ann@fabrikam.com>", 250)
	c.Do("QUIT", 221)
	s.end(t)
}

// TestUserCommands: check and explain know the users of a directory and of a file of hashes.
func TestUserCommands(t *testing.T) {
	site := newSite(t)
	d := newDirectory(t, site)
	site.write("passwd", []byte("ann@fabrikam.com:{SSHA}5vc8RvcqqI+BgdxSzRpuT8tqoDfVIvzz\nbob:!\n"))
	site.write("broken", []byte("ann\n"))
	site.write("broken.json", []byte("{\"URLs\": [\"dc1\"],\n \"Basedn\": \"dc=fabrikam,dc=com\"}"))
	site.write("away.json", []byte(`{"URLs": ["ldaps://127.0.0.1:1"], "BaseDN": "dc=fabrikam,dc=com"}`))
	site.write("unused.json", []byte(`{"Receive": [{"Name": "Relay", "Bindings": ["127.0.0.1:25"], "RemoteIPRanges": ["127.0.0.1"], "AuthMechanism": "Tls"}]}`))
	policy, directory := site.file("policy.json"), site.file("ldap.json")
	explain := func(args ...string) []string {
		return append([]string{"explain", "-config", policy, "-remote", "127.0.0.1", "-tls", "-from", "ann@fabrikam.com", "-to", "carl@example.org"}, args...)
	}
	for i, tt := range []struct {
		args []string
		code int
		want string
	}{
		{explain("-ldap", directory, "-user", "ann"), exitOK, `accepted as FABRIKAM\ann by`},
		{explain("-ldap", directory, "-user", "bob"), exitNo, "550 5.7.60"},
		{explain("-ldap", directory, "-user", "eve"), exitInvalid, `-ldap: "eve": the directory has no such user` + "\n"},
		{explain("-ldap", directory, "-auth", "EXTERNAL", "-cert-name", "ann"), exitInvalid, "only users of a -users file log on with certificates, not those of -ldap"},
		{explain("-ldap", site.file("away.json"), "-user", "ann"), exitInvalid, "-ldap: directory: ldaps://127.0.0.1:1: "},
		{explain("-ldap", directory, "-no-users"), exitInvalid, "-no-users: -ldap gives users; leave out one of the two"},
		{explain("-ldap", directory, "-users", site.file("users")), exitInvalid, "-users and -ldap: users are in one place only; give one of them"},
		{explain("-passwd", site.file("passwd"), "-user", "bob"), exitInvalid, `-passwd: "bob": the file has no password of the user, who can't log on`},
		{explain("-passwd", site.file("passwd"), "-user", "eve"), exitInvalid, `-passwd: "eve": the file has no such user`},

		{[]string{"check", policy, "-ldap", directory}, exitOK, "note"},
		{[]string{"check", policy, "-passwd", site.file("passwd")}, exitOK, "note"},
		{[]string{"check", policy, "-ldap", site.file("away.json")}, exitNo, "warning: " + site.file("away.json") + ": no user can log on: directory: ldaps://127.0.0.1:1: "},
		{[]string{"check", site.file("unused.json"), "-ldap", directory}, exitNo, directory + ": -ldap has no effect: no Receive connector of this server lets users log on (users-unused)"},
		{[]string{"check", policy, "-ldap", site.file("broken.json")}, exitInvalid, site.file("broken.json") + `:1:11: URLs[0]: "dc1": give ldaps://HOST, or ldap://HOST for StartTLS`},
		{[]string{"check", policy, "-ldap", site.file("broken.json")}, exitInvalid, "the file of -ldap has 3 mistakes"},
		{[]string{"check", policy, "-passwd", site.file("broken")}, exitInvalid, site.file("broken") + ":1: no colon"},
		{[]string{"check", policy, "-ldap", site.file("none.json")}, exitInvalid, site.file("none.json") + ": "},
		{[]string{"check", policy, "-ldap", directory, "-passwd", site.file("passwd")}, exitInvalid, "-passwd and -ldap: users are in one place only"},
		{[]string{"serve", "-config", policy, "-users", site.file("users"), "-passwd", site.file("passwd")}, exitInvalid, "-users and -passwd: users are in one place only"},
		{[]string{"serve", "-config", policy, "-ldap", site.file("broken.json")}, exitInvalid, "the file of -ldap has 3 mistakes"},
	} {
		var out bytes.Buffer
		if code := run(tt.args, strings.NewReader(""), &out, &out); code != tt.code || !strings.Contains(out.String(), tt.want) {
			t.Errorf("row %d: %v: exit %d, want %d with %q\n%s", i, tt.args, code, tt.code, tt.want, &out)
		}
	}
	awaitOpen(t, d, 0)
}

// tokensOf returns the verifier of the tokens of a provider, for the users in a place.
func tokensOf(t *testing.T, place userFlags, p *provider) *jwt.Verifier {
	t.Helper()
	users, err := place.loadUsers(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(users.close)
	v, err := loadTokens(p.tokens, users.store, new(providerKeys))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestTokensOfDirectory: users with tokens have their groups and addresses in the directory.
func TestTokensOfDirectory(t *testing.T) {
	site := newSite(t)
	d := newDirectory(t, site)
	for _, all := range []bool{false, true} {
		p := newProvider(t, fmt.Sprintf(`, "AllUsers": %v`, all))
		v := tokensOf(t, userFlags{ldap: site.file("ldap.json")}, p)
		ask := func(user string) (auth.Identity, error) {
			return v.VerifyToken(t.Context(), auth.BearerToken{Token: auth.Secret(p.token(t, user, time.Hour))}, auth.Channel{TLS: true})
		}
		if id, err := ask("ann@fabrikam.com"); err != nil || id.Name != `FABRIKAM\ann` || !id.Is(permission.NameSID(`FABRIKAM\Relays`)) {
			t.Errorf("%v, %v", id, err)
		}
		if id, err := ask("eve@fabrikam.com"); (err == nil) != all || !all && !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%v, %v", id, err)
		}
		if all {
			d.Close()
			if id, err := ask("ann@fabrikam.com"); err == nil || errors.Is(err, auth.ErrBadCredentials) {
				t.Errorf("without the directory: %v, %v", id, err)
			}
		}
	}
}

// TestTokensOfRefusedUsers: AllUsers lets users log on that the place of users doesn't have, and
// none that it has and refuses.
func TestTokensOfRefusedUsers(t *testing.T) {
	site := newSite(t)
	newDirectory(t, site)
	site.write("passwd", []byte("locked@fabrikam.com:!\nstar@fabrikam.com:*\n"))
	site.write("users", nil)
	p := newProvider(t, `, "AllUsers": true`)
	for _, tt := range []struct {
		place userFlags
		user  string
		known bool // and refused
	}{
		{userFlags{passwd: site.file("passwd")}, "locked@fabrikam.com", true},
		{userFlags{passwd: site.file("passwd")}, "STAR@fabrikam.com", true},
		{userFlags{passwd: site.file("passwd")}, "eve@fabrikam.com", false},
		{userFlags{ldap: site.file("ldap.json")}, "twin@fabrikam.com", true},
		{userFlags{ldap: site.file("ldap.json")}, `CONTOSO\ann`, true},
		{userFlags{ldap: site.file("ldap.json")}, "eve@fabrikam.com", false},
		{userFlags{users: site.file("users")}, "eve@fabrikam.com", false},
	} {
		v := tokensOf(t, tt.place, p)
		id, err := v.VerifyToken(t.Context(), auth.BearerToken{Token: auth.Secret(p.token(t, tt.user, time.Hour))}, auth.Channel{TLS: true})
		if refused := errors.Is(err, auth.ErrBadCredentials); refused != tt.known || !refused && (err != nil || id.Name != tt.user) {
			t.Errorf("%+v, %s: %v, %v", tt.place, tt.user, id, err)
		}
	}
}

package delivery_test

import (
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/delivery"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// ofHost is a credential for a smart host.
func ofHost(host, user string, password auth.Secret) param.SmartHostCredential {
	return param.SmartHostCredential{Host: param.MustParseSmartHost(host), Credential: param.Credential{UserName: user, Password: password}}
}

// TestHostCredentials: a smart host gets its own credential only, and others the connector's. A host
// whose own one is refused is left alone, while the others get the mail, and the host's words are
// withheld if they repeat its own password.
func TestHostCredentials(t *testing.T) {
	c := credentialed("192.0.2.1", auth.BasicAuth)
	c.SmartHosts = append(c.SmartHosts, param.MustParseSmartHost("two.example"), param.MustParseSmartHost("three.example"))
	c.SmartHostCredentials = []param.SmartHostCredential{ofHost("two.example", "second", "own-secret-2"), ofHost("three.example", "third", "own-secret-3")}
	w := newWorld(t, c)
	w.dns.AddHost("two.example", addr("192.0.2.2"))
	w.dns.AddHost("three.example", addr("192.0.2.3"))
	one := w.sink("192.0.2.1:25", &relaytest.Sink{Users: map[string]string{"hub": password}, InsecureAuth: true})
	two := w.sink("192.0.2.2:25", &relaytest.Sink{Users: map[string]string{"second": "own-secret-2"}, InsecureAuth: true})
	three := w.sink("192.0.2.3:25", &relaytest.Sink{Users: map[string]string{"hub": password}, InsecureAuth: true, Script: func(stage relaytest.Stage, _ string) string {
		if stage == relaytest.StageAuth {
			return "535 5.7.8 own-secret-3 is wrong"
		}
		return ""
	}})
	for range 200 {
		expect(t, "reply", w.send("b@fabrikam.com"), "ok")
		if len(one.Messages()) > 0 && len(two.Messages()) > 0 && three.Connections() > 0 {
			break
		}
	}
	for host, tc := range map[string]struct {
		sink *relaytest.Sink
		user string
	}{"one": {one, "hub"}, "two": {two, "second"}} {
		messages := tc.sink.Messages()
		if len(messages) == 0 {
			t.Errorf("host %s got no message", host)
		}
		for _, m := range messages {
			if m.User != tc.user {
				t.Errorf("host %s was logged on to as %s", host, m.User)
			}
		}
	}
	if n := three.Connections(); n != 1 || len(three.Messages()) > 0 {
		t.Errorf("the host that refuses has %d connections", n)
	}
	if log := w.log.String(); !strings.Contains(log, "three.example") || strings.Contains(log, "own-secret") {
		t.Errorf("the log says\n%s", log)
	}
}

// TestHostTokens: a smart host sees its own token and user only, the token after a refusal, too.
func TestHostTokens(t *testing.T) {
	trusted, _ := authority(t)
	c := credentialed("one.example", auth.OAuth)
	c.AuthenticationCredential.Password = ""
	c.SmartHosts = append(c.SmartHosts, param.MustParseSmartHost("two.example"))
	c.SmartHostCredentials = []param.SmartHostCredential{ofHost("Two.example", "scan@contoso.com", "")}
	w := newWorld(t, c)
	w.sender.RootCAs = trusted.Pool()
	sources := map[string]*tokens{"one.example": {now: "old-1", next: "good-1"}, "two.example": {now: "old-2", next: "good-2"}}
	w.sender.Tokens = func(_ *connector.Outbound, host param.SmartHost) delivery.TokenSource { return sources[host.String()] }
	users := map[string]string{"one.example": "hub", "two.example": "scan@contoso.com"}
	sinks := map[string]*relaytest.Sink{}
	for name, at := range map[string]string{"one.example": "192.0.2.1", "two.example": "192.0.2.2"} {
		w.dns.AddHost(name, addr(at))
		certificate, old, good := issued(t, trusted, name), sources[name].now, sources[name].next
		sinks[name] = w.sink(at+":25", &relaytest.Sink{Certificate: &certificate, Tokens: func(user, token string) bool {
			if user != users[name] || token != good && token != old {
				t.Errorf("%s sees the token %s of %s", name, token, user)
			}
			return token == good
		}})
	}
	for range 200 {
		expect(t, "reply", w.send("b@fabrikam.com"), "ok")
		if len(sinks["one.example"].Messages()) > 0 && len(sinks["two.example"].Messages()) > 0 {
			break
		}
	}
	for name, sink := range sinks {
		if m := sink.Messages(); len(m) == 0 || m[0].User != users[name] || sources[name].renewed != 1 {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestOtherHostCredential: a host that has refused one credential is tried at once with another.
func TestOtherHostCredential(t *testing.T) {
	w := newWorld(t, credentialed("192.0.2.1", auth.BasicAuth))
	w.sink("192.0.2.1:25", &relaytest.Sink{Users: map[string]string{"second": "own-secret-2"}, InsecureAuth: true})
	if said := w.send("b@fabrikam.com"); !strings.HasPrefix(said, "451 4.7.") {
		t.Fatal(said)
	}
	c := credentialed("192.0.2.1", auth.BasicAuth)
	c.SmartHostCredentials = []param.SmartHostCredential{ofHost("192.0.2.1", "second", "own-secret-2")}
	w.policy = newWorld(t, c).policy
	expect(t, "reply", w.send("b@fabrikam.com"), "ok")
}

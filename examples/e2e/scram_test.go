//go:build linux

package e2e

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/internal/guide"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
)

// TestScramWithPostfix: HubA and a Postfix with Cyrus SASL log on to each other with
// SCRAM-SHA-256, the only mechanism that Postfix offers and uses.
func TestScramWithPostfix(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr, login: true, mechanisms: "SCRAM-SHA-256"})
	startHub(t, s.hub, s.ca, scenarioFlags(t, guide.Basic)...)

	d := s.stranger.swaks(t, "--server", gatewayAddr, "--from", "dora@example.net", "--to", "bob@fabrikam.com")
	d.accepted(t) // relay_domains
	s.mailboxes.next(t).came(t, gatewayAddr, "ESMTPSA")

	s.fromOffice(t, "carl@example.org").accepted(t)
	m := s.internet.next(t)
	m.envelope(t, annUser, "carl@example.org")
	if said := s.postfix.said(t, "sasl_method="); !strings.Contains(said, "sasl_method=SCRAM-SHA-256") {
		t.Errorf("HubA logs on otherwise:\n%s", said)
	}
}

// TestScramWithDovecot: HubA logs on with SCRAM-SHA-256 to a Postfix whose clients Dovecot checks, and which knows no
// password. Dovecot 2.3 has no channel binding, so -PLUS isn't offered.
func TestScramWithDovecot(t *testing.T) {
	s := newStage(t, gatewayConfig{source: gatewayAddr, login: true, mechanisms: "SCRAM-SHA-256", dovecot: startDovecotAuth(t)})
	startHub(t, s.hub, s.ca, scenarioFlags(t, guide.Basic)...)
	s.fromOffice(t, "carl@example.org").accepted(t)
	s.internet.next(t).envelope(t, annUser, "carl@example.org")
	if said := s.postfix.said(t, "sasl_method="); !strings.Contains(said, "sasl_method=SCRAM-SHA-256, sasl_username="+gatewayUser) {
		t.Errorf("HubA logs on otherwise:\n%s", said)
	}
	for _, tc := range []struct {
		user, password string
		want           string // of the error; "": logged on
	}{
		{gatewayUser, gatewayPassword, ""},
		{gatewayUser, "guess", "535 5.7.8"},
		{"stranger", gatewayPassword, "535 5.7.8"},
	} {
		c, err := smtpclient.Open(t.Context(), s.hub.dial(t, hubAddr, gatewayAddr+":25"), smtpclient.Config{Name: hubName, RequireTLS: true,
			TLS: &tls.Config{RootCAs: s.ca.Pool(), ServerName: gatewayName}, Auth: &auth.Credentials{Username: tc.user, Password: auth.Secret(tc.password)}})
		if err == nil {
			c.Close()
		}
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.user, err, tc.want)
		}
	}
}

// peerToken is the token of loopbackUser.
const peerToken = "ya29.token-of-kim"

// peerTokens knows that token.
type peerTokens struct{}

// VerifyToken implements auth.TokenVerifier.
func (peerTokens) VerifyToken(ctx context.Context, b auth.BearerToken, ch auth.Channel) (auth.Identity, error) {
	if b.Token.Reveal() != peerToken || b.User != loopbackUser {
		return auth.Identity{}, &auth.TokenError{Scope: "smtp.send", Reason: "another token"}
	}
	return loopbackUsers.Verify(ctx, auth.Credentials{Username: loopbackUser, Password: gatewayPassword}, ch)
}

// TestMechanismsOfPeers has msmtp, swaks, curl and gsasl log on to relay.Server and to a
// go-smtp server with a Backend, with every mechanism that they share, with the right secret and with
// a wrong one.
func TestMechanismsOfPeers(t *testing.T) {
	users := new(userfile.File)
	if err := users.Add(loopbackUser, gatewayPassword, nil, []string{loopbackUser}); err != nil {
		t.Fatal(err)
	}
	tokens := func(r *connector.Receive) { r.AuthMechanism = param.Value(r.AuthMechanism.Or(0) | auth.OAuth) }
	onBothServers(t, auth.Methods{Passwords: users, Keys: users, Tokens: peerTokens{}}, tokens, func(t *testing.T, name, server string, messages chan string) {
		for _, p := range peersWithMechanisms(server) {
			p.run(t, messages)
		}
		if name == "go-smtp" {
			bindChannel(t, server)
		}
	})
}

// bindChannel has GNU SASL's own program log on with SCRAM and the channel binding tls-exporter. It
// can't with relay.Server, because it says STARTTLS before EHLO. A client that could bind the channel and doesn't,
// although the server offers that, is refused: somebody may have changed what it has read.
func bindChannel(t *testing.T, server string) {
	t.Helper()
	for _, tc := range []struct {
		mechanism, secret string
		exit              int
		more              []string
	}{
		{auth.ScramPlus, gatewayPassword, 0, nil},
		{auth.ScramPlus, "guess", 1, nil},
		{auth.Scram, gatewayPassword, 0, []string{"--no-cb"}},
		{auth.Scram, gatewayPassword, 1, nil},
	} {
		args := append([]string{"--client", "--smtp", "--starttls", "--x509-ca-file=", "--connect=" + server, "--mechanism=" + tc.mechanism,
			"--authentication-id=" + loopbackUser, "--authorization-id=", "--password=" + tc.secret}, tc.more...)
		if d := runPeer(t, "", "gsasl", args...); d.exit != tc.exit || !strings.Contains(d.text, "AUTH "+tc.mechanism) {
			t.Errorf("gsasl %s %v: exit %d, want %d:\n%s", tc.mechanism, tc.more, d.exit, tc.exit, d.text)
		}
	}
}

// peerLogon is a program that logs on and sends a message.
type peerLogon struct {
	mechanism string
	right     string // the secret
	program   string
	args      func(secret string) []string
	refused   string // what it prints if the secret is wrong
}

// run runs the program with the right secret and with a wrong one.
func (p *peerLogon) run(t *testing.T, messages chan string) {
	t.Helper()
	message := "From: <" + loopbackUser + ">\r\nSubject: " + p.program + " " + p.mechanism + "\r\n\r\nHello.\r\n"
	if d := runPeer(t, message, p.program, p.args(p.right)...); d.exit != 0 {
		t.Errorf("%s %s: exit %d:\n%s", p.program, p.mechanism, d.exit, d.text)
	} else if text := <-messages; !strings.Contains(text, "with ESMTPSA") {
		t.Errorf("%s %s: without a logon:\n%s", p.program, p.mechanism, text)
	}
	if d := runPeer(t, message, p.program, p.args("guess")...); d.exit == 0 || !strings.Contains(d.text, p.refused) || len(messages) > 0 {
		t.Errorf("%s %s: a wrong secret: exit %d, no %q:\n%s", p.program, p.mechanism, d.exit, p.refused, d.text)
	}
}

// peersWithMechanisms returns the programs with each of their mechanisms. Each has an address of its own, so that
// the wrong secrets of one don't delay the others.
func peersWithMechanisms(server string) (all []*peerLogon) {
	host, port, _ := strings.Cut(server, ":")
	source := func() string { return net.IPv4(127, 0, 1, byte(len(all)+1)).String() }
	add := func(program, mechanism, right, refused string, args func(from, secret string) []string) {
		from := source()
		all = append(all, &peerLogon{mechanism, right, program, func(secret string) []string { return args(from, secret) }, refused})
	}
	for _, m := range []string{"plain", "login", "scram-sha-256", "oauthbearer", "xoauth2"} {
		secret := gatewayPassword
		if strings.Contains(m, "oauth") {
			secret = peerToken
		}
		add("msmtp", m, secret, "535", func(from, secret string) []string {
			return []string{"--file=/dev/null", "--host=" + host, "--port=" + port, "--source-ip=" + from, "--domain=client.example",
				"--tls=on", "--tls-starttls=on", "--tls-certcheck=off", "--auth=" + m, "--user=" + loopbackUser, "--passwordeval=printf %s '" + secret + "'",
				"--from=" + loopbackUser, "b@example.org"}
		})
	}
	for _, m := range []string{"PLAIN", "LOGIN"} {
		add("swaks", m, gatewayPassword, "<~* 535", func(from, secret string) []string {
			return []string{"--server", server, "--local-interface", from, "--ehlo", "client.example", "--tls", "--auth", m, "--auth-user", loopbackUser, "--auth-password", secret,
				"--from", loopbackUser, "--to", "b@example.org"}
		})
	}
	for _, m := range []string{"OAUTHBEARER", "XOAUTH2", "PLAIN"} {
		secret, option := peerToken, "--oauth2-bearer"
		if m == "PLAIN" {
			secret, option = gatewayPassword, ""
		}
		add("curl", m, secret, "< 535 ", func(from, secret string) []string {
			args := []string{"--silent", "--show-error", "--verbose", "--interface", from, "--ssl-reqd", "--insecure", "smtp://" + server + "/client.example",
				"--login-options", "AUTH=" + m, "--mail-from", loopbackUser, "--mail-rcpt", "b@example.org", "--upload-file", "-"}
			if option == "" {
				return append(args, "--user", loopbackUser+":"+secret)
			}
			return append(args, "--user", loopbackUser, option, secret)
		})
	}
	return all
}

package relay_test

import (
	"context"
	"crypto/tls"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestReload checks that policy, verifier and certificates change together, that an
// open connection keeps the old ones, and that a policy which can't be served changes
// nothing.
func TestReload(t *testing.T) {
	refuse := auth.VerifierFunc(func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
		return auth.Identity{}, auth.ErrBadCredentials
	})
	renewed, err := relaytest.NewAuthority("Renewed CA")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := renewed.Issue(hubName)
	if err != nil {
		t.Fatal(err)
	}
	r := defaultHub()
	r.PermissionGroups = param.Value(permission.ExchangeUsers)
	w := serve(t, policy(t, r), nil)
	old := w.hello(stranger, hub)
	named := defaultHub()
	named.TlsCertificateName = "<I>CN=Nobody<S>CN=" + hubName
	if err := w.server.Reload(relay.Config{Policy: policy(t, named), Verifier: refuse, Certificates: []tls.Certificate{cert}}); err == nil {
		t.Error("a policy without its certificate was taken")
	}
	if err := w.server.Reload(relay.Config{Policy: policy(t, r), Verifier: refuse, Certificates: []tls.Certificate{cert}}); err != nil {
		t.Fatal(err)
	}
	if err := w.server.SetPolicy(policy(t, r)); err != nil { // keeps the rest
		t.Fatal(err)
	}
	for _, c := range []struct {
		client *relaytest.Client
		roots  *relaytest.Authority
		code   int
	}{{old, w.ca, 235}, {w.hello(stranger, hub), renewed, 535}} {
		c.client.StartTLS(&tls.Config{RootCAs: c.roots.Pool(), ServerName: hubName})
		c.client.Do("EHLO client.contoso.com", 250)
		c.client.Do("AUTH PLAIN "+plain(userName, password), c.code)
	}
}

// TestReloadClientCAs: with other authorities, clients that begin now are partners by
// certificates of those; a session that is open keeps the ones it began with.
func TestReloadClientCAs(t *testing.T) {
	next, err := relaytest.NewAuthority("Next CA")
	if err != nil {
		t.Fatal(err)
	}
	w := serve(t, partners(t), nil)
	before := w.hello(stranger, hub)
	c := w.server.CurrentConfig()
	c.ClientCAs = next.Pool()
	if err := w.server.Reload(c); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		client *relaytest.Client
		issuer *relaytest.Authority
		code   int
	}{{before, w.ca, 250}, {w.hello(stranger, hub), w.ca, 530}, {w.hello(stranger, hub), next, 250}} {
		cert, err := tt.issuer.Issue("contoso.com")
		if err != nil {
			t.Fatal(err)
		}
		tt.client.StartTLS(&tls.Config{Certificates: []tls.Certificate{cert}})
		tt.client.Do("EHLO mail.contoso.com", 250)
		tt.client.Do("MAIL FROM:<bob@contoso.com>", tt.code)
	}
}

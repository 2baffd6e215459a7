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

package logon_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/reply"
	"github.com/interchange-smtp/interchange/internal/limits"
	"github.com/interchange-smtp/interchange/internal/logon"
	"github.com/interchange-smtp/interchange/permission"
)

var channel = auth.Channel{Local: netip.MustParseAddrPort("192.0.2.1:25"), Remote: netip.MustParseAddrPort("203.0.113.9:4711")}

// A check that panics doesn't keep the source from its next one.
func TestPanic(t *testing.T) {
	var guesses limits.Guesses
	verify := func(f auth.VerifierFunc) (id auth.Identity, err error) {
		defer func() { _ = recover() }()
		x, err := logon.Begin(t.Context(), &guesses, auth.MethodsOf(f), "PLAIN", channel)
		if err == nil {
			_, _, err = x.Next([]byte("\x00amy\x00secret"))
		}
		return x.Identity, err
	}
	_, _ = verify(func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) { panic("out of luck") })
	id, err := verify(func(context.Context, auth.Credentials, auth.Channel) (auth.Identity, error) {
		return auth.Identity{Principal: permission.Authenticated("amy")}, nil
	})
	if err != nil || id.Name != "amy" {
		t.Errorf("%v, %v", id, err)
	}
}

// Each error of a check has its reason, and only the policy lets a client in.
func TestEnd(t *testing.T) {
	policy, err := connector.Compile(connector.Config{Server: "hub.contoso.com", Receive: []connector.Receive{{
		Name: "In", Bindings: []netip.AddrPort{channel.Local}, RemoteIPRanges: []param.Range{param.MustParseRange("0.0.0.0/0")},
		AuthMechanism: param.Value(auth.TLS | auth.BasicAuth), PermissionGroups: param.Value(permission.AnonymousUsers | permission.ExchangeUsers),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	anonymous := policy.Select(channel.Local, channel.Remote.Addr(), nil).Open(channel, nil)
	amy := auth.Identity{Principal: permission.Authenticated("amy")}
	for _, tc := range []struct {
		err  error
		want reply.Reason
	}{
		{nil, reply.LoginOK},
		{fmt.Errorf("users: %w", auth.ErrBadCredentials), reply.BadCredentials},
		{logon.ErrTooManyGuesses, reply.TooManyGuesses},
		{auth.ErrMalformed, reply.AuthMalformed},
		{errors.New("database is down"), reply.VerifierUnavailable},
	} {
		s, d := logon.End(anonymous, amy, tc.err)
		if d.Reason != tc.want || s.Authenticated() != (tc.err == nil) {
			t.Errorf("%v: %v, authenticated %v", tc.err, d, s.Authenticated())
		}
	}
}

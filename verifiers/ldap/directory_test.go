//go:build linux

package ldap_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/verifiers/ldap"
)

// verifier returns a Verifier of s at one of its URLs.
func (s *slapd) verifier(t *testing.T, url string) *ldap.Verifier {
	t.Helper()
	v := &ldap.Verifier{
		URLs: []string{url}, TLS: &tls.Config{RootCAs: s.roots},
		BindDN: "cn=searcher," + suffix, BindPassword: "search", BaseDN: suffix, Domain: "CONTOSO",
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// TestDirectory: who can log on at slapd, by ldaps and by StartTLS.
func TestDirectory(t *testing.T) {
	s := startSlapd(t)
	tests := []struct {
		user, password, name string // name "": wrong
	}{
		{"ann", "tea", `CONTOSO\ann`},
		{"ANN@contoso.com", "tea", `CONTOSO\ann`},
		{`contoso\Ann`, "tea", `CONTOSO\ann`},
		{"bob(x),y", "milk", `CONTOSO\bob(x),y`},
		{"ann", "milk", ""},
		{"ann", "", ""},
		{`FABRIKAM\ann`, "tea", ""},
		{"eve", "tea", ""},
		{"*", "tea", ""},
		{"a*", "tea", ""},
		{"ann)(uid=*", "tea", ""},
		{`CONTOSO\`, "tea", ""},
		{"twin@contoso.com", "tea", ""}, // two entries
		{"twin1", "tea", `CONTOSO\twin1`},
		{"nopassword", "tea", ""},
		{"ann\x00", "tea", ""},
		{"cn=searcher," + suffix, "search", ""},
	}
	for _, url := range []string{s.secured, s.plain} {
		v := s.verifier(t, url)
		for _, tt := range tests {
			id, err := v.Verify(t.Context(), auth.Credentials{Username: tt.user, Password: auth.Secret(tt.password)}, auth.Channel{})
			if id.Name != tt.name || (tt.name == "") != errors.Is(err, auth.ErrBadCredentials) {
				t.Errorf("%s: %s %s: %v, %v", url, tt.user, tt.password, id, err)
			}
		}
		id, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{})
		if err != nil || len(id.Addresses) != 2 || len(id.SIDs) != 3 || !id.Is(permission.NameSID(`contoso\staff`)) {
			t.Errorf("%v, %v", id, err)
		}
		if id, err := v.Identity(t.Context(), "bob@contoso.com"); err != nil || len(id.SIDs) != 3 {
			t.Errorf("%v, %v", id, err)
		}
		if _, err := v.Identity(t.Context(), "eve"); !errors.Is(err, auth.ErrNoUser) {
			t.Error(err)
		}
		if _, err := v.Identity(t.Context(), "twin@contoso.com"); !errors.Is(err, auth.ErrBadCredentials) || errors.Is(err, auth.ErrNoUser) {
			t.Error(err)
		}
	}

	// Many at once share the connections.
	v := s.verifier(t, s.secured)
	v.Conns = 2
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err != nil {
				t.Error(err)
			}
			if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "milk"}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
				t.Error(err)
			}
		})
	}
	wait.Wait()

	// Its own mistakes are no wrong passwords of users.
	for name, change := range map[string]func(*ldap.Verifier){
		"searcher's password":     func(v *ldap.Verifier) { v.BindPassword = "wrong" },
		"no searcher's password":  func(v *ldap.Verifier) { v.BindPassword = "" },
		"base":                    func(v *ldap.Verifier) { v.BaseDN = "dc=fabrikam,dc=com" },
		"filter":                  func(v *ldap.Verifier) { v.Filter = "(uid={user}" },
		"authority":               func(v *ldap.Verifier) { v.TLS = nil },
		"name of the certificate": func(v *ldap.Verifier) { v.TLS.ServerName = "dc1.contoso.com" },
		"name attribute":          func(v *ldap.Verifier) { v.NameAttribute = "employeeNumber" },
	} {
		v := s.verifier(t, s.plain)
		change(v)
		if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err == nil || errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}

	// A kept connection that has ended is replaced.
	v = s.verifier(t, s.secured)
	var conns []net.Conn
	v.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		conns = append(conns, c)
		return c, err
	}
	for range 3 {
		if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err != nil {
			t.Error(err)
		}
	}
	conns[0].Close()
	if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err != nil || len(conns) != 2 {
		t.Errorf("%v after %d connections", err, len(conns))
	}

	// A server that is away is no wrong password.
	v = s.verifier(t, s.secured)
	v.URLs = append([]string{"ldaps://localhost:1"}, v.URLs...)
	if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err != nil {
		t.Error(err)
	}
	s.stop()
	if _, err := v.Verify(context.Background(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err == nil || errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
}

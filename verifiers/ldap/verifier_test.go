package ldap_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/verifiers/ldap"
)

// TestNotAsked: what is refused without a connection.
func TestNotAsked(t *testing.T) {
	v := &ldap.Verifier{URLs: []string{"ldaps://dc1.contoso.com"}, BaseDN: "dc=contoso,dc=com", Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("the directory is asked")
		return nil, errors.New("not asked")
	}}
	for _, c := range []auth.Credentials{{Username: "ann"}, {Username: "ann", Password: "tea", AuthzID: "bob"}} {
		if _, err := v.Verify(t.Context(), c, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%s: %v", c.AuthzID, err)
		}
	}
	for _, url := range []string{"", "dc1.contoso.com", "http://dc1.contoso.com", "ldapi:///tmp/x", "ldaps://", "\x00"} {
		v.URLs = []string{url}
		if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err == nil || !strings.Contains(err.Error(), "give ldaps://HOST") {
			t.Errorf("%q: %v", url, err)
		}
	}
	v.URLs = nil
	if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err == nil || errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
}

// TestSilentServer: a server that doesn't answer, or doesn't begin TLS, costs the Timeout, and
// gets no password.
func TestSilentServer(t *testing.T) {
	for _, url := range []string{"ldap://dc1.contoso.com", "ldaps://dc1.contoso.com"} {
		heard := make(chan string, 1)
		v := &ldap.Verifier{URLs: []string{url}, BindDN: "cn=searcher", BindPassword: "search", Timeout: 50 * time.Millisecond,
			Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					text := make([]byte, 4096)
					n, _ := theirs.Read(text)
					heard <- string(text[:n])
				}()
				return ours, nil
			}}
		if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err == nil || errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%s: %v", url, err)
		}
		if text := <-heard; strings.Contains(text, "tea") || strings.Contains(text, "search") {
			t.Errorf("%s: a password in the clear: %q", url, text)
		}
	}
}

// A Verifier of Active Directory. Its password is of an account that may search.
func Example() {
	v := &ldap.Verifier{
		URLs:   []string{"ldaps://dc1.contoso.com", "ldaps://dc2.contoso.com"},
		BindDN: "CN=Interchange,OU=Services,DC=contoso,DC=com", BindPassword: "from a file",
		BaseDN: "DC=contoso,DC=com", ActiveDirectory: true, Domain: "CONTOSO",
	}
	_, err := v.Verify(context.Background(), auth.Credentials{Username: `CONTOSO\ann`}, auth.Channel{TLS: true}) // no password
	fmt.Println(err, v.BindPassword)
	// Output: bad credentials REDACTED
}

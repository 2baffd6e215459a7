package ldap_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/verifiers/ldap"
	"github.com/interchange-smtp/interchange/verifiers/ldap/ldaptest"
)

// verifierOf returns a Verifier of d, which lets anyone search.
func verifierOf(d *ldaptest.Directory) *ldap.Verifier {
	roots := x509.NewCertPool()
	roots.AddCert(d.Authority)
	return &ldap.Verifier{URLs: []string{d.URL}, TLS: &tls.Config{RootCAs: roots}, BaseDN: "dc=contoso,dc=com"}
}

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
	for _, url := range []string{"", "dc1.contoso.com", "http://dc1.contoso.com", "ldapi:///tmp/x", "ldaps://", "\x00", "ldaps://dc1:secret@dc1", "ldaps://dc1/x"} {
		v.URLs = []string{url}
		if _, err := v.Verify(t.Context(), auth.Credentials{Username: "ann", Password: "tea"}, auth.Channel{}); err == nil || !strings.Contains(err.Error(), "give ldaps://") || strings.Contains(err.Error(), "secret") {
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

// TestSilentServers: servers that don't answer share the time of a check, so that the last one is
// asked, too. The error has those of all of them in one line.
func TestSilentServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, down := time.Now(), errors.New("down")
		var asked []string
		v := &ldap.Verifier{URLs: []string{"ldaps://dc1", "ldap://dc2", "ldaps://dc3:3389"}, BaseDN: "dc=contoso,dc=com", Timeout: 9 * time.Second}
		v.Dial = func(ctx context.Context, _, address string) (net.Conn, error) {
			asked = append(asked, fmt.Sprint(address, " after ", time.Since(began)))
			switch address {
			case "dc1:636":
				<-ctx.Done()
				return nil, context.Cause(ctx)
			case "dc2:389":
				ours, theirs := net.Pipe()
				go io.Copy(io.Discard, theirs)
				return ours, nil
			}
			return nil, down
		}
		_, err := v.Identity(t.Context(), "ann")
		if got := strings.Join(asked, ", "); got != "dc1:636 after 0s, dc2:389 after 3s, dc3:3389 after 6s" {
			t.Errorf("asked: %s", got)
		}
		const want = "directory: ldaps://dc1: no answer within 3s: context deadline exceeded; ldap://dc2: no answer within 3s: context deadline exceeded; ldaps://dc3:3389: down"
		if !errors.Is(err, down) || !errors.Is(err, context.DeadlineExceeded) || err.Error() != want {
			t.Error(err)
		}
	})
}

// TestConnsInUse: a check that gets no connection in its time says why.
func TestConnsInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &ldap.Verifier{URLs: []string{"ldaps://dc1"}, BaseDN: "dc=contoso,dc=com", Conns: 1}
		v.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		go v.Identity(t.Context(), "ann")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := v.Identity(ctx, "bob"); err == nil || err.Error() != "all 1 connections to the directory are in use: context deadline exceeded" {
			t.Error(err)
		}
	})
}

// annOnly returns a directory with one user, and a Verifier that asks it.
func annOnly(t *testing.T) (*ldaptest.Directory, *ldap.Verifier) {
	t.Helper()
	d, err := ldaptest.NewDirectory(
		ldaptest.Entry{DN: "uid=ann,dc=contoso,dc=com", Attributes: map[string][]string{"uid": {"ann"}, "userPassword": {"tea"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	v := verifierOf(d)
	t.Cleanup(func() { v.Close() })
	return d, v
}

// TestSpellings: a name that a directory would take for another one, which the limits for guesses
// count separately, is refused, also for tokens.
func TestSpellings(t *testing.T) {
	_, v := annOnly(t)
	v.Domain, v.Filter = "CONTOSO", "(|(uid=ann)(cn={user}))"
	for name, known := range map[string]bool{
		"ann": true, "Ann Smith": true, `CONTOSO\ann`: true, "ann ": false, "  ann": false, "ann  smith": false, `CONTOSO\ ann`: false, "ann\t": false,
		"an\u00a0n": false, "an\u200bn": false, "an\u00adn": false, "ann\x00": false, "": false, `CONTOSO\`: false,
	} {
		_, err := v.Verify(t.Context(), auth.Credentials{Username: name, Password: "tea"}, auth.Channel{})
		if (err == nil) != known || !known && !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%q: %v", name, err)
		}
		_, err = v.Identity(t.Context(), name)
		if (err == nil) != known || !known && (!errors.Is(err, auth.ErrBadCredentials) || errors.Is(err, auth.ErrNoUser)) {
			t.Errorf("%q with a token: %v", name, err)
		}
	}
}

// TestUnknownUser: a user who isn't there costs the directory as many binds as a wrong password.
func TestUnknownUser(t *testing.T) {
	d, v := annOnly(t)
	for _, user := range []string{"ann", "eve"} {
		if _, err := v.Verify(t.Context(), auth.Credentials{Username: user, Password: "milk"}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
			t.Error(err)
		}
	}
	if got := strings.Join(d.Binds(), "; "); got != "; uid=ann,dc=contoso,dc=com; ; cn=no such user,dc=contoso,dc=com" {
		t.Errorf("binds: %s", got)
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

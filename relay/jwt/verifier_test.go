package jwt_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/jwt"
)

// TestTokens: which tokens are accepted, and why the others aren't.
func TestTokens(t *testing.T) {
	now := time.Now()
	in := func(d time.Duration) int64 { return now.Add(d).Unix() }
	publicKey := usualSet()
	tests := []struct {
		name   string
		token  auth.Secret
		reason string // "": accepted
	}{
		{"RS256", sign(t, gojwt.SigningMethodRS256, "r", rsaKey()), ""},
		{"ES256", good(t), ""},
		{"EdDSA", sign(t, gojwt.SigningMethodEdDSA, "d", edKey()), ""},
		{"no key name", good(t, header("kid", nil)), ""},
		{"type of RFC 9068", good(t, header("typ", "at+JWT")), ""},
		{"no type", good(t, header("typ", nil)), ""},
		{"several audiences", good(t, with("aud", []string{"x", audience})), ""},
		{"clocks differ", good(t, with("exp", in(-50*time.Second)), with("nbf", in(50*time.Second))), ""},
		{"no nbf", good(t, with("nbf", nil)), ""},

		{"expired", good(t, with("exp", in(-70*time.Second))), "it expired at "},
		{"no end", good(t, with("exp", nil)), "a claim is missing"},
		{"end is no number", good(t, with("exp", "tomorrow")), "a claim is missing"},
		{"later", good(t, with("nbf", in(70*time.Second))), "it is valid from "},
		{"other issuer", good(t, with("iss", issuer+"/")), `its issuer is "` + issuer + `/"`},
		{"no issuer", good(t, with("iss", nil)), "a claim is missing"},
		{"other audience", good(t, with("aud", "imap.contoso.com")), `it is for "imap.contoso.com"`},
		{"no audience", good(t, with("aud", nil)), "a claim is missing"},
		{"no user", good(t, with("sub", nil)), "its claim sub is no user name"},
		{"user is a number", good(t, with("sub", 7)), "its claim sub is no user name"},
		{"user is a server", good(t, with("sub", "Exchange Servers")), "well-known principal"},
		{"user is a SID", good(t, with("sub", "S-1-5-11")), "its claim sub is no user name"},
		{"user is anonymous", good(t, with("sub", `NT AUTHORITY\ANONYMOUS LOGON`)), "well-known principal"},

		{"key of somebody else", sign(t, gojwt.SigningMethodES256, "e", otherEC()), "its signature is wrong"},
		{"unknown key", sign(t, gojwt.SigningMethodES256, "z", ecKey()), `no key "z"`},
		{"key of another algorithm", sign(t, gojwt.SigningMethodES256, "r", ecKey()), `no key "r" for ES256`},
		{"public key as secret", sign(t, gojwt.SigningMethodHS256, "r", publicKey), "its signature is wrong, or not RS256"},
		{"not signed", sign(t, gojwt.SigningMethodNone, "e", gojwt.UnsafeAllowNoneSignatureType), "its signature is wrong, or not RS256"},
		{"RSA-PSS", sign(t, gojwt.SigningMethodPS256, "r", rsaKey()), "its signature is wrong, or not RS256"},
		{"critical fields", good(t, header("crit", []string{"exp"})), "critical"},
		{"log-out token", good(t, header("typ", "logout+jwt")), `of type "logout+jwt"`},
		{"type is a number", good(t, header("typ", 3)), `of type "3"`},
		{"key name is a number", good(t, header("kid", 3)), "name of its key"},
		{"cut", good(t)[:40], "not a JSON Web Token"},
		{"words", "hello", "not a JSON Web Token"},
		{"changed", good(t)[:90] + "A" + good(t)[91:], "not"},
		{"too long", good(t, with("filler", strings.Repeat("x", 12<<10))), "the limit is 12288"},
	}
	v := verifier(t)
	for _, tt := range tests {
		id, err := v.VerifyToken(t.Context(), auth.BearerToken{Token: tt.token}, auth.Channel{})
		refused := new(auth.TokenError)
		switch {
		case tt.reason == "" && (err != nil || id.Name != "ann@contoso.com" || len(id.Addresses) != 1):
			t.Errorf("%s: %v, %v", tt.name, id, err)
		case tt.reason != "" && (!errors.As(err, &refused) || !strings.Contains(refused.Reason, tt.reason)):
			t.Errorf("%s: %v; want %q", tt.name, err, tt.reason)
		case tt.reason != "" && len(id.SIDs) > 0:
			t.Errorf("%s: a refused token has an identity", tt.name)
		case err != nil && strings.Contains(err.Error(), tt.token.Reveal()):
			t.Errorf("%s: the error has the token", tt.name)
		}
	}
}

// TestUserOfToken: the client may name the token's user, or an address of that user.
func TestUserOfToken(t *testing.T) {
	v := verifier(t)
	v.UserClaim = "upn"
	token := good(t, with("sub", "8d7f"), with("upn", `CONTOSO\ann`))
	v.Identity = func(_ context.Context, c jwt.Claims) (auth.Identity, error) {
		id := c.Identity()
		id.Addresses = jwt.Claims{User: "ann@contoso.com"}.Identity().Addresses
		return id, nil
	}
	for user, want := range map[string]bool{"": true, `contoso\ANN`: true, "Ann@contoso.com": true, "bob@contoso.com": false, "8d7f": false} {
		v.AnyUser = false
		if _, err := v.VerifyToken(t.Context(), auth.BearerToken{User: user, Token: token}, auth.Channel{}); (err == nil) != want || err != nil && !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("user %q: %v", user, err)
		}
		v.AnyUser = true
		if id, err := v.VerifyToken(t.Context(), auth.BearerToken{User: user, Token: token}, auth.Channel{}); err != nil || id.Name != `CONTOSO\ann` {
			t.Errorf("any user, %q: %v, %v", user, id.Name, err)
		}
	}
}

// TestScopes: one scope or role that is needed is enough, in each form of the claim.
func TestScopes(t *testing.T) {
	v := verifier(t)
	v.Scopes = []string{"smtp.send", "SMTP.SendAsApp"}
	tests := []struct {
		changes []change
		want    bool
	}{
		{nil, true},
		{[]change{with("scope", nil)}, false},
		{[]change{with("scope", "smtp.sendmore")}, false},
		{[]change{with("scope", nil), with("scp", "mail smtp.send")}, true},
		{[]change{with("scope", nil), with("scp", []string{"smtp.send"})}, true},
		{[]change{with("scope", nil), with("roles", []string{"SMTP.SendAsApp"})}, true},
		{[]change{with("scope", map[string]any{"smtp.send": true})}, false},
	}
	for i, tt := range tests {
		_, err := v.Claims(t.Context(), good(t, tt.changes...))
		refused := new(auth.TokenError)
		if tt.want != (err == nil) || err != nil && (!errors.As(err, &refused) || refused.Status != "insufficient_scope" || refused.Scope != "smtp.send SMTP.SendAsApp") {
			t.Errorf("row %d: %v", i, err)
		}
	}
}

// TestIdentity: groups of the provider are groups, never those of Exchange.
func TestIdentity(t *testing.T) {
	v := verifier(t)
	v.GroupsClaim = "groups"
	id, err := v.VerifyToken(t.Context(), auth.BearerToken{Token: good(t, with("groups", []any{`CONTOSO\Staff`, "Exchange Servers", `MS Exchange\Hub Transport Servers`, "S-1-5-7", 3, ""}))}, auth.Channel{})
	if err != nil || len(id.SIDs) != 3 || !id.Is(permission.NameSID(`contoso\staff`)) || !id.Is(permission.SIDAuthenticatedUsers) {
		t.Errorf("%v, %v", id.SIDs, err)
	}

	v.UserClaim = "email"
	for verified, want := range map[any]bool{true: true, "true": true, false: false, "false": false, 1: false} {
		if _, err := v.Claims(t.Context(), good(t, with("email", "ann@contoso.com"), with("email_verified", verified))); (err == nil) != want {
			t.Errorf("email_verified %v: %v", verified, err)
		}
	}

	away := errors.New("the directory is down")
	v.UserClaim, v.Identity = "", func(context.Context, jwt.Claims) (auth.Identity, error) { return auth.Identity{}, away }
	if _, err := v.VerifyToken(t.Context(), auth.BearerToken{Token: good(t)}, auth.Channel{}); !errors.Is(err, away) || errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
	v.Identity = func(context.Context, jwt.Claims) (auth.Identity, error) {
		return auth.Identity{}, auth.ErrBadCredentials
	}
	if _, err := v.VerifyToken(t.Context(), auth.BearerToken{Token: good(t)}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
}

// TestNamesOfGroups: a user who has taken the name of a group has none of its rights.
func TestNamesOfGroups(t *testing.T) {
	v := verifier(t)
	v.UserClaim, v.GroupsClaim = "preferred_username", "groups"
	for user, named := range map[string]bool{
		"Scanners": false, "scanners": false, `CONTOSO\Scanners`: false, "8d7f6c1e-0001": false,
		"Scanners@": false, "@Scanners": false, `CONTOSO\Scanners@contoso.com `: false, "scanners@contoso.com": true,
	} {
		id, err := v.VerifyToken(t.Context(), auth.BearerToken{Token: good(t, with("preferred_username", user), with("groups", []any{"Staff"}))}, auth.Channel{})
		if err != nil && user == strings.TrimSpace(user) {
			t.Errorf("%q: %v", user, err)
		}
		if got := id.Is(permission.NameSID(user)); got != named || len(id.Addresses) > 0 != named {
			t.Errorf("%q: the SID of its name %v, addresses %v", user, got, id.Addresses)
		}
		if err == nil && !named && id.SIDs[0] != permission.NameSID(`\`+user) {
			t.Errorf("%q: no SID of its own, by which limits count: %v", user, id.SIDs)
		}
		if _, err := permission.ParsePrincipal(`\` + user); err == nil {
			t.Errorf("a grant to the name %q is possible", `\`+user)
		}
		if err == nil && (id.Name != user || !id.Is(permission.NameSID("Staff")) || !id.Is(permission.SIDAuthenticatedUsers)) {
			t.Errorf("%q: %+v", user, id)
		}
	}
}

// TestIncomplete: a Verifier that lacks something accepts nothing, and the client isn't to blame.
func TestIncomplete(t *testing.T) {
	for i, change := range []func(*jwt.Verifier){
		func(v *jwt.Verifier) { *v = jwt.Verifier{} },
		func(v *jwt.Verifier) { v.Keys = nil },
		func(v *jwt.Verifier) { v.Issuer = "" },
		func(v *jwt.Verifier) { v.Audiences = nil },
		func(v *jwt.Verifier) { v.Audiences = []string{audience, ""} },
	} {
		v := verifier(t)
		change(v)
		if _, err := v.VerifyToken(t.Context(), auth.BearerToken{Token: good(t)}, auth.Channel{}); err == nil || errors.Is(err, auth.ErrBadCredentials) || v.Check() == nil {
			t.Errorf("row %d: %v", i, err)
		}
	}
	v := verifier(t)
	v.Keys = new(jwt.KeySet)
	if _, err := v.Claims(t.Context(), good(t)); !errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
}

// FuzzToken: whatever a client sends as a token, it isn't accepted, and nothing panics.
func FuzzToken(f *testing.F) {
	v := verifier(f)
	f.Add(`{"alg":"ES256","kid":"e"}`, `{"iss":"`+issuer+`"}`, "AAAA")
	f.Add(`{"alg":"none"}`, `{}`, "")
	f.Add(`{"alg":"RS256","kid":null}`, `{"exp":1e400}`, "AA")
	f.Add(`null`, `null`, "AA")
	f.Fuzz(func(t *testing.T, header, claims, signature string) {
		token := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + signature
		_, err := v.Claims(t.Context(), auth.Secret(token))
		if !errors.Is(err, auth.ErrBadCredentials) {
			t.Fatalf("%v", err)
		}
	})
}

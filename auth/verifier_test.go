package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

func TestIdentityOwns(t *testing.T) {
	id := auth.Identity{Addresses: []routing.Address{routing.MustParseAddress("ann@contoso.com")}}
	tests := []struct {
		address routing.Address
		want    bool
	}{
		{routing.MustParseAddress("ann@contoso.com"), true},
		{routing.MustParseAddress("ANN@Contoso.COM"), true},
		{routing.MustParseAddress("bob@contoso.com"), false},
		{routing.MustParseAddress("ann@mail.contoso.com"), false},
		{routing.Address{}, false},
	}
	for _, tt := range tests {
		if got := id.Owns(tt.address); got != tt.want {
			t.Errorf("Owns(%v) = %v", tt.address, got)
		}
	}
	if (auth.Identity{Addresses: []routing.Address{{}}}).Owns(routing.Address{}) {
		t.Error("somebody owns the null sender")
	}
	if (auth.Identity{}).Owns(tests[0].address) {
		t.Error("the zero Identity owns an address")
	}
}

// TestNamed: a user of which only the name is known may send as the name, if that is an address.
func TestNamed(t *testing.T) {
	if id := auth.Named("ann@contoso.com", permission.SIDHubServers); !id.Is(permission.SIDHubServers) || !id.Is(permission.SIDAuthenticatedUsers) ||
		!id.Is(permission.NameSID("ann@contoso.com")) || !id.Owns(routing.MustParseAddress("ann@contoso.com")) {
		t.Errorf("%+v", id)
	}
	if id := auth.Named("ann"); len(id.Addresses) != 0 || id.Name != "ann" {
		t.Errorf("%+v", id)
	}
}

func TestAsOther(t *testing.T) {
	for authzid, want := range map[string]bool{"": false, "kim": false, "KIM": false, "kim2": true, "ann": true, "\u212aim": true} {
		if got := (auth.Credentials{AuthzID: authzid, Username: "kim"}).AsOther(); got != want {
			t.Errorf("%q: %v", authzid, got)
		}
	}
	if !(auth.Credentials{AuthzID: "ann"}).AsOther() {
		t.Error("no user acts as ann")
	}
}

func TestVerifierFunc(t *testing.T) {
	var v auth.Verifier = auth.VerifierFunc(func(_ context.Context, c auth.Credentials, ch auth.Channel) (auth.Identity, error) {
		if !ch.TLS {
			return auth.Identity{}, auth.ErrBadCredentials
		}
		return auth.Identity{}, nil
	})
	if _, err := v.Verify(t.Context(), auth.Credentials{}, auth.Channel{TLS: true}); err != nil {
		t.Error(err)
	}
	if _, err := v.Verify(t.Context(), auth.Credentials{}, auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
		t.Error(err)
	}
}

package scram

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/permission"
)

// The exchange of RFC 7677, section 3, of a user with the password "pencil".
const (
	clientNonce = "rOprNGfwEbeRWgbNEkqO"
	serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	clientFirst = "n,,n=user,r=" + clientNonce
	serverFirst = "r=" + clientNonce + serverNonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	clientFinal = "c=biws,r=" + clientNonce + serverNonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
)

// pencil has the keys of that user, as they follow from password, salt and iterations.
type pencil struct{}

func (pencil) HasKeys() bool { return true }

func (pencil) ScramKeys(_ context.Context, user string, _ auth.Channel) (auth.ScramKeys, auth.Identity, error) {
	decode := func(s string) []byte {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			panic(err)
		}
		return b
	}
	return auth.ScramKeys{Salt: decode("W22ZaJ0SNY7soEsUEjb6gQ=="), Iterations: 4096,
		StoredKey: [32]byte(decode("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=")),
		ServerKey: [32]byte(decode("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="))}, auth.Identity{Principal: permission.Authenticated(user)}, nil
}

// TestPublishedServer: the server says what the RFC's says, and takes no other proof.
func TestPublishedServer(t *testing.T) {
	for final, want := range map[string]error{
		clientFinal: nil,
		strings.Replace(clientFinal, "p=dHz", "p=eHz", 1): auth.ErrBadCredentials,
		strings.Replace(clientFinal, "biws", "eSws", 1):   auth.ErrBadCredentials, // "y,,", another header than at first
		clientFinal[:len(clientFinal)-4]:                  auth.ErrBadCredentials,
	} {
		s := &Server{keys: pencil{}, ctx: t.Context()}
		s.attempt = func(user string, check func(context.Context) (auth.Identity, error)) error {
			id, err := check(s.ctx)
			if user != "user" || err == nil && id.Name != "user" {
				t.Errorf("%q, %v", user, id)
			}
			return err
		}
		server, err := scram.SHA256.NewServer(s.lookup)
		if err != nil {
			t.Fatal(err)
		}
		s.begin(server.WithNonceGenerator(func() string { return serverNonce }), false)
		if challenge, done, err := s.Next([]byte(clientFirst)); string(challenge) != serverFirst || done || err != nil {
			t.Fatalf("%s, %v, %v", challenge, done, err)
		}
		challenge, done, err := s.Next([]byte(final))
		switch {
		case want == nil && (string(challenge) != serverFinal || done || err != nil):
			t.Errorf("%s, %v, %v", challenge, done, err)
		case want != nil && (challenge != nil || !done || !errors.Is(err, want)):
			t.Errorf("%s: %s, %v, %v; want %v", final, challenge, done, err, want)
		}
	}
}

// TestPublishedClient: the client says what the RFC's says, and takes no other server for the right one.
func TestPublishedClient(t *testing.T) {
	for _, tc := range []struct {
		name         string
		first, final string // of the server
		want         string // the client's second message
		proved       bool
	}{
		{"as published", serverFirst, serverFinal, clientFinal, true},
		{"another proof", serverFirst, strings.Replace(serverFinal, "6rr", "7rr", 1), clientFinal, false},
		{"no proof", serverFirst, "", clientFinal, false},
		{"an error", serverFirst, "e=other-error", clientFinal, false},
		{"another client's nonce", strings.Replace(serverFirst, "rOpr", "sOpr", 1), serverFinal, "", false},
		{"an extension that must be understood", "m=ext," + serverFirst, serverFinal, "", false},
	} {
		made, err := scram.SHA256.NewClient("user", "pencil", "")
		if err != nil {
			t.Fatal(err)
		}
		c := begin(made.WithNonceGenerator(func() string { return clientNonce }), nil, false)
		if text, err := c.Start(); string(text) != clientFirst || err != nil {
			t.Fatalf("%s, %v", text, err)
		}
		text, err := c.Next([]byte(tc.first))
		if string(text) != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s: %s, %v", tc.name, text, err)
		}
		if err == nil {
			_, err = c.Next([]byte(tc.final))
		}
		if c.Proved() != tc.proved || (err == nil) != tc.proved {
			t.Errorf("%s: proved %v, %v", tc.name, c.Proved(), err)
		}
	}
}

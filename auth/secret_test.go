package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
)

// Every way to print a secret that somebody might use by oversight.
func TestSecretNeverPrints(t *testing.T) {
	const text = "hunter2"
	hex, bytesOf := fmt.Sprintf("%x", text), strings.Trim(fmt.Sprint([]byte(text)), "[]")
	secret := auth.Secret(text)
	credentials := auth.Credentials{Mechanism: "PLAIN", Username: "ann", Password: secret}
	plain, err := auth.NewClient("PLAIN", credentials)
	if err != nil {
		t.Fatal(err)
	}
	login, err := auth.NewClient("LOGIN", credentials)
	if err != nil {
		t.Fatal(err)
	}
	token, err := auth.NewTokenClient(auth.BearerToken{Mechanism: auth.XOAuth2, User: "ann", Token: secret})
	if err != nil {
		t.Fatal(err)
	}
	keys := auth.ScramKeys{Salt: []byte("salt"), Iterations: 4096}
	copy(keys.StoredKey[:], text)
	copy(keys.ServerKey[:], text)
	values := []any{secret, &secret, credentials, &credentials, []auth.Secret{secret},
		map[string]auth.Credentials{"k": credentials}, plain, login, token, keys, &keys, map[string]auth.ScramKeys{"k": keys},
		auth.BearerToken{Token: secret}}
	for i, v := range values {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10v"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v, fmt.Errorf("wrapped: %v", v))
		b, err := json.Marshal(v)
		if err != nil {
			t.Errorf("value %d: %v", i, err)
		}
		out.Write(b)
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("x", "v", v)
		}
		s := strings.ToLower(out.String())
		if strings.Contains(s, text) || strings.Contains(s, hex) || strings.Contains(s, bytesOf) {
			t.Errorf("value %d (%T) prints its secret:\n%s", i, v, s)
		}
	}
	if s := secret.Reveal(); s != text {
		t.Errorf("Reveal = %q", s)
	}
	if s := secret.String() + secret.GoString(); s != "REDACTEDREDACTED" {
		t.Errorf("String, GoString = %q", s)
	}
}

func TestSecretUnmarshal(t *testing.T) {
	var v struct{ Password auth.Secret }
	if err := json.Unmarshal([]byte(`{"Password":"hunter2"}`), &v); err != nil || v.Password.Reveal() != "hunter2" {
		t.Errorf("read %d bytes, %v", len(v.Password), err)
	}
}

package userfile

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"github.com/interchange-smtp/interchange/auth"
)

// TestScramVector: keys are those of RFC 7677, section 3: they fit the proofs of its example.
func TestScramVector(t *testing.T) {
	decode := func(s string) []byte {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	k, err := deriveKeys("pencil", decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
	if err != nil {
		t.Fatal(err)
	}
	const message = "n=user,r=rOprNGfwEbeRWgbNEkqO," +
		"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096," +
		"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	sign := func(key [32]byte) []byte {
		mac := hmac.New(sha256.New, key[:])
		mac.Write([]byte(message))
		return mac.Sum(nil)
	}
	clientKey := decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
	for i, b := range sign(k.StoredKey) {
		clientKey[i] ^= b
	}
	if sha256.Sum256(clientKey) != k.StoredKey {
		t.Error("the client's proof doesn't fit")
	}
	if want := decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="); string(sign(k.ServerKey)) != string(want) {
		t.Error("the server's proof doesn't fit")
	}
}

// TestScramTwin: keys are those of the library that clients use, also where a password has
// characters that SASLprep changes.
func TestScramTwin(t *testing.T) {
	for _, password := range []string{"pencil", "I\u00adX", "\u2168", "pa\u00a0ss", "Grüße", "x, =,"} {
		k, err := deriveKeys(password, []byte("0123456789abcdef"), minIterations)
		if err != nil {
			t.Fatal(err)
		}
		client, err := scram.SHA256.NewClient("ann", password, "")
		if err != nil {
			t.Fatal(err)
		}
		twin, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "0123456789abcdef", Iters: minIterations})
		if err != nil || string(twin.StoredKey) != string(k.StoredKey[:]) || string(twin.ServerKey) != string(k.ServerKey[:]) {
			t.Errorf("%q: other keys (%v)", password, err)
		}
	}
}

// TestKeysOfAFile: SCRAM is offered once all users have keys, a new password has new keys, and
// unknown users have keys that look like the others'.
func TestKeysOfAFile(t *testing.T) {
	f, err := Parse("users", strings.NewReader("bob:$2b$04$abcdefghijklmnopqrstuuxz8zzPqZNBLkPGnIRC0H3VM3xy9dDZi\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Add("Ann@contoso.com", "first", []string{"Staff"}, nil); err != nil {
		t.Fatal(err)
	}
	if new(File).HasKeys() || f.HasKeys() {
		t.Error("SCRAM is offered though bob, or no one, has keys")
	}
	if _, _, err := f.ScramKeys(t.Context(), "bob", auth.Channel{}); !errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("bob: %v", err)
	}
	if err := f.SetPassword("bob", "second"); err != nil {
		t.Fatal(err)
	}
	if !f.HasKeys() {
		t.Error("SCRAM isn't offered")
	}
	first, id, err := f.ScramKeys(t.Context(), "ANN@contoso.com", auth.Channel{})
	if err != nil || id.Name != "Ann@contoso.com" || len(id.Addresses) != 1 {
		t.Errorf("ann: %v, %v", id, err)
	}
	if want, err := deriveKeys("first", first.Salt, newIterations); err != nil || want.StoredKey != first.StoredKey || want.ServerKey != first.ServerKey {
		t.Errorf("ann's keys aren't those of her password: %v", err)
	}
	unknown, _, err := f.ScramKeys(t.Context(), "carl", auth.Channel{})
	again, _, _ := f.ScramKeys(t.Context(), "CARL", auth.Channel{})
	if !errors.Is(err, auth.ErrBadCredentials) || string(unknown.Salt) != string(again.Salt) || len(unknown.Salt) != len(first.Salt) || unknown.Iterations != first.Iterations {
		t.Errorf("carl: %v", err)
	}
	var text strings.Builder
	if _, err := f.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	read, err := Parse("users", strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	same, _, err := read.ScramKeys(t.Context(), "ann@contoso.com", auth.Channel{})
	if err != nil || same.StoredKey != first.StoredKey || !read.HasKeys() {
		t.Errorf("after a restart: %v", err)
	}
	if err := read.Remove("bob"); err != nil || !read.HasKeys() {
		t.Errorf("without bob: %v", err)
	}
}

// TestParseKeysRefuses: keys that are broken or would be too cheap or too dear are mistakes of
// the file, and its errors don't quote them.
func TestParseKeysRefuses(t *testing.T) {
	const salt, key = "c2FsdHNhbHRzYWx0", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	if _, err := parseKeys("$scram-sha-256$i=4096$" + salt + "$" + key + "$" + key); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []string{
		"", "$scram-sha-1$i=4096$" + salt + "$" + key + "$" + key, "$scram-sha-256$i=4096$" + salt + "$" + key,
		"$scram-sha-256$i=4095$" + salt + "$" + key + "$" + key, "$scram-sha-256$i=99999999$" + salt + "$" + key + "$" + key,
		"$scram-sha-256$i=+4096$" + salt + "$" + key + "$" + key, "$scram-sha-256$4096$" + salt + "$" + key + "$" + key,
		"$scram-sha-256$i=4096$c2Fs$" + key + "$" + key, "$scram-sha-256$i=4096$" + salt + "$" + salt + "$" + key,
		"$scram-sha-256$i=4096$" + salt + "$" + key + "$" + key + "=", "$scram-sha-256$i=4096$!$" + key + "$" + key,
	} {
		if k, err := parseKeys(tt); err == nil || k != nil || strings.Contains(err.Error(), salt) {
			t.Errorf("%q: %v, %v", tt, k, err)
		}
	}
}
